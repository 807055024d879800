//! Constraints of tables that are there, and references of those that are new.

use super::super::print::tables::Shown;
use super::super::sql::{Body, Ident, Literal, Qualified};
use super::delta::Delta;
use super::writer::{Cost, Files, Writer};
use super::{indexes, partitioned};
use crate::change::{LockMode, Phase, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{Constraint, ConstraintRule, Name, Object, ObjectId};
use polity_templates::postgres::blocks;

/// Drops checks that the source has no longer, or has otherwise: new clients write what they refuse, and columns change their types
/// only without.
pub(super) fn relax<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    let altered = delta.altered().map(|(old, _)| old);
    for object in delta.gone().chain(altered).collect::<Vec<_>>() {
        if let Object::Constraint(one) = object
            && matches!(one.rule, ConstraintRule::Check(_))
            && delta.has_table(&one.table)
        {
            drop_constraint(writer, delta, one);
        }
    }
}

/// Adds constraints. Rows that are there are judged later, where that can be put off.
pub(super) fn add<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for (old, _) in delta.altered() {
        if let Object::Constraint(one) = old
            && !matches!(one.rule, ConstraintRule::Check(_))
            && !indexes::is_replaced(delta, one)
        {
            drop_constraint(writer, delta, one);
        }
    }
    for object in added(delta) {
        let Object::Constraint(one) = object else { continue };
        if indexes::is_built(delta, one) || partitioned::is_spread(delta, one) {
            continue; // once its index is, or partition by partition
        }
        let is_new = !delta.had_table(&one.table);
        let unvalidated = one.unvalidated || (!is_new && can_wait(delta, one));
        let mut cost = Cost::nothing();
        if !is_new {
            cost = match &one.rule {
                ConstraintRule::ForeignKey(_) if !unvalidated => {
                    let cost = Cost::locks(&one.table, LockMode::ShareRowExclusive);
                    cost.takes(Time::Scan).risks(Risk::Scan)
                }
                ConstraintRule::ForeignKey(_) => Cost::locks(&one.table, LockMode::ShareRowExclusive),
                ConstraintRule::Check(_) => Cost::locks(&one.table, LockMode::AccessExclusive),
                _ => Cost::locks(&one.table, LockMode::AccessExclusive).takes(Time::Build).risks(Risk::Scan),
            };
        }
        if let ConstraintRule::ForeignKey(key) = &one.rule
            && (delta.had_table(&key.target) || !delta.has_table(&key.target))
        {
            cost = cost.and(&key.target, LockMode::ShareRowExclusive);
        }
        let closed = if unvalidated { Vec::new() } else { closed(delta, one) };
        for table in closed.iter().filter(|_| !is_new) {
            cost = cost.and(table, LockMode::AccessExclusive);
        }
        let table = &one.table;
        writer.step(&object.id(), "is added", cost, |printer| {
            owner_of(delta, table).into_iter().for_each(|owner| printer.act_as(owner));
            let valid = if unvalidated { " NOT VALID" } else { "" };
            let add = format!("ALTER TABLE {} ADD {}{valid};", Qualified(table), Shown(one));
            match is_new && !closed.is_empty() {
                // No row is there yet, so it does not matter that the owner sees none of those that could be referred to.
                true => printer.line(format_args!("SET row_security = on;\n{add}\nSET row_security = off;")),
                false => printer.line(seen_by_owner(delta, &closed, &add)),
            }
        });
        writer.makes(Constraint { unvalidated, ..one.clone() });
    }
}

/// Judges the rows that are there, each constraint in a file of its own, which keeps nobody waiting.
pub(super) fn validate<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>) {
    for object in added(delta) {
        let Object::Constraint(one) = object else { continue };
        if one.unvalidated || !delta.had_table(&one.table) || !can_wait(delta, one) {
            continue;
        }
        let mut writer = files.begin();
        let closed = closed(delta, one);
        let mut cost = Cost::locks(&one.table, LockMode::ShareUpdateExclusive).takes(Time::Scan);
        for table in &closed {
            cost = cost.and(table, LockMode::AccessExclusive);
        }
        if !closed.is_empty() {
            cost = cost.risks(Risk::Scan);
        }
        if let ConstraintRule::Check(sql) = &one.rule {
            let count = format!("SELECT count(*) FROM {} WHERE NOT ({sql})", delta.rows(&one.table));
            cost = cost.risks(Risk::Misfits { count });
        }
        writer.add(object, "is validated", cost, |printer| {
            owner_of(delta, &one.table).into_iter().for_each(|owner| printer.act_as(owner));
            let (table, name) = (Qualified(&one.table), Ident(&one.name));
            let validate = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};");
            printer.line(seen_by_owner(delta, &closed, &validate));
        });
        match closed.is_empty() {
            true => files.end(writer, Phase::Validate, &one.name),
            false => files.end(writer, Phase::Settle, &one.name),
        }
    }
}

