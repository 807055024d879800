//! Fields that clients encrypt from now on: the sealed column comes beside the clear one, and until the contract a trigger keeps rows from
//! holding a value in both. Only clients can seal what is there; the contract stops with the number of rows that are left.

use serde::Serialize;

use super::super::lower::doubles::INTERIM;
use super::super::lower::lowered::plpgsql;
use super::super::lower::names::{LIMIT, fit};
use super::super::lower::sealings::Sealing;
use super::super::lower::tenancy::sight::PROOF;
use super::super::print::functions::{Called, CreateFunction, CreateTrigger};
use super::super::sql::{self, Body, Ident, Literal, Qualified};
use super::delta::Delta;
use super::writer::{Cost, Writer};
use crate::change::{LockMode, Risk, Time};
use polity_catalog::relational::{
    Event, Firing, Function, Name, Object, ObjectId, Table, TransitionTables, Trigger,
};
use polity_templates::postgres::{blocks, functions};

/// Takes the value of one column away where a client writes the other.
pub(super) fn begin<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for sealing in delta.sealings_now() {
        let Some(table) = table(delta, sealing) else { continue };
        for which in [Which::Sealed, Which::Clear] {
            let (function, trigger) = (which.function(sealing, table), which.trigger(sealing, table));
            let id = ObjectId::Column(table.name.clone(), which.column(sealing).into());
            let cost = Cost::locks(&table.name, LockMode::ShareRowExclusive);
            writer.step(&id, which.does(), cost, |printer| {
                printer.act_as(&table.owner);
                printer.line(CreateFunction(&function, "CREATE OR REPLACE"));
                let called = Called(&function.signature()).to_string();
                printer.line(format_args!("REVOKE ALL ON FUNCTION {called} FROM PUBLIC;"));
                printer.line(CreateTrigger(&trigger));
            });
            writer.makes(function);
            writer.makes(trigger);
        }
    }
}

/// Returns the triggers of a field.
pub(super) fn triggers(delta: &Delta<'_>, sealing: &Sealing) -> Vec<Trigger> {
    let table = table(delta, sealing);
    table
        .into_iter()
        .flat_map(|table| [Which::Sealed, Which::Clear].map(|one| one.trigger(sealing, table)))
        .collect()
}

/// Stops where rows are left to seal, then requires what was sealed.
pub(super) fn end<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, maintenance: &'l str) {
    for sealing in delta.sealings() {
        let Some(table) = table(delta, sealing) else { continue };
        let (name, clear) = (Qualified(&table.name), Ident(&sealing.clear));
        let count = format!("SELECT count(*) FROM {name} WHERE {clear} IS NOT NULL");
        let id = ObjectId::Column(table.name.clone(), sealing.clear.clone());
        let cost = Cost::locks(&table.name, LockMode::AccessExclusive).takes(Time::Scan);
        writer.step(&id, "is sealed in every row", cost.risks(Risk::Misfits { count }), |printer| {
            if table.row_security {
                printer.line("SET row_security = on;");
            }
            printer.act_as(if table.row_security { maintenance } else { &table.owner });
            printer.line(format_args!("DO {};", Body(&gate(sealing, table))));
            if table.row_security {
                printer.line("SET row_security = off;");
            }
        });
        required(writer, delta, sealing, table);
    }
}

/// Requires the columns that came.
fn required<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, sealing: &Sealing, table: &'l Table) {
    for column in delta.new.columns(table).filter(|column| sealing.columns().any(|name| *name == column.name))
    {
        if !column.required {
            continue;
        }
        let id = ObjectId::Column(table.name.clone(), column.name.clone());
        let cost = Cost::locks(&table.name, LockMode::AccessExclusive).takes(Time::Scan);
        writer.step(&id, "is required", cost, |printer| {
            printer.act_as(&table.owner);
            let (table, column) = (Qualified(&table.name), Ident(&column.name));
            printer.line(format_args!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;"));
        });
        writer.makes(column.clone());
    }
}

