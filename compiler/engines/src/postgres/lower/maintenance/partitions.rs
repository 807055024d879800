//! Partitions by ranges of time: created ahead, dropped at the end of their retention.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::audit::records_deletes;
use super::super::calendar;
use super::super::database::Database;
use super::super::erasure::held;
use super::super::lowered::{Lowered, arguments, plpgsql, settings};
use super::super::table::{Table, column_name};
use super::super::tenancy::sight::EVERY_ROW;
use super::super::{statistics, storage};
use super::retention::{Trimmed, trimmed};
use super::traces::traces_of_partition;
use super::{Leaving, drops_partitions, leaving};
use polity_catalog::relational::Function;
use polity_model::Duration;
use polity_model::entity::{PartitionKind, PartitionPeriod};
use polity_templates::postgres::functions;

/// Returns the period of a table whose partitions are ranges of time, and the column that they are ranges of.
pub(super) fn ranged<'t>(table: &'t Table) -> Option<(&'t PartitionPeriod, SmolStr)> {
    let partition = table.entity.partition.as_ref()?;
    match &partition.kind {
        PartitionKind::Range(period) => Some((period, column_name(table.entity, *partition.fields.first()?))),
        PartitionKind::Hash { .. } | PartitionKind::List => None,
    }
}

/// The values of the functions that create and drop one partition.
#[derive(Serialize)]
struct Partitions {
    owner: String,
    maintenance: String,
    /// The name of the policy that shows maintenance every row.
    policy: &'static str,
    tenancy: bool,
    /// Whether the planner may not learn something of a table that has partitions.
    hides: bool,
    /// Whether a table that has them has one for all other rows.
    others: bool,
}

/// Lowers what every partition is made and dropped by; only functions of maintenance call it.
pub(super) fn lower_functions(database: &Database, lowered: &mut Lowered) {
    let parted = |table: &&Table| ranged(table).is_some();
    let values = Partitions {
        owner: Ident(&database.roles.owner).to_string(),
        maintenance: Ident(&database.roles.maintenance).to_string(),
        policy: EVERY_ROW,
        tenancy: database.tenancy.is_some(),
        others: database
            .tables
            .iter()
            .filter(parted)
            .any(|t| t.entity.partition.as_ref().is_some_and(|partition| partition.default.is_some())),
        hides: database.tables.iter().filter(parted).any(|t| statistics::is_hidden(database, t)),
    };
    lower_add(database, &values, lowered);
    lower_ahead(database, lowered);
    if drops_partitions(database) {
        lower_drop(database, lowered);
    }
}

/// Lowers `polity.add_partition`.
fn lower_add(database: &Database, values: &Partitions, lowered: &mut Lowered) {
    let body = polity_templates::render(functions::ADD_PARTITION, values);
    let mut add = function(database, "add_partition", "boolean", &body);
    add.arguments = arguments(&[
        ("parent", "regclass"),
        ("stem", "text"),
        ("suffix", "text"),
        ("key", "text"),
        ("key_type", "regtype"),
        ("low", "text"),
        ("high", "text"),
        ("storage", "text"),
    ]);
    add.settings.extend(patience());
    lowered.function(
        "Creates one partition without a long lock: the table is made apart, with a check that says what the bounds\n\
         say, so that ATTACH reads no row and takes SHARE UPDATE EXCLUSIVE instead of ACCESS EXCLUSIVE.",
        add,
        [],
    );
}

/// Lowers `polity.partition_ahead`.
fn lower_ahead(database: &Database, lowered: &mut Lowered) {
    let mut ahead = function(database, "partition_ahead", "integer", functions::PARTITION_AHEAD);
    ahead.arguments = arguments(&[
        ("parent", "regclass"),
        ("stem", "text"),
        ("key", "text"),
        ("period", "text"),
        ("ahead", "integer"),
        ("storage", "text"),
    ]);
    lowered.function(
        "Creates the partition of today and those of the next periods, as far as they are missing. Periods begin at\n\
         midnight UTC, whatever the session's time zone is.",
        ahead,
        [],
    );
}

/// Lowers `polity.drop_partition_past`.
fn lower_drop(database: &Database, lowered: &mut Lowered) {
    let mut past = function(database, "drop_partition_past", "text", functions::DROP_PARTITION_PAST);
    past.arguments = arguments(&[("parent", "regclass"), ("keep", "interval"), ("held", "text")]);
    past.arguments[2].default = Some(SmolStr::new_static("'false'"));
    past.settings.extend(patience());
    lowered.function(
        "Detaches and drops the oldest partition whose rows are all older than `keep`, and of which none is `held`, and gives\n\
         its name; nothing where there is none. DETACH CONCURRENTLY cannot run in a function, so the parent is locked for a moment,\n\
         and at most two seconds are spent on waiting for that: the next run tries again.",
        past,
        [],
    );
}

fn function(database: &Database, name: &str, returns: &str, body: &str) -> Function {
    let mut function = plpgsql(&Name::new("polity", name), &database.roles.maintenance, returns, body);
    function.settings.extend(settings(&[("TimeZone", "'UTC'")]));
    function
}

/// The setting of a function that locks a table.
fn patience() -> Vec<(SmolStr, SmolStr)> {
    settings(&[("lock_timeout", "'2s'")])
}

