//! Indexes, unique constraints and references of partitioned tables. PostgreSQL builds none of them beside the writes of clients for
//! all partitions at once, so each partition gets its own first, and that of the table takes them.

use serde::Serialize;

use super::super::lower::names::{LIMIT, fit};
use super::super::print::tables::{CreateIndex, Shown, judged, unseen};
use super::super::sql::{Body, Ident, List, Literal, Qualified};
use super::constraints::{added, closed, owner_of};
use super::delta::Delta;
use super::indexes::{doubles, indexes, interim, is_partitioned, is_staged, leftover, under};
use super::tables::is_spread_by_ranges;
use super::writer::{Cost, Files, Writer};
use crate::change::{LockMode, Phase, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::relational::{Constraint, ConstraintRule, Index, Name, Object, ObjectId, Table};
use polity_templates::postgres::blocks;

/// An index of a partitioned table, or a unique constraint, which stands on one.
struct Whole<'l> {
    object: &'l Object,
    /// The index as it is built: under another name where there is one that it replaces.
    index: Index,
    constraint: Option<&'l Constraint>,
    replaces: bool,
}

/// Makes the indexes of the tables themselves, which hold nothing yet, and references that judge what is written from now on.
pub(super) fn begin<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for whole in wholes(delta) {
        let table = &whole.index.table;
        let mode = if whole.constraint.is_some() { LockMode::AccessExclusive } else { LockMode::Share };
        let cost = Cost::locks(table, mode);
        writer.step(&whole.object.id(), "is made, for its partitions to follow", cost, |printer| {
            owner_of(delta, table).into_iter().for_each(|owner| printer.act_as(owner));
            match whole.constraint {
                Some(one) => {
                    printer.line(format_args!("ALTER TABLE ONLY {} ADD {};", Qualified(table), Shown(one)))
                }
                None => printer.line(CreateIndex(&whole.index, "", "ONLY ")),
            }
            unseen(&whole.index).for_each(|sql| printer.line(sql));
        });
        match whole.constraint {
            Some(one) => writer.makes(one.clone()),
            None => writer.makes(Index { invalid: true, ..whole.index }),
        }
    }
    for (object, one, target) in references(delta) {
        let cost =
            Cost::locks(&one.table, LockMode::ShareRowExclusive).and(target, LockMode::ShareRowExclusive);
        let add = format!("ALTER TABLE %s ADD {} NOT VALID", Shown(one).to_string().replace('%', "%%"));
        let values = [("add", add)];
        writer.step(&object.id(), "is added to each partition", cost, |printer| {
            owner_of(delta, &one.table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(block(blocks::PARTITION_REFERENCES, one, values));
        });
    }
}

/// Builds the indexes of the partitions: of those that the source knows beside the writes of clients, of those that were made by the
/// clock while the writes of each wait.
pub(super) fn build<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>) {
    for whole in wholes(delta) {
        for child in whole.children(delta) {
            let mut writer = files.begin();
            let mut cost = Cost::locks(&child.table, LockMode::ShareUpdateExclusive).takes(Time::Build);
            if child.unique {
                cost = cost.risks(Risk::Misfits { count: doubles(delta, &whole.index) });
            }
            writer.step(&whole.object.id(), format!("is built for {}", child.table), cost, |printer| {
                owner_of(delta, &child.table).into_iter().for_each(|owner| printer.act_as(owner));
                printer.line(leftover(&child));
                printer.line(CreateIndex(&child, "CONCURRENTLY IF NOT EXISTS ", ""));
                unseen(&child).for_each(|sql| printer.line(sql));
            });
            let subject = child.name.name.clone();
            writer.makes(child);
            files.end(writer, Phase::Index, &subject);
        }
        if is_spread_by_ranges(delta.new, &whole.index.table) {
            let table = &whole.index.table;
            let mut writer = files.begin();
            // A constraint is added, which keeps reads waiting as well.
            let mode = if whole.constraint.is_some() { LockMode::AccessExclusive } else { LockMode::Share };
            let mut cost = Cost::locks(table, mode).takes(Time::Build).risks(Risk::Scan);
            if whole.index.unique {
                cost = cost.risks(Risk::Misfits { count: doubles(delta, &whole.index) });
            }
            writer.step(&whole.object.id(), "is built, one partition at a time", cost, |printer| {
                owner_of(delta, table).into_iter().for_each(|owner| printer.act_as(owner));
                printer.line(whole.by_the_clock(delta));
            });
            let subject = whole.index.name.name.clone();
            files.end(writer, Phase::Index, &subject);
        }
    }
}

