//! Functions, views, triggers, policies and rules.

use std::collections::BTreeSet;

use super::super::print::functions::CreateTrigger;
use super::super::print::guards::CreatePolicy;
use super::super::sql::{Ident, Literal, Qualified};
use super::constraints::owner_of;
use super::delta::Delta;
use super::writer::{Cost, Writer};
use crate::change::{LockMode, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{Function, Object, ObjectId, Target, View, ViewKind};

/// Makes a function that is new, differs, or was dropped.
pub(super) fn function<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, function: &'l Function) {
    let id = ObjectId::Function(function.signature());
    let does = match delta.old.get(&id) {
        Some(Object::Function(old)) if old == function => return,
        Some(_) => "is replaced",
        None => "is created",
    };
    writer.step(&id, does, Cost::nothing(), |printer| printer.function_as(function, "CREATE OR REPLACE"));
    writer.makes(function.clone());
    let on = Target::Function(function.signature());
    let grants = writer.parts.grants.get(&on).into_iter().flatten().copied();
    grants.for_each(|grant| writer.makes(grant.clone()));
}

/// Makes a view that is new or was dropped, with its indexes.
pub(super) fn view<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, view: &'l View) {
    let id = ObjectId::View(view.name.clone());
    match delta.old.get(&id) {
        Some(Object::View(old)) if old == view => return,
        Some(Object::View(old)) => return comments(writer, old, view),
        _ => {}
    }
    let mut cost = Cost::nothing();
    if view.kind == ViewKind::Materialized {
        cost = cost.takes(Time::Scan);
        // It is filled within a transaction that may have locked what it reads.
        if reads_what_waits(writer, delta, view) {
            cost = cost.risks(Risk::Scan);
        }
    }
    writer.step(&id, "is created", cost, |printer| match view.kind {
        // Its rows are read by a role whom policies show all of them.
        ViewKind::Materialized if printer.is_maintenance(&view.owner) => {
            printer.line("SET row_security = on;");
            printer.view(view);
            printer.line("SET row_security = off;");
        }
        _ => printer.view(view),
    });
    writer.makes(view.clone());
    writer.makes_indexes(&view.name);
}

/// Whether a view reads a table, by itself or by way of others, that the file has kept writes of waiting so far.
fn reads_what_waits(writer: &Writer<'_, '_>, delta: &Delta<'_>, view: &View) -> bool {
    let waiting = delta.new.tables().filter(|table| writer.keeps_waiting(&table.name));
    let waiting = waiting.map(|table| ObjectId::Table(table.name.clone())).collect();
    let is_one = |object: &&Object| matches!(object, Object::View(other) if other.name == view.name);
    delta.new.dependencies().dependents(&waiting).iter().any(is_one)
}

/// Changes what is said of a view.
fn comments<'l>(writer: &mut Writer<'_, 'l>, old: &View, new: &'l View) {
    let kind = if new.kind == ViewKind::Materialized { "MATERIALIZED VIEW" } else { "VIEW" };
    let name = Qualified(&new.name);
    let cost = Cost::locks(&new.name, LockMode::ShareUpdateExclusive);
    writer.step(&ObjectId::View(new.name.clone()), "has other comments", cost, |printer| {
        printer.act_as(&new.owner);
        printer.line(said(kind, &name.to_string(), &new.comment));
        for column in old.column_comments.keys().chain(new.column_comments.keys()).collect::<BTreeSet<_>>() {
            let text = new.column_comments.get(column).map_or("", |text| text.as_str());
            printer.line(said("COLUMN", &format!("{name}.{}", Ident(column)), text));
        }
    });
    writer.makes(new.clone());
}

/// `COMMENT ON …`, also where there is none any longer.
pub(super) fn said(kind: &str, of: &str, text: &str) -> String {
    match text {
        "" => format!("COMMENT ON {kind} {of} IS NULL;"),
        text => format!("COMMENT ON {kind} {of} IS {};", Literal(text)),
    }
}

/// Triggers, policies and rules of tables; those that differ were dropped before.
pub(super) fn guard<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    secure(writer, delta);
    for object in delta.made() {
        let (table, mode) = match object {
            Object::Policy(policy) => (&policy.table, LockMode::AccessExclusive),
            Object::Rule(rule) => (&rule.table, LockMode::AccessExclusive),
            Object::Trigger(trigger) => (&trigger.table, LockMode::ShareRowExclusive),
            _ => continue,
        };
        let cost = if delta.had_table(table) { Cost::locks(table, mode) } else { Cost::nothing() };
        writer.add(object, "is created", cost, |printer| {
            owner_of(delta, table).into_iter().for_each(|owner| printer.act_as(owner));
            match object {
                Object::Policy(policy) => printer.line(CreatePolicy(policy)),
                Object::Rule(rule) => printer.rule(rule),
                Object::Trigger(trigger) => printer.line(CreateTrigger(trigger)),
                _ => {}
            }
        });
    }
}

/// Closes new tables that only policies open.
fn secure<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.made() {
        let Object::Table(table) = object else { continue };
        if !table.row_security {
            continue;
        }
        writer.step(&object.id(), "lets policies decide who sees a row", Cost::nothing(), |printer| {
            printer.act_as(&table.owner);
            let name = Qualified(&table.name);
            printer.line(format_args!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"));
            if !table.unforced {
                printer.line(format_args!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"));
            }
        });
    }
}
