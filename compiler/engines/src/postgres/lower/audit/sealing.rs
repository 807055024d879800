//! Seals over entries that were written without a common lock.
//!
//! A seal covers the entries of transactions that the snapshot `upto` calls ended and `after`, that of the seal before, does
//! not. So a transaction that takes long delays its own entries only, and what a seal covers never changes. A part is the
//! share of one tenant in one period: it proves by itself what it covers, and moves with the tenant.

use smol_str::SmolStr;

use super::super::super::sql::Name;
use super::super::lowered::{Lowered, OwnTable, arguments, atomic, plpgsql, settings, sql};
use super::lowering::{Lowering, index, named};
use super::seal_values::Values;
use super::{Form, Trail};
use crate::surface::Watch;
use polity_catalog::relational::{ConstraintRule, Function, Privilege, Target, Volatility};
use polity_govern::Stored;
use polity_model::{AuditLog, Duration, Store};
use polity_templates::postgres::functions;
use polity_text::quoting::promql;

pub(super) const COMMITMENT: &str = "commitment";
/// The operation of the entry that holds the end of a chain.
pub(super) const CLOSE: &str = "CLOSE";
/// How many entries one seal covers, but for the rest of a transaction.
pub(super) const MOST: u32 = 100_000;

/// The work that seals a trail.
pub(in crate::postgres) struct Sealing {
    /// The function that makes one seal, and the procedure that makes all that are due.
    pub(in crate::postgres) seal: Name,
    pub(in crate::postgres) all: Name,
    pub(in crate::postgres) every: Duration,
    pub(in crate::postgres) parts: Name,
    pub(in crate::postgres) seals: Name,
}

impl Sealing {
    /// The number of entries from which on there may be more to seal.
    pub(in crate::postgres) const MOST: u32 = MOST;
}

impl Trail<'_> {
    /// Returns the work that seals the trail; `None` where nothing does.
    pub(in crate::postgres) fn sealing(&self) -> Option<Sealing> {
        let Form::Sealed { seals, parts } = &self.form else { return None };
        Some(Sealing {
            seal: self.part("seal"),
            all: self.part("seal_all"),
            every: self.log.sealed_every()?,
            parts: parts.clone(),
            seals: seals.clone(),
        })
    }

    /// Returns the function that tells this server from others.
    pub(super) fn cluster(&self) -> Name {
        self.part("cluster")
    }

    /// Returns the function that tells the entries without a seal.
    pub(in crate::postgres) fn open(&self) -> Name {
        self.part("open")
    }

    /// The unit of time by which entries fall into parts: that of partitions, since these go as a whole. Without partitions
    /// a day is what retention takes at once.
    pub(in super::super) fn period(&self) -> &'static str {
        match (&self.partition, &self.log.retain) {
            (Some(partition), _) => partition.period.name(),
            (None, Some(_)) => "day",
            (None, None) => "month",
        }
    }
}

/// Lowers the tables of seals.
pub(super) fn tables(lowering: &Lowering, seals: &Name, parts: &Name, lowered: &mut Lowered) {
    let name = &lowering.trail.name;
    let comment = format!(
        "What was sealed of {name}, each time. Who must be able to prove that nobody took the last ones away with their entries keeps the last hash elsewhere."
    );
    let mut table = OwnTable::new(seals, &lowering.database.roles.owner, &comment)
        .column("number", "bigint", "Counts the seals.")
        .column("cluster", "bigint", "The server whose transactions it covers.")
        .column("after", "pg_snapshot", "The snapshot of the seal before.")
        .column("upto", "pg_snapshot", "It covers what this one calls ended, and the one before does not.")
        .column("parts", "integer", "How many parts it has.")
        .column("entries", "bigint", "How many entries it covers.")
        .column("sealed_at", "timestamptz", "")
        .column("root", "bytea", "SHA-256 over the hashes of its parts, in their order.")
        .column(
            "previous",
            "bytea",
            "The hash of the seal before; of the first one, a hash over parts that were brought here.",
        )
        .column("hash", "bytea", "SHA-256 over all of these.")
        .key(&["number"])
        .constraint(
            &named(seals, "previous_key"),
            ConstraintRule::Unique(vec![SmolStr::new_static("previous")]),
        );
    if lowering.tenant.is_some() {
        table = table.closed();
    }
    lowered.own_table("", table);
    let comment = format!("The parts of the seals of {name}: a tenant's share in each period.");
    let gone = "'dropped' by retention, 'moved' with the tenant, 'erased' with it (and then a hash in place of its name): why its entries are here no more.";
    let table = lowering
        .table(parts, &comment, "")
        .column("seal", "bigint", "")
        .column("period", "date", "Its first day.")
        .column("cluster", "bigint", "")
        .column("after", "pg_snapshot", "")
        .column("upto", "pg_snapshot", "")
        .column("entries", "bigint", "")
        .column("first", "bigint", "")
        .column("last", "bigint", "")
        .column("root", "bytea", "SHA-256 over the hashes of its entries, by xact and seq.")
        .column("previous", "bytea", "SHA-256 over the hashes of the tenant's parts of the seal before.")
        .column("hash", "bytea", "SHA-256 over all of these.")
        .column("gone", "text", gone)
        .optional()
        .column("gone_at", "timestamptz", "")
        .optional()
        .constraint(
            &named(parts, "gone_values"),
            ConstraintRule::Check("gone IN ('dropped', 'moved', 'erased')".to_owned()),
        );
    lowered.own_table("", lowering.keyed(table, &["seal", "period"]));
    if lowering.tenant.is_some() {
        lowered.add(index(parts, "seal_idx", "btree", &["seal"]));
    }
}

