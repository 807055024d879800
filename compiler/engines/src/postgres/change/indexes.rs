//! Indexes, keys and unique constraints of tables that are there. Each is built in a file of its own, beside the writes of clients,
//! and takes the place of the one that it replaces in a moment.

use smol_str::SmolStr;

use super::super::lower::names::{LIMIT, fit};
use super::super::print::tables::{CreateIndex, judged, unseen};
use super::super::sql::{Body, Ident, Literal, Qualified};
use super::constraints::owner_of;
use super::delta::Delta;
use super::writer::{Cost, Files, Writer};
use crate::change::{LockMode, Phase, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{Constraint, ConstraintRule, Index, IndexColumn, Name, Object, ObjectId};

/// Builds new indexes, and those that differ under another name.
pub(super) fn build<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>) {
    for (object, index) in indexes(delta).chain(uniques(delta).map(|(object, one, _)| (object, under(one)))) {
        if is_partitioned(delta, &index.table) {
            continue; // built for each partition
        }
        let mut built = index;
        if delta.old.get(&object.id()).is_some() {
            built.name.name = interim(&built.name.name);
        }
        let mut writer = files.begin();
        let mut cost = Cost::locks(&built.table, LockMode::ShareUpdateExclusive).takes(Time::Build);
        if built.unique {
            cost = cost.risks(Risk::Misfits { count: doubles(delta, &built) });
        }
        writer.step(&object.id(), "is built", cost, |printer| {
            owner_of(delta, &built.table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(leftover(&built));
            printer.line(CreateIndex(&built, "CONCURRENTLY IF NOT EXISTS ", ""));
            unseen(&built).for_each(|sql| printer.line(sql));
        });
        let subject = built.name.name.clone();
        writer.makes(built);
        files.end(writer, Phase::Index, &subject);
    }
}

/// Puts what was built in its place.
pub(super) fn settle<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for (object, index) in indexes(delta) {
        if delta.old.get(&object.id()).is_none() || is_partitioned(delta, &index.table) {
            continue;
        }
        let cost = Cost::locks(&index.table, LockMode::AccessExclusive);
        let built = Name::new(index.name.schema.clone(), interim(&index.name.name));
        writer.step(&object.id(), "takes the place of the one before", cost, |printer| {
            owner_of(delta, &index.table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(format_args!("DROP INDEX {};", Qualified(&index.name)));
            printer.line(format_args!(
                "ALTER INDEX {} RENAME TO {};",
                Qualified(&built),
                Ident(&index.name.name)
            ));
        });
        writer.takes(ObjectId::Index(built));
        writer.makes(index);
    }
    for (object, one, before) in uniques(delta) {
        let mut index = under(one).name;
        let cost = Cost::locks(&one.table, LockMode::AccessExclusive);
        if before.is_some() {
            index.name = interim(&index.name);
        }
        writer.step(&object.id(), "is added", cost, |printer| {
            owner_of(delta, &one.table).into_iter().for_each(|owner| printer.act_as(owner));
            let (table, name) = (Qualified(&one.table), Ident(&one.name));
            if before.is_some() {
                printer.line(format_args!("ALTER TABLE {table} DROP CONSTRAINT {name};"));
            }
            let kind =
                if matches!(one.rule, ConstraintRule::PrimaryKey(_)) { "PRIMARY KEY" } else { "UNIQUE" };
            printer.line(format_args!(
                "ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {}{};",
                Ident(&index.name),
                judged(one)
            ));
        });
        writer.takes(ObjectId::Index(index));
        writer.makes(one.clone());
    }
}

/// Whether a constraint is made of an index that was built beside the writes of clients.
pub(super) fn is_built(delta: &Delta<'_>, one: &Constraint) -> bool {
    is_staged(delta, one) && !is_partitioned(delta, &one.table)
}

/// Whether a constraint stays until the one that takes its place is built.
pub(super) fn is_replaced(delta: &Delta<'_>, old: &Constraint) -> bool {
    let id = ObjectId::Constraint(old.table.clone(), old.name.clone());
    matches!(delta.new.get(&id), Some(Object::Constraint(new)) if is_built(delta, new))
}

/// Whether a constraint waits until its index is built.
pub(super) fn is_staged(delta: &Delta<'_>, one: &Constraint) -> bool {
    let (ConstraintRule::Unique(columns) | ConstraintRule::PrimaryKey(columns)) = &one.rule else {
        return false;
    };
    // What refers to the columns needs it at once.
    let mut coming = delta.made().chain(delta.altered().map(|(_, new)| new));
    let is_referred_to = coming.any(|object| match object {
        Object::Constraint(Constraint { rule: ConstraintRule::ForeignKey(key), .. }) => {
            key.target == one.table && key.target_columns == *columns
        }
        _ => false,
    });
    delta.had_table(&one.table) && !is_referred_to
}

/// Indexes that the source has and nobody built yet.
pub(super) fn indexes<'l>(delta: &Delta<'l>) -> impl Iterator<Item = (&'l Object, Index)> {
    let found: Vec<_> = delta
        .made()
        .chain(delta.altered().map(|(_, new)| new))
        .filter_map(|object| match object {
            Object::Index(index) if delta.had_relation(&index.table) => Some((object, index.clone())),
            _ => None,
        })
        .collect();
    found.into_iter()
}