/// Writes the body that creates every partition that will be needed.
pub(super) fn creating(database: &Database) -> String {
    #[derive(Serialize)]
    struct Creation {
        tables: Vec<Ahead>,
    }
    let tables = database.tables.iter().filter_map(ahead_of);
    let trails = database.trails.iter().filter_map(|trail| {
        let period = trail.partition.as_ref()?;
        let tables = trail.partitioned().into_iter().zip(&trail.stems);
        Some(tables.map(|(name, stem)| ahead(&name, stem, "at", period, "")).collect::<Vec<_>>())
    });
    let tables = tables.chain(trails.flatten()).collect();
    polity_templates::render(functions::CREATE_PARTITIONS, Creation { tables })
}

/// A table of which partitions are created: each a literal, but for the number of periods.
#[derive(Serialize)]
pub(in crate::postgres) struct Ahead {
    pub(in crate::postgres) name: String,
    pub(in crate::postgres) stem: String,
    pub(in crate::postgres) key: String,
    pub(in crate::postgres) period: String,
    ahead: u32,
    pub(in crate::postgres) storage: String,
    /// The warning where it cannot be locked.
    busy: String,
}

/// Returns what is created ahead for a table whose partitions are ranges of time.
pub(in crate::postgres) fn ahead_of(table: &Table) -> Option<Ahead> {
    let (period, key) = ranged(table)?;
    let storage = storage::clause(table.storage.iter().map(|(name, value)| (name, value))).to_string();
    Some(ahead(&table.name, &table.partitions.stem, &key, period, &storage))
}

fn ahead(name: &Name, stem: &str, key: &str, period: &PartitionPeriod, storage: &str) -> Ahead {
    Ahead {
        name: Literal(&name.to_string()).to_string(),
        stem: Literal(stem).to_string(),
        key: Literal(key).to_string(),
        period: Literal(period.period.name()).to_string(),
        ahead: period.ahead,
        storage: Literal(storage).to_string(),
        busy: busy(name, "new partitions wait for"),
    }
}

/// Writes the body that drops one partition that is over age, referrers first.
pub(super) fn dropping(database: &Database) -> String {
    #[derive(Serialize)]
    struct Dropping {
        /// The first argument of what writes into a trail: a partition holds rows of every tenant, so the part of the trail
        /// that all share says that it went. Nothing where there are no tenants.
        shared: &'static str,
        /// Whether a trail is sealed first.
        seals: bool,
        tables: Vec<Old>,
    }
    let mut tables = Vec::new();
    for table in database.referrers_first() {
        let Some(retain) = database.platform.retain(table.entity.id) else { continue };
        if leaving(database.platform, table.entity) == Some(Leaving::Partitions) {
            let record = records_deletes(database, table).map(|trail| trail.write().to_string());
            let before = traces_of_partition(database, table);
            let held = held::held(database, table, "t");
            let held = held.map_or_else(String::new, |held| format!(", {}", Literal(&held)));
            tables.push(Old { record, held, ..old(&table.name, retain.duration, before) });
        }
    }
    for trail in &database.trails {
        let (Some((keep, _)), Some(_)) = (trail.log.retain, trail.partition) else { continue };
        // Values that stand apart go before their entries.
        for name in trail.partitioned().into_iter().rev() {
            let is_log = name == trail.name;
            let anchor = trail.anchoring(database).filter(|_| is_log).map(|(into, order)| {
                let percent = |sql: String| sql.replace('%', "%%");
                format!("{} FROM %s {}", percent(into), percent(order))
            });
            let sealing = trail.sealing();
            let dropped = sealing.as_ref().map(|sealing| {
                format!(
                    "UPDATE {} SET gone = 'dropped', gone_at = now() WHERE gone IS NULL AND period = (SELECT date_trunc('{}', min(at))::date FROM \0)",
                    sealing.parts,
                    trail.period()
                )
                .replace('%', "%%")
                .replace('\0', "%s")
            });
            tables.push(Old {
                sealed: sealing.as_ref().map(|sealing| Sealed {
                    seal: sealing.seal.to_string(),
                    trimmed: trimmed(sealing, keep),
                }),
                ..old(&name, keep, anchor.or(dropped))
            });
        }
    }
    let seals = tables.iter().any(|table| table.sealed.is_some());
    let shared = if database.tenancy.is_some() { "'', " } else { "" };
    polity_templates::render(functions::DROP_EXPIRED_PARTITION, Dropping { shared, seals, tables })
}

/// A table of which partitions are dropped.
#[derive(Serialize)]
struct Old {
    /// The name, as a text.
    name: String,
    keep: String,
    /// The end of the arguments that says which rows `t` keep a partition, as a text; or nothing.
    held: String,
    /// The function that writes into a trail that a partition went.
    record: Option<String>,
    /// The statement that runs before a partition goes, as a text in which `format` puts its name.
    before: Option<String>,
    /// The trail that is sealed before it goes, and its seals.
    sealed: Option<Sealed>,
    /// The warning where it cannot be locked.
    busy: String,
}

/// The seals of a trail, and those that retention takes.
#[derive(Serialize)]
struct Sealed {
    seal: String,
    #[serde(flatten)]
    trimmed: Trimmed,
}

fn old(name: &Name, keep: Duration, before: Option<String>) -> Old {
    Old {
        name: Literal(&name.to_string()).to_string(),
        keep: calendar::words(keep).to_string(),
        held: String::new(),
        record: None,
        before: before.map(|statement| Literal(&statement).to_string()),
        sealed: None,
        busy: busy(name, "its oldest partition stays until"),
    }
}

/// The warning of a step that gives up where it would have to wait, so that the others still run.
fn busy(table: &Name, consequence: &str) -> String {
    let message = format!("{table} is busy: {consequence} the next run").replace('%', "%%");
    Literal(&message).to_string()
}