/// Lowers what seals a trail and what judges it, where it is sealed.
pub(super) fn lower(lowering: &Lowering, lowered: &mut Lowered) {
    let Some(sealing) = lowering.trail.sealing() else { return };
    let values = Values::of(lowering, &sealing);
    lower_hashes(lowering, &values, lowered);
    lower_seal(lowering, &sealing, &values, lowered);
    lower_verify(lowering, &values, lowered);
    lower_told(lowering, &values, lowered);
}

/// Lowers the hash of an entry, and that of its values, in which it stays once they are erased.
fn lower_hashes(lowering: &Lowering, values: &Values, lowered: &mut Lowered) {
    let (trail, roles) = (lowering.trail, &lowering.database.roles);
    let pure = |name: &str, body: &str, named: Vec<(&str, &str)>| Function {
        arguments: arguments(&named),
        volatility: Volatility::Stable,
        parallel_safe: true,
        ..atomic(&trail.part(name), &roles.auditor, "bytea", body)
    };
    let of_values = [("salt", "bytea"), ("subjects", "text[]"), ("old", "jsonb"), ("new", "jsonb")];
    let commitment = pure(COMMITMENT, functions::TRAIL_COMMITMENT, of_values.to_vec());
    lowered.function("The hash of the values of an entry.", commitment, [&roles.maintenance]);
    let mut cluster = plpgsql(&trail.cluster(), &roles.auditor, "bigint", functions::TRAIL_CLUSTER);
    cluster.volatility = Volatility::Immutable;
    lowered.function(
        "The identifier of this server, whose numbers of transactions are its own. It is IMMUTABLE so that a session reads it\n\
         once, from a file, and not for each entry: no session outlives its server.",
        cluster,
        [],
    );
    let tenant = lowering.tenant.map(|tenant| (tenant, "text"));
    let head = [("cluster", "bigint"), ("xact", "xid8"), ("seq", "bigint"), ("at", "timestamptz")];
    let rest = [
        ("actor", "text"),
        ("login", "text"),
        ("operation", "text"),
        ("entity", "text"),
        ("row_key", "jsonb"),
        ("fields", "text[]"),
        (COMMITMENT, "bytea"),
    ];
    let of_entry: Vec<_> = head.into_iter().chain(tenant).chain(rest).chain(of_values).collect();
    let body = polity_templates::render(functions::TRAIL_HASH, values);
    lowered.function(
        "The hash of an entry, the same before and after its values are erased.",
        pure("hash", &body, of_entry),
        [],
    );
}

fn lower_seal(lowering: &Lowering, sealing: &Sealing, values: &Values, lowered: &mut Lowered) {
    let (trail, roles) = (lowering.trail, &lowering.database.roles);
    let body = polity_templates::render(functions::TRAIL_SEAL, values);
    let mut seal = lowering.plpgsql(&sealing.seal, "bigint", &body);
    seal.arguments = arguments(&[("most", "bigint")]);
    seal.arguments[0].default = Some(MOST.to_string().into());
    seal.settings.extend(settings(&[("TimeZone", "'UTC'"), ("synchronous_commit", "'on'")]));
    seal.settings.extend(by_index());
    lowering.judged(&mut seal);
    lowered.function(
        "Seals what transactions wrote that have ended since the last seal, and says how many entries that were; -1 where\n\
         another run is at it.",
        seal,
        [&roles.owner, &roles.cron, &roles.maintenance],
    );
    let body = polity_templates::render(functions::TRAIL_SEAL_ALL, values);
    let all = plpgsql(&sealing.all, &roles.maintenance, "", &body);
    lowered.function(
        "Seals all that is due, each seal in a transaction of its own, and tells the hash of the last one: keep it where\n\
         nobody who owns this database can change it.",
        // It commits, which one that sets anything or acts for another role cannot.
        Function { returns: None, settings: Vec::new(), ..all },
        [&roles.owner, &roles.cron],
    );
    let schema = Target::Schema(trail.name.schema.clone());
    lowered.grant(schema, &roles.owner, [&roles.cron, &roles.maintenance], &[Privilege::Usage]);
}

