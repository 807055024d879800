//! The work that a database needs again and again: it creates partitions ahead, removes rows at the end of their
//! retention and refreshes materialized views. The work stands in functions of the schema `polity`, which a role that
//! may do nothing else calls on a schedule.

mod anonymized;
pub(in crate::postgres) mod jobs;
mod partitions;
mod retention;
mod traces;

use serde::Serialize;

use super::super::sql::Name;
use super::audit::Trail;
use super::database::Database;
use super::erasure::waiting;
use super::lowered::{Lowered, plpgsql, settings};
use super::tenancy::sight::prove;
use super::{outbox, usage};
pub(in crate::postgres) use anonymized::anonymized;
pub(in crate::postgres) use partitions::{Ahead, ahead_of};
use partitions::{creating, dropping, ranged};
use polity_govern::Stored;
use polity_model::entity::{Fate, PartitionKind};
use polity_model::{Entity, Store};
use polity_templates::postgres::functions;
use retention::{anonymizing, deleting, lower_retain};
pub(in crate::postgres) use retention::{kept, kept_entries};

/// How a table's rows leave at the end of their retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Leaving {
    /// Whole partitions, because the field is the one that the table is partitioned by.
    Partitions,
    Batches,
    Anonymized,
}

pub(in crate::postgres) fn leaving(platform: &Stored, entity: &Entity) -> Option<Leaving> {
    let retain = platform.retain(entity.id)?;
    Some(match retain.fate {
        Fate::Anonymize => Leaving::Anonymized,
        Fate::Delete | Fate::ArchiveTo(_) => {
            let by_range = entity.partition.as_ref().is_some_and(|p| {
                matches!(p.kind, PartitionKind::Range(_))
                    // The one for all other rows never goes, and holds rows that are over age.
                    && p.default.is_none()
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
        || database
            .tables
            .iter()
            .any(|table| leaving(database.platform, table.entity) == Some(Leaving::Partitions))
}

fn removes_batches(database: &Database) -> bool {
    let leaves =
        |trail: &Trail| trail.partition.is_none() && trail.log.retain.is_some() || trail.keeps_payloads();
    database.trails.iter().any(leaves)
        || database.outbox.is_some()
        || database
            .tables
            .iter()
            .any(|table| leaving(database.platform, table.entity) == Some(Leaving::Batches))
}

pub(super) fn anonymizes(database: &Database) -> bool {
    database.tables.iter().any(|table| leaving(database.platform, table.entity) == Some(Leaving::Anonymized))
}

pub(super) fn retains(database: &Database) -> bool {
    drops_partitions(database) || removes_batches(database) || anonymizes(database)
}

/// Whether the source asks for anything that runs on a schedule.
pub(in crate::postgres) fn is_scheduled(platform: &Stored, store: &Store) -> bool {
    platform
        .entities_in(store.id)
        .any(|entity| entity.partition.is_some() || platform.retain(entity.id).is_some())
        || platform.audit_logs.iter().any(|log| log.store == store.id)
        || platform.views.iter().any(|view| view.store == store.id && view.materialized.is_some())
        || usage::is_counted(platform, store)
        || outbox::is_in(platform, store)
        || waiting::waits_in(platform, store)
}

/// Whether there is anything to do at all.
pub(super) fn is_needed(database: &Database) -> bool {
    creates_partitions(database)
        || retains(database)
        || database.views.iter().any(|view| view.view.materialized.is_some())
        || usage::is_needed(database)
        || waiting::waits(database)
}

/// Lowers the functions, the rights to call them, and the jobs that do.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    if !is_needed(database) {
        return jobs::lower(database, lowered);
    }
    if creates_partitions(database) && database.placement.prefix().is_none() {
        partitions::lower_functions(database, lowered);
    }
    if creates_partitions(database) {
        let docs = "Creates every partition that will be needed, and says how many were missing.";
        function(database, CREATE_PARTITIONS, "integer", docs, &creating(database), lowered);
    }
    if drops_partitions(database) {
        let docs = "Drops one partition that is over age, referrers first; false once there is none.";
        function(database, DROP, "boolean", docs, &dropping(database), lowered);
    }
    if removes_batches(database) {
        let docs = "Deletes one batch of rows that are over age, referrers first; false once there is none.";
        function(database, DELETE, "boolean", docs, &deleting(database), lowered);
    }
    if anonymizes(database) {
        let docs = "Anonymizes one batch of rows that are over age; false once there is none.";
        function(database, ANONYMIZE, "boolean", docs, &anonymizing(database), lowered);
    }
    if retains(database) {
        lower_retain(database, lowered);
    }
    for view in database.views.iter().filter(|view| view.view.materialized.is_some()) {
        let name = &view.refresher;
        let body = polity_templates::render(functions::REFRESH, Refresh { refresh: view.refresh() });
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

/// The body of a function that refreshes a view.
#[derive(Serialize)]
struct Refresh {
    refresh: String,
}

/// The statement that creates partitions before any schedule does, where some are made ahead.
pub(in crate::postgres) fn first_partitions(database: &Database) -> Option<String> {
    creates_partitions(database).then(|| format!("SELECT {}()", own(database, CREATE_PARTITIONS)))
}

const CREATE_PARTITIONS: &str = "create_partitions";
const DROP: &str = "drop_expired_partition";
const DELETE: &str = "delete_expired_rows";
const ANONYMIZE: &str = "anonymize_expired_rows";
/// The name of the function that counts the rows and bytes of each tenant.
const COUNT_TENANTS: &str = "count_tenants";

/// Lowers one function that acts with the rights of maintenance, and that the scheduler's role may call.
fn function(database: &Database, name: &str, returns: &str, docs: &str, body: &str, lowered: &mut Lowered) {
    let roles = &database.roles;
    let mut function = plpgsql(&own(database, name), &roles.maintenance, returns, body);
    function.security_definer = true;
    function.settings.extend(settings(&[("TimeZone", "'UTC'"), ("lock_timeout", "'2s'")]));
    prove(database, &mut function);
    lowered.function(docs, function, [&roles.owner, &roles.cron]);
}

/// The name of a function of the database.
fn own(database: &Database, name: &str) -> Name {
    Name::new(database.functions_schema.clone(), name)
}
