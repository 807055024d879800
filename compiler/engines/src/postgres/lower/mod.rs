//! From the platform to the catalog of a database: schemas, sequences and tables here, and everything that keeps their rows
//! where they stand by itself. Nothing is printed here, but for the texts that a catalog holds at its leaves.
//!
//! | module | makes |
//! |---|---|
//! | [`database`] | a store as PostgreSQL keeps it: every table, view and service with its name |
//! | [`placement`], [`renaming`] | the place of the tables, and the names that it gives them |
//! | [`table`], [`types`], [`shape`], [`checks`], [`index`], [`storage`], [`statistics`] | columns, their types, constraints and indexes |
//! | [`expr`], [`handwritten`] | expressions of the language, and SQL that a person wrote |
//! | [`names`] | names that no two objects share |
//! | [`roles`], [`services`] | roles, and the rights of services |
//! | [`database_rights`] | rights that an administrator gives before anything is made: on the database, and on schemas that are no part of it |
//! | [`tenancy`] | policies and functions that keep tenants apart |
//! | [`audit`], [`views`], [`maintenance`], [`erasure`], [`usage`] | trails, views, scheduled work, erasure, and counts of what tenants use |
//! | [`lowered`] | the catalog, with remarks and steps that only its printers need |

pub(super) mod audit;
pub(super) mod calendar;
pub(super) mod checks;
pub(super) mod database;
pub(super) mod database_rights;
pub(super) mod erasure;
pub(super) mod expr;
pub(super) mod handwritten;
pub(super) mod index;
pub(super) mod lowered;
pub(super) mod maintenance;
pub(super) mod names;
pub(super) mod placement;
pub(super) mod renaming;
pub(super) mod roles;
pub(super) mod services;
pub(super) mod shape;
pub(super) mod statistics;
pub(super) mod storage;
pub(super) mod table;
pub(super) mod tenancy;
pub(super) mod types;
pub(super) mod usage;
pub(super) mod views;

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use self::database::Database;
use self::lowered::{Lowered, Step, arguments, plpgsql, sql};
use self::maintenance::Leaving;
use self::names::{LIMIT, fit};
use self::placement::PUBLIC;
use self::table::{Column, Table};
use self::types::EXTENSIONS_SCHEMA;
use super::sql::{ArrayText, Literal, Name};
use polity_catalog::relational::{
    self, Event, Extension, Firing, Function, PartitionOf, Privilege, Reach, Schema, Sequence, Target,
    Trigger, Volatility,
};
use polity_model::entity::PartitionKind;
use polity_model::{ScriptKind, TypeKind};
use polity_templates::postgres::functions;

/// Lowers a database whole.
pub(super) fn lower(database: &Database) -> Lowered {
    let mut lowered = Lowered::default();
    roles::lower(database, &mut lowered);
    database_rights::lower(database, &mut lowered);
    lower_spaces(database, &mut lowered);
    lower_support(database, &mut lowered);
    tenancy::lower(database, &mut lowered);
    lower_sequences(database, &mut lowered);
    for table in &database.tables {
        lower_table(database, table, &mut lowered);
        lower_before_update(database, table, &mut lowered);
        lower_triggers(database, table, &mut lowered);
    }
    audit::lower(database, &mut lowered);
    tenancy::lower_guards(database, &mut lowered);
    for view in &database.views {
        views::lower(database, view, &mut lowered);
    }
    maintenance::lower(database, &mut lowered);
    erasure::lower(database, &mut lowered);
    lower_rights(database, &mut lowered);
    lower_steps(database, &mut lowered);
    lowered
}

/// Extensions and schemas.
fn lower_spaces(database: &Database, lowered: &mut Lowered) {
    for name in &database.extensions {
        lowered.add(Extension { name: name.clone(), schema: EXTENSIONS_SCHEMA.into() });
    }
    let mut schema = |name: &SmolStr, comment: SmolStr| {
        lowered.add(Schema { name: name.clone(), owner: database.roles.owner.clone(), comment });
    };
    if database.has_own_functions() {
        let comment = "Functions that the platform's tables and schedules need.";
        schema(&database.functions_schema, comment.into());
    }
    for (name, of) in database.schemas.iter().filter(|(name, _)| name != PUBLIC) {
        schema(name, of.map(|schema| schema.named.docs.clone()).unwrap_or_default());
    }
}

