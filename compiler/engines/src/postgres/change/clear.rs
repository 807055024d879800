//! Objects that stand on something that changes, or that nothing alters in place: views, functions, triggers, policies, rules and
//! computed columns. They are dropped before the tables change and made anew behind, in one transaction, which locks the
//! table of a policy from there on, so that nobody meets it open.

use std::collections::BTreeSet;

use super::super::print::functions::Called;
use super::super::sql::{Ident, Qualified};
use super::constraints::let_go;
use super::fill;
use super::respread::{partitions, put_aside, refers_to, respread};
use super::writer::{Cost, Writer};
use crate::change::{LockMode, Risk};
use polity_catalog::Identified;
use polity_catalog::relational::{
    Catalog, Column, ColumnValue, Constraint, ConstraintRule, Function, Index, Name, Object, ObjectId,
    OnDelete, Reach, Table, Target, ViewKind, mentions,
};

/// The objects that are dropped, and what is left.
pub(super) struct Clearing<'l> {
    old: &'l Catalog,
    /// In an order in which they can go.
    objects: Vec<&'l Object>,
    /// The tables that are put aside and made anew, since their rows are spread otherwise.
    pub(super) spread: Vec<&'l Table>,
    /// The catalog without them, and without whatever goes with them.
    pub(super) left: Catalog,
}

impl<'l> Clearing<'l> {
    /// Finds them between two catalogs. Triggers of a backfill that the newer one has no longer stay until the contract, unless all
    /// that is new goes.
    pub(super) fn of(old: &'l Catalog, new: &Catalog, keeps_interim: bool) -> Self {
        let retyped: Vec<&Column> = old.objects().filter_map(|object| retyped(object, new)).collect();
        let spread = respread(old, new);
        let code = code(old, new, &spread);
        let stays = |object: &Object| matches!(object, Object::Trigger(one) if keeps_interim && fill::is_interim(one));
        let is_cleared = |object: &Object| {
            let Some(guard) = Guard::of(object) else { return false };
            new.get(&ObjectId::Table(guard.table.clone())).is_some()
                && (new.get(&object.id()) != Some(object)
                    || retyped.iter().any(|column| guard.names(&column.name))
                    || code.iter().any(|one| guard.calls(one)))
        };
        let guards = old.objects().filter(|object| !stays(object) && is_cleared(object));
        let computed = old.objects().filter(|object| is_computed_anew(object, new, &retyped));
        let is_referring =
            |object: &&Object| matches!(object, Object::Constraint(one) if refers_to(one, &spread));
        let referring = old.objects().filter(is_referring);
        let objects: Vec<&Object> =
            guards.chain(code.iter().copied()).chain(computed).chain(referring).collect();
        let mut left = old.clone();
        objects.iter().for_each(|object| remove(&mut left, object));
        for table in &spread {
            partitions(old, &table.name).for_each(|partition| remove(&mut left, partition));
            remove(&mut left, &Object::Table((*table).clone()));
        }
        Self { old, objects, spread, left }
    }

    /// Drops them.
    pub(super) fn drop(&self, writer: &mut Writer<'_, 'l>, owner: &'l str) {
        for object in &self.objects {
            let (sql, cost) = statement(object);
            writer.step(&object.id(), "is dropped, to be made anew where it stays", cost, |printer| {
                printer.act_as(owner_of(self.old, object).unwrap_or(owner));
                printer.line(sql);
            });
        }
        put_aside(writer, &self.spread);
        for object in self.old.objects() {
            match self.left.get(&object.id()) {
                None => writer.takes(object.id()),
                Some(now) if now != object => writer.makes(now.clone()),
                Some(_) => {}
            }
        }
    }
}

/// Takes an object out of a catalog, with whatever goes with it.
pub(super) fn remove(catalog: &mut Catalog, object: &Object) {
    catalog.remove(&object.id());
    match object {
        Object::View(view) => remove_parts(catalog, &view.name),
        Object::Table(table) => remove_parts(catalog, &table.name),
        Object::Function(function) => {
            let on = Target::Function(function.signature());
            remove_all(catalog, |object| matches!(object, Object::Grant(grant) if grant.on == on));
        }
        Object::Column(column) => remove_column(catalog, column),
        _ => {}
    }
}

