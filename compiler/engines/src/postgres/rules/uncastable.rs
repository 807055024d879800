//! Types that PostgreSQL does not make of one another.

use super::super::change::types::{Way, way};
use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use polity_catalog::relational::{Object, ObjectId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1904;

/// A field whose sealed type has no cast to the one that the source says.
pub(super) fn uncastable(database: &Database, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    let Some(sealed) = &lowered.sealed else { return };
    for table in &database.tables {
        for (column, field) in table.with_fields() {
            let id = ObjectId::Column(table.name.0.clone(), column.name.clone());
            let both = (sealed.renamed.get(&id), lowered.catalog.get(&id));
            let (Some(Object::Column(old)), Some(Object::Column(new))) = both else { continue };
            if way(&old.ty, &new.ty) != Way::Closed {
                continue;
            }
            let named = field.map_or(&table.entity.named, |field| &field.named);
            let message =
                format!("`{}` was sealed as {}, of which PostgreSQL makes no {}", named.name, old.ty, new.ty);
            let help = "write a field of another name beside it, fill it with `backfill`, and leave this one out later";
            found.push(Diagnostic::new(E1904, named.span, message).help(help));
        }
    }
}
