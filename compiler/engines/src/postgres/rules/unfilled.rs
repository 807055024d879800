//! Columns that rows which are there could not have.

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use polity_catalog::relational::{ColumnValue, Object, ObjectId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1903;

/// A required field of an entity that was sealed without it, where nothing says what it holds in the rows that are there.
pub(super) fn unfilled(database: &Database, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    let Some(sealed) = &lowered.sealed else { return };
    let mut said = std::collections::BTreeSet::new();
    for table in &database.tables {
        let name = &table.name.0;
        if sealed.renamed.get(&ObjectId::Table(name.clone())).is_none() {
            continue;
        }
        for (column, field) in table.with_fields() {
            let id = ObjectId::Column(name.clone(), column.name.clone());
            let Some(Object::Column(lowered_column)) = lowered.catalog.get(&id) else { continue };
            let has_double = sealed.doubles.iter().any(|one| one.table == *name && one.new == column.name);
            let is_sealing = sealed.sealings.iter().any(|one| one.names(name, &column.name));
            let is_indexing = sealed.indexings.iter().any(|one| one.is_hash(name, &column.name));
            let is_said = has_double || is_sealing || is_indexing || lowered.fills.said.contains_key(&id);
            if is_said
                || sealed.renamed.get(&id).is_some()
                || !lowered_column.required
                || lowered_column.value != ColumnValue::Absent
            {
                continue;
            }
            let entity = database.platform.entity_path(table.entity.id);
            let (span, help) = match field {
                Some(field) => {
                    let said = format!("`backfill {entity}.{} = …`", field.named.name);
                    (field.named.span, format!("say it with {said}, give it a default, or make it optional"))
                }
                None => (
                    table.entity.named.span,
                    "empty the table, or keep the entity as it was sealed".to_owned(),
                ),
            };
            if !said.insert(span) {
                continue; // one mistake, and a column for each part of the field
            }
            let message =
                format!("nothing says what `{}` is in the rows of `{entity}` that are there", column.name);
            found.push(Diagnostic::new(E1903, span, message).help(help));
        }
    }
}
