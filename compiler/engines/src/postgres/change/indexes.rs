//! Indexes of tables that are there. Each is built in a file of its own, beside the writes of clients.

use super::super::print::tables::CreateIndex;
use super::super::sql::{Body, Literal, Qualified};
use super::constraints::owner_of;
use super::delta::Delta;
use super::writer::{Cost, Files};
use crate::change::{LockMode, Phase, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{Index, Object};

/// Builds new indexes, and those that differ anew.
pub(super) fn build<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>) {
    let altered = delta.altered().map(|(_, new)| new);
    for object in delta.made().chain(altered) {
        let Object::Index(index) = object else { continue };
        if !delta.had_table(&index.table) {
            continue;
        }
        let mut writer = files.begin();
        let cost = Cost::locks(&index.table, LockMode::ShareUpdateExclusive).takes(Time::Build);
        writer.step(&object.id(), "is built", cost, |printer| {
            owner_of(delta, &index.table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(leftover(index));
            printer.line(CreateIndex(index, "CONCURRENTLY IF NOT EXISTS "));
        });
        writer.makes(index.clone());
        files.end(writer, Phase::Index, &index.name.name, false);
    }
}

/// Drops an index of this name that was never built to the end, which another try would otherwise take for done.
fn leftover(index: &Index) -> String {
    let name = Literal(&Qualified(&index.name).to_string()).to_string();
    let values = serde_json::json!({ "name": name });
    let block = polity_templates::render(polity_templates::postgres::blocks::LEFTOVER_INDEX, values);
    format!("DO {};", Body(&block))
}
