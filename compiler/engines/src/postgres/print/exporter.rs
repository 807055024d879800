//! `exporter.yml`: what postgres_exporter asks beside its own (`--extend.query-path`).

use serde::Serialize;

use super::super::lower::audit::Trail;
use super::super::lower::database::Database;
use super::super::lower::erasure::waiting;
use super::super::lower::outbox::Outbox;
use super::super::lower::placement::Placement;
use super::super::lower::usage;
use super::super::sql::{Ident, Literal};
use polity_templates::postgres::EXPORTER;

/// Writes the file for the exporter that connects to a database; `None` where there is nothing to ask.
pub(super) fn file(database: &Database) -> Option<String> {
    #[derive(Serialize)]
    struct Exporter<'p> {
        platform: &'p str,
        /// The database to which it connects, in words.
        whose: String,
        /// The table of what tenants use, where it is counted.
        usage: Option<&'static str>,
        /// The queries of trails that a job seals.
        trails: Vec<String>,
        /// The queries of outboxes.
        outboxes: Vec<String>,
        /// The queries of erasures that wait.
        erasures: Vec<String>,
    }
    let trails = everywhere(database, of_trails);
    let outboxes = everywhere(database, of_outbox);
    let erasures = everywhere(database, of_erasures);
    let usage = usage::is_needed(database).then_some(usage::TABLE);
    if trails.is_empty() && outboxes.is_empty() && erasures.is_empty() && usage.is_none() {
        return None;
    }
    let whose = match (&database.tenancy, database.placement.tenant) {
        (None, _) => "the database".to_owned(),
        (Some(_), Some(tenant)) => format!("the database of {}", tenant.named.name),
        (Some(_), None) => "the database that tenants share".to_owned(),
    };
    let values = Exporter { platform: &database.platform.name, whose, usage, trails, outboxes, erasures };
    Some(polity_templates::render(EXPORTER, values))
}

/// The queries of something: here, and in the schemas of tenants that stand here.
fn everywhere(database: &Database, of: fn(&Database) -> Vec<String>) -> Vec<String> {
    let (platform, store) = (database.platform, database.store);
    let mut queries = of(database);
    if database.placement.tenant.is_none() && !queries.is_empty() {
        for tier in platform.tiers_with_schemas() {
            let any = of(&Database::lower_in(Placement::of(platform, store, &tier.any)));
            for tenant in platform.tenants.iter().filter(|tenant| tenant.tier == tier.id) {
                queries.extend(any.iter().map(|query| platform.for_tenant(query, tenant)));
            }
        }
    }
    queries
}

fn of_outbox(database: &Database) -> Vec<String> {
    let query = |outbox: &Outbox| {
        format!(
            "SELECT {} AS outbox, entries AS waiting_entries, coalesce(extract(epoch FROM now() - since), 0) AS waiting_seconds FROM {}()",
            Literal(&outbox.name.to_string()),
            outbox.waiting()
        )
    };
    database.outbox.iter().map(query).collect()
}

fn of_trails(database: &Database) -> Vec<String> {
    let sealed = database.trails.iter().filter(|trail| trail.sealing().is_some());
    let query = |trail: &Trail| {
        format!(
            "SELECT {} AS log, {} AS trail, entries AS open_entries, coalesce(extract(epoch FROM now() - since), 0) AS open_seconds FROM {}()",
            Literal(&database.platform.log_path(trail.log.id)),
            Literal(&trail.name.to_string()),
            trail.open()
        )
    };
    sealed.map(query).collect()
}

fn of_erasures(database: &Database) -> Vec<String> {
    let own = &database.functions_schema;
    let query = format!(
        "SELECT {} AS place, held, due, coalesce(extract(epoch FROM now() - since), 0) AS due_seconds FROM {}.{}()",
        Literal(own),
        Ident(own),
        waiting::WAITING
    );
    waiting::waits(database).then_some(query).into_iter().collect()
}
