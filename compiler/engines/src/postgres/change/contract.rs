//! The file that runs once no client of before is left, and drops columns, tables, views, functions and rights that the source has no longer.

use super::super::print::functions::Called;
use super::super::sql::{Ident, Qualified};
use super::constraints::{drop_constraint, owner_of};
use super::delta::Delta;
use super::writer::{Cost, Files};
use super::{fill, rights};
use crate::change::{LockMode, Phase, Risk};
use polity_catalog::Identified;
use polity_catalog::relational::{ConstraintRule, Object, ObjectId, ViewKind};

/// Writes the file.
pub(super) fn contract<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>, coming: &[fill::Coming<'l>]) {
    let mut writer = files.begin();
    rights::take(&mut writer, delta);
    fill::end(&mut writer, delta, coming);
    let removal = delta.old.dependencies().removal();
    for object in removal.into_iter().filter(|object| delta.new.get(&object.id()).is_none()) {
        let (kind, name, cost) = match object {
            Object::View(view) => {
                let kind = if view.kind == ViewKind::Materialized { "MATERIALIZED VIEW" } else { "VIEW" };
                (kind, Qualified(&view.name).to_string(), Cost::locks(&view.name, LockMode::AccessExclusive))
            }
            Object::Table(table) => {
                let name = Qualified(&table.name).to_string();
                let loss = Risk::Loss { of: format!("all rows of {name}") };
                ("TABLE", name, Cost::locks(&table.name, LockMode::AccessExclusive).risks(loss))
            }
            Object::Function(function) if fill::is_of_interim(function) => continue,
            Object::Function(function) => {
                ("ROUTINE", Called(&function.signature()).to_string(), Cost::nothing())
            }
            Object::Sequence(sequence) => {
                ("SEQUENCE", Qualified(&sequence.name).to_string(), Cost::nothing())
            }
            Object::Schema(schema) => ("SCHEMA", Ident(&schema.name).to_string(), Cost::nothing()),
            _ => continue,
        };
        writer.step(&object.id(), "is dropped", cost, |printer| {
            printer.act_as(&files.roles.owner);
            printer.line(format_args!("DROP {kind} IF EXISTS {name};"));
        });
        if let Object::Table(table) = object {
            delta.old.of_relation(&table.name).for_each(|part| writer.takes(part.id()));
        }
        writer.takes(object.id());
    }
    columns(&mut writer, delta);
    files.end(writer, Phase::Contract, "");
}

/// Parts of tables that stay.
fn columns<'l>(writer: &mut super::writer::Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.gone() {
        match object {
            // Checks went before, since they refuse what new clients write.
            Object::Constraint(one)
                if delta.has_table(&one.table) && !matches!(one.rule, ConstraintRule::Check(_)) =>
            {
                drop_constraint(writer, delta, one);
            }
            Object::Index(index) if delta.has_table(&index.table) => {
                let cost = Cost::locks(&index.table, LockMode::AccessExclusive);
                writer.step(&object.id(), "is dropped", cost, |printer| {
                    owner_of(delta, &index.table).into_iter().for_each(|owner| printer.act_as(owner));
                    printer.line(format_args!("DROP INDEX IF EXISTS {};", Qualified(&index.name)));
                });
                writer.takes(object.id());
            }
            _ => {}
        }
    }
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
        writer.makes(table.clone());
    }
}
