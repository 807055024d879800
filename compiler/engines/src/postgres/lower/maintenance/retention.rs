//! How rows leave at the end of their retention: in batches, as a whole or without the person.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::{Ident, Name};
use super::super::audit::{PartKind, Sealing, Trail, holding_persons};
use super::super::calendar;
use super::super::database::Database;
use super::super::erasure::held;
use super::super::lowered::{Lowered, plpgsql};
use super::super::outbox::{self, Outbox};
use super::super::table::{ANONYMIZED_AT, Table, column_name};
use super::super::tenancy::unless_moving;
use super::anonymized::anonymized;
use super::traces::{Traces, traces};
use super::{ANONYMIZE, DELETE, DROP, Leaving, anonymizes, drops_partitions, leaving, own, removes_batches};
use polity_catalog::relational::Function;
use polity_model::entity::Retain;
use polity_model::{Duration, Scalar};
use polity_templates::postgres::{functions, statements};

/// How many rows one batch removes: short enough that nobody waits for it.
const BATCH: u32 = 5000;

/// The values of the body that changes one batch of rows.
#[derive(Serialize)]
struct Expired {
    /// Whether a trail holds values of the rows, or is sealed first.
    has_variables: bool,
    /// Whether what is append only or audited must give way.
    gives_way: bool,
    batches: Vec<Batch>,
    trails: Vec<Entries>,
    /// How many rows a batch has, and the condition that a row `t` is one of them.
    size: u32,
    is_due: &'static str,
    /// The end of a condition that lets rows of `polity_tenants.tenant` wait while it is moved; or nothing.
    settled: String,
}

/// A table of which rows leave.
#[derive(Serialize)]
struct Batch {
    table: String,
    /// The tenant's column. Every index leads with it, so the batch goes from one tenant to the next by way of the key.
    tenant: Option<String>,
    /// The condition that a row is over age, and the column by which the oldest comes first.
    due: String,
    after: String,
    /// The columns with their new values, where the rows stay.
    sets: Option<String>,
    traces: Option<Traces>,
}

/// A trail of which entries leave, or values.
#[derive(Serialize)]
struct Entries {
    /// The statement that keeps the entries from which the chains go on.
    anchor: Option<Anchor>,
    /// The seals of the trail, which is sealed before anything goes.
    sealed: Option<Sealed>,
    /// The tables out of which entries go; the last one is that of the entries.
    tables: Vec<Due>,
    /// The statement that takes values out which no law wants any more.
    forgetting: Option<String>,
}

/// The seals of a trail, and those that retention takes.
#[derive(Serialize)]
struct Sealed {
    seal: String,
    parts: Due,
    #[serde(flatten)]
    trimmed: Trimmed,
}

#[derive(Serialize)]
struct Anchor {
    /// The statement up to `FROM`, and its end.
    into: String,
    order: String,
}

/// A table of which those rows leave that are due.
#[derive(Serialize)]
struct Due {
    name: String,
    due: String,
}

/// Writes the body that deletes one batch of rows.
pub(super) fn deleting(database: &Database) -> String {
    let gives_way = |table: &Table| {
        leaving(database.platform, table.entity).is_some()
            && (database.platform.append_only(table.entity.id).is_some()
                || holding_persons(database, table).next().is_some())
    };
    let trails = database.trails.iter().filter_map(|trail| entries(database, trail));
    let trails = trails.chain(database.outbox.as_ref().map(|outbox| left(database, outbox)));
    write(database, Leaving::Batches, database.tables.iter().any(gives_way), trails.collect())
}

/// Writes the body that anonymizes one batch of rows.
pub(super) fn anonymizing(database: &Database) -> String {
    write(database, Leaving::Anonymized, true, Vec::new())
}

