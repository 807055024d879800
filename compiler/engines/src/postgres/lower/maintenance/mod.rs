//! The work that a database needs again and again: it creates partitions ahead, removes rows at the end of their
//! retention and refreshes materialized views. The work stands in functions of the schema `polity`, which a role that
//! may do nothing else calls on a schedule.

pub(in crate::postgres) mod jobs;
mod retention;

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::sql::{Ident, Literal, Name};
use super::database::Database;
use super::lowered::{Lowered, arguments, plpgsql, settings};
use super::names::fit;
use super::table::{Table, column_name};
use super::usage;
use polity_catalog::relational::Function;
use polity_govern::Governed;
use polity_model::Store;
use polity_model::entity::{Fate, PartitionKind};
use polity_templates::postgres::functions;
pub(in crate::postgres) use retention::{anonymized, kept, kept_entries};
use retention::{anonymizing, deleting, dropping, lower_retain};

/// The most bytes before the date in a partition's name, so that the whole name stays within 63 bytes.
const STEM: usize = 52;

/// How a table's rows leave at the end of their retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Leaving {
    /// Whole partitions, because the field is the one that the table is partitioned by.
    Partitions,
    Batches,
    Anonymized,
}

pub(in crate::postgres) fn leaving(table: &polity_model::Entity) -> Option<Leaving> {
    let retain = table.retain.as_ref()?;
    Some(match retain.fate {
        Fate::Anonymize => Leaving::Anonymized,
        Fate::Delete | Fate::ArchiveTo(_) => {
            let by_range = table.partition.as_ref().is_some_and(|p| {
                matches!(p.kind, PartitionKind::Range(_))
                    && retain.after.is_some_and(|after| p.fields == [after])
            });
            if by_range { Leaving::Partitions } else { Leaving::Batches }
        }
    })
}

fn creates_partitions(database: &Database) -> bool {
    database.trails.iter().any(|trail| trail.partition.is_some())
        || database.tables.iter().any(|table| ranged(table).is_some())
}

fn drops_partitions(database: &Database) -> bool {
    database.trails.iter().any(|trail| trail.partition.is_some() && trail.log.retain.is_some())
        || database.tables.iter().any(|table| leaving(table.entity) == Some(Leaving::Partitions))
}

fn removes_batches(database: &Database) -> bool {
    database.trails.iter().any(|trail| trail.partition.is_none() && trail.log.retain.is_some())
        || database.tables.iter().any(|table| leaving(table.entity) == Some(Leaving::Batches))
}

pub(super) fn anonymizes(database: &Database) -> bool {
    database.tables.iter().any(|table| leaving(table.entity) == Some(Leaving::Anonymized))
}

fn retains(database: &Database) -> bool {
    drops_partitions(database) || removes_batches(database) || anonymizes(database)
}

/// Whether the source asks for anything that runs on a schedule.
pub(in crate::postgres) fn is_scheduled(platform: &Governed, store: &Store) -> bool {
    platform.entities_in(store.id).any(|entity| entity.partition.is_some() || entity.retain.is_some())
        || platform.audit_logs.iter().any(|log| log.store == store.id)
        || platform.views.iter().any(|view| view.store == store.id && view.materialized.is_some())
        || usage::is_counted(platform, store)
}

/// Whether there is anything to do at all.
pub(super) fn is_needed(database: &Database) -> bool {
    creates_partitions(database)
        || retains(database)
        || database.views.iter().any(|view| view.view.materialized.is_some())
        || usage::is_needed(database)
}

fn ranged<'t>(table: &'t Table) -> Option<(&'t polity_model::entity::PartitionPeriod, SmolStr)> {
    let partition = table.entity.partition.as_ref()?;
    match &partition.kind {
        PartitionKind::Range(period) => Some((period, column_name(table.entity, *partition.fields.first()?))),
        PartitionKind::Hash { .. } | PartitionKind::List => None,
    }
}

/// Lowers the functions, the rights to call them, and the jobs that do.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    if !is_needed(database) {
        return;
    }
    if creates_partitions(database) && database.placement.prefix().is_none() {
        lower_partition_functions(database, lowered);
    }
    if creates_partitions(database) {
        let docs = "Creates every partition that will be needed, and says how many were missing.";
        function(database, CREATE_PARTITIONS, "integer", docs, &creating(database), lowered);
    }
    if drops_partitions(database) {
        let docs = "Drops one partition that is over age, referrers first; false once there is none.";
        function(database, "drop_expired_partition", "boolean", docs, &dropping(database), lowered);
    }
    if removes_batches(database) {
        let docs = "Deletes one batch of rows that are over age, referrers first; false once there is none.";
        function(database, "delete_expired_rows", "boolean", docs, &deleting(database), lowered);
    }
    if anonymizes(database) {
        let docs = "Anonymizes one batch of rows that are over age; false once there is none.";
        function(database, "anonymize_expired_rows", "boolean", docs, &anonymizing(database), lowered);
    }
    if retains(database) {
        lower_retain(database, lowered);
    }
    for view in database.views.iter().filter(|view| view.view.materialized.is_some()) {
        let name = view.refresher(database);
        let body = format!("BEGIN\n    {};\nEND;", view.refresh());
        let docs = format!("Refreshes {}.", view.name);
        function(database, &name.name, "void", &docs, &body, lowered);
    }
    if usage::is_needed(database) {
        usage::lower_table(database, lowered);
        let docs = "Counts what each tenant has in the tables that tenants share.";
        function(database, COUNT_TENANTS, "void", docs, &usage::counting(database), lowered);
    }
    jobs::lower(database, lowered);
}

