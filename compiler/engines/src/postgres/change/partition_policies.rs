//! Partitions that were made by the clock, before policies decided who sees a row of their table: each is closed as those are that come.

use serde::Serialize;

use super::super::lower::roles::Roles;
use super::super::lower::tenancy::sight::EVERY_ROW;
use super::super::sql::{Body, Literal, Qualified};
use super::constraints::owner_of;
use super::delta::Delta;
use super::tables::is_spread_by_ranges;
use super::writer::{Cost, Writer};
use crate::change::LockMode;
use polity_catalog::relational::{Object, ObjectId};

/// Closes the partitions of tables that get the policy by which maintenance sees every row.
pub(super) fn close<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, roles: &'l Roles) {
    #[derive(Serialize)]
    struct Values {
        table: String,
        policy: String,
        maintenance: String,
    }
    for object in delta.made() {
        let Object::Policy(policy) = object else { continue };
        let table = &policy.table;
        if policy.name != EVERY_ROW || !delta.had_table(table) || !is_spread_by_ranges(delta.old, table) {
            continue;
        }
        let values = Values {
            table: Literal(&Qualified(table).to_string()).to_string(),
            policy: Literal(EVERY_ROW).to_string(),
            maintenance: Literal(&roles.maintenance).to_string(),
        };
        let block = polity_templates::render(polity_templates::postgres::blocks::PARTITION_POLICIES, values);
        let cost = Cost::locks(table, LockMode::AccessExclusive);
        writer.step(&ObjectId::Table(table.clone()), "has partitions that policies close", cost, |printer| {
            owner_of(delta, table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(format_args!("DO {};", Body(block.trim_end())));
        });
    }
}
