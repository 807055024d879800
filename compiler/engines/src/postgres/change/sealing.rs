//! Fields that clients encrypt from now on, no longer, or otherwise: the new column comes beside that of before, and until the contract a
//! trigger keeps rows from holding a value in both. Only clients can make one of the other; the contract stops with the number of rows
//! that are left.

use super::super::lower::doubles::{INTERIM, interim_function};
use super::super::lower::lowered::plpgsql;
use super::super::lower::names::{LIMIT, fit};
use super::super::lower::sealings::{Held, Sealing};
use super::super::lower::tenancy::sight::PROOF;
use super::super::print::Printer;
use super::super::print::functions::{Called, CreateFunction, CreateTrigger};
use super::super::sql::{self, Body, Ident, Literal, Qualified};
use super::delta::Delta;
use super::writer::{Cost, Writer};
use crate::change::{LockMode, Risk, Time};
use polity_catalog::relational::{
    Column, Event, Firing, Function, Name, ObjectId, Table, TransitionTables, Trigger,
};
use polity_templates::postgres::{blocks, functions};

/// Takes the value of one column away where a client writes the other.
pub(super) fn begin<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for sealing in delta.sealings_now() {
        let Some(table) = delta.new.table(&sealing.table) else { continue };
        for which in [Which::After, Which::Before] {
            let function = which.function(sealing, table);
            let does = format!("takes what is {} away where it is written", which.other(sealing));
            add(writer, table, &which.held(sealing).value, does, function, which.trigger(sealing, table));
        }
    }
}

/// Adds a trigger with its function, of which a column speaks.
pub(super) fn add<'l>(
    writer: &mut Writer<'_, 'l>,
    table: &'l Table,
    column: &str,
    does: String,
    function: Function,
    trigger: Trigger,
) {
    let id = ObjectId::Column(table.name.clone(), column.into());
    let cost = Cost::locks(&table.name, LockMode::ShareRowExclusive);
    writer.step(&id, does, cost, |printer| {
        printer.act_as(&table.owner);
        printer.line(CreateFunction(&function, "CREATE OR REPLACE"));
        printer.line(format_args!("REVOKE ALL ON FUNCTION {} FROM PUBLIC;", Called(&function.signature())));
        printer.line(CreateTrigger(&trigger));
    });
    writer.makes(function);
    writer.makes(trigger);
}

/// Returns the triggers of a field.
pub(super) fn triggers(delta: &Delta<'_>, sealing: &Sealing) -> Vec<Trigger> {
    let table = delta.new.table(&sealing.table);
    table
        .into_iter()
        .flat_map(|table| [Which::After, Which::Before].map(|one| one.trigger(sealing, table)))
        .collect()
}

/// Stops where rows are left, then requires what came.
pub(super) fn end<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, maintenance: &'l str) {
    for sealing in delta.sealings() {
        let Some(table) = delta.new.table(&sealing.table) else { continue };
        let words = match (sealing.before.is_sealed, sealing.after.is_sealed) {
            (false, _) => ("seal", "is sealed in every row"),
            (true, false) => ("open", "is open in every row"),
            (true, true) => ("seal anew", "is sealed anew in every row"),
        };
        let left = format!("{} IS NOT NULL", Ident(&sealing.before.value));
        let gate = Gate { table, column: &sealing.before.value, left, words };
        gate.write(writer, maintenance);
        required(writer, delta, table, |column| sealing.after.columns().any(|name| name == column));
    }
}

/// Requires the columns that came.
pub(super) fn required<'l>(
    writer: &mut Writer<'_, 'l>,
    delta: &Delta<'l>,
    table: &'l Table,
    came: impl Fn(&str) -> bool,
) {
    let columns: Vec<&Column> = delta.new.columns(table).collect();
    for column in columns.into_iter().filter(|column| column.required && came(&column.name)) {
        let id = ObjectId::Column(table.name.clone(), column.name.clone());
        let cost = Cost::locks(&table.name, LockMode::AccessExclusive).takes(Time::Scan).risks(Risk::Scan);
        writer.step(&id, "is required", cost, |printer| {
            printer.act_as(&table.owner);
            let (table, column) = (Qualified(&table.name), Ident(&column.name));
            printer.line(format_args!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;"));
        });
        writer.makes(column.clone());
    }
}

/// A stop that counts the rows that clients have not led on yet.
pub(super) struct Gate<'g, 'l> {
    pub(super) table: &'l Table,
    pub(super) column: &'g str,
    /// The condition of such rows.
    pub(super) left: String,
    /// The verb of what is left to do, and what holds once it is done.
    pub(super) words: (&'static str, &'static str),
}

impl<'l> Gate<'_, 'l> {
    pub(super) fn write(&self, writer: &mut Writer<'_, 'l>, maintenance: &'l str) {
        let table = self.table;
        let count = format!("SELECT count(*) FROM {} WHERE {}", Qualified(&table.name), self.left);
        let id = ObjectId::Column(table.name.clone(), self.column.into());
        let cost = Cost::locks(&table.name, LockMode::AccessExclusive).takes(Time::Scan);
        writer.step(&id, self.words.1, cost.risks(Risk::Scan).risks(Risk::Misfits { count }), |printer| {
            // Nobody writes a value between the count and the end of the column that it stands in.
            printer.act_as(&table.owner);
            printer.line(format_args!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;", Qualified(&table.name)));
            self.stop().print(printer, maintenance);
        });
    }

    fn stop(&self) -> Stop<'l> {
        Stop {
            table: self.table,
            left: self.left.clone(),
            of: format!("{}.{}", Qualified(&self.table.name), Ident(self.column)),
            message: format!("rows left to {}: %s, in %s", self.words.0),
            hint: "a client that has the key does it; then run this again",
        }
    }
}