/// The statement that creates partitions before any schedule does, where some are made ahead.
pub(super) fn first_partitions(database: &Database) -> Option<String> {
    creates_partitions(database)
        .then(|| format!("SELECT {}()", Name::new(database.functions_schema.clone(), CREATE_PARTITIONS)))
}

/// Lowers what every partition is made and dropped by; only functions of maintenance call it.
fn lower_partition_functions(database: &Database, lowered: &mut Lowered) {
    #[derive(Serialize)]
    struct Partitions {
        owner: String,
        tenancy: bool,
        /// Whether the planner may not learn something of a table that has partitions.
        hides: bool,
    }
    let roles = &database.roles;
    let parted = |table: &&Table| ranged(table).is_some();
    let values = Partitions {
        owner: Ident(&roles.owner).to_string(),
        tenancy: database.tenancy.is_some(),
        hides: database.tables.iter().filter(parted).any(|t| super::statistics::is_hidden(database, t)),
    };
    let one = |name: &str, returns: &str, body: &str| {
        plpgsql(&Name::new("polity", name), &roles.maintenance, returns, body)
    };
    let waiting =
        settings(&[("search_path", "pg_catalog, pg_temp"), ("TimeZone", "'UTC'"), ("lock_timeout", "'2s'")]);
    let add = Function {
        arguments: arguments(&[
            ("parent", "regclass"),
            ("stem", "text"),
            ("suffix", "text"),
            ("key", "text"),
            ("key_type", "regtype"),
            ("low", "text"),
            ("high", "text"),
            ("storage", "text"),
        ]),
        settings: waiting.clone(),
        ..one("add_partition", "boolean", &polity_templates::render(functions::ADD_PARTITION, &values))
    };
    lowered.function(
        "Creates one partition without a long lock: the table is made apart, with a check that says what the bounds\n\
         say, so that ATTACH reads no row and takes SHARE UPDATE EXCLUSIVE instead of ACCESS EXCLUSIVE.",
        add,
        [],
    );
    let ahead = Function {
        arguments: arguments(&[
            ("parent", "regclass"),
            ("stem", "text"),
            ("key", "text"),
            ("period", "text"),
            ("ahead", "integer"),
            ("storage", "text"),
        ]),
        settings: waiting[..2].to_vec(),
        ..one("partition_ahead", "integer", functions::PARTITION_AHEAD)
    };
    lowered.function(
        "Creates the partition of today and those of the next periods, as far as they are missing. Periods begin at\n\
         midnight UTC, whatever the session's time zone is.",
        ahead,
        [],
    );
    if drops_partitions(database) {
        let body = polity_templates::render(functions::DROP_PARTITION_PAST, &values);
        let past = Function {
            arguments: arguments(&[("parent", "regclass"), ("keep", "interval")]),
            settings: waiting,
            ..one("drop_partition_past", "text", &body)
        };
        lowered.function(
            "Detaches and drops the oldest partition whose rows are all older than `keep`, and gives its name; nothing\n\
             where there is none. DETACH CONCURRENTLY cannot run in a function, so the parent is locked for a moment,\n\
             and at most two seconds are spent on waiting for that: the next run tries again.",
            past,
            [],
        );
    }
}

const CREATE_PARTITIONS: &str = "create_partitions";
/// The name of the function that counts the rows and bytes of each tenant.
const COUNT_TENANTS: &str = "count_tenants";

/// Lowers one function that acts with the rights of maintenance, and that the scheduler's role may call.
fn function(database: &Database, name: &str, returns: &str, docs: &str, body: &str, lowered: &mut Lowered) {
    let roles = &database.roles;
    let name = Name::new(database.functions_schema.clone(), name);
    let mut function = plpgsql(&name, &roles.maintenance, returns, body);
    function.security_definer = true;
    function.settings.extend(settings(&[("TimeZone", "'UTC'"), ("lock_timeout", "'2s'")]));
    if database.tenancy.is_some() {
        // Where row security would hide rows, the function fails instead of finding nothing.
        function.settings.extend(settings(&[("row_security", "off")]));
    }
    lowered.function(docs, function, [&roles.owner, &roles.cron]);
}

fn creating(database: &Database) -> String {
    let mut body = String::from("DECLARE\n    created integer := 0;\nBEGIN\n");
    let mut one = |name: &Name,
                   stem: &str,
                   key: &str,
                   period: &polity_model::entity::PartitionPeriod,
                   storage: &str| {
        let call = format!(
            "polity.partition_ahead({}::regclass, {}, {}, '{}', {}, {})",
            Literal(&name.to_string()),
            Literal(&fit(stem, STEM)),
            Literal(key),
            period.period.name(),
            period.ahead,
            Literal(storage)
        );
        guarded(&format!("created := created + {call};"), name, "new partitions wait for", &mut body);
    };
    for table in &database.tables {
        if let Some((period, key)) = ranged(table) {
            let storage =
                super::storage::clause(table.storage.iter().map(|(name, value)| (name, value))).to_string();
            one(&table.name, &table.name.name, &key, period, &storage);
        }
    }
    for trail in &database.trails {
        if let Some(period) = &trail.partition {
            one(&trail.name, &trail.name.name, "at", period, "");
            one(&trail.payload, &trail.payload.name, "at", period, "");
        }
    }
    body.push_str("    RETURN created;\nEND;");
    body
}

/// A step that gives up where it would have to wait, so that the others still run.
fn guarded(work: &str, table: &Name, consequence: &str, body: &mut String) {
    let message = format!("{table} is busy: {consequence} the next run").replace('%', "%%");
    let _ = writeln!(
        body,
        "    BEGIN\n        {work}\n    EXCEPTION\n        WHEN lock_not_available THEN\n            RAISE WARNING {};\n    END;",
        Literal(&message)
    );
}
