//! Tables whose rows are spread over other partitions than before, or over some for the first time, or over none any longer.
//! No statement does that to a table in its place: it is put aside, made anew, and takes its rows back, all in one transaction,
//! while everybody else waits.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::super::lower::maintenance::Ahead;
use super::super::sql::{Body, Ident, List, Literal, Qualified};
use super::delta::Delta;
use super::writer::{Cost, Writer};
use crate::change::{LockMode, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{
    Catalog, Column, ColumnValue, Constraint, ConstraintRule, Function, FunctionBody, Name, Object, ObjectId,
    Table,
};
use polity_templates::postgres::blocks;

/// Returns the schema that a table waits in, within one transaction.
fn waiting_room(at: usize) -> String {
    format!("polity_aside_{at}")
}

/// Returns the tables that are in both catalogs and spread otherwise.
pub(in crate::postgres) fn respread<'l>(old: &'l Catalog, new: &Catalog) -> Vec<&'l Table> {
    let mut spread: BTreeSet<&Name> = BTreeSet::new();
    let (periods, periods_now) = (periods_of(old), periods_of(new));
    for before in old.tables() {
        let Some(after) = new.table(&before.name) else { continue };
        let name = Literal(&Qualified(&before.name).to_string()).to_string();
        let period =
            |periods: &BTreeMap<&str, &str>| periods.get(name.as_str()).map(|period| (*period).to_owned());
        let both = period(&periods).zip(period(&periods_now));
        match (&before.partition_of, &after.partition_of) {
            (None, None)
                if before.partitioned != after.partitioned || both.is_some_and(|(was, is)| was != is) =>
            {
                spread.insert(&before.name);
            }
            (Some(was), Some(is)) if was != is => {
                spread.insert(&was.table);
            }
            _ => {}
        }
    }
    old.tables().filter(|table| table.partition_of.is_none() && spread.contains(&table.name)).collect()
}

/// Returns the period of each table that gets partitions ahead, by its name as a text. No table says it: it stands in the function that
/// makes them.
fn periods_of(catalog: &Catalog) -> BTreeMap<&str, &str> {
    let makes =
        |object: &'_ Object| matches!(object, Object::Function(one) if one.name.name == "create_partitions");
    let bodies = catalog.objects().filter(|object| makes(object)).filter_map(|object| match object {
        Object::Function(Function { body: FunctionBody::Text(sql), .. }) => Some(sql.as_str()),
        _ => None,
    });
    let calls = bodies.flat_map(|sql| sql.split("partition_ahead(").skip(1));
    calls.filter_map(period_of).collect()
}

/// Returns the table and the period in the arguments of a call.
fn period_of(call: &str) -> Option<(&str, &str)> {
    let (name, rest) = call.split_once("::regclass, ")?;
    let (arguments, _) = rest.split_once(')')?;
    let is_said = |period: &&str| arguments.contains(&format!(", {period}, "));
    let period = ["'day'", "'week'", "'month'", "'year'"].into_iter().find(is_said)?;
    Some((name, period))
}

/// Whether a constraint is a reference of another table to one of these, which goes before it is put aside.
pub(super) fn refers_to(one: &Constraint, spread: &[&Table]) -> bool {
    let is_one = |name: &Name| spread.iter().any(|table| table.name == *name);
    matches!(&one.rule, ConstraintRule::ForeignKey(key) if is_one(&key.target)) && !is_one(&one.table)
}

/// Returns the partitions that the source knows of a table.
pub(super) fn partitions<'l>(catalog: &'l Catalog, table: &Name) -> impl Iterator<Item = &'l Object> {
    let is_of = |one: &Table| one.partition_of.as_ref().is_some_and(|of| of.table == *table);
    catalog.objects().filter(move |object| matches!(object, Object::Table(one) if is_of(one)))
}

/// Returns what keeps a table from being spread otherwise by the migration that leads to `new`: it goes its way at once, so
/// nothing else of it may change that clients of before still count on.
pub(in crate::postgres) fn beside(old: &Catalog, new: &Catalog, table: &Table) -> Option<String> {
    let is_counted = |object: &Object| matches!(object, Object::Column(one) if matches!(one.value, ColumnValue::Identity | ColumnValue::AlwaysIdentity));
    if let Some(counted) = old.of_relation(&table.name).find(|object| is_counted(object)) {
        return Some(format!("{} is counted, and would begin anew", counted.id()));
    }
    let follows = |object: &Object| match object {
        Object::Index(_) | Object::Table(_) => true,
        Object::Constraint(one) => matches!(
            one.rule,
            ConstraintRule::PrimaryKey(_) | ConstraintRule::Unique(_) | ConstraintRule::ForeignKey(_)
        ),
        _ => false,
    };
    let differs = |from: &Catalog, to: &Catalog| {
        let of = from.of_relation(&table.name).filter(|object| !follows(object));
        of.map(Identified::id).find(|id| from.get(id) != to.get(id))
    };
    let what = differs(old, new).or_else(|| differs(new, old))?;
    Some(format!("{what} changes as well"))
}