/// Judges the rows of each partition that references are to hold for.
pub(super) fn validate<'l>(files: &mut Files<'_, 'l>, delta: &Delta<'l>) {
    for (object, one, _) in references(delta) {
        let mut writer = files.begin();
        let cost = Cost::locks(&one.table, LockMode::ShareUpdateExclusive).takes(Time::Scan);
        let validate =
            format!("ALTER TABLE %s VALIDATE CONSTRAINT {}", Ident(&one.name).to_string().replace('%', "%%"));
        let values = [("validate", validate)];
        writer.step(&object.id(), "is validated, one partition at a time", cost, |printer| {
            owner_of(delta, &one.table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(block(blocks::PARTITION_VALIDATED, one, values));
        });
        files.end(writer, Phase::Validate, &one.name);
    }
}

/// Lets the tables have what their partitions have.
pub(super) fn settle<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    for whole in wholes(delta) {
        let table = &whole.index.table;
        let children = whole.children(delta);
        let mut cost = match (whole.replaces, children.is_empty()) {
            (true, _) => Cost::locks(table, LockMode::AccessExclusive),
            (false, true) => Cost::nothing(),
            (false, false) => Cost::locks(table, LockMode::ShareUpdateExclusive),
        };
        for child in &children {
            cost = cost.and(&child.table, LockMode::AccessExclusive);
        }
        writer.step(&whole.object.id(), "takes those of its partitions", cost, |printer| {
            owner_of(delta, table).into_iter().for_each(|owner| printer.act_as(owner));
            for child in &children {
                if let Some(constraint) = whole.constraint {
                    let (part, name) = (Qualified(&child.table), Ident(&child.name.name));
                    let deferred = judged(constraint);
                    printer.line(format_args!(
                        "ALTER TABLE {part} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}{deferred};"
                    ));
                }
                let (index, part) = (Qualified(&whole.index.name), Qualified(&child.name));
                printer.line(format_args!("ALTER INDEX {index} ATTACH PARTITION {part};"));
            }
            if let (true, Object::Index(index)) = (whole.replaces, whole.object) {
                let (built, name) = (Qualified(&whole.index.name), Ident(&index.name.name));
                printer.line(format_args!(
                    "DROP INDEX {};\nALTER INDEX {built} RENAME TO {name};",
                    Qualified(&index.name)
                ));
            }
        });
        children.into_iter().for_each(|child| writer.takes(ObjectId::Index(child.name)));
        if whole.replaces {
            writer.takes(ObjectId::Index(whole.index.name));
        }
        writer.makes(whole.object.clone());
    }
    for (object, one, target) in references(delta) {
        // Of two partitioned tables, those of the partitions make room for the one of the table (PostgreSQL 17).
        let own = match is_partitioned(delta, target) {
            true => LockMode::AccessExclusive,
            false => LockMode::ShareRowExclusive,
        };
        let cost = Cost::locks(&one.table, own).and(target, LockMode::AccessExclusive);
        writer.add(object, "takes those of its partitions", cost, |printer| {
            owner_of(delta, &one.table).into_iter().for_each(|owner| printer.act_as(owner));
            printer.line(format_args!("ALTER TABLE {} ADD {};", Qualified(&one.table), Shown(one)));
        });
    }
}

/// Whether a reference is added partition by partition. Where policies decide who sees a row it is judged in one transaction.
pub(super) fn is_spread(delta: &Delta<'_>, one: &Constraint) -> bool {
    let is_there = delta.had_table(&one.table) && is_partitioned(delta, &one.table);
    match &one.rule {
        ConstraintRule::ForeignKey(_) => is_there && closed(delta, one).is_empty(),
        ConstraintRule::Unique(_) => is_there && is_staged(delta, one) && is_new(delta, one),
        _ => false,
    }
}

fn is_new(delta: &Delta<'_>, one: &Constraint) -> bool {
    delta.old.get(&ObjectId::Constraint(one.table.clone(), one.name.clone())).is_none()
}

/// The indexes and unique constraints of partitioned tables that nobody made yet.
fn wholes<'l>(delta: &Delta<'l>) -> Vec<Whole<'l>> {
    let mut found = Vec::new();
    for (object, mut index) in indexes(delta).filter(|(_, index)| is_partitioned(delta, &index.table)) {
        let replaces = delta.old.get(&object.id()).is_some();
        if replaces {
            index.name.name = interim(&index.name.name);
        }
        found.push(Whole { object, index, constraint: None, replaces });
    }
    for object in added(delta) {
        if let Object::Constraint(one @ Constraint { rule: ConstraintRule::Unique(_), .. }) = object
            && is_spread(delta, one)
        {
            found.push(Whole { object, index: under(one), constraint: Some(one), replaces: false });
        }
    }
    found
}

