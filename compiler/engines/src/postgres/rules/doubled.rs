//! Columns that change while their old names still work.

use std::collections::BTreeSet;

use super::super::lower::database::Database;
use super::super::lower::doubles::{names_of, waits_for_contract};
use super::super::lower::lowered::Lowered;
use super::super::lower::sealed::Sealed;
use polity_catalog::relational::{Catalog, ConstraintRule, Name, Object, ObjectId, Trigger, mentions};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1907;

/// A field that is called otherwise once more, or holds other values, while a trigger still writes its column for clients of before.
pub(super) fn doubled(database: &Database, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    let Some(sealed) = &lowered.sealed else { return };
    for table in &database.tables {
        for (column, field) in table.with_fields() {
            let id = (table.name.0.clone(), column.name.clone());
            let before = sealed.renames.column_before(&id.0, &id.1);
            let (of, name) = before.as_ref().unwrap_or(&id);
            let mut triggers = sealed.catalog.triggers(of);
            let Some(trigger) = triggers.find(|one| waits_for_contract(one, name)) else { continue };
            let does = if *name != id.1 {
                format!("is called `{}`", id.1)
            } else if names_of(trigger).is_some() && holds_otherwise(lowered, sealed, &id.0, &id.1) {
                "holds other values".to_owned()
            } else {
                continue;
            };
            let span = field.map_or(&table.entity.named, |field| &field.named).span;
            let message = format!("`{name}` {does}, and {} until the contract", until(trigger));
            let help = "seal the contract first: `polity seal --contract NAME`";
            found.push(Diagnostic::new(E1907, span, message).help(help));
        }
    }
}

/// The reason why a trigger waits.
fn until(trigger: &Trigger) -> String {
    match names_of(trigger) {
        Some((old, _)) => format!("clients of before write it as `{old}`"),
        None => "it is filled for clients of before".to_owned(),
    }
}

/// Whether the values that a column may hold are others than before.
fn holds_otherwise(lowered: &Lowered, sealed: &Sealed, table: &Name, name: &str) -> bool {
    let id = ObjectId::Column(table.clone(), name.into());
    let both = (sealed.renamed.get(&id), lowered.catalog.get(&id));
    let (Some(Object::Column(old)), Some(Object::Column(new))) = both else { return false };
    let fill = lowered.fills.said.get(&id);
    old.ty != new.ty
        || old.required != new.required
        || fill.is_some_and(|fill| !sealed.state.steps.contains(&fill.remembered(&id)))
        || checks(&sealed.renamed, table, name) != checks(&lowered.catalog, table, name)
}

/// The checks that a column is in.
fn checks<'c>(catalog: &'c Catalog, table: &Name, name: &str) -> BTreeSet<&'c str> {
    let checks = catalog.constraints(table).filter_map(|one| match &one.rule {
        ConstraintRule::Check(sql) if mentions(sql, name) => Some(sql.as_str()),
        _ => None,
    });
    checks.collect()
}
