//! Keyed hashes that come or go beside ciphertexts. Until the contract triggers take one away that is not of the value which a client
//! writes; clients make those that come, and the contract stops with the number of rows without.

use serde_json::json;

use super::super::lower::doubles::{INTERIM, interim_function};
use super::super::lower::indexings::Indexing;
use super::super::lower::lowered::plpgsql;
use super::super::lower::names::{LIMIT, fit};
use super::super::print::tables::Shown;
use super::super::sql::{self, Ident, Qualified};
use super::delta::Delta;
use super::sealing::{Gate, add, required};
use super::writer::{Cost, Files, Writer};
use crate::change::{LockMode, Phase, Time};
use polity_catalog::relational::{
    Catalog, Constraint, Event, Firing, Function, Name, ObjectId, Table, TransitionTables, Trigger,
};
use polity_templates::postgres::functions;

/// Keeps each row from holding the hash of a value that it held before.
pub(super) fn begin<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for indexing in delta.indexings_now() {
        let Some(table) = delta.new.table(&indexing.table) else { continue };
        for (part, does) in [
            (Part::Stale, "goes where another value is written without it"),
            (Part::Kept, "stays where it is written as it was"),
        ] {
            let (function, trigger) = (part.function(indexing, table), part.trigger(indexing, table));
            add(writer, table, &indexing.hash, does.to_owned(), function, trigger);
        }
    }
}

/// Returns the triggers of a hash.
pub(super) fn triggers(delta: &Delta<'_>, indexing: &Indexing) -> Vec<Trigger> {
    let table = delta.new.table(&indexing.table);
    table
        .into_iter()
        .flat_map(|table| [Part::Stale, Part::Kept].map(|one| one.trigger(indexing, table)))
        .collect()
}

/// Returns the checks that hold once clients have made every hash that comes.
pub(super) fn withheld(new: &Catalog, indexings: &[Indexing]) -> Vec<Constraint> {
    indexings.iter().filter(|one| one.comes).flat_map(|one| one.checks(new).cloned()).collect()
}

/// Stops where rows have none, then requires them wherever a value is.
pub(super) fn end<'l>(
    writer: &mut Writer<'_, 'l>,
    delta: &Delta<'l>,
    withheld: &[Constraint],
    maintenance: &'l str,
) {
    for indexing in delta.indexings().iter().filter(|one| one.comes) {
        let Some(table) = delta.new.table(&indexing.table) else { continue };
        let left = format!("{} IS NOT NULL AND {} IS NULL", Ident(&indexing.value), Ident(&indexing.hash));
        let words = ("index", "is there in every row that has a value");
        Gate { table, column: &indexing.hash, left, words }.write(writer, maintenance);
        required(writer, delta, table, |column| indexing.hash == column);
    }
    for check in withheld {
        let Some(table) = delta.new.table(&check.table) else { continue };
        let id = ObjectId::Constraint(check.table.clone(), check.name.clone());
        let cost = Cost::locks(&check.table, LockMode::AccessExclusive);
        writer.step(&id, "is added", cost, |printer| {
            printer.act_as(&table.owner);
            printer.line(format_args!(
                "ALTER TABLE {} ADD {} NOT VALID;",
                Qualified(&check.table),
                Shown(check)
            ));
        });
        writer.makes(Constraint { unvalidated: true, ..check.clone() });
    }
}

/// Judges the rows that are there, beside the writes of clients.
pub(super) fn judge<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>, withheld: &[Constraint]) {
    for check in withheld {
        let Some(table) = delta.new.table(&check.table) else { continue };
        let mut writer = files.begin();
        let id = ObjectId::Constraint(check.table.clone(), check.name.clone());
        let cost = Cost::locks(&check.table, LockMode::ShareUpdateExclusive).takes(Time::Scan);
        writer.step(&id, "is validated", cost, |printer| {
            printer.act_as(&table.owner);
            let (table, name) = (Qualified(&check.table), Ident(&check.name));
            printer.line(format_args!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};"));
        });
        writer.makes(check.clone());
        files.end(writer, Phase::ContractBeside, &check.name);
    }
}

/// A trigger of a hash.
#[derive(Clone, Copy)]
enum Part {
    /// Fires where a client writes the value, and first.
    Stale,
    /// Fires where a client writes the hash.
    Kept,
}

impl Part {
    /// The part of the name that puts the one that fires first before the other.
    fn first(self) -> &'static str {
        match self {
            Self::Stale => "0",
            Self::Kept => "",
        }
    }

    fn name(self, indexing: &Indexing, table: &Table) -> Name {
        interim_function(&table.name, &format!("{}{}", self.first(), indexing.hash))
    }

    fn function(self, indexing: &Indexing, table: &Table) -> Function {
        let (value, hash) = (Ident(&indexing.value).to_string(), Ident(&indexing.hash).to_string());
        let template = match self {
            Self::Stale => functions::INDEX_STALE,
            Self::Kept => functions::INDEX_KEPT,
        };
        let body = polity_templates::render(template, json!({ "value": value, "hash": hash }));
        plpgsql(&sql::Name(self.name(indexing, table)), &table.owner, "trigger", &body)
    }

    fn trigger(self, indexing: &Indexing, table: &Table) -> Trigger {
        let column = match self {
            Self::Stale => &indexing.value,
            Self::Kept => &indexing.hash,
        };
        Trigger {
            table: table.name.clone(),
            name: fit(&format!("{INTERIM}{}{}", self.first(), indexing.hash), LIMIT),
            before: true,
            events: vec![Event::Update],
            columns: vec![column.clone()],
            each_row: true,
            rows: TransitionTables::default(),
            condition: None,
            function: self.name(indexing, table),
            arguments: indexing.arguments(),
            firing: Firing::default(),
        }
    }
}