/// A block that counts rows, and stops with their count where there are any.
pub(super) struct Stop<'l> {
    pub(super) table: &'l Table,
    /// The condition of such rows.
    pub(super) left: String,
    /// The column that they are counted for, as people are told of it.
    pub(super) of: String,
    /// The words of the stop, with a place for the count and one for the column.
    pub(super) message: String,
    pub(super) hint: &'static str,
}

impl<'l> Stop<'l> {
    pub(super) fn print(&self, printer: &mut Printer<'_, 'l>, maintenance: &'l str) {
        let table = self.table;
        if table.row_security {
            printer.line("SET row_security = on;");
        }
        printer.act_as(if table.row_security { maintenance } else { &table.owner });
        printer.line(format_args!("DO {};", Body(&self.block())));
        if table.row_security {
            printer.line("SET row_security = off;");
        }
    }

    fn block(&self) -> String {
        let name = Qualified(&self.table.name).to_string();
        let proof = PROOF.replace("()", &format!("(ARRAY[{}]::regclass[])", Literal(&name)));
        let values = serde_json::json!({
            "table": name,
            "left": self.left,
            "of": Literal(&self.of).to_string(),
            "message": Literal(&self.message).to_string(),
            "hint": Literal(self.hint).to_string(),
            "proof": self.table.row_security.then_some(proof),
        });
        polity_templates::render(blocks::SEAL_GATE, values).trim_end().to_owned()
    }
}

/// The column that a trigger is about.
#[derive(Clone, Copy)]
enum Which {
    After,
    Before,
}

impl Which {
    fn held(self, sealing: &Sealing) -> &Held {
        match self {
            Self::After => &sealing.after,
            Self::Before => &sealing.before,
        }
    }

    /// The form of the value in the other column.
    fn other(self, sealing: &Sealing) -> &'static str {
        match (self, sealing.before.is_sealed, sealing.after.is_sealed) {
            (Self::After, true, true) => "sealed as before",
            (Self::Before, true, true) => "sealed anew",
            (Self::After, true, false) | (Self::Before, _, true) => "sealed",
            _ => "clear",
        }
    }

    fn name(self, sealing: &Sealing, table: &Table) -> Name {
        interim_function(&table.name, &self.held(sealing).value)
    }

    fn function(self, sealing: &Sealing, table: &Table) -> Function {
        let (before, after) = (Ident(&sealing.before.value), Ident(&sealing.after.value));
        let gone = match self {
            Self::After => &sealing.before,
            Self::Before => &sealing.after,
        };
        let (condition, remark) = match self {
            Self::After => (
                format!("TG_OP = 'UPDATE' OR NEW.{after} IS NOT NULL"),
                "A new row has one that is not written as NULL.",
            ),
            // Who knows the one of before alone writes back the NULL that it read, and who leads a value on may empty it in the same
            // statement.
            Self::Before => (
                format!(
                    "NEW.{before} IS DISTINCT FROM OLD.{before} AND NEW.{after} IS NOT DISTINCT FROM OLD.{after}"
                ),
                "Whoever writes back what was read, or the other at the same time, takes nothing away.",
            ),
        };
        let default = sealing.default.as_deref().filter(|_| matches!(self, Self::After));
        let values = serde_json::json!({
            "gone": gone.columns().map(|name| Ident(name).to_string()).collect::<Vec<_>>(),
            "condition": condition,
            "remark": remark,
            "unwritten": format!("TG_OP = 'INSERT' AND num_nonnulls(NEW.{before}, NEW.{after}) = 0"),
            "written": after.to_string(),
            "default": default,
        });
        let body = polity_templates::render(functions::SEAL, values);
        plpgsql(&sql::Name(self.name(sealing, table)), &table.owner, "trigger", &body)
    }

    fn trigger(self, sealing: &Sealing, table: &Table) -> Trigger {
        let column = &self.held(sealing).value;
        Trigger {
            table: table.name.clone(),
            name: fit(&format!("{INTERIM}{column}"), LIMIT),
            before: true,
            events: match self {
                Self::After => vec![Event::Insert, Event::Update],
                // A new row has the default of the one of before.
                Self::Before => vec![Event::Update],
            },
            // The new one also where it writes what is there: a client that empties it knows of no other.
            columns: vec![column.clone()],
            each_row: true,
            rows: TransitionTables::default(),
            condition: None,
            function: self.name(sealing, table),
            arguments: sealing.arguments(),
            firing: Firing::default(),
        }
    }
}
