//! `exporter.yml`: what postgres_exporter asks beside its own (`--extend.query-path`).

use serde::Serialize;

use super::super::lower::audit::Trail;
use super::super::lower::database::Database;
use super::super::lower::outbox;
use super::super::lower::placement::Placement;
use super::super::lower::usage;
use super::super::sql::Literal;
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
    }
    let (mut trails, mut outboxes) = (Vec::new(), Vec::new());
    for database in std::iter::once(database).chain(&beside(database)) {
        trails.extend(of_trails(database));
        outboxes.extend(of_outbox(database));
    }
    let usage = usage::is_needed(database).then_some(usage::TABLE);
    if trails.is_empty() && outboxes.is_empty() && usage.is_none() {
        return None;
    }
    let whose = match (&database.tenancy, database.placement.tenant) {
        (None, _) => "the database".to_owned(),
        (Some(_), Some(tenant)) => format!("the database of {}", tenant.named.name),
        (Some(_), None) => "the database that tenants share".to_owned(),
    };
    let values = Exporter { platform: &database.platform.name, whose, usage, trails, outboxes };
    Some(polity_templates::render(EXPORTER, values))
}

/// The schemas of tenants that stand here, where any of them has something to be asked.
fn beside<'d>(database: &Database<'d>) -> Vec<Database<'d>> {
    let is_asked = !of_trails(database).is_empty() || outbox::is_in(database.platform, database.store);
    if database.placement.tenant.is_some() || !is_asked {
        return Vec::new();
    }
    let (platform, store) = (database.platform, database.store);
    let tenants = platform.tenants_in_schemas();
    tenants.map(|tenant| Database::lower_in(Placement::of(platform, store, tenant))).collect()
}

fn of_outbox(database: &Database) -> Option<String> {
    let outbox = database.outbox.as_ref()?;
    Some(format!(
        "SELECT {} AS outbox, entries AS waiting_entries, coalesce(extract(epoch FROM now() - since), 0) AS waiting_seconds FROM {}()",
        Literal(&outbox.name.to_string()),
        outbox.waiting()
    ))
}

fn of_trails(database: &Database) -> Vec<String> {
    let sealed = database.trails.iter().filter(|trail| trail.sealing().is_some());
    let query = |trail: &Trail| {
        format!(
            "SELECT {} AS log, {} AS trail, entries AS open_entries, coalesce(extract(epoch FROM now() - since), 0) AS open_seconds FROM {}()",
            Literal(&trail.log_path(database.platform)),
            Literal(&trail.name.to_string()),
            trail.open()
        )
    };
    sealed.map(query).collect()
}
