//! Documents expire by a date that each has once.

use crate::mongodb::lower::{collection, indexes};
use polity_govern::Stored;
use polity_model::expr::ExprKind;
use polity_model::{FieldId, Scalar, Store, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0602;
use polity_text::source::Span;

const NO_DATE: (&str, &str) =
    ("this is no date", "MongoDB never deletes documents by a value that is not a date");

/// `retain … after FIELD` and `with { expire_after: … }` on something that is not a date, in a list, or `_id`.
pub(super) fn ttl_field(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        if let Some(retain) = platform.retain(entity.id)
            && let Some(after) = retain.after
        {
            let field = entity.field(after);
            let is_id = collection::id_field(platform, entity) == Some(after)
                && !collection::is_anonymized(platform, entity);
            let in_list = matches!(field.ty.kind, TypeKind::List(_));
            found.extend(
                judge(platform, retain.span, &field.ty, in_list, is_id)
                    .map(|d| d.also(field.ty_span, format!("`{}` is this", field.named.name))),
            );
        }
        for index in entity.indexes.iter().filter(|i| indexes::expire_after(i).is_some()) {
            let [column] = index.columns.as_slice() else { continue };
            let Some((ty, in_list)) = super::column_type(platform, entity, column) else {
                // Inside json, which has no dates; an expression was refused already.
                if matches!(column.expr.kind, ExprKind::Field(_)) {
                    found.push(refused(index.span, NO_DATE));
                }
                continue;
            };
            let is_id =
                column.field().is_some_and(|f: FieldId| collection::id_field(platform, entity) == Some(f));
            found.extend(judge(platform, index.span, ty, in_list, is_id));
        }
    }
}

fn judge(platform: &Stored, span: Span, ty: &Type, in_list: bool, is_id: bool) -> Option<Diagnostic> {
    if matches!(ty.kind, TypeKind::Broken) {
        return None;
    }
    let is_date = platform.scalar(ty).is_some_and(Scalar::is_moment);
    let why = if in_list {
        ("this is a list", "a document would go when the earliest of its dates is over age")
    } else if !is_date {
        NO_DATE
    } else if is_id {
        ("this is stored as `_id`", "MongoDB does not let `_id` expire")
    } else {
        return None;
    };
    Some(refused(span, why))
}

fn refused(span: Span, (here, note): (&str, &str)) -> Diagnostic {
    Diagnostic::new(E0602, span, "documents cannot expire by this field")
        .here(here)
        .note(note)
        .help("name a field of type `timestamp`, such as `created_at: timestamp = now()`")
}
