//! The objects of a table.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::super::sql::{ArrayText, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, plpgsql};
use super::super::maintenance::{self, Leaving};
use super::super::{audit, outbox, statistics};
use super::{Column, Constraint, Table};
use polity_catalog::Identified;
use polity_catalog::relational::{self, Event, Firing, Object, PartitionOf, TransitionTables, Trigger};

/// Lowers each table with its columns, constraints and indexes, the partitions that exist from the start, and its triggers.
pub(in super::super) fn lower(database: &Database, lowered: &mut Lowered) {
    // In the order of the catalog, in which many are added soonest.
    let mut tables: Vec<&Table> = database.tables.iter().collect();
    tables.sort_unstable_by_key(|table| &table.name.0);
    let mut parts = Parts::default();
    for table in tables {
        parts.add(database, table);
        lower_before_update(database, table, lowered);
        lower_triggers(database, table, lowered);
    }
    let Parts { tables, columns, constraints, indexes } = parts;
    lowered.add_all(tables.into_iter().chain(columns).chain(constraints).chain(indexes));
}

/// The objects of all tables, by kind.
#[derive(Default)]
struct Parts {
    tables: Vec<Object>,
    columns: Vec<Object>,
    constraints: Vec<Object>,
    indexes: Vec<Object>,
}

impl Parts {
    fn add(&mut self, database: &Database, table: &Table) {
        let name = &table.name.0;
        let storage = kept(&table.storage);
        let whole = relational::Table {
            name: name.clone(),
            owner: database.roles.owner.clone(),
            columns: table.columns.iter().map(|column| column.name.clone()).collect(),
            partitioned: table.partitioned.clone(),
            partition_of: None,
            // A partitioned table holds no rows itself; its partitions take the parameters.
            storage: if table.partitioned.is_some() { BTreeMap::new() } else { storage.clone() },
            row_security: table.is_scoped(),
            unforced: false,
            unlogged: false,
            comment: table.entity.named.docs.clone(),
        };
        for (partition, values) in &table.partitions.fixed {
            let of = PartitionOf { table: name.clone(), values: values.clone() };
            self.tables.push(Object::Table(relational::Table {
                name: partition.0.clone(),
                columns: Vec::new(),
                partitioned: None,
                partition_of: Some(of),
                storage: storage.clone(),
                comment: SmolStr::default(),
                ..whole.clone()
            }));
        }
        self.tables.push(Object::Table(whole));
        let mut columns: Vec<&Column> = table.columns.iter().collect();
        columns.sort_unstable_by_key(|column| &column.name);
        let columns = columns.into_iter().map(|column| of_column(database, table, column));
        self.columns.extend(columns.map(Object::Column));
        let mut constraints: Vec<&Constraint> = table.constraints.iter().chain(&table.foreign_keys).collect();
        constraints.sort_by_key(|constraint| &constraint.name.name);
        let constraints = constraints.into_iter().map(|constraint| relational::Constraint {
            table: name.clone(),
            name: constraint.name.name.clone(),
            rule: constraint.rule.clone(),
            deferrable: false,
            deferred: constraint.deferred,
            nulls_not_distinct: constraint.not_distinct,
            unvalidated: false,
        });
        self.constraints.extend(constraints.map(Object::Constraint));
        let first = self.indexes.len();
        lower_indexes(database, table, &mut self.indexes);
        self.indexes[first..].sort_by_cached_key(Object::id);
    }
}

fn of_column(database: &Database, table: &Table, column: &Column) -> relational::Column {
    relational::Column {
        table: table.name.0.clone(),
        name: column.name.clone(),
        ty: column.ty.clone(),
        required: column.required,
        value: column.value.clone(),
        hidden_from_planner: statistics::hides(database.platform, table, column),
        // Ciphertext does not compress.
        uncompressed: column.sealed,
        sequence: column.sequence.clone(),
        comment: column.docs.clone(),
    }
}

fn lower_indexes(database: &Database, table: &Table, objects: &mut Vec<Object>) {
    let hidden = statistics::computed(database.platform, table);
    for (at, index) in table.indexes.iter().enumerate() {
        let shape = &index.shape;
        let mut columns = shape.columns.clone();
        for (_, place) in hidden.iter().filter(|(of, _)| *of == at) {
            columns[*place].hidden_from_planner = true;
        }
        objects.push(Object::Index(relational::Index {
            name: relational::Name::new(table.name.schema.clone(), index.name.name.clone()),
            table: table.name.0.clone(),
            unique: shape.unique,
            nulls_not_distinct: shape.not_distinct,
            method: shape.method.into(),
            columns,
            include: shape.include.clone(),
            storage: kept(&shape.storage),
            filter: shape.filter.clone(),
            invalid: false,
        }));
    }
}

fn kept(storage: &[(&'static str, String)]) -> BTreeMap<SmolStr, SmolStr> {
    storage.iter().map(|(name, value)| (SmolStr::new_static(name), value.into())).collect()
}

/// The function and the trigger for rules that SQL has no word of its own for.
fn lower_before_update(database: &Database, table: &Table, lowered: &mut Lowered) {
    if table.before_update.is_empty() {
        return;
    }
    let name = &table.before_update_name;
    lowered.add(trigger(table, "before_update", &[Event::Update], name));
    let function = plpgsql(name, &database.roles.owner, "trigger", &table.before_update);
    lowered.function("", function, []);
}

fn lower_triggers(database: &Database, table: &Table, lowered: &mut Lowered) {
    if database.platform.append_only(table.entity.id).is_some() {
        let events = [Event::Update, Event::Delete, Event::Truncate];
        let append_only = trigger(table, "append_only", &events, &Name::new("polity", "append_only"));
        lowered.add(Trigger { each_row: false, ..append_only });
    }
    if maintenance::leaving(database.platform, table.entity) == Some(Leaving::Anonymized) {
        let columns: Vec<SmolStr> =
            maintenance::anonymized(database, table).into_iter().map(|(column, _)| column).collect();
        let name = Name::new("polity", "stays_anonymous");
        lowered.add(Trigger {
            condition: Some("OLD.anonymized_at IS NOT NULL".to_owned()),
            arguments: vec![ArrayText(&columns).text()],
            ..trigger(table, "anonymized", &[Event::Update], &name)
        });
    }
    audit::lower_triggers(database, table, lowered);
    outbox::lower_triggers(database, table, lowered);
}

/// A trigger that fires for each row, before the change.
fn trigger(table: &Table, name: &'static str, events: &[Event], function: &Name) -> Trigger {
    Trigger {
        table: table.name.0.clone(),
        name: SmolStr::new_static(name),
        before: true,
        events: events.to_vec(),
        each_row: true,
        condition: None,
        function: function.0.clone(),
        arguments: Vec::new(),
        columns: Vec::new(),
        rows: TransitionTables::default(),
        firing: Firing::default(),
    }
}
