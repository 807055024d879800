//! Types that PostgreSQL does not make of one another.

use super::super::adopt::ADOPTED;
use super::super::change::types::{Way, way};
use super::super::lower::database::Database;
use super::super::lower::doubles::is_accepted;
use super::super::lower::lowered::Lowered;
use super::super::lower::table::Table;
use polity_catalog::relational::{ColumnValue, Object, ObjectId};
use polity_model::Named;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1904;

/// A field whose sealed type has no cast to the one that the source says, or whose values come from elsewhere.
pub(super) fn uncastable(database: &Database, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    let Some(sealed) = &lowered.sealed else { return };
    for table in &database.tables {
        for (column, field) in table.with_fields() {
            let id = ObjectId::Column(table.name.0.clone(), column.name.clone());
            let both = (sealed.renamed.get(&id), lowered.catalog.get(&id));
            let (Some(Object::Column(old)), Some(Object::Column(new))) = both else { continue };
            let named = field.map_or(&table.entity.named, |field| &field.named);
            let name = &named.name;
            // What somebody else made may hold ciphertext like any bytes.
            let is_told = old.ty != new.ty || !is_adopted(database);
            if new.uncompressed != old.uncompressed && is_told {
                found.push(in_place(database, table, named, new.uncompressed));
                continue;
            }
            let message = if made(&old.value) != made(&new.value) {
                let (was, is) = (made(&old.value), made(&new.value));
                format!("`{name}` {was} in the store, and {is} in the source, which no migration leads to")
            } else if way(&old.ty, &new.ty) == Way::Closed {
                format!("`{name}` is {} in the store, of which no migration makes {}", old.ty, new.ty)
            } else {
                continue;
            };
            let help = "write a field of another name beside it, fill it with `backfill`, and leave this one out later; the column of a database that is adopted is `unmanaged` until then";
            found.push(Diagnostic::new(E1904, named.span, message).help(help));
        }
    }
}

/// Whether the history of a place began with a database that was there.
fn is_adopted(database: &Database) -> bool {
    let history = &database.platform.history;
    let place = history.places.get(&database.placement.in_history());
    history.adopts
        || place.and_then(|place| place.migrations.first()).is_some_and(|first| first.name == ADOPTED)
}

/// A field that is clear in the store and encrypted in the source, or the other way, in the same column or without a word about it.
fn in_place(database: &Database, table: &Table, named: &Named, is_sealed: bool) -> Diagnostic {
    let name = &named.name;
    let path = format!("{}.{name}", database.platform.entity_path(table.entity.id));
    let (was, is, does, end) = match is_sealed {
        true => ("clear", "encrypted", "seal", "sealed"),
        false => ("encrypted", "clear", "open", "clear"),
    };
    let message = format!(
        "`{name}` is {was} in the store, and {is} in the source: only clients can {does} what is there"
    );
    let help = match is_accepted(database, "encryption", &path) {
        true => "give it a column of its own with `as`; whatever reads that of before goes first, such as a view, and the default of a field that may be absent comes after the contract".to_owned(),
        false => format!(
            "give it a column of its own, such as `as \"{}_{end}\"`, and say `accept encryption on {path} because \"…\"`",
            named.stored
        ),
    };
    Diagnostic::new(E1904, named.span, message).help(help)
}

/// Where the values of a column come from.
fn made(value: &ColumnValue) -> &'static str {
    match value {
        ColumnValue::Generated(_) => "is computed",
        ColumnValue::Identity | ColumnValue::AlwaysIdentity => "is counted",
        ColumnValue::Default(_) | ColumnValue::Absent => "is written",
    }
}
