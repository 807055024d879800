//! The check of a record, and the columns of an inline one, stay within what PostgreSQL and people can take.

use polity_govern::Stored;
use polity_model::written_out::{WrittenOut, counted};
use polity_model::{Entity, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0521, E0522};

use super::entities;

/// Some 100 bytes of SQL/JSON path a field: a check of about 400 KB, which every write runs.
const MOST_FIELDS: u64 = 4_000;
/// PostgreSQL's reference, Appendix K (Limits): columns of a table.
const MOST_COLUMNS: u64 = 1_600;

/// Records that hold others many times, level by level, would grow without end.
pub(super) fn record_size(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut sizes = WrittenOut::new(platform);
    for entity in entities(platform, store) {
        for field in &entity.fields {
            let fields = sizes.ty(&field.ty);
            if fields > MOST_FIELDS {
                let message =
                    format!("the check of `{}` would be larger than anybody can use", field.named.name);
                found.push(
                    Diagnostic::new(E0521, field.ty_span, message)
                        .here(format!("{} fields, each record counted wherever it stands", counted(fields)))
                        .help("make the inner records entities of their own, with references to them"),
                );
            }
        }
        let columns = columns(entity, &mut sizes);
        if columns > MOST_COLUMNS && !is_too_large(entity, &mut sizes) {
            let message = format!("`{}` would have more columns than PostgreSQL allows", entity.named.name);
            found.push(
                Diagnostic::new(E0522, entity.named.span, message)
                    .here(format!("{} columns, and {MOST_COLUMNS} are possible", counted(columns)))
                    .help(
                        "put some of them into a record that is not `inline`, or into an entity of their own",
                    ),
            );
        }
    }
}

/// Whether nobody should follow the records of an entity one by one.
pub(super) fn is_too_large(entity: &Entity, sizes: &mut WrittenOut<'_>) -> bool {
    entity.fields.iter().any(|field| sizes.ty(&field.ty) > MOST_FIELDS)
}

/// Counts the columns of an entity, those of inline records as if none were optional or nested otherwise: never fewer
/// than there are.
fn columns(entity: &Entity, sizes: &mut WrittenOut<'_>) -> u64 {
    let of = |field: &polity_model::Field, sizes: &mut WrittenOut<'_>| {
        if field.inline.is_some() { sizes.ty(&field.ty).saturating_sub(1).max(1) } else { 1 }
    };
    entity.fields.iter().fold(0, |n: u64, field| n.saturating_add(of(field, sizes)))
}
