//! Columns that come to hold a value in every row. Until no client of before is left, a trigger gives it to rows that are
//! written without; those that are there are filled in batches, and only then is the column required.

use serde::Serialize;

use super::super::lower::doubles::{Double, INTERIM, interim_function};
use super::super::lower::fills::Fill;
use super::super::lower::lowered::plpgsql;
use super::super::lower::names::{LIMIT, fit};
use super::super::print::functions::{Called, CreateFunction, CreateTrigger};
use super::super::sql::{self, Ident, Literal, Qualified};
use super::batches::Batches;
use super::columns::kept;
use super::delta::Delta;
use super::writer::{Cost, Files, Writer};
use super::{indexing, sealing};
use crate::change::{LockMode, Phase, Risk, Time};
use polity_catalog::relational::{
    Column, ColumnValue, Constraint, ConstraintRule, Event, Firing, Function, Name, Object, ObjectId, Table,
    TransitionTables, Trigger,
};

/// A column of a table that is there, which rows that are there may lack.
pub(super) struct Coming<'l> {
    table: &'l Table,
    column: &'l Column,
    fill: Option<&'l Fill>,
    /// The old name of it, which is used as well until the contract.
    double: Option<&'l Double>,
}

/// Returns the columns that come to hold a value in every row, and cannot at once.
pub(super) fn coming<'l>(delta: &Delta<'l>) -> Vec<Coming<'l>> {
    let mut found = Vec::new();
    for object in delta.new.objects() {
        let Object::Column(column) = object else { continue };
        let Some(table) = delta.new.table(&column.table) else { continue };
        if !delta.had_table(&table.name) || table.partition_of.is_some() {
            continue;
        }
        let id = id_of(column);
        let fill = delta.fill(&id);
        let comes = match delta.old.get(&id) {
            Some(Object::Column(old)) => fill.is_some() || (column.required && !old.required),
            _ => fill.is_some_and(|fill| !fill.is_same),
        };
        if comes && !delta.is_led_by_clients(&table.name, &column.name) {
            let double = delta.double(&table.name, &column.name);
            found.push(Coming { table, column, fill, double });
        }
    }
    found
}

/// Fills what is written from now on, and holds it to that.
pub(super) fn begin<'l>(writer: &mut Writer<'_, 'l>, coming: &[Coming<'l>]) {
    for one in coming {
        let Coming { table, column, fill, .. } = one;
        let id = id_of(column);
        if let Some(fill) = fill {
            let (function, trigger) = (one.function(fill), one.trigger());
            let cost = Cost::locks(&table.name, LockMode::ShareRowExclusive);
            let does = match one.double {
                Some(_) => "is written with its old name, and the other way, until the contract",
                None => "is filled where it is not written",
            };
            writer.step(&id, does, cost, |printer| {
                printer.act_as(&table.owner);
                printer.line(CreateFunction(&function, "CREATE OR REPLACE"));
                printer.line(format_args!(
                    "REVOKE ALL ON FUNCTION {} FROM PUBLIC;",
                    Called(&function.signature())
                ));
                printer.line(CreateTrigger(&trigger));
            });
            writer.makes(function);
            writer.makes(trigger);
        }
        if column.required {
            let check = one.check();
            let mut cost = Cost::locks(&table.name, LockMode::AccessExclusive);
            if fill.is_none() {
                cost = cost.risks(Risk::Break { clients: format!("those that leave {id} absent") });
            }
            writer.step(&id, "is to be written", cost, |printer| {
                printer.act_as(&table.owner);
                let (table, name) = (Qualified(&table.name), Ident(&check.name));
                let column = Ident(&column.name);
                printer.line(format_args!(
                    "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID;"
                ));
            });
            writer.makes(check);
        }
    }
}

/// Fills the rows that are there, a thousand keys at a time.
pub(super) fn backfill<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>, coming: &[Coming<'l>]) {
    for one in coming {
        if one.fill.is_none() {
            continue;
        }
        let (table, column) = (one.table, one.column);
        let shown = Ident(&column.name);
        let batches = Batches {
            column: &id_of(column),
            does: "is filled in the rows that are there",
            // A trigger fills them.
            set: format!("{shown} = {shown}"),
            which: format!("{shown} IS NULL"),
            trigger: one.trigger().name,
            risks: Vec::new(),
        };
        batches.write(files, delta, table, Phase::Backfill, &format!("{}_{}", table.name.name, column.name));
    }
}