/// Puts tables aside, with their partitions, so that others can take their names.
pub(super) fn put_aside<'l>(writer: &mut Writer<'_, 'l>, spread: &[&'l Table]) {
    spread.iter().enumerate().for_each(|(at, table)| aside(writer, table, &waiting_room(at)));
}

fn aside<'l>(writer: &mut Writer<'_, 'l>, table: &'l Table, room: &str) {
    let id = ObjectId::Table(table.name.clone());
    let name = Qualified(&table.name).to_string();
    let cost = Cost::locks(&table.name, LockMode::AccessExclusive);
    writer.step(&id, "is put aside, to be made anew with other partitions", cost, |printer| {
        printer.act_as(&table.owner);
        printer.line(format_args!("CREATE SCHEMA {room};"));
        if table.row_security && !table.unforced {
            printer.line(format_args!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;"));
        }
        let block = format!(
            "DECLARE\n    part regclass;\nBEGIN\n    FOR part IN SELECT t.relid FROM (SELECT {0}::regclass AS relid UNION SELECT relid FROM pg_partition_tree({0})) t LOOP\n        EXECUTE format('ALTER TABLE %s SET SCHEMA {room}', part);\n    END LOOP;\nEND;",
            Literal(&name)
        );
        printer.line(format_args!("DO {};", Body(&block)));
    });
}

/// Lets tables that were made anew take back the rows of those that were put aside.
pub(super) fn refill<'l>(
    writer: &mut Writer<'_, 'l>,
    delta: &Delta<'l>,
    spread: &[&'l Table],
    aheads: &[Ahead],
    maintenance: &'l str,
) {
    for (at, old) in spread.iter().enumerate() {
        let room = waiting_room(at);
        let id = ObjectId::Table(old.name.clone());
        let Some(table) = delta.new.table(&old.name) else { continue };
        let before = Qualified(&Name::new(room.as_str(), table.name.name.clone())).to_string();
        let named = Qualified(&table.name).to_string();
        let columns = written(delta, table);
        let columns = List(&columns).to_string();
        let mut cost =
            Cost::locks(&table.name, LockMode::AccessExclusive).takes(Time::Rewrite).risks(Risk::Rewrite);
        if key(delta.before, &table.name) != key(delta.new, &table.name) {
            cost =
                cost.risks(Risk::Break { clients: format!("those that count on the key of {}", table.name) });
        }
        let named_so = Literal(&named).to_string();
        let ahead = aheads.iter().find(|ahead| ahead.name == named_so);
        let periods = ahead.and_then(|ahead| Some(periods(ahead, moment(delta, table, ahead)?, &before)));
        writer.step(&id, "takes its rows back", cost, |printer| {
            if let Some(periods) = &periods {
                printer.act_as(maintenance);
                printer.line(format_args!("DO {};", Body(periods.trim_end())));
            }
            printer.act_as(&table.owner);
            printer.line(format_args!("INSERT INTO {named} ({columns}) SELECT {columns} FROM {before};"));
            printer.line(format_args!("DROP TABLE {before};"));
            printer.line(format_args!("DROP SCHEMA {room};"));
        });
    }
}

/// The columns that rows are written with.
fn written(delta: &Delta<'_>, table: &Table) -> Vec<SmolStr> {
    let is_written = |value: &ColumnValue| !matches!(value, ColumnValue::Generated(_));
    delta
        .new
        .columns(table)
        .filter(|column| is_written(&column.value))
        .map(|column| column.name.clone())
        .collect()
}

fn key<'c>(catalog: &'c Catalog, table: &Name) -> Option<&'c [SmolStr]> {
    catalog.constraints(table).find_map(|one| match &one.rule {
        ConstraintRule::PrimaryKey(columns) => Some(&columns[..]),
        _ => None,
    })
}

/// The column that periods are of.
fn moment<'l>(delta: &Delta<'l>, table: &'l Table, ahead: &Ahead) -> Option<&'l Column> {
    delta.new.columns(table).find(|column| Literal(&column.name).to_string() == ahead.key)
}

/// Makes the partitions for the rows that are there.
fn periods(ahead: &Ahead, moment: &Column, before: &str) -> String {
    let form = match ahead.period.trim_matches('\'') {
        "day" => "'YYYY_MM_DD'",
        "week" => "'IYYY\"w\"IW'",
        "month" => "'YYYY_MM'",
        _ => "'YYYY'",
    };
    let is_date = moment.ty == "date";
    let values = serde_json::json!({
        "name": ahead.name,
        "stem": ahead.stem,
        "storage": ahead.storage,
        "period": ahead.period,
        "key": Ident(&moment.name).to_string(),
        "key_text": ahead.key,
        "key_type": Literal(&moment.ty).to_string(),
        "of_moment": if is_date { "::timestamp" } else { " AT TIME ZONE 'UTC'" },
        "form": form,
        "bound": if is_date { "'YYYY-MM-DD'" } else { "'YYYY-MM-DD 00:00+00'" },
        "old": before,
    });
    polity_templates::render(blocks::RESPREAD, values)
}