fn write(database: &Database, how: Leaving, gives_way: bool, trails: Vec<Entries>) -> String {
    let mut leave = database.referrers_first();
    leave.retain(|table| leaving(database.platform, table.entity) == Some(how));
    let batch = |table: &Table| {
        let retain = database.platform.retain(table.entity.id)?;
        Some(batch(database, table, how, retain))
    };
    let values = Expired {
        has_variables: leave.iter().any(|table| holding_persons(database, table).next().is_some())
            || trails.iter().any(|trail| trail.sealed.is_some()),
        gives_way,
        batches: leave.into_iter().filter_map(batch).collect(),
        trails,
        size: BATCH,
        is_due: statements::IS_DUE.trim_ascii_end(),
        settled: unless_moving(database, "polity_tenants.tenant"),
    };
    polity_templates::render(functions::EXPIRED_ROWS, values)
}

fn batch(database: &Database, table: &Table, how: Leaving, retain: &Retain) -> Batch {
    let entity = table.entity;
    let over_age = over_age(database, table, retain);
    let stays = how == Leaving::Anonymized;
    let spared = held::spared(database, table);
    Batch {
        table: table.name.to_string(),
        tenant: entity.tenant.map(|id| Ident(&column_name(entity, id)).to_string()),
        due: if stays {
            format!("{over_age} AND {ANONYMIZED_AT} IS NULL{spared}")
        } else {
            over_age + &spared
        },
        after: after(table, retain),
        sets: stays.then(|| sets(database, table)),
        traces: traces(database, table),
    }
}

/// The columns of a row that is anonymized, one a line.
fn sets(database: &Database, table: &Table) -> String {
    let mut sets: Vec<(SmolStr, String)> = vec![(SmolStr::new_static(ANONYMIZED_AT), "now()".to_owned())];
    sets.extend(anonymized(database, table));
    let sets: Vec<(String, String)> =
        sets.into_iter().map(|(column, value)| (Ident(&column).to_string(), value)).collect();
    let width = sets.iter().map(|(column, _)| column.len()).max().unwrap_or(0);
    let sets = sets.iter().map(|(column, value)| format!("{column:width$} = {value}"));
    sets.collect::<Vec<_>>().join(",\n           ")
}

fn entries(database: &Database, trail: &Trail) -> Option<Entries> {
    let whole = trail.log.retain.filter(|_| trail.partition.is_none());
    let forgetting = forgetting(database, trail);
    if whole.is_none() && forgetting.is_none() {
        return None;
    }
    let sealing = trail.sealing();
    let anchoring = trail.anchoring(database).filter(|_| whole.is_some());
    let due = |table: &Name, column: &str, keep| {
        let tenant = database.tenancy.as_ref().map(|t| format!("{table}.{}", Ident(&t.column)));
        let settled = tenant.map_or_else(String::new, |tenant| unless_moving(database, &tenant));
        let before = match sealing {
            // A part goes as a whole.
            Some(_) => format!("date_trunc('day', now() - interval '{}')", calendar::words(keep)),
            None => format!("now() - interval '{}'", calendar::words(keep)),
        };
        Due { name: table.to_string(), due: format!("{column} < {before}{settled}") }
    };
    let tables = whole.iter().flat_map(|(keep, _)| {
        let parts = trail.parts().into_iter().rev();
        let held = parts.filter(|part| matches!(part.kind, PartKind::Entries | PartKind::Payload));
        held.map(|part| due(&part.name, "at", *keep)).collect::<Vec<_>>()
    });
    Some(Entries {
        anchor: anchoring.map(|(into, order)| Anchor { into, order }),
        tables: tables.collect(),
        sealed: sealing.as_ref().zip(whole).map(|(sealing, (keep, _))| Sealed {
            seal: sealing.seal.to_string(),
            parts: due(&sealing.parts, "period", keep),
            trimmed: trimmed(sealing, keep),
        }),
        forgetting,
    })
}