/// Judges the rows that are there.
pub(super) fn validate<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>, coming: &[Coming<'l>]) {
    for one in coming.iter().filter(|one| one.column.required) {
        let (table, column, check) = (one.table, one.column, one.check());
        let mut writer = files.begin();
        let (name, shown) = (Qualified(&table.name), Ident(&column.name));
        let count = format!("SELECT count(*) FROM {} WHERE {shown} IS NULL", delta.rows(&table.name));
        let mut cost = Cost::locks(&table.name, LockMode::ShareUpdateExclusive).takes(Time::Scan);
        if one.fill.is_none() {
            cost = cost.risks(Risk::Misfits { count });
        }
        writer.step(&id_of(column), "is found to be written in every row", cost, |printer| {
            printer.act_as(&table.owner);
            printer.line(format_args!("ALTER TABLE {name} VALIDATE CONSTRAINT {};", Ident(&check.name)));
        });
        writer.makes(Constraint { unvalidated: false, ..check });
        files.end(writer, Phase::Validate, &format!("{}_{}", table.name.name, column.name));
    }
}

/// Requires the columns, which takes no time where a check says the same already, and drops triggers that a default stands
/// in for.
pub(super) fn settle<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, coming: &[Coming<'l>]) {
    for one in coming {
        let (table, column) = (one.table, one.column);
        let name = Qualified(&table.name);
        if column.required {
            let (check, shown) = (one.check(), Ident(&column.name));
            let cost = Cost::locks(&table.name, LockMode::AccessExclusive);
            writer.step(&id_of(column), "is required", cost, |printer| {
                printer.act_as(&table.owner);
                printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {shown} SET NOT NULL;"));
                printer.line(format_args!("ALTER TABLE {name} DROP CONSTRAINT {};", Ident(&check.name)));
            });
            let old = match delta.old.get(&id_of(column)) {
                Some(Object::Column(old)) => Some(old),
                _ => None,
            };
            let value = match one.double {
                Some(_) => ColumnValue::Absent,
                None => kept(old, column),
            };
            writer.makes(Column { value, ..column.clone() });
            writer.takes(ObjectId::Constraint(table.name.clone(), check.name));
        }
        if one.fill.is_some() && !one.waits() {
            drop_trigger(writer, &table.owner, &one.trigger());
        }
    }
}

/// Drops the triggers that only clients of before needed, and defaults that the source has no longer.
pub(super) fn end<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, coming: &[Coming<'l>]) {
    let left = delta.gone().filter_map(|object| match object {
        Object::Trigger(trigger) if is_interim(trigger) && delta.has_table(&trigger.table) => {
            Some(trigger.clone())
        }
        _ => None,
    });
    let sealed = delta.sealings_now().iter().flat_map(|one| sealing::triggers(delta, one));
    let indexed = delta.indexings_now().iter().flat_map(|one| indexing::triggers(delta, one));
    let waiting = coming.iter().filter(|one| one.fill.is_some() && one.waits()).map(Coming::trigger);
    for trigger in left.chain(waiting).chain(sealed).chain(indexed).collect::<Vec<_>>() {
        if let Some(owner) = super::constraints::owner_of(delta, &trigger.table) {
            drop_trigger(writer, owner, &trigger);
        }
    }
    defaults(writer, delta);
    for object in delta.new.objects() {
        let Object::Column(column) = object else { continue };
        let id = id_of(column);
        let had = match delta.old.get(&id) {
            Some(Object::Column(old)) => match old.value {
                ColumnValue::Default(_) => Some("DEFAULT"),
                ColumnValue::Identity | ColumnValue::AlwaysIdentity => Some("IDENTITY"),
                ColumnValue::Absent | ColumnValue::Generated(_) => None,
            },
            _ => (delta.fill(&id).is_some_and(|fill| fill.is_same) && delta.had_table(&column.table))
                .then_some("DEFAULT"),
        };
        let Some(table) = delta.new.table(&column.table) else { continue };
        let Some(word) = had else { continue };
        if column.value != ColumnValue::Absent || table.partition_of.is_some() {
            continue;
        }
        let cost = Cost::locks(&table.name, LockMode::AccessExclusive);
        writer.step(&id, "has no default", cost, |printer| {
            printer.act_as(&table.owner);
            let (name, column) = (Qualified(&table.name), Ident(&column.name));
            printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {column} DROP {word};"));
        });
        writer.makes(column.clone());
    }
}