fn lower_verify(lowering: &Lowering, values: &Values, lowered: &mut Lowered) {
    let roles = &lowering.database.roles;
    let tenant = if lowering.tenant.is_some() { "of_tenant text, " } else { "" };
    let returns =
        format!("TABLE (seal bigint, {tenant}period date, verdict text, entries bigint, seqs bigint[])");
    let mut verify = lowering.verifying(&returns, &polity_templates::render(functions::TRAIL_VERIFY, values));
    verify.settings.extend(settings(&[("TimeZone", "'UTC'")]));
    verify.settings.extend(by_index());
    lowered.function(
        "Judges the seals of a time, and all entries that they cover. A line for each finding, whose verdict is in capitals;\n\
         one with how many entries are `ok`; one with how many are `open`, since no seal covers them yet; and one for each part\n\
         whose entries are gone because they were `dropped` by retention, `moved` with their tenant or `erased` with it.",
        verify,
        [&roles.owner, &roles.audit_reader],
    );
}

/// Lowers what tells of the seals: the last hash, and the entries that have none.
fn lower_told(lowering: &Lowering, values: &Values, lowered: &mut Lowered) {
    let (trail, roles) = (lowering.trail, &lowering.database.roles);
    let told = |name: Name, returns: &str, template| {
        let mut function = sql(&name, &roles.auditor, returns, &polity_templates::render(template, values));
        function.volatility = Volatility::Stable;
        function.security_definer = true;
        function.settings.extend(settings(&[("TimeZone", "'UTC'")]));
        function.settings.extend(by_index());
        lowering.judged(&mut function);
        function
    };
    let last = told(trail.part("last_seal"), "text", functions::TRAIL_LAST_SEAL);
    lowered.function("The last seal, and its hash.", last, [&roles.owner, &roles.cron]);
    let open = told(trail.open(), "TABLE (entries bigint, since timestamptz)", functions::TRAIL_OPEN);
    let monitor = SmolStr::new_static("pg_monitor");
    let schema = Target::Schema(trail.name.schema.clone());
    lowered.grant(schema, &roles.owner, [&monitor], &[Privilege::Usage]);
    lowered.function(
        "How many entries no seal covers yet, and since when.",
        open,
        [&roles.owner, &roles.audit_reader, &monitor],
    );
}

/// The settings with which a few entries are found among many, whatever the statistics say. A table that must be read as a
/// whole then looks so dear that PostgreSQL would compile the query, which takes a second.
fn by_index() -> Vec<(SmolStr, SmolStr)> {
    settings(&[("enable_seqscan", "off"), ("jit", "off"), ("plan_cache_mode", "'force_custom_plan'")])
}

/// Returns what must be watched of the trails of a store: that a job seals them.
pub(in crate::postgres) fn watches(platform: &Stored, store: &Store) -> Vec<Watch> {
    let sealed = platform.audit_logs.iter().filter(|log| log.store == store.id);
    let watch = |log: &AuditLog| {
        let every = log.sealed_every()?;
        let path = platform.log_path(log.id);
        let of = format!("store={},log={}", promql::text(&store.named.name), promql::text(&path));
        let seconds = (3 * every.at_most_milliseconds()).div_ceil(1000);
        Some(Watch {
            name: format!("{}_{}_open", platform[log.schema].named.name, log.named.name),
            expression: format!("max by (trail) (polity_trail_open_seconds{{{of}}}) > {seconds}"),
            summary: format!("entries of {path} have had no seal for {seconds} seconds"),
            description: format!(
                "It is sealed every {every}. Whoever owns the database can take an entry away before its seal, and nobody will know. A transaction that takes long delays none but its own entries: look whether the job runs."
            ),
        })
    };
    sealed.filter_map(watch).collect()
}
