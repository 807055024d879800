//! The way back from a migration, until something was taken away: whatever it made goes, and what it altered is again as it was.
//! It is one transaction, which first counts what would be lost.

mod account;
mod back;
mod guard;

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::print::migrations::first_undo;
use super::super::print::parts::Parts;
use super::super::print::undo::undo as dropped;
use super::super::sql::{Ident, Qualified};
use super::clear::{Clearing, remove};
use super::constraints::drop_constraint;
use super::delta::Delta;
use super::recode::Recodes;
use super::tables;
use super::writer::{Cost, Files, Writer};
pub(super) use account::unrecorded;
pub(super) use guard::refusal;
use polity_catalog::Identified;
use polity_catalog::origins::Origins;
use polity_catalog::relational::{Catalog, Index, Object, ObjectId, Table};

/// Returns the statements. `all` is everything that the files before the contract made or left, `forth` the way that they went.
pub(super) fn undo(
    database: &Database,
    lowered: &Lowered,
    all: &Catalog,
    forth: &Delta<'_>,
    recodes: &Recodes,
) -> String {
    let Some(sealed) = &lowered.sealed else { return first_undo(database, lowered) };
    if let Some(reason) = guard::barred(all, &sealed.renamed) {
        return refusal(&reason);
    }
    // First under today's names, then under those of then.
    let now = lowered.with_catalog(sealed.renamed.clone());
    let then = lowered.with_catalog(sealed.catalog.clone());
    let clearing = Clearing::of(all, &now.catalog, false);
    let going = Delta::back(&clearing.left, &now, sealed);
    let renames = sealed.renames.reversed();
    let left = renames.applied(&left(&going));
    let coming = Delta::back(&left, &then, sealed);
    let (parts, origins) = (Parts::of(&then.catalog), Origins::default());
    let mut writer = Files::new(&then, &parts, &database.roles, &origins, all, &renames).begin();
    let owner = database.roles.owner.as_str();
    guard::stop(&mut writer, database, all, forth, &sealed.renamed);
    clearing.drop(&mut writer, owner);
    drop_parts(&mut writer, &going);
    recodes.back(&mut writer, &database.roles, &now.catalog);
    drop_objects(&mut writer, &going, lowered, database);
    tables::rename(&mut writer, &renames, all, &[], owner);
    back::back(&mut writer, &coming);
    writer.sql()
}

/// Drops constraints and indexes that are new or differ.
fn drop_parts<'l>(writer: &mut Writer<'_, 'l>, going: &Delta<'l>) {
    for object in parts(going) {
        match object {
            Object::Constraint(one) => drop_constraint(writer, going, one),
            Object::Index(index) => writer.step(&object.id(), "is dropped", Cost::nothing(), |printer| {
                printer.line(format_args!("DROP INDEX IF EXISTS {};", Qualified(&index.name)));
            }),
            _ => {}
        }
    }
}

/// The constraints and indexes that go, references first.
fn parts<'l>(going: &Delta<'l>) -> Vec<&'l Object> {
    let is_part = |object: &&Object| match object {
        Object::Constraint(one) => going.has_table(&one.table),
        Object::Index(index) => going.has_relation(&index.table),
        _ => false,
    };
    let all = going.gone().chain(going.altered().map(|(old, _)| old));
    let mut parts: Vec<&Object> = all.filter(is_part).collect();
    // That of a partition goes with the one of its table.
    let is_of_partition = |object: &Object| match object {
        Object::Index(Index { table, .. }) => {
            going.old.table(table).is_some_and(|table| table.partition_of.is_some())
        }
        _ => false,
    };
    parts.sort_by_key(|object| (super::rank(object), is_of_partition(object)));
    parts
}

/// Drops whatever is new: views, columns, then all that they needed.
fn drop_objects<'l>(
    writer: &mut Writer<'_, 'l>,
    going: &Delta<'l>,
    lowered: &Lowered,
    database: &'l Database,
) {
    let owner = database.roles.owner.as_str();
    let of = |is_gone: &dyn Fn(&Object) -> bool| {
        let gone: Catalog = going.gone().filter(|object| is_gone(object)).cloned().collect();
        let gone = lowered.with_catalog(gone);
        dropped(&gone, &gone.catalog.dependencies(), &database.roles)
    };
    let views = of(&|object| matches!(object, Object::View(_)));
    let rest = of(&|object| {
        matches!(object, Object::Table(_) | Object::Function(_) | Object::Sequence(_) | Object::Schema(_))
    });
    let mut columns = String::new();
    for object in going.gone() {
        match object {
            Object::Column(column) if going.has_table(&column.table) => {
                let (table, name) = (Qualified(&column.table), Ident(&column.name));
                columns.push_str(&format!("ALTER TABLE {table} DROP COLUMN IF EXISTS {name};\n"));
            }
            Object::Table(Table { name, partition_of: Some(of), .. }) if going.has_table(&of.table) => {
                columns.push_str(&format!("DROP TABLE IF EXISTS {};\n", Qualified(name)));
            }
            _ => {}
        }
    }
    writer.step(&ObjectId::Role(owner.into()), "drops what is new", Cost::nothing(), |printer| {
        printer.act_as(owner);
        for text in [views, format!("SET ROLE {};\n\n{columns}", Ident(owner)), rest] {
            printer.line(text);
        }
        printer.line(format_args!("SET ROLE {};\n", Ident(owner)));
    });
}

/// The catalog once all that is gone.
fn left(going: &Delta<'_>) -> Catalog {
    let mut left = going.old.clone();
    for object in going.gone() {
        // Rights on what stays are taken one by one.
        if !matches!(object, Object::Grant(_)) {
            remove(&mut left, object);
        }
    }
    parts(going).into_iter().for_each(|object| drop(left.remove(&object.id())));
    left
}