/// The tables that a reference reads while its rows are judged, and in which policies decide which the owner sees. PostgreSQL judges as
/// whoever adds it, and rows that it does not see are not judged (`RI_Initial_Check`).
pub(super) fn closed<'l>(delta: &Delta<'l>, one: &'l Constraint) -> Vec<&'l Name> {
    let ConstraintRule::ForeignKey(key) = &one.rule else { return Vec::new() };
    let is_closed = |name: &&Name| delta.old.table(name).is_some_and(|table| table.row_security);
    let mut tables: Vec<&Name> = [&one.table, &key.target].into_iter().filter(is_closed).collect();
    tables.dedup();
    tables
}

/// A statement during which the owner sees every row of these tables. Nobody else reads or writes them until the transaction ends.
pub(super) fn seen_by_owner(delta: &Delta<'_>, closed: &[&Name], statement: &str) -> String {
    let each = |force: &str| -> String {
        let line = |table: &&Name| {
            let name = Qualified(table).to_string();
            if !indexes::is_partitioned(delta, table) {
                return format!("ALTER TABLE {name} {force} ROW LEVEL SECURITY;");
            }
            let values = serde_json::json!({ "table": Literal(&name).to_string(), "force": force });
            format!("DO {};", Body(&polity_templates::render(blocks::FORCE_EACH, values)))
        };
        closed.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    match closed {
        [] => statement.to_owned(),
        _ => format!("{}\n{statement}\n{}", each("NO FORCE"), each("FORCE")),
    }
}

/// Takes constraints away of tables that stay.
pub(super) fn drop_constraint<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, one: &'l Constraint) {
    let id = ObjectId::Constraint(one.table.clone(), one.name.clone());
    let cost = let_go(Cost::locks(&one.table, LockMode::AccessExclusive), one);
    writer.step(&id, "is dropped", cost, |printer| {
        owner_of(delta, &one.table).into_iter().for_each(|owner| printer.act_as(owner));
        let (table, name) = (Qualified(&one.table), Ident(&one.name));
        printer.line(format_args!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};"));
    });
    writer.takes(id);
}

/// Adds the lock on the table that a reference is to: a trigger goes there when the reference does.
pub(super) fn let_go(cost: Cost, one: &Constraint) -> Cost {
    match &one.rule {
        ConstraintRule::ForeignKey(key) if key.target != one.table => {
            cost.and(&key.target, LockMode::AccessExclusive)
        }
        _ => cost,
    }
}

/// The constraints that the source has and nobody made yet.
pub(super) fn added<'l>(delta: &Delta<'l>) -> impl Iterator<Item = &'l Object> {
    let is_apart = |delta: &Delta<'l>, object: &&'l Object| match object {
        Object::Constraint(one) => {
            matches!(one.rule, ConstraintRule::ForeignKey(_)) || delta.had_table(&one.table)
        }
        _ => false,
    };
    let made = delta.made().filter(|object| is_apart(delta, object)).collect::<Vec<_>>();
    let altered = delta.altered().map(|(_, new)| new).filter(|object| is_apart(delta, object));
    made.into_iter().chain(altered.collect::<Vec<_>>())
}

/// Whether rows that are there can be judged after new ones are. PostgreSQL judges those of a partitioned table at once where they
/// refer to others.
fn can_wait(delta: &Delta<'_>, one: &Constraint) -> bool {
    match &one.rule {
        ConstraintRule::Check(_) => true,
        ConstraintRule::ForeignKey(_) => !indexes::is_partitioned(delta, &one.table),
        _ => false,
    }
}

pub(super) fn owner_of<'l>(delta: &Delta<'l>, table: &Name) -> Option<&'l str> {
    let ids = [ObjectId::Table(table.clone()), ObjectId::View(table.clone())];
    match ids.iter().find_map(|id| delta.new.get(id).or_else(|| delta.old.get(id))) {
        Some(Object::Table(table)) => Some(&table.owner),
        Some(Object::View(view)) => Some(&view.owner),
        _ => None,
    }
}