/// Functions that columns, checks and triggers call. A tenant's schemas use those of the shared database.
fn lower_support(database: &Database, lowered: &mut Lowered) {
    let (roles, needs) = (&database.roles, &database.needs);
    let support = |name: &str, returns: &str, named: &[(&str, &str)], body: &str| Function {
        arguments: arguments(named),
        volatility: Volatility::Immutable,
        parallel_safe: true,
        ..sql(&Name::new("polity", name), &roles.owner, returns, body)
    };
    let mut wanted: Vec<(&str, Function)> = Vec::new();
    if needs.uuid_v7 && database.major < 18 {
        let function = support("uuid_v7", "uuid", &[], functions::UUID_V7);
        wanted.push((
            "UUIDs of version 7 (RFC 9562): the time in milliseconds, then chance, so that new keys stand together.\n\
             PostgreSQL brings its own from version 18.",
            Function { volatility: Volatility::Volatile, ..function },
        ));
    }
    if needs.all_match {
        let named = [("list", "text[]"), ("pattern", "text")];
        let docs = "Whether every element of a list matches a pattern; absent elements do.";
        wanted.push((docs, support("all_match", "boolean", &named, functions::ALL_MATCH)));
    }
    if needs.all_within {
        let named =
            [("document", "jsonb"), ("path", "jsonpath"), ("shortest", "integer"), ("longest", "integer")];
        let docs = "Whether every text at a path has so many characters; what is absent or no text does.";
        wanted.push((docs, support("all_within", "boolean", &named, functions::ALL_WITHIN)));
    }
    for (docs, function) in wanted {
        // Defaults and checks run with the rights of whoever writes the row.
        if database.placement.prefix().is_some() {
            let on = Target::Function(function.signature());
            lowered.grant(on, &roles.owner, database.groups(), &[Privilege::Execute]);
        } else {
            lowered.function(docs, function, database.groups());
        }
    }
    if database.placement.prefix().is_none() {
        lower_refusals(database, lowered);
    }
}

/// Functions of triggers that refuse a change.
fn lower_refusals(database: &Database, lowered: &mut Lowered) {
    #[derive(Serialize)]
    struct StaysAnonymous {
        maintenance_text: String,
    }
    let owner = &database.roles.owner;
    if database.tables.iter().any(|table| table.entity.append_only.is_some()) {
        let function = plpgsql(&Name::new("polity", "append_only"), owner, "trigger", functions::APPEND_ONLY);
        lowered.function(
            "Refuses to change what was written. The application has no right to; this stops everybody else, except\n\
             retention and erasure (which set polity.retain) and a row that goes with the one it refers to, or forgets it.",
            function,
            [],
        );
    }
    if maintenance::anonymizes(database) {
        let values = StaysAnonymous { maintenance_text: Literal(&database.roles.maintenance).to_string() };
        let body = polity_templates::render(functions::STAYS_ANONYMOUS, values);
        let function = plpgsql(&Name::new("polity", "stays_anonymous"), owner, "trigger", &body);
        lowered.function(
            "What was anonymized stays so: nobody writes the person back. Its arguments: the columns that were emptied. Only who\n\
             carries retention and erasures out may change them, and each may be emptied once more.",
            function,
            [],
        );
    }
}

fn lower_sequences(database: &Database, lowered: &mut Lowered) {
    let owner = &database.roles.owner;
    for sequence in database.platform.sequences.iter().filter(|s| s.store == database.store.id) {
        let name = database.placement.sequence_of(sequence).0;
        lowered.add(Sequence {
            name: name.clone(),
            owner: owner.clone(),
            least: sequence.from.min(1),
            start: sequence.from,
            comment: sequence.named.docs.clone(),
        });
        lowered.grant(Target::Sequence(name), owner, database.groups(), &[Privilege::Usage]);
    }
}

/// A table with its columns, constraints, indexes and the partitions that exist from the start.
fn lower_table(database: &Database, table: &Table, lowered: &mut Lowered) {
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
    for (partition, values) in fixed_partitions(database, table) {
        let of = PartitionOf { table: name.clone(), values: values.into() };
        lowered.add(relational::Table {
            name: partition.0,
            columns: Vec::new(),
            partitioned: None,
            partition_of: Some(of),
            storage: storage.clone(),
            comment: SmolStr::default(),
            ..whole.clone()
        });
    }
    lowered.add(whole);
    for column in &table.columns {
        lowered.add(lowered_column(database, table, column));
    }
    for constraint in table.constraints.iter().chain(&table.foreign_keys) {
        lowered.add(relational::Constraint {
            table: name.clone(),
            name: constraint.name.name.clone(),
            rule: constraint.rule.clone(),
            deferrable: false,
            unvalidated: false,
        });
    }
    lower_indexes(database, table, lowered);
}

