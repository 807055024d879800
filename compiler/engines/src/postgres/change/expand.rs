//! The file that adds what new clients need. Old ones go on working, and it is one transaction, so that nothing is open before it
//! is protected.

use super::super::lower::lowered::{Lowered, Step};
use super::super::lower::maintenance::Ahead;
use super::super::lower::sealed::Sealed;
use super::super::print;
use super::super::sql::{Ident, Qualified};
use super::clear::Clearing;
use super::delta::Delta;
use super::window::{self, Window};
use super::writer::{Cost, Files, Writer, is_admins};
use super::{
    code, columns, constraints, fill, indexing, made_types, partition_policies, partitioned, respread,
    rights, sealing, sequences, tables, withheld,
};
use crate::change::{LockMode, Phase};
use polity_catalog::relational::{Constraint, ConstraintRule, Object, ObjectId, Table};

/// Writes the file.
pub(super) fn expand<'l>(
    files: &mut Files<'_, 'l>,
    delta: &Delta<'l>,
    coming: &[fill::Coming<'l>],
    clearing: &Clearing<'l>,
    windows: &'l [Window],
    sealed: &Sealed,
    aheads: &[Ahead],
) {
    let lowered = files.lowered;
    let mut writer = files.begin();
    let owner = &files.roles.owner;
    tables::rename(&mut writer, &sealed.renames, &sealed.catalog, windows, owner);
    clearing.drop(&mut writer, owner);
    constraints::relax(&mut writer, delta);
    withheld::withheld(&mut writer, delta);
    spaces(&mut writer, delta);
    made_types::add(&mut writer, delta);
    said_of_spaces(&mut writer, delta);
    rights::let_in(&mut writer, delta);
    for object in lowered.catalog.dependencies().creation() {
        match object {
            Object::Table(table) if !delta.had_table(&table.name) => new_table(&mut writer, delta, table),
            Object::Table(table) => {
                columns::change(&mut writer, delta, table);
                tables::alter(&mut writer, delta, table);
            }
            Object::Function(function) if delta.waits(function) => {}
            Object::Function(function) => code::function(&mut writer, delta, function),
            Object::View(view) => code::view(&mut writer, delta, view),
            _ => {}
        }
    }
    writer.printer.take_back();
    respread::refill(&mut writer, delta, &clearing.spread, aheads, &files.roles.maintenance);
    fill::begin(&mut writer, coming);
    sealing::begin(&mut writer, delta);
    indexing::begin(&mut writer, delta);
    constraints::add(&mut writer, delta);
    partitioned::begin(&mut writer, delta);
    code::guard(&mut writer, delta);
    partition_policies::close(&mut writer, delta, files.roles);
    rights::give(&mut writer, delta);
    rights::give_back(&mut writer, delta);
    sequences::belong(&mut writer, delta);
    window::open(&mut writer, windows);
    steps(&mut writer, delta, sealed, lowered, owner);
    files.end(writer, Phase::Expand, "");
}

/// Writes the file that makes a whole database, which is `schema.sql` in the frame of a migration.
pub(super) fn first<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>, lowered: &'l Lowered) {
    let mut writer = files.begin();
    let owner = ObjectId::Role(files.roles.owner.clone());
    let body = print::body(lowered, &lowered.catalog.dependencies(), files.roles, String::new());
    writer.step(&owner, "makes the database", Cost::nothing(), |printer| printer.line(body.trim_end()));
    delta.made().filter(|object| !is_admins(object)).for_each(|object| writer.makes(object.clone()));
    files.end(writer, Phase::Expand, "");
}

/// Replaces the functions that read columns which have another name now, once these are filled.
pub(super) fn settle<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, lowered: &'l Lowered) {
    for object in lowered.catalog.dependencies().creation() {
        if let Object::Function(function) = object
            && delta.waits(function)
        {
            code::function(writer, delta, function);
        }
    }
}

/// New schemas and sequences, and those of which something else is said.
fn spaces<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.made() {
        match object {
            Object::Schema(schema) => {
                writer.add(object, "is created", Cost::nothing(), |printer| printer.schema(schema));
            }
            Object::Sequence(sequence) => {
                writer.add(object, "is created", Cost::nothing(), |printer| printer.sequence(sequence));
            }
            _ => {}
        }
    }
}

/// Changes what is said of schemas and sequences.
fn said_of_spaces<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for (before, object) in delta.altered() {
        match (before, object) {
            (Object::Schema(old), Object::Schema(new)) if old.comment != new.comment => {
                writer.add(object, "has another comment", Cost::nothing(), |printer| {
                    printer.act_as(&new.owner);
                    printer.line(code::said("SCHEMA", &Ident(&new.name).to_string(), &new.comment));
                });
            }
            (Object::Sequence(old), Object::Sequence(new)) => {
                writer.add(object, "counts otherwise", Cost::nothing(), |printer| {
                    printer.act_as(&new.owner);
                    let name = Qualified(&new.name);
                    if let Some(said) = sequences::altered(old, new) {
                        printer.line(format_args!("ALTER SEQUENCE {name}{said};"));
                    }
                    if old.comment != new.comment {
                        printer.line(code::said("SEQUENCE", &name.to_string(), &new.comment));
                    }
                });
            }
            _ => {}
        }
    }
}

/// A new table with its columns, its indexes and all constraints but references.
fn new_table<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, table: &'l Table) {
    let id = ObjectId::Table(table.name.clone());
    let cost = match &table.partition_of {
        Some(of) => Cost::locks(&of.table, LockMode::AccessExclusive),
        None => Cost::nothing(),
    };
    writer.step(&id, "is created", cost, |printer| printer.table(table));
    writer.makes(table.clone());
    delta.new.columns(table).for_each(|column| writer.makes(column.clone()));
    let apart = |one: &&Constraint| matches!(one.rule, ConstraintRule::ForeignKey(_));
    let constraints = delta.new.constraints(&table.name).filter(|one| !apart(one));
    constraints.for_each(|one| writer.makes(one.clone()));
    writer.makes_indexes(&table.name);
}

/// The statements of the source that did not run yet, and partitions for new tables.
fn steps<'l>(
    writer: &mut Writer<'_, 'l>,
    delta: &Delta<'l>,
    sealed: &Sealed,
    lowered: &'l Lowered,
    owner: &'l str,
) {
    let wants_some =
        delta.made().any(|object| matches!(object, Object::Table(table) if table.partitioned.is_some()));
    let is_open =
        |step: &&Step| (step.makes_partitions && wants_some) || !sealed.state.steps.contains(&step.sql);
    for step in lowered.steps.iter().filter(is_open) {
        let about = ObjectId::Role(owner.into());
        writer.step(&about, format!("runs: {}", step.remark), Cost::nothing(), |printer| {
            printer.line(format_args!("SET ROLE {};", Ident(owner)));
            printer.line(format_args!("{};\n", step.sql));
        });
    }
}