/// Keys and unique constraints that the source has and nobody made yet, each with the one that it replaces.
fn uniques<'l>(delta: &Delta<'l>) -> impl Iterator<Item = (&'l Object, &'l Constraint, Option<&'l Object>)> {
    let made = delta.made().map(|object| (object, None));
    let altered = delta.altered().map(|(old, new)| (new, Some(old)));
    let found: Vec<_> = made
        .chain(altered)
        .filter_map(|(object, before)| match object {
            Object::Constraint(one) if is_built(delta, one) => Some((object, one, before)),
            _ => None,
        })
        .collect();
    found.into_iter()
}

/// The index that a unique constraint stands on.
pub(super) fn under(one: &Constraint) -> Index {
    let columns: &[SmolStr] = match &one.rule {
        ConstraintRule::Unique(columns) | ConstraintRule::PrimaryKey(columns) => columns,
        _ => &[],
    };
    let column = |name: &SmolStr| IndexColumn::of(Ident(name).to_string());
    Index {
        name: Name::new(one.table.schema.clone(), one.name.clone()),
        table: one.table.clone(),
        method: SmolStr::new_static("btree"),
        columns: columns.iter().map(column).collect(),
        include: Vec::new(),
        unique: true,
        nulls_not_distinct: one.nulls_not_distinct,
        storage: std::collections::BTreeMap::new(),
        filter: None,
        invalid: false,
    }
}

/// The name that an index has until the one that it replaces is gone.
pub(super) fn interim(name: &str) -> SmolStr {
    fit(&format!("polity_new_{name}"), LIMIT)
}

/// The query that counts values which stand in several rows.
pub(super) fn doubles(delta: &Delta<'_>, index: &Index) -> String {
    let columns: Vec<&str> = index.columns.iter().map(|column| column.sql.as_str()).collect();
    let given: Vec<String> = columns.iter().map(|sql| format!("{sql} IS NOT NULL")).collect();
    let filter = index.filter.iter().map(|filter| format!("({filter})"));
    let given = if index.nulls_not_distinct { Vec::new() } else { given };
    let rows: Vec<String> = given.into_iter().chain(filter).collect();
    let rows = if rows.is_empty() { String::new() } else { format!(" WHERE {}", rows.join(" AND ")) };
    let (columns, table) = (columns.join(", "), delta.rows(&index.table));
    format!(
        "SELECT count(*) FROM (SELECT FROM {table}{rows} GROUP BY {columns} HAVING count(*) > 1) AS doubles"
    )
}

/// Whether the rows of a table are spread over partitions.
pub(super) fn is_partitioned(delta: &Delta<'_>, table: &Name) -> bool {
    delta.new.table(table).is_some_and(|table| table.partitioned.is_some())
}

/// Drops an index of this name that was never built to the end, which another try would otherwise take for done.
pub(super) fn leftover(index: &Index) -> String {
    let aside = fit(&format!("polity_left_{}", index.name.name), LIMIT);
    let aside = Name::new(index.name.schema.clone(), aside);
    let literal = |text: &str| Literal(text).to_string();
    let name = literal(&Qualified(&index.name).to_string());
    let values = serde_json::json!({ "name": name, "aside": literal(&aside.name) });
    let block = polity_templates::render(polity_templates::postgres::blocks::LEFTOVER_INDEX, values);
    format!("DO {};\nDROP INDEX CONCURRENTLY IF EXISTS {};", Body(&block), Qualified(&aside))
}
