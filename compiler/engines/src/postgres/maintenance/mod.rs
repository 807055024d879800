//! The work that a database needs again and again: it creates partitions ahead, removes rows at the end of their
//! retention and refreshes materialized views. The work stands in functions of the schema `polity`, which a role that
//! may do nothing else calls on a schedule.

mod retention;
mod schedule;

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::database::Database;
use super::names::fit;
use super::sql::{Body, Ident, Literal, Name, Remark};
use super::table::{Table, column_name};
use super::usage;
use polity_govern::Governed;
use polity_model::Store;
use polity_model::entity::{Fate, PartitionKind};
pub(super) use retention::{anonymized, kept, kept_entries};
use retention::{anonymizing, deleting, dropping, write_retain};
pub(super) use schedule::{cron_file, file, jobs};

/// The most bytes before the date in a partition's name, so that the whole name stays within 63 bytes.
const STEM: usize = 52;

/// How a table's rows leave at the end of their retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// Whole partitions, because the field is the one that the table is partitioned by.
    Partitions,
    Batches,
    Anonymized,
}

pub(super) fn leaving(table: &polity_model::Entity) -> Option<Leaving> {
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
pub(super) fn is_scheduled(platform: &Governed, store: &Store) -> bool {
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

/// The functions, in `CREATE` form, with the rights to call them.
pub(super) fn write_functions(database: &Database, functions: &mut Vec<String>, out: &mut String) {
    #[derive(Serialize)]
    struct PartitionFunctions {
        owner: String,
        drops: bool,
        tenancy: bool,
        /// Whether the planner may not learn something of a table that has partitions.
        hides: bool,
    }
    let roles = &database.roles;
    let _ = writeln!(out, "SET ROLE {};\n", Ident(&roles.maintenance));
    if creates_partitions(database) && database.prefix().is_none() {
        let drops = drops_partitions(database);
        let parted = |table: &&Table| ranged(table).is_some();
        let values = PartitionFunctions {
            owner: Ident(&roles.owner).to_string(),
            drops,
            tenancy: database.tenancy.is_some(),
            hides: database.tables.iter().filter(parted).any(|t| super::statistics::is_hidden(database, t)),
        };
        out.push_str(&polity_templates::render(polity_templates::postgres::PARTITIONS, values));
        functions
            .push("polity.add_partition(regclass, text, text, text, regtype, text, text, text)".to_owned());
        functions.push("polity.partition_ahead(regclass, text, text, text, integer, text)".to_owned());
        if drops {
            functions.push("polity.drop_partition_past(regclass, interval)".to_owned());
        }
        out.push('\n');
    }
    if creates_partitions(database) {
        function(
            database,
            "create_partitions",
            "integer",
            "Creates every partition that will be needed, and says how many were missing.",
            &creating(database),
            functions,
            out,
        );
    }
    if drops_partitions(database) {
        function(
            database,
            "drop_expired_partition",
            "boolean",
            "Drops one partition that is over age, referrers first; false once there is none.",
            &dropping(database),
            functions,
            out,
        );
    }
    if removes_batches(database) {
        function(
            database,
            "delete_expired_rows",
            "boolean",
            "Deletes one batch of rows that are over age, referrers first; false once there is none.",
            &deleting(database),
            functions,
            out,
        );
    }
    if anonymizes(database) {
        function(
            database,
            "anonymize_expired_rows",
            "boolean",
            "Anonymizes one batch of rows that are over age; false once there is none.",
            &anonymizing(database),
            functions,
            out,
        );
    }
    if retains(database) {
        write_retain(database, functions, out);
    }
    for view in database.views.iter().filter(|view| view.view.materialized.is_some()) {
        let name = view.refresher(database);
        let body = format!("BEGIN\n    {};\nEND;", view.refresh());
        let docs = format!("Refreshes {}.", view.name);
        function(database, &name.name, "void", &docs, &body, functions, out);
    }
    if usage::is_needed(database) {
        usage::write_table(database, out);
        let docs = "Counts what each tenant has in the tables that tenants share.";
        function(database, COUNT_TENANTS, "void", docs, &usage::counting(database), functions, out);
    }
    let _ = writeln!(out, "SET ROLE {};\n", Ident(&roles.owner));
}

/// The name of the function that counts the rows and bytes of each tenant.
const COUNT_TENANTS: &str = "count_tenants";

/// One function that acts with the rights of maintenance, and that the scheduler's role may call.
fn function(
    database: &Database,
    name: &str,
    returns: &str,
    docs: &str,
    body: &str,
    functions: &mut Vec<String>,
    out: &mut String,
) {
    let name = Name::new(database.own.clone(), name);
    // Where row security would hide rows, the function fails instead of finding nothing.
    let all_rows = if database.tenancy.is_some() { " SET row_security = off" } else { "" };
    let _ = writeln!(
        out,
        "{}CREATE FUNCTION {name}() RETURNS {returns}\n    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC'\n    SET lock_timeout = '2s'{all_rows}\nAS {};",
        Remark(docs),
        Body(body)
    );
    let roles = &database.roles;
    let _ = writeln!(out, "REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;");
    let _ = writeln!(
        out,
        "GRANT EXECUTE ON FUNCTION {name}() TO {}, {};\n",
        Ident(&roles.owner),
        Ident(&roles.cron)
    );
    functions.push(format!("{name}()"));
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
                std::fmt::from_fn(|f| super::statements::write_storage(&table.storage, f)).to_string();
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
