//! The file that runs once no client of before is left, and drops columns, tables, views, functions and rights that the source has no longer.

use super::super::print::functions::Called;
use super::super::sql::{Ident, Qualified};
use super::constraints::{drop_constraint, owner_of};
use super::delta::Delta;
use super::writer::{Cost, Files, Writer};
use super::{fill, rights};
use crate::change::{LockMode, Phase, Risk};
use polity_catalog::Identified;
use polity_catalog::relational::{ConstraintRule, Name, Object, ObjectId, Table, Target, ViewKind};

/// Writes the file. References go before the tables that they are to, views before whatever they read, and functions last, since
/// columns call them.
pub(super) fn contract<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>, coming: &[fill::Coming<'l>]) {
    let mut writer = files.begin();
    let owner = &files.roles.owner;
    rights::take(&mut writer, delta);
    fill::end(&mut writer, delta, coming);
    constraints(&mut writer, delta, |rule| matches!(rule, ConstraintRule::ForeignKey(_)));
    let removal = delta.old.dependencies().removal();
    let gone: Vec<&Object> =
        removal.into_iter().filter(|object| delta.new.get(&object.id()).is_none()).collect();
    let is_view = |object: &&&Object| matches!(object, Object::View(_));
    gone.iter().filter(is_view).for_each(|object| dropped(&mut writer, delta, owner, object));
    tables(&mut writer, delta, owner, &gone);
    // Checks went before, since they refuse what new clients write.
    constraints(&mut writer, delta, |rule| {
        !matches!(rule, ConstraintRule::ForeignKey(_) | ConstraintRule::Check(_))
    });
    indexes(&mut writer, delta);
    columns(&mut writer, delta);
    gone.iter()
        .filter(|object| !is_view(object))
        .for_each(|object| dropped(&mut writer, delta, owner, object));
    files.end(writer, Phase::Contract, "");
}

/// Drops a view, a function, a sequence or a schema.
fn dropped<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, owner: &'l str, object: &Object) {
    let (kind, name, cost) = match object {
        Object::View(view) => {
            let kind = if view.kind == ViewKind::Materialized { "MATERIALIZED VIEW" } else { "VIEW" };
            (kind, Qualified(&view.name).to_string(), Cost::locks(&view.name, LockMode::AccessExclusive))
        }
        // It goes with its trigger.
        Object::Function(function) if fill::is_of_interim(function) => return,
        Object::Function(function) => ("ROUTINE", Called(&function.signature()).to_string(), Cost::nothing()),
        Object::Sequence(sequence) => ("SEQUENCE", Qualified(&sequence.name).to_string(), Cost::nothing()),
        Object::Schema(schema) => ("SCHEMA", Ident(&schema.name).to_string(), Cost::nothing()),
        _ => return,
    };
    writer.step(&object.id(), "is dropped", cost, |printer| {
        printer.act_as(owner);
        printer.line(format_args!("DROP {kind} IF EXISTS {name};"));
    });
    takes(writer, delta, object);
}

/// Takes an object away with all that goes with it.
fn takes<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, object: &Object) {
    let on = match object {
        Object::Table(table) => Target::Relation(table.name.clone()),
        Object::View(view) => Target::Relation(view.name.clone()),
        Object::Function(function) => Target::Function(function.signature()),
        Object::Sequence(sequence) => Target::Sequence(sequence.name.clone()),
        Object::Schema(schema) => Target::Schema(schema.name.clone()),
        _ => return,
    };
    if let Target::Relation(name) = &on {
        delta.old.of_relation(name).for_each(|part| writer.takes(part.id()));
    }
    for object in delta.old.objects() {
        match object {
            Object::Grant(grant) if grant.on == on => writer.takes(object.id()),
            Object::Table(Table { partition_of: Some(of), .. })
                if on == Target::Relation(of.table.clone()) =>
            {
                takes(writer, delta, object);
            }
            _ => {}
        }
    }
    writer.takes(object.id());
}

/// Drops tables by one statement: they may refer to each other.
fn tables<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, owner: &'l str, gone: &[&'l Object]) {
    let tables = gone.iter().filter_map(|object| match object {
        Object::Table(table) => Some((*object, &table.name)),
        _ => None,
    });
    let tables: Vec<(&Object, &Name)> = tables.collect();
    let list = tables.iter().map(|(_, name)| Qualified(name).to_string()).collect::<Vec<_>>().join(",\n    ");
    for (at, (object, name)) in tables.iter().enumerate() {
        let loss = Risk::Loss { of: format!("all rows of {}", Qualified(name)) };
        let cost = Cost::locks(name, LockMode::AccessExclusive).risks(loss);
        writer.step(&object.id(), "is dropped", cost, |printer| {
            if at + 1 == tables.len() {
                printer.act_as(owner);
                printer.line(format_args!("DROP TABLE IF EXISTS\n    {list};"));
            }
        });
        takes(writer, delta, object);
    }
}

/// Drops constraints of tables that stay.
fn constraints<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, of: impl Fn(&ConstraintRule) -> bool) {
    for object in delta.gone() {
        if let Object::Constraint(one) = object
            && delta.has_table(&one.table)
            && of(&one.rule)
        {
            drop_constraint(writer, delta, one);
        }
    }
}

/// Drops indexes of tables that stay.
fn indexes<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.gone() {
        let Object::Index(index) = object else { continue };
        if delta.has_table(&index.table) {
            let cost = Cost::locks(&index.table, LockMode::AccessExclusive);
            writer.step(&object.id(), "is dropped", cost, |printer| {
                owner_of(delta, &index.table).into_iter().for_each(|owner| printer.act_as(owner));
                printer.line(format_args!("DROP INDEX IF EXISTS {};", Qualified(&index.name)));
            });
            writer.takes(object.id());
        }
    }
}

/// Drops columns of tables that stay.
fn columns<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.gone() {
        let Object::Column(column) = object else { continue };
        let id = ObjectId::Table(column.table.clone());
        let Some(Object::Table(table)) = delta.new.get(&id) else { continue };
        let (name, gone) = (Qualified(&column.table), Ident(&column.name));
        let loss = Risk::Loss { of: format!("all values of {name}.{gone}") };
        let cost = Cost::locks(&column.table, LockMode::AccessExclusive).risks(loss);
        writer.step(&object.id(), "is dropped", cost, |printer| {
            printer.act_as(&table.owner);
            printer.line(format_args!("ALTER TABLE {name} DROP COLUMN IF EXISTS {gone};"));
        });
        writer.takes(object.id());
        writer.makes(delta.settled(table));
    }
}
