//! The locks of a file that is one transaction. It takes them first, all or none, and lets go of them where one is not to be had, so that
//! nobody waits behind it; then it tries again.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::sql::{Body, Ident, Qualified};
use crate::change::{LockMode, Step, Time};
use polity_catalog::relational::{Catalog, Name, Object, Renames};
use polity_templates::postgres::blocks;

/// Returns the statements that take the locks of steps, where they have any on tables that are there. `before` is the catalog before the
/// file, under the names that `renames` leads to.
pub(super) fn taken(
    steps: &[Step],
    before: &Catalog,
    renames: Option<&Renames>,
    owner: &str,
) -> Option<String> {
    #[derive(Serialize)]
    struct Lock {
        table: String,
        mode: &'static str,
    }
    let was = renames.map(Renames::reversed);
    let name_before = |name: &Name| was.as_ref().map_or_else(|| name.clone(), |was| was.relation(name));
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for object in before.objects() {
        let Object::Table(table) = object else { continue };
        if table.owner == owner {
            let name = Qualified(&name_before(&table.name)).to_string();
            known.insert(Qualified(&table.name).to_string(), name.clone());
            known.insert(name.clone(), name);
        }
    }
    // Behind a step that takes long a lock is held for as long as it has to be.
    let slow = steps.iter().position(|step| step.time != Time::Instant).unwrap_or(steps.len());
    let mut strongest: BTreeMap<&str, LockMode> = BTreeMap::new();
    for lock in steps.iter().take(slow + 1).flat_map(|step| &step.locks) {
        let Some(table) = known.get(&lock.table) else { continue };
        let mode = strongest.entry(table).or_insert(lock.mode);
        *mode = lock.mode.max(*mode);
    }
    if strongest.is_empty() {
        return None;
    }
    let locks: Vec<Lock> = strongest
        .into_iter()
        .map(|(table, mode)| Lock { table: table.to_owned(), mode: word(mode) })
        .collect();
    let block = polity_templates::render(blocks::TAKE_LOCKS, serde_json::json!({ "locks": locks }));
    let does = format!("SET ROLE {};\n\nDO {};\nRESET ROLE;\n\n", Ident(owner), Body(block.trim_end()));
    Some(does)
}

/// The mode as SQL has it.
fn word(mode: LockMode) -> &'static str {
    match mode {
        LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
        LockMode::Share => "SHARE",
        LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
        LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
    }
}