/// Gives columns their defaults that had two names until now.
fn defaults<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for object in delta.new.objects() {
        let Object::Column(column) = object else { continue };
        let ColumnValue::Default(default) = &column.value else { continue };
        let is_double = delta.is_double(&column.table, &column.name)
            || delta.sealing(&column.table, &column.name).is_some();
        let owner = super::constraints::owner_of(delta, &column.table);
        let Some(owner) = owner.filter(|_| is_double || delta.double(&column.table, &column.name).is_some())
        else {
            continue;
        };
        let cost = Cost::locks(&column.table, LockMode::AccessExclusive);
        writer.step(&id_of(column), "has its default by itself", cost, |printer| {
            printer.act_as(owner);
            let (name, column) = (Qualified(&column.table), Ident(&column.name));
            printer.line(format_args!("ALTER TABLE {name} ALTER COLUMN {column} SET DEFAULT {default};"));
        });
        writer.makes(column.clone());
    }
}

/// Whether a trigger stays until the contract.
pub(super) fn is_interim(trigger: &Trigger) -> bool {
    trigger.name.starts_with(INTERIM)
}

/// Whether a function goes with such a trigger.
pub(super) fn is_of_interim(function: &Function) -> bool {
    function.name.name.starts_with(INTERIM)
}

fn drop_trigger<'l>(writer: &mut Writer<'_, 'l>, owner: &'l str, trigger: &Trigger) {
    let id = ObjectId::Trigger(trigger.table.clone(), trigger.name.clone());
    let cost = Cost::locks(&trigger.table, LockMode::AccessExclusive);
    writer.step(&id, "is dropped", cost, |printer| {
        printer.act_as(owner);
        let (table, name) = (Qualified(&trigger.table), Ident(&trigger.name));
        printer.line(format_args!("DROP TRIGGER {name} ON {table};"));
        printer.line(format_args!("DROP FUNCTION {}();", Qualified(&trigger.function)));
    });
    writer.takes(id);
    let name = trigger.function.clone();
    let signature = polity_catalog::relational::Signature { name, arguments: Vec::new() };
    writer.takes(ObjectId::Function(signature));
}

impl Coming<'_> {
    /// Whether only clients of before need its trigger: nothing else gives them the value.
    fn waits(&self) -> bool {
        let is_given = matches!(self.column.value, ColumnValue::Default(_));
        self.double.is_some() || (self.column.required && !is_given)
    }

    fn name(&self) -> Name {
        interim_function(&self.table.name, &self.column.name)
    }

    fn function(&self, fill: &Fill) -> Function {
        #[derive(Serialize)]
        struct Filled {
            column: String,
            value: String,
        }
        if let Some(double) = self.double {
            return plpgsql(&sql::Name(self.name()), &self.table.owner, "trigger", &self.in_step(double));
        }
        let column = Ident(&self.column.name).to_string();
        let values = Filled { column, value: fill.value.clone() };
        let body = polity_templates::render(polity_templates::postgres::functions::FILL, values);
        plpgsql(&sql::Name(self.name()), &self.table.owner, "trigger", &body)
    }

    /// The body of a function that keeps both names of a column in step.
    fn in_step(&self, double: &Double) -> String {
        #[derive(Serialize)]
        struct InStep {
            old: String,
            new: String,
            default: Option<String>,
            message: String,
        }
        let default = match &self.column.value {
            ColumnValue::Default(sql) => Some(sql.clone()),
            _ => None,
        };
        let (old, new) = (Ident(&double.old).to_string(), Ident(&double.new).to_string());
        let message = format!("{} is called {} now, and the two differ", double.old, double.new);
        let values = InStep { old, new, default, message: Literal(&message).to_string() };
        polity_templates::render(polity_templates::postgres::functions::DOUBLE, values)
    }

    fn trigger(&self) -> Trigger {
        let names = self.double;
        Trigger {
            table: self.table.name.clone(),
            // The last that fires before a change: others judge the row as it was written.
            name: fit(&format!("{INTERIM}{}", self.column.name), LIMIT),
            before: true,
            events: vec![Event::Insert, Event::Update],
            columns: Vec::new(),
            each_row: true,
            rows: TransitionTables::default(),
            condition: None,
            function: self.name(),
            arguments: names.map(|one| vec![one.old.to_string(), one.new.to_string()]).unwrap_or_default(),
            firing: Firing::default(),
        }
    }

    fn check(&self) -> Constraint {
        Constraint {
            table: self.table.name.clone(),
            name: fit(&format!("polity_written_{}", self.column.name), LIMIT),
            rule: ConstraintRule::Check(format!("{} IS NOT NULL", Ident(&self.column.name))),
            deferrable: false,
            deferred: false,
            nulls_not_distinct: false,
            unvalidated: true,
        }
    }
}

fn id_of(column: &Column) -> ObjectId {
    ObjectId::Column(column.table.clone(), column.name.clone())
}
