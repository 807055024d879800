//! Tables that are there: their names, and what is said of them as a whole.

use super::super::lower::names::fit;
use super::super::lower::table::partitions::STEM;
use super::super::sql::{Body, Ident, Literal, Qualified};
use super::code::said;
use super::delta::Delta;
use super::window::{self, Window};
use super::writer::{Cost, Writer};
use crate::change::{LockMode, Risk, Time};
use polity_catalog::relational::{
    Catalog, Name, Object, ObjectId, PartitionBy, Renames, Table, View, ViewKind,
};
use polity_templates::postgres::blocks;

/// Gives tables, views, sequences and columns their new names. Whoever uses an old one that no window shows does not work any longer.
pub(super) fn rename<'l>(
    writer: &mut Writer<'_, 'l>,
    renames: &Renames,
    before: &Catalog,
    windows: &[Window],
    owner: &'l str,
) {
    for (old, new) in renames.relations() {
        let kinds = [
            ("TABLE", ObjectId::Table(old.clone()), ObjectId::Table(new.clone())),
            ("VIEW", ObjectId::View(old.clone()), ObjectId::View(new.clone())),
            ("SEQUENCE", ObjectId::Sequence(old.clone()), ObjectId::Sequence(new.clone())),
        ];
        let Some((kind, was, after)) = kinds.into_iter().find(|(_, id, _)| before.get(id).is_some()) else {
            continue;
        };
        let mut cost = Cost::locks(old, LockMode::AccessExclusive);
        // Nobody names a partition.
        if !window::holds(windows, old) && before.table(old).is_none_or(|table| table.partition_of.is_none())
        {
            cost = cost.risks(breaks(&was));
        }
        let is_materialized =
            matches!(before.get(&was), Some(Object::View(View { kind: ViewKind::Materialized, .. })));
        let kind = if is_materialized { "MATERIALIZED VIEW" } else { kind };
        writer.step(&after, format!("was {}", Qualified(old)), cost, |printer| {
            printer.act_as(owner);
            if old.name != new.name {
                printer.line(format_args!("ALTER {kind} {} RENAME TO {};", Qualified(old), Ident(&new.name)));
            }
            if old.schema != new.schema {
                let named = Name::new(old.schema.clone(), new.name.clone());
                printer.line(format_args!(
                    "ALTER {kind} {} SET SCHEMA {};",
                    Qualified(&named),
                    Ident(&new.schema)
                ));
            }
        });
    }
    for (old, new) in renames.relations() {
        if is_spread_by_ranges(before, old) {
            partitions(writer, old, new, owner);
        }
    }
    columns(writer, renames, windows, owner);
}

/// Gives columns their new names.
fn columns<'l>(writer: &mut Writer<'_, 'l>, renames: &Renames, windows: &[Window], owner: &'l str) {
    for (old_table, old, new) in renames.columns() {
        let table = renames.relation(old_table);
        let (was, after) =
            (ObjectId::Column(old_table.clone(), old.clone()), ObjectId::Column(table.clone(), new.clone()));
        let mut cost = Cost::locks(&table, LockMode::AccessExclusive);
        if !window::holds(windows, old_table) {
            cost = cost.risks(breaks(&was));
        }
        writer.step(&after, format!("was {}", Ident(old)), cost, |printer| {
            printer.act_as(owner);
            let (table, old, new) = (Qualified(&table), Ident(old), Ident(new));
            printer.line(format_args!("ALTER TABLE {table} RENAME COLUMN {old} TO {new};"));
        });
    }
}

fn breaks(what: &ObjectId) -> Risk {
    Risk::Break { clients: format!("those that use {what}") }
}

pub(super) fn is_spread_by_ranges(catalog: &Catalog, table: &Name) -> bool {
    let partitioned = catalog.table(table).and_then(|table| table.partitioned.as_ref());
    partitioned.is_some_and(|partitioned| partitioned.by == PartitionBy::Range)
}

/// Gives partitions that were made by the clock the names that those to come will have.
fn partitions<'l>(writer: &mut Writer<'_, 'l>, old: &Name, new: &Name, owner: &'l str) {
    let literal = |text: &str| Literal(text).to_string();
    let values = serde_json::json!({
        "table": literal(&Qualified(new).to_string()),
        "stem": literal(&fit(&new.name, STEM)),
        "home": literal(&new.schema),
    });
    let block = polity_templates::render(blocks::PARTITION_NAMES, values);
    let does = format!("has partitions that follow its name, was {}", Qualified(old));
    writer.step(
        &ObjectId::Table(new.clone()),
        does,
        Cost::locks(new, LockMode::AccessExclusive),
        |printer| {
            printer.act_as(owner);
            printer.line(format_args!("DO {};", Body(block.trim_end())));
        },
    );
}