/// The messages that no relay took.
fn left(database: &Database, outbox: &Outbox) -> Entries {
    let name = outbox.name.to_string();
    let tenant = database.tenancy.as_ref().map(|t| format!("{name}.{}", Ident(&t.column)));
    let settled = tenant.map_or_else(String::new, |tenant| unless_moving(database, &tenant));
    let due = format!("at < now() - interval '{}'{settled}", calendar::words(outbox::KEPT));
    Entries { anchor: None, sealed: None, tables: vec![Due { name, due }], forgetting: None }
}

/// Writes the statement that takes values out of entries which no law wants any more.
fn forgetting(database: &Database, trail: &Trail) -> Option<String> {
    let kept = trail.log.payloads.as_ref()?;
    let values = trail.values();
    let held =
        format!("({values}.old IS NOT NULL OR {values}.new IS NOT NULL OR {values}.subjects <> '{{}}')");
    Some(format!(
        "{}e.at < now() - interval '{}' AND {held}",
        trail.forgetting(database),
        calendar::words(kept.duration)
    ))
}

/// The seals that go, since nothing that they cover is there any more.
#[derive(Serialize)]
pub(super) struct Trimmed {
    trimmed_seals: String,
    trimmed_parts: String,
    /// The query of the first seal that stays.
    first: String,
    most: u32,
}

pub(super) fn trimmed(sealing: &Sealing, keep: Duration) -> Trimmed {
    let (seals, parts) = (sealing.seals.to_string(), sealing.parts.to_string());
    Trimmed {
        first: format!(
            "SELECT max(s.number) FROM {seals} s WHERE s.sealed_at < now() - interval '{}' AND NOT EXISTS (SELECT FROM {parts} p WHERE p.seal <= s.number AND p.gone IS NULL)",
            calendar::words(keep)
        ),
        trimmed_seals: seals,
        trimmed_parts: parts,
        most: Sealing::MOST,
    }
}

fn after(table: &Table, retain: &Retain) -> String {
    retain.after.map_or_else(|| "now()".to_owned(), |id| Ident(&column_name(table.entity, id)).to_string())
}

/// Whether a row is over age. What a calendar decides is decided in UTC.
fn over_age(database: &Database, table: &Table, retain: &Retain) -> String {
    let date = retain
        .after
        .is_some_and(|id| database.platform.scalar(&table.entity.field(id).ty) == Some(Scalar::Date));
    let now = if date { "(now() AT TIME ZONE 'UTC')::date" } else { "now()" };
    format!("{} < {now} - interval '{}'", after(table, retain), calendar::words(retain.duration))
}

/// Which rows of a table its retention has not reached.
pub(in crate::postgres) fn kept(database: &Database, table: &Table) -> Option<String> {
    let retain = database.platform.retain(table.entity.id)?;
    Some(format!("({}) IS NOT TRUE", over_age(database, table, retain)))
}

/// Which entries of a trail its retention has not reached.
pub(in crate::postgres) fn kept_entries(trail: &Trail) -> Option<String> {
    let (keep, _) = trail.log.retain?;
    Some(format!("at >= now() - interval '{}'", calendar::words(keep)))
}

/// Lowers the procedure that carries out every retention. It may commit between batches only where it neither sets anything
/// nor acts for another role, so it does nothing but call the functions.
pub(super) fn lower_retain(database: &Database, lowered: &mut Lowered) {
    #[derive(Serialize)]
    struct Steps {
        steps: Vec<String>,
    }
    let steps = [
        (drops_partitions(database), DROP),
        (removes_batches(database), DELETE),
        (anonymizes(database), ANONYMIZE),
    ];
    let wanted = steps.into_iter().filter(|(wanted, _)| *wanted);
    let steps = wanted.map(|(_, step)| own(database, step).to_string()).collect();
    let body = polity_templates::render(functions::RETAIN, Steps { steps });
    let roles = &database.roles;
    let retain = plpgsql(&own(database, "retain"), &roles.maintenance, "", &body);
    lowered.function(
        "Carries out every retention, one short transaction after the other.",
        Function { returns: None, settings: Vec::new(), ..retain },
        [&roles.owner, &roles.cron],
    );
}