fn remove_parts(catalog: &mut Catalog, of: &Name) {
    let parts: Vec<ObjectId> = catalog.of_relation(of).map(Identified::id).collect();
    parts.iter().for_each(|id| drop(catalog.remove(id)));
}

/// Takes what PostgreSQL drops with a column: indexes, constraints and rights that name it.
fn remove_column(catalog: &mut Catalog, column: &Column) {
    let (table, name) = (&column.table, &column.name);
    remove_all(catalog, |object| match object {
        Object::Index(index) => index.table == *table && index_names(index, name),
        Object::Constraint(one) => one.table == *table && constraint_names(one, name),
        _ => false,
    });
    if let Some(mut of) = catalog.table(table).cloned() {
        of.columns.retain(|one| one != name);
        catalog.insert(of);
    }
    let grants: Vec<Object> =
        catalog.of_relation(table).filter(|one| matches!(one, Object::Grant(_))).cloned().collect();
    for object in grants {
        let Object::Grant(mut grant) = object else { continue };
        grant.privileges.retain(|_, reach| match reach {
            Reach::Whole => true,
            Reach::Columns(columns) => {
                columns.retain(|one| one != name);
                !columns.is_empty()
            }
        });
        match grant.privileges.is_empty() {
            true => drop(catalog.remove(&ObjectId::Grant(grant.on, grant.to))),
            false => drop(catalog.insert(grant)),
        }
    }
}

fn remove_all(catalog: &mut Catalog, is_gone: impl Fn(&Object) -> bool) {
    let gone: Vec<ObjectId> =
        catalog.objects().filter(|object| is_gone(object)).map(Identified::id).collect();
    gone.iter().for_each(|id| drop(catalog.remove(id)));
}

pub(super) fn index_names(index: &Index, column: &str) -> bool {
    let texts = index.columns.iter().map(|one| &one.sql).chain(&index.filter);
    index.include.iter().any(|one| one == column) || texts.into_iter().any(|sql| mentions(sql, column))
}

pub(super) fn constraint_names(one: &Constraint, column: &str) -> bool {
    match &one.rule {
        ConstraintRule::PrimaryKey(columns) | ConstraintRule::Unique(columns) => {
            columns.iter().any(|one| one == column)
        }
        ConstraintRule::Check(sql) => mentions(sql, column),
        ConstraintRule::Exclude(exclusion) => {
            let mut texts = exclusion.elements.iter().map(|(sql, _)| sql).chain(&exclusion.filter);
            texts.any(|sql| mentions(sql, column))
        }
        ConstraintRule::ForeignKey(key) => {
            let set = matches!(&key.on_delete, OnDelete::SetNull(columns) if columns.iter().any(|one| one == column));
            set || key.columns.iter().any(|one| one == column)
        }
    }
}

/// The column of before that has another type.
fn retyped<'l>(object: &'l Object, new: &Catalog) -> Option<&'l Column> {
    match (object, new.get(&object.id())) {
        (Object::Column(before), Some(Object::Column(after))) if before.ty != after.ty => Some(before),
        _ => None,
    }
}

/// Whether a column is computed otherwise, or of one that changes its type.
fn is_computed_anew(object: &Object, new: &Catalog, retyped: &[&Column]) -> bool {
    let (Object::Column(before), Some(Object::Column(after))) = (object, new.get(&object.id())) else {
        return false;
    };
    let (sql, now) = match (&before.value, &after.value) {
        (ColumnValue::Generated(sql), ColumnValue::Generated(now)) => (sql, now),
        (_, now) => return matches!(now, ColumnValue::Generated(_)),
    };
    let reads = |column: &&&Column| column.table == before.table && mentions(sql, &column.name);
    sql != now || before.ty != after.ty || retyped.iter().any(|column| reads(&column))
}

/// The views and functions that cannot stay, those that read others first.
fn code<'l>(old: &'l Catalog, new: &Catalog, spread: &[&Table]) -> Vec<&'l Object> {
    let stands_in_the_way = |object: &'l Object| match (object, new.get(&object.id())?) {
        (Object::Function(old), Object::Function(new)) => {
            (!replaces(old, new)).then(|| ObjectId::Function(old.signature()))
        }
        (Object::View(old), Object::View(new)) => {
            (old.query != new.query || old.kind != new.kind || old.owner != new.owner)
                .then(|| ObjectId::View(old.name.clone()))
        }
        (Object::Column(old), Object::Column(new)) => {
            let is_computed = matches!((&old.value, &new.value), (ColumnValue::Generated(old), ColumnValue::Generated(new)) if old != new);
            (old.ty != new.ty || is_computed).then(|| ObjectId::Table(old.table.clone()))
        }
        _ => None,
    };
    let spread = spread.iter().map(|table| ObjectId::Table(table.name.clone()));
    let changed: BTreeSet<ObjectId> = old.objects().filter_map(stands_in_the_way).chain(spread).collect();
    old.dependencies().dependents(&changed)
}