/// Changes what is said of a table as a whole: storage, comment, and whether policies decide who sees a row.
pub(super) fn alter<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, table: &'l Table) {
    let id = ObjectId::Table(table.name.clone());
    let Some(old) = delta.old.table(&table.name) else { return };
    let name = Qualified(&table.name);
    if old.storage != table.storage {
        let cost = Cost::locks(&table.name, LockMode::ShareUpdateExclusive);
        writer.step(&id, "has other storage parameters", cost, |printer| {
            printer.act_as(&table.owner);
            let gone: Vec<&str> = old
                .storage
                .keys()
                .filter(|key| !table.storage.contains_key(*key))
                .map(|key| key.as_str())
                .collect();
            if !gone.is_empty() {
                printer.line(format_args!("ALTER TABLE {name} RESET ({});", gone.join(", ")));
            }
            let set: Vec<String> =
                table.storage.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            if !set.is_empty() {
                printer.line(format_args!("ALTER TABLE {name} SET ({});", set.join(", ")));
            }
        });
    }
    if old.comment != table.comment {
        writer.step(
            &id,
            "has another comment",
            Cost::locks(&table.name, LockMode::ShareUpdateExclusive),
            |printer| {
                printer.act_as(&table.owner);
                printer.line(said("TABLE", &name.to_string(), &table.comment));
            },
        );
    }
    if old.row_security != table.row_security {
        close(writer, &id, table);
    } else if old.unforced != table.unforced {
        force(writer, &id, table);
    }
    if old.unlogged != table.unlogged {
        let cost =
            Cost::locks(&table.name, LockMode::AccessExclusive).takes(Time::Rewrite).risks(Risk::Rewrite);
        let (does, word) = match table.unlogged {
            true => ("loses its rows when the server crashes", "UNLOGGED"),
            false => ("keeps its rows when the server crashes", "LOGGED"),
        };
        writer.step(&id, does, cost, |printer| {
            printer.act_as(&table.owner);
            printer.line(format_args!("ALTER TABLE {name} SET {word};"));
        });
    }
    // Columns that go stand there until the contract.
    let mut reached = table.clone();
    reached.columns = old.columns.clone();
    reached.columns.extend(table.columns.iter().filter(|column| !old.columns.contains(column)).cloned());
    if reached != *old {
        writer.makes(reached);
    }
}

/// Lets policies decide for the owner as well, or no longer.
fn force<'l>(writer: &mut Writer<'_, 'l>, id: &ObjectId, table: &'l Table) {
    let (does, word) = match table.unforced {
        true => ("lets the owner see every row", "NO FORCE"),
        false => ("lets policies decide for the owner as well", "FORCE"),
    };
    writer.step(id, does, Cost::locks(&table.name, LockMode::AccessExclusive), |printer| {
        printer.act_as(&table.owner);
        printer.line(format_args!("ALTER TABLE {} {word} ROW LEVEL SECURITY;", Qualified(&table.name)));
    });
}

/// Lets policies decide who sees a row, or no longer.
fn close<'l>(writer: &mut Writer<'_, 'l>, id: &ObjectId, table: &'l Table) {
    let mut cost = Cost::locks(&table.name, LockMode::AccessExclusive);
    let (does, enable, force) = match table.row_security {
        true if table.unforced => {
            ("lets policies decide who sees a row, but for the owner", "ENABLE", "NO FORCE")
        }
        true => ("lets policies decide who sees a row", "ENABLE", "FORCE"),
        false => {
            let clients = "those that count on policies see the rows of all others".to_owned();
            cost = cost.risks(Risk::Break { clients });
            ("shows every row to whoever may read it: policies decide no longer", "DISABLE", "NO FORCE")
        }
    };
    writer.step(id, does, cost, |printer| {
        printer.act_as(&table.owner);
        let name = Qualified(&table.name);
        printer.line(format_args!("ALTER TABLE {name} {enable} ROW LEVEL SECURITY;"));
        printer.line(format_args!("ALTER TABLE {name} {force} ROW LEVEL SECURITY;"));
    });
}