/// The references of partitioned tables that nobody made yet, each with its target.
fn references<'l>(delta: &Delta<'l>) -> Vec<(&'l Object, &'l Constraint, &'l Name)> {
    let spread = added(delta).filter_map(|object| match object {
        Object::Constraint(one @ Constraint { rule: ConstraintRule::ForeignKey(key), .. }) => {
            is_spread(delta, one).then_some((object, one, &key.target))
        }
        _ => None,
    });
    spread.collect()
}

impl Whole<'_> {
    /// The indexes of the partitions that the source knows.
    fn children(&self, delta: &Delta<'_>) -> Vec<Index> {
        let child = |partition: &Name| {
            let name = fit(&format!("{}_{}", partition.name, self.index.name.name), LIMIT);
            Index {
                name: Name::new(partition.schema.clone(), name),
                table: partition.clone(),
                ..self.index.clone()
            }
        };
        partitions(delta, &self.index.table).map(child).collect()
    }

    /// The block that goes through the partitions that were made by the clock.
    fn by_the_clock(&self, delta: &Delta<'_>) -> String {
        #[derive(Serialize)]
        struct Clock {
            table: String,
            others: String,
            whole: String,
            suffix: String,
            create: String,
            unseen: Vec<String>,
            attach: String,
        }
        let (literal, whole) =
            (|text: &str| Literal(text).to_string(), Qualified(&self.index.name).to_string());
        let create = match (self.constraint, &self.constraint.map(|one| &one.rule)) {
            (Some(one), Some(ConstraintRule::Unique(columns))) => {
                let nulls = if one.nulls_not_distinct { "NULLS NOT DISTINCT " } else { "" };
                let columns = List(columns).to_string().replace('%', "%%");
                format!("ALTER TABLE %2$s ADD CONSTRAINT %1$I UNIQUE {nulls}({columns}){}", judged(one))
            }
            _ => {
                let unique = if self.index.unique { "UNIQUE " } else { "" };
                let definition = CreateIndex(&self.index, "", "").definition().replace('%', "%%");
                format!("CREATE {unique}INDEX %1$I ON %2$s{definition}")
            }
        };
        let others = partitions(delta, &self.index.table).map(|name| literal(&Qualified(name).to_string()));
        let hidden = self.index.columns.iter().enumerate().filter(|(_, column)| column.hidden_from_planner);
        let values = Clock {
            table: literal(&Qualified(&self.index.table).to_string()),
            others: others.collect::<Vec<_>>().join(", "),
            suffix: literal(&format!("_{}", fit(&self.index.name.name, 20))),
            create: literal(&create),
            unseen: hidden
                .map(|(at, _)| {
                    literal(&format!("ALTER INDEX %I.%I ALTER COLUMN {} SET STATISTICS 0", at + 1))
                })
                .collect(),
            attach: literal(&format!("ALTER INDEX {} ATTACH PARTITION %I.%I", whole.replace('%', "%%"))),
            whole: literal(&whole),
        };
        let block = polity_templates::render(blocks::PARTITION_INDEXES, values);
        format!("DO {};", Body(block.trim_end()))
    }
}

/// The partitions of a table that the source knows: one that is new stands there before the table has an index for it.
fn partitions<'l>(delta: &Delta<'l>, table: &Name) -> impl Iterator<Item = &'l Name> {
    let of_table = table.clone();
    delta.new.objects().filter_map(move |object| match object {
        Object::Table(Table { name, partition_of: Some(of), .. }) if of.table == of_table => Some(name),
        _ => None,
    })
}

/// A block about a constraint of each partition.
fn block<const N: usize>(template: &'static str, one: &Constraint, more: [(&str, String); N]) -> String {
    let literal = |text: &str| serde_json::Value::from(Literal(text).to_string());
    let mut values = serde_json::Map::new();
    values.insert("table".to_owned(), literal(&Qualified(&one.table).to_string()));
    values.insert("name".to_owned(), literal(&one.name));
    for (name, text) in more {
        values.insert(name.to_owned(), literal(&text));
    }
    let block = polity_templates::render(template, values);
    format!("DO {};", Body(block.trim_end()))
}