fn lowered_column(database: &Database, table: &Table, column: &Column) -> relational::Column {
    relational::Column {
        table: table.name.0.clone(),
        name: column.name.clone(),
        ty: column.ty.clone(),
        required: column.required,
        value: column.value.clone(),
        hidden_from_planner: statistics::hides(database.platform, table, column),
        // Ciphertext does not compress.
        uncompressed: column.sealed,
        comment: column.docs.clone(),
    }
}

fn lower_indexes(database: &Database, table: &Table, lowered: &mut Lowered) {
    let hidden = statistics::computed(database.platform, table);
    for (at, index) in table.indexes.iter().enumerate() {
        let shape = &index.shape;
        let mut columns = shape.columns.clone();
        for (_, place) in hidden.iter().filter(|(of, _)| *of == at) {
            columns[*place].hidden_from_planner = true;
        }
        lowered.add(relational::Index {
            name: relational::Name::new(table.name.schema.clone(), index.name.name.clone()),
            table: table.name.0.clone(),
            unique: shape.unique,
            method: shape.method.into(),
            columns,
            include: shape.include.clone(),
            storage: kept(&shape.storage),
            filter: shape.filter.clone(),
            invalid: false,
        });
    }
}

fn kept(storage: &[(&'static str, String)]) -> BTreeMap<SmolStr, SmolStr> {
    storage.iter().map(|(name, value)| (SmolStr::new_static(name), value.into())).collect()
}

/// Partitions by hash or by a list of known values: their names, and what follows `FOR VALUES`.
fn fixed_partitions(database: &Database, table: &Table) -> Vec<(Name, String)> {
    let Some(partition) = &table.entity.partition else { return Vec::new() };
    let stem = fit(&table.name.name, 52);
    let name = |suffix: &str| Name::new(table.name.schema.clone(), fit(&format!("{stem}_{suffix}"), LIMIT));
    match &partition.kind {
        PartitionKind::Range(_) => Vec::new(),
        PartitionKind::Hash { into } => (0..*into)
            .map(|i| (name(&format!("p{i}")), format!("WITH (MODULUS {into}, REMAINDER {i})")))
            .collect(),
        PartitionKind::List => {
            let Some(field) = partition.fields.first() else { return Vec::new() };
            match types::underlying(database.platform, &table.entity.field(*field).ty) {
                TypeKind::Enum(id) => database.platform[*id]
                    .values
                    .iter()
                    .map(|v| (name(&v.named.name), format!("IN ({})", Literal(&v.named.stored))))
                    .collect(),
                _ => ["true", "false"].map(|value| (name(value), format!("IN ({value})"))).into(),
            }
        }
    }
}

/// The function and the trigger for rules that SQL has no word of its own for.
fn lower_before_update(database: &Database, table: &Table, lowered: &mut Lowered) {
    if table.before_update.is_empty() {
        return;
    }
    let name =
        Name::new(table.name.schema.clone(), fit(&format!("{}_before_update", table.name.name), LIMIT));
    lowered.add(trigger(table, "before_update", &[Event::Update], &name));
    let function = plpgsql(&name, &database.roles.owner, "trigger", &table.before_update);
    lowered.function("", function, []);
}

fn lower_triggers(database: &Database, table: &Table, lowered: &mut Lowered) {
    if table.entity.append_only.is_some() {
        let events = [Event::Update, Event::Delete, Event::Truncate];
        let append_only = trigger(table, "append_only", &events, &Name::new("polity", "append_only"));
        lowered.add(Trigger { each_row: false, ..append_only });
    }
    if maintenance::leaving(table.entity) == Some(Leaving::Anonymized) {
        let columns: Vec<SmolStr> =
            maintenance::anonymized(database, table).into_iter().map(|(column, _)| column).collect();
        let name = Name::new("polity", "stays_anonymous");
        lowered.add(Trigger {
            condition: Some("OLD.anonymized_at IS NOT NULL".to_owned()),
            arguments: vec![ArrayText(&columns).text()],
            ..trigger(table, "anonymized", &[Event::Update], &name)
        });
    }
    audit::lower_trigger(database, table, lowered);
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
        firing: Firing::default(),
    }
}

/// The rights of services; or, where none is declared, the rights of their group.
///
/// The application reads and writes rows; it cannot empty, lock or change a table, nor rewrite a key.
fn lower_rights(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    for schema in used_schemas(database) {
        let on = Target::Schema(schema);
        lowered.grant(on, &roles.owner, database.groups(), &[Privilege::Usage]);
    }
    if maintenance::is_needed(database) {
        let own = Target::Schema(database.functions_schema.clone());
        lowered.grant(own, &roles.owner, [&roles.cron], &[Privilege::Usage]);
    }
    if !database.services.is_empty() {
        return services::lower_rights(database, lowered);
    }
    for view in &database.common_views {
        let on = Target::Relation(view.name.0.clone());
        lowered.grant(on, view.owner(database), [&roles.app], &[Privilege::Select]);
    }
    for table in database.tables.iter().chain(&database.common) {
        let on = Target::Relation(table.name.0.clone());
        lowered.grant_parts(on, &roles.owner, &roles.app, rights_without_services(database, table));
    }
}

/// Schemas that the groups of services may name things in.
fn used_schemas(database: &Database) -> Vec<SmolStr> {
    let mut schemas: Vec<SmolStr> = Vec::new();
    if database.has_own_functions() && database.placement.prefix().is_none() {
        schemas.push(SmolStr::new_static("polity"));
    }
    if !database.services.is_empty() {
        // Each service gets its own, and their group the functions only.
        return schemas;
    }
    let holds_rows = |name: &SmolStr| {
        database.tables.iter().any(|t| t.name.schema == *name)
            || database.views.iter().any(|v| v.name.schema == *name)
    };
    let of_trails = |name: &SmolStr| database.trails.iter().any(|t| t.name.schema == *name);
    let own = database.schemas.iter().map(|(name, _)| name);
    schemas.extend(own.filter(|name| holds_rows(name) || !of_trails(name)).cloned());
    let tables = database.common.iter().map(|table| &table.name);
    let common = tables.chain(database.common_views.iter().map(|view| &view.name));
    schemas.extend(common.map(|name| name.schema.clone()));
    schemas
}

/// The rights of the application on a table, where no service says what it needs.
fn rights_without_services(database: &Database, table: &Table) -> BTreeMap<Privilege, Reach> {
    let append_only = table.entity.append_only.is_some();
    let whole =
        |privileges: &[Privilege]| privileges.iter().map(|privilege| (*privilege, Reach::Whole)).collect();
    let mut rights: BTreeMap<Privilege, Reach> = match &database.tenancy {
        Some(tenancy) if table.is_scoped() => tenancy::row_rights(tenancy, table),
        // A tenant's own database has copies of what all share; beside its own schemas stands what is not its own.
        Some(_) if database.placement.tenant.is_some() => whole(&[Privilege::Select]),
        // A row that all tenants share does not go because one of them says so.
        Some(_) => whole(&[Privilege::Select, Privilege::Insert]),
        None if append_only => whole(&[Privilege::Select, Privilege::Insert]),
        None => whole(&[Privilege::Select, Privilege::Insert, Privilege::Delete]),
    };
    if append_only || database.placement.tenant.is_some() && !table.is_scoped() {
        return rights;
    }
    let changeable: Vec<SmolStr> =
        table.columns.iter().filter(|c| c.changeable).map(|c| c.name.clone()).collect();
    if !changeable.is_empty() {
        rights.insert(Privilege::Update, Reach::Columns(changeable));
    }
    rights
}

/// The first partitions, and the statements that a person wrote to run once.
fn lower_steps(database: &Database, lowered: &mut Lowered) {
    if let Some(sql) = maintenance::first_partitions(database) {
        let remark = "From now on this is done ahead, on a schedule.".to_owned();
        lowered.steps.push(Step { remark, sql });
    }
    for script in handwritten::scripts(database) {
        if let ScriptKind::Once(name) = &script.kind {
            let remark = format!("From the source, once: {name}");
            lowered.steps.push(Step { remark, sql: handwritten::tidy(&script.sql) });
        }
    }
}