/// Whether PostgreSQL lets a function take the place of another of its name (`CREATE OR REPLACE FUNCTION`).
fn replaces(old: &Function, new: &Function) -> bool {
    let names = |function: &Function| {
        let arguments = function.arguments.iter();
        arguments.map(|argument| (argument.name.clone(), argument.default.is_some())).collect::<Vec<_>>()
    };
    old.returns == new.returns && old.owner == new.owner && names(old) == names(new)
}

/// A policy, a rule or a trigger, with the texts in it.
struct Guard<'g> {
    table: &'g Name,
    texts: Vec<&'g str>,
    columns: &'g [smol_str::SmolStr],
    function: Option<&'g Name>,
}

impl<'g> Guard<'g> {
    fn of(object: &'g Object) -> Option<Self> {
        let (table, texts): (_, Vec<&str>) = match object {
            Object::Policy(one) => {
                (&one.table, one.using.iter().chain(&one.check).map(String::as_str).collect())
            }
            Object::Rule(one) => (&one.table, vec![one.condition.as_str()]),
            Object::Trigger(one) => (&one.table, one.condition.as_deref().into_iter().collect()),
            _ => return None,
        };
        let (columns, function) = match object {
            Object::Trigger(one) => (&one.columns[..], Some(&one.function)),
            _ => (&[][..], None),
        };
        Some(Self { table, texts, columns, function })
    }

    fn names(&self, column: &str) -> bool {
        self.columns.iter().any(|one| one == column) || self.texts.iter().any(|sql| mentions(sql, column))
    }

    fn calls(&self, object: &Object) -> bool {
        let Object::Function(function) = object else { return false };
        self.function == Some(&function.name)
            || self.texts.iter().any(|sql| mentions(sql, &function.name.name))
    }
}

/// The statement that drops an object.
fn statement(object: &Object) -> (String, Cost) {
    let on = |kind: &str, name: &str, table: &Name| {
        let sql = format!("DROP {kind} IF EXISTS {} ON {};", Ident(name), Qualified(table));
        (sql, Cost::locks(table, LockMode::AccessExclusive))
    };
    match object {
        Object::Policy(one) => on("POLICY", &one.name, &one.table),
        Object::Rule(one) => on("RULE", &one.name, &one.table),
        Object::Trigger(one) => on("TRIGGER", &one.name, &one.table),
        Object::View(view) => {
            let kind = if view.kind == ViewKind::Materialized { "MATERIALIZED VIEW" } else { "VIEW" };
            let sql = format!("DROP {kind} {};", Qualified(&view.name));
            (sql, Cost::locks(&view.name, LockMode::AccessExclusive))
        }
        Object::Constraint(one) => {
            let (table, name) = (Qualified(&one.table), Ident(&one.name));
            let sql = format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};");
            (sql, let_go(Cost::locks(&one.table, LockMode::AccessExclusive), one))
        }
        Object::Function(one) => (format!("DROP ROUTINE {};", Called(&one.signature())), Cost::nothing()),
        Object::Column(column) => {
            let (table, name) = (Qualified(&column.table), Ident(&column.name));
            let sql = format!("ALTER TABLE {table} DROP COLUMN IF EXISTS {name};");
            let cost = Cost::locks(&column.table, LockMode::AccessExclusive);
            match &column.value {
                ColumnValue::Generated(_) => (sql, cost),
                _ => (
                    sql,
                    cost.risks(Risk::Loss { of: format!("the values of {table}.{name}, which is computed") }),
                ),
            }
        }
        _ => (String::new(), Cost::nothing()),
    }
}

/// The role that owns the table that an object stands on.
fn owner_of<'l>(catalog: &'l Catalog, object: &Object) -> Option<&'l str> {
    Some(&catalog.table(object.stands_on()?)?.owner)
}
