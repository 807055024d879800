//! Functions, views, triggers, policies and rules. Whatever reads something that changes is dropped before, and made anew behind.

use std::collections::BTreeSet;

use super::super::print::functions::{Called, CreateTrigger};
use super::super::print::guards::CreatePolicy;
use super::super::sql::{Ident, Literal, Qualified};
use super::constraints::owner_of;
use super::delta::Delta;
use super::fill;
use super::writer::{Cost, Writer};
use crate::change::LockMode;
use polity_catalog::Identified;
use polity_catalog::relational::{Function, Object, ObjectId, Target, View, ViewKind};

/// The views and functions that are dropped before the tables change, and made anew behind.
pub(super) struct Remade<'l> {
    objects: Vec<&'l Object>,
    ids: BTreeSet<ObjectId>,
}

impl<'l> Remade<'l> {
    pub(super) fn of(delta: &Delta<'l>) -> Self {
        let stands_in_the_way = |(old, new): (&Object, &Object)| match (old, new) {
            (Object::Function(old), Object::Function(new)) => {
                (!replaces(old, new)).then(|| ObjectId::Function(old.signature()))
            }
            (Object::View(old), Object::View(new)) => {
                (old.query != new.query || old.kind != new.kind || old.owner != new.owner)
                    .then(|| ObjectId::View(old.name.clone()))
            }
            (Object::Column(old), Object::Column(new)) => {
                (old.ty != new.ty).then(|| ObjectId::Table(old.table.clone()))
            }
            _ => None,
        };
        let changed: BTreeSet<ObjectId> = delta.altered().filter_map(stands_in_the_way).collect();
        let objects = delta.old.dependencies().dependents(&changed);
        let ids = objects.iter().map(|object| object.id()).collect();
        Self { objects, ids }
    }

    pub(super) fn holds(&self, id: &ObjectId) -> bool {
        self.ids.contains(id)
    }

    /// Whether a right is on one of the views.
    pub(super) fn holds_target(&self, target: &Target) -> bool {
        matches!(target, Target::Relation(name) if self.holds(&ObjectId::View(name.clone())))
    }

    /// Drops them, those that read others first.
    pub(super) fn drop(&self, writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, owner: &'l str) {
        for object in &self.objects {
            let (statement, cost) = match object {
                Object::View(view) => {
                    let kind = if view.kind == ViewKind::Materialized { "MATERIALIZED VIEW" } else { "VIEW" };
                    delta.old.of_relation(&view.name).for_each(|part| writer.takes(part.id()));
                    let cost = Cost::locks(&view.name, LockMode::AccessExclusive);
                    (format!("DROP {kind} {};", Qualified(&view.name)), cost)
                }
                Object::Function(function) => {
                    (format!("DROP ROUTINE {};", Called(&function.signature())), Cost::nothing())
                }
                _ => continue,
            };
            writer.step(&object.id(), "is dropped, to be made anew", cost, |printer| {
                printer.act_as(owner);
                printer.line(statement);
            });
            writer.takes(object.id());
        }
    }
}

/// Whether PostgreSQL lets a function take the place of another of its name (`CREATE OR REPLACE FUNCTION`).
fn replaces(old: &Function, new: &Function) -> bool {
    let names = |function: &Function| {
        function
            .arguments
            .iter()
            .map(|argument| (argument.name.clone(), argument.default.is_some()))
            .collect::<Vec<_>>()
    };
    old.returns == new.returns && old.owner == new.owner && names(old) == names(new)
}

/// Makes a function that is new, differs, or was dropped.
pub(super) fn function<'l>(
    writer: &mut Writer<'_, 'l>,
    delta: &Delta<'l>,
    remade: &Remade<'l>,
    function: &'l Function,
) {
    let id = ObjectId::Function(function.signature());
    let does = match delta.old.get(&id) {
        Some(_) if remade.holds(&id) => "is made anew",
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
pub(super) fn view<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, remade: &Remade<'l>, view: &'l View) {
    let id = ObjectId::View(view.name.clone());
    match delta.old.get(&id) {
        Some(_) if remade.holds(&id) => {}
        Some(Object::View(old)) if old == view => return,
        Some(Object::View(old)) => return comments(writer, old, view),
        _ => {}
    }
    writer.step(&id, "is created", Cost::nothing(), |printer| printer.view(view));
    writer.makes(view.clone());
    writer.makes_indexes(&view.name);
}

/// Changes what is said of a view.
fn comments<'l>(writer: &mut Writer<'_, 'l>, old: &View, new: &'l View) {
    let kind = if new.kind == ViewKind::Materialized { "MATERIALIZED VIEW" } else { "VIEW" };
    let name = Qualified(&new.name);
    writer.step(&ObjectId::View(new.name.clone()), "has other comments", Cost::nothing(), |printer| {
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

/// Triggers, policies and rules of tables.
pub(super) fn guard<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    let gone = delta.gone().map(|object| (object, false));
    let altered = delta.altered().map(|(old, _)| (old, true));
    for (object, is_remade) in gone.chain(altered).collect::<Vec<_>>() {
        let (table, name, kind) = match object {
            Object::Trigger(trigger) if fill::is_interim(trigger) => continue,
            Object::Policy(policy) => (&policy.table, &policy.name, "POLICY"),
            Object::Rule(rule) => (&rule.table, &rule.name, "RULE"),
            Object::Trigger(trigger) => (&trigger.table, &trigger.name, "TRIGGER"),
            _ => continue,
        };
        if !delta.has_table(table) {
            continue; // goes with its table
        }
        let does = if is_remade { "is dropped, to be made anew" } else { "is dropped" };
        writer.step(&object.id(), does, Cost::locks(table, LockMode::AccessExclusive), |printer| {
            owner_of(delta, table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(format_args!("DROP {kind} {} ON {};", Ident(name), Qualified(table)));
        });
        writer.takes(object.id());
    }
    secure(writer, delta);
    let altered = delta.altered().map(|(_, new)| new);
    for object in delta.made().chain(altered).collect::<Vec<_>>() {
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
            printer.line(format_args!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"));
        });
    }
}