/// The block that counts the rows that are left.
fn gate(sealing: &Sealing, table: &Table) -> String {
    let name = Qualified(&table.name).to_string();
    let proof = PROOF.replace("()", &format!("(ARRAY[{}]::regclass[])", Literal(&name)));
    let of = format!("{name}.{}", Ident(&sealing.clear));
    let values = serde_json::json!({
        "table": name,
        "clear": Ident(&sealing.clear).to_string(),
        "of": Literal(&of).to_string(),
        "proof": table.row_security.then_some(proof),
    });
    polity_templates::render(blocks::SEAL_GATE, values).trim_end().to_owned()
}

fn table<'l>(delta: &Delta<'l>, sealing: &Sealing) -> Option<&'l Table> {
    match delta.new.get(&ObjectId::Table(sealing.table.clone())) {
        Some(Object::Table(table)) => Some(table),
        _ => None,
    }
}

/// The column that a trigger is about.
#[derive(Clone, Copy)]
enum Which {
    Sealed,
    Clear,
}

impl Which {
    fn column(self, sealing: &Sealing) -> &str {
        match self {
            Self::Sealed => &sealing.sealed,
            Self::Clear => &sealing.clear,
        }
    }

    fn does(self) -> &'static str {
        match self {
            Self::Sealed => "takes the clear value away where it is written",
            Self::Clear => "takes the sealed value away where it is written",
        }
    }

    fn name(self, sealing: &Sealing, table: &Table) -> Name {
        let name = format!("{INTERIM}{}_{}", table.name.name, self.column(sealing));
        Name::new(table.name.schema.clone(), fit(&name, LIMIT))
    }

    fn function(self, sealing: &Sealing, table: &Table) -> Function {
        #[derive(Serialize)]
        struct Taken {
            /// The columns that hold the value no longer.
            gone: Vec<String>,
            /// The condition that they do not.
            condition: String,
            remark: &'static str,
        }
        let (clear, sealed) = (Ident(&sealing.clear), Ident(&sealing.sealed));
        let gone: Vec<String> = match self {
            Self::Sealed => vec![Ident(&sealing.clear).to_string()],
            Self::Clear => sealing.columns().map(|name| Ident(name).to_string()).collect(),
        };
        let (condition, remark) = match self {
            Self::Sealed => (
                format!("TG_OP = 'UPDATE' OR NEW.{sealed} IS NOT NULL"),
                "A new row has one that is not written as NULL.",
            ),
            // Who knows the clear one alone writes back the NULL that it read, and who seals may empty it in the same statement.
            Self::Clear => (
                format!(
                    "NEW.{clear} IS DISTINCT FROM OLD.{clear} AND NEW.{sealed} IS NOT DISTINCT FROM OLD.{sealed}"
                ),
                "Whoever writes back what was read, or seals at the same time, takes nothing away.",
            ),
        };
        let body = polity_templates::render(functions::SEAL, Taken { gone, condition, remark });
        plpgsql(&sql::Name(self.name(sealing, table)), &table.owner, "trigger", &body)
    }

    fn trigger(self, sealing: &Sealing, table: &Table) -> Trigger {
        let column = self.column(sealing);
        Trigger {
            table: table.name.clone(),
            name: fit(&format!("{INTERIM}{column}"), LIMIT),
            before: true,
            events: match self {
                Self::Sealed => vec![Event::Insert, Event::Update],
                // A new row has the default of the clear one.
                Self::Clear => vec![Event::Update],
            },
            // The sealed one also where it writes what is there: a client that empties it knows of no other.
            columns: vec![column.into()],
            each_row: true,
            rows: TransitionTables::default(),
            condition: None,
            function: self.name(sealing, table),
            arguments: sealing.arguments(),
            firing: Firing::default(),
        }
    }
}
