//! PostgreSQL's own parameters: their types, and `postgresql.conf` with those that a store sets.

use std::fmt::Write;

use super::super::lower::database::Database;
use super::super::sql::Literal;
use super::header;
use crate::options::Options;
use polity_model::config::merge;
use polity_model::governance::Tenant;
use polity_model::settings::catalogue::{Kind, Spec};
use polity_model::settings::levels::Levels;
use polity_model::{DurationUnit, EnvironmentId, Record, Setting, Value};

/// The parameters that a store may set (PostgreSQL 18's reference, chapter 19, and those of extensions). Sizes
/// and durations carry their unit, so no default unit of PostgreSQL has to be known.
pub(in crate::postgres) const PARAMETERS: &[Spec] = &[
    server("shared_buffers", Kind::Size, "Memory for pages that all sessions share."),
    session("work_mem", Kind::Size, "Memory for one sort or hash of one query."),
    session("maintenance_work_mem", Kind::Size, "Memory for building an index or a vacuum."),
    server("autovacuum_work_mem", Kind::Size, "Memory for one autovacuum."),
    session("effective_cache_size", Kind::Size, "What the planner takes the cache of the machine to be."),
    session("temp_buffers", Kind::Size, "Memory for temporary tables of a session."),
    server("wal_buffers", Kind::Size, "Memory for the log before it is written."),
    server("max_wal_size", Kind::Size, "How much log makes a checkpoint."),
    server("min_wal_size", Kind::Size, "How much log is kept for reuse."),
    server("wal_keep_size", Kind::Size, "How much log is kept for replicas."),
    server("max_slot_wal_keep_size", Kind::Size, "How much log a replication slot may hold back."),
    session("temp_file_limit", Kind::Size, "Disk that one session may use for temporary files."),
    server("max_connections", Kind::Integer(1, 262_143), "Connections at once."),
    server(
        "superuser_reserved_connections",
        Kind::Integer(0, 262_143),
        "Connections kept for administrators.",
    ),
    server("max_prepared_transactions", Kind::Integer(0, 262_143), "Two-phase transactions at once."),
    server(
        "max_locks_per_transaction",
        Kind::Integer(10, 2_147_483_647),
        "Locks that a transaction holds on average.",
    ),
    server("max_worker_processes", Kind::Integer(0, 262_143), "Background processes."),
    session("max_parallel_workers", Kind::Integer(0, 1_024), "Processes that help with queries."),
    session(
        "max_parallel_workers_per_gather",
        Kind::Integer(0, 1_024),
        "Processes that help with one part of a query.",
    ),
    session(
        "max_parallel_maintenance_workers",
        Kind::Integer(0, 1_024),
        "Processes that help with building an index.",
    ),
    server("max_wal_senders", Kind::Integer(0, 262_143), "Connections for replication."),
    server("max_replication_slots", Kind::Integer(0, 262_143), "Replication slots."),
    server(
        "max_logical_replication_workers",
        Kind::Integer(0, 262_143),
        "Processes that apply logical replication.",
    ),
    session("effective_io_concurrency", Kind::Integer(0, 1_000), "Reads of the disk at once."),
    session(
        "maintenance_io_concurrency",
        Kind::Integer(0, 1_000),
        "Reads of the disk at once during maintenance.",
    ),
    session("default_statistics_target", Kind::Integer(1, 10_000), "How fine the planner's statistics are."),
    server("autovacuum_max_workers", Kind::Integer(1, 262_143), "Vacuums at once."),
    server(
        "autovacuum_vacuum_threshold",
        Kind::Integer(0, 2_147_483_647),
        "Dead rows before a vacuum, beside the scale factor.",
    ),
    server(
        "autovacuum_analyze_threshold",
        Kind::Integer(0, 2_147_483_647),
        "Changed rows before statistics are made.",
    ),
    server("autovacuum_vacuum_cost_limit", Kind::Integer(-1, 10_000), "Work of one round of autovacuum."),
    session("vacuum_cost_limit", Kind::Integer(1, 10_000), "Work of one round of a vacuum."),
    server("track_activity_query_size", Kind::Size, "How much of a query's text is kept for monitoring."),
    session("from_collapse_limit", Kind::Integer(1, 2_147_483_647), "Subqueries that the planner merges."),
    session("join_collapse_limit", Kind::Integer(1, 2_147_483_647), "Joins whose order the planner chooses."),
    session("random_page_cost", Kind::Number, "What a page out of order costs the planner."),
    session("seq_page_cost", Kind::Number, "What a page in order costs the planner."),
    session("cpu_tuple_cost", Kind::Number, "What a row costs the planner."),
    session("cpu_index_tuple_cost", Kind::Number, "What an entry of an index costs the planner."),
    session("cpu_operator_cost", Kind::Number, "What an operator costs the planner."),
    server(
        "checkpoint_completion_target",
        Kind::Number,
        "Over which part of the time between two a checkpoint is spread.",
    ),
    server(
        "autovacuum_vacuum_scale_factor",
        Kind::Number,
        "Dead rows before a vacuum, as a part of the table.",
    ),
    server(
        "autovacuum_analyze_scale_factor",
        Kind::Number,
        "Changed rows before statistics are made, as a part of the table.",
    ),
    session("hash_mem_multiplier", Kind::Number, "How much more than `work_mem` a hash may use."),
    server("checkpoint_timeout", Kind::Duration, "Time between two checkpoints."),
    session("statement_timeout", Kind::Duration, "When a statement is cancelled."),
    session("lock_timeout", Kind::Duration, "When waiting for a lock is given up."),
    session(
        "idle_in_transaction_session_timeout",
        Kind::Duration,
        "When a transaction that does nothing is ended.",
    ),
    session("idle_session_timeout", Kind::Duration, "When a session that does nothing is ended."),
    session("deadlock_timeout", Kind::Duration, "When a wait is examined for a deadlock."),
    server("authentication_timeout", Kind::Duration, "When a login must be complete."),
    session("tcp_keepalives_idle", Kind::Duration, "When a silent connection is probed."),
    session("tcp_keepalives_interval", Kind::Duration, "Time between two probes."),
    server("wal_receiver_timeout", Kind::Duration, "When a replica gives its connection up."),
    session("wal_sender_timeout", Kind::Duration, "When a silent replica is dropped."),
    server("archive_timeout", Kind::Duration, "When a started segment of the log is archived."),
    server("autovacuum_naptime", Kind::Duration, "Rest between two rounds of autovacuum."),
    server("max_standby_streaming_delay", Kind::Duration, "How long a replica lets queries hold it back."),
    session("log_min_duration_statement", Kind::Duration, "Statements longer than this are logged."),
    server("log_autovacuum_min_duration", Kind::Duration, "Vacuums longer than this are logged."),
    session(
        "log_parameter_max_length_on_error",
        Kind::Integer(-1, 1_073_741_823),
        "How much of a parameter a logged error shows, in bytes.",
    ),
    session(
        "log_parameter_max_length",
        Kind::Integer(-1, 1_073_741_823),
        "How much of a parameter a logged statement shows, in bytes.",
    ),
    server("autovacuum", Kind::Bool, "Whether vacuums run by themselves."),
    server("fsync", Kind::Bool, "Whether the disk must confirm writes."),
    server("full_page_writes", Kind::Bool, "Whether the log holds whole pages after a checkpoint."),
    server("hot_standby", Kind::Bool, "Whether a replica answers queries."),
    server("hot_standby_feedback", Kind::Bool, "Whether a replica tells which rows it still needs."),
    session("jit", Kind::Bool, "Whether expressions are compiled."),
    server("log_checkpoints", Kind::Bool, "Whether checkpoints are logged."),
    server("log_connections", Kind::Bool, "Whether logins are logged."),
    server("log_disconnections", Kind::Bool, "Whether the ends of sessions are logged."),
    session("log_lock_waits", Kind::Bool, "Whether long waits for locks are logged."),
    session("track_io_timing", Kind::Bool, "Whether reads and writes are timed."),
    session("track_functions", Kind::Word(&["none", "pl", "all"]), "Which functions are counted."),
    session(
        "wal_compression",
        Kind::OneOf(&[Kind::Bool, Kind::Word(&["pglz", "lz4", "zstd"])]),
        "How pages in the log are compressed.",
    ),
    server("wal_level", Kind::Word(&["minimal", "replica", "logical"]), "How much the log holds."),
    session(
        "synchronous_commit",
        Kind::OneOf(&[Kind::Bool, Kind::Word(&["on", "off", "local", "remote_write", "remote_apply"])]),
        "What a commit waits for.",
    ),
    server(
        "huge_pages",
        Kind::OneOf(&[Kind::Bool, Kind::Word(&["on", "off", "try"])]),
        "Whether large pages of memory are used.",
    ),
    session("log_statement", Kind::Word(&["none", "ddl", "mod", "all"]), "Which statements are logged."),
    session(
        "log_min_messages",
        Kind::Word(&["debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"]),
        "From which level on messages are logged.",
    ),
    session(
        "log_min_error_statement",
        Kind::Word(&["debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"]),
        "From which level on the failing statement is logged with its values.",
    ),
    server("log_line_prefix", Kind::Text, "What each line of the log begins with."),
    session("default_text_search_config", Kind::Text, "The language of text search where none is named."),
    server(
        "shared_preload_libraries",
        Kind::List(&Kind::OneOf(&[Kind::AnyWord, Kind::Text])),
        "Libraries that are loaded at the start.",
    ),
    session("password_encryption", Kind::Text, "How passwords are kept."),
    server("ssl", Kind::Bool, "Whether connections may be encrypted."),
    server("ssl_min_protocol_version", Kind::Text, "The oldest TLS."),
    session("default_transaction_isolation", Kind::Text, "How transactions see each other."),
    session("timezone", Kind::Text, "The time zone of sessions that set none."),
    server("cron.database_name", Kind::Text, "The database that pg_cron lives in."),
    server("cron.use_background_workers", Kind::Bool, "Whether pg_cron runs jobs without connecting."),
    server("cron.max_running_jobs", Kind::Integer(0, 1_000), "Jobs of pg_cron at once."),
    server("cron.timezone", Kind::Text, "The time zone of pg_cron's schedules."),
    server("pg_stat_statements.max", Kind::Integer(100, 2_147_483_647), "Statements that are counted."),
    session("pg_stat_statements.track", Kind::Word(&["none", "top", "all"]), "Which statements are counted."),
    session(
        "pg_stat_statements.track_utility",
        Kind::Bool,
        "Whether commands other than queries are counted.",
    ),
    session(
        "auto_explain.log_min_duration",
        Kind::Duration,
        "Plans of statements longer than this are logged.",
    ),
    session("pgaudit.log", Kind::Text, "What pgaudit records."),
];

/// The settings that a server takes only when it starts (`postmaster` in `pg_settings.context`).
pub(in crate::postgres) const RESTARTS: &[&str] = &[
    "version",
    "settings.autovacuum_max_workers",
    "settings.cron.database_name",
    "settings.cron.max_running_jobs",
    "settings.cron.timezone",
    "settings.cron.use_background_workers",
    "settings.hot_standby",
    "settings.huge_pages",
    "settings.max_connections",
    "settings.max_locks_per_transaction",
    "settings.max_logical_replication_workers",
    "settings.max_prepared_transactions",
    "settings.max_replication_slots",
    "settings.max_wal_senders",
    "settings.max_worker_processes",
    "settings.pg_stat_statements.max",
    "settings.shared_buffers",
    "settings.shared_preload_libraries",
    "settings.superuser_reserved_connections",
    "settings.track_activity_query_size",
    "settings.wal_buffers",
    "settings.wal_level",
];

/// A parameter of the whole server.
const fn server(name: &'static str, kind: Kind, docs: &'static str) -> Spec {
    Spec { name, kind, levels: Levels::STORE.and(Levels::ENVIRONMENT), is_structural: false, docs }
}

/// A parameter that a database may have otherwise than its server (`user` and `superuser` in `pg_settings.context`).
const fn session(name: &'static str, kind: Kind, docs: &'static str) -> Spec {
    Spec { name, kind, levels: SETTINGS, is_structural: false, docs }
}

/// The levels of all of them together.
pub(in crate::postgres) const SETTINGS: Levels =
    Levels::STORE.and(Levels::DATABASES).and(Levels::ENVIRONMENT);

/// `postgresql.conf` with what holds everywhere, and one file for each environment that differs, to be included
/// after it.
pub(super) fn files(database: &Database, options: &Options) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let base = parameters(&database.platform.settings_of(database.store.id, None));
    if !base.is_empty() {
        let what =
            "Parameters that hold in every environment: include this from the server's postgresql.conf.";
        files.push(("postgresql.conf".to_owned(), file(database, what, &base)));
    }
    for environment in options.environments(database.platform) {
        let there = parameters(&database.platform.settings_of(database.store.id, Some(environment.id)));
        let differing: Vec<(String, String)> =
            there.into_iter().filter(|parameter| !base.contains(parameter)).collect();
        if !differing.is_empty() {
            let what = format!("Parameters of {}: include this after postgresql.conf.", environment.name);
            files.push((format!("postgresql-{}.conf", environment.name), file(database, &what, &differing)));
        }
    }
    files
}

/// The parameters in which a tenant's own database differs from its server, as its tier and the tenant say: the name of
/// each, and its value as a statement takes it.
pub(super) fn of_database(
    database: &Database,
    tenant: Option<&Tenant>,
    environment: Option<EnvironmentId>,
) -> Vec<(String, String)> {
    let Some(tenant) = tenant.filter(|_| database.placement.is_apart()) else {
        return Vec::new();
    };
    let tier = &database.platform[tenant.tier];
    let mut said = Record::new();
    for (_, layers) in tier.stores.iter().chain(&tenant.stores).filter(|(of, _)| *of == database.store.id) {
        merge(&mut said, &layers.resolved(environment));
    }
    let Some(Value::Record(record)) = said.get("settings").map(|s| &s.value) else { return Vec::new() };
    let written = |setting: &Setting| match &setting.value {
        Value::Text(text) => Some(Literal(text).to_string()),
        other => Some(Literal(&value(other)?).to_string()),
    };
    record.iter().filter_map(|(name, setting)| Some((name.to_string(), written(setting)?))).collect()
}

fn file(database: &Database, what: &str, parameters: &[(String, String)]) -> String {
    let mut out = header(database, what).replace("--", "#");
    let width = parameters.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in parameters {
        let _ = writeln!(out, "{name:width$} = {value}");
    }
    out
}

fn parameters(settings: &Record) -> Vec<(String, String)> {
    let Some(Value::Record(record)) = settings.get("settings").map(|s| &s.value) else { return Vec::new() };
    record.iter().filter_map(|(name, setting)| Some((name.to_string(), value(&setting.value)?))).collect()
}

/// A value as `postgresql.conf` takes it; texts in quotes.
fn value(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(text) => text.to_string(),
        Value::Word(word) => word.to_string(),
        Value::Text(text) => quoted(text),
        Value::Size(bytes) => size(*bytes),
        Value::Duration(duration) => {
            let unit = match duration.unit {
                DurationUnit::Milliseconds => "ms",
                DurationUnit::Seconds => "s",
                DurationUnit::Minutes => "min",
                DurationUnit::Hours => "h",
                DurationUnit::Days => "d",
                // PostgreSQL's parameters know no longer unit.
                DurationUnit::Weeks | DurationUnit::Months | DurationUnit::Years => {
                    return Some(format!("{}s", duration.at_least_milliseconds() / 1000));
                }
            };
            format!("{}{unit}", duration.count)
        }
        Value::List(items) => {
            let items: Vec<String> = items
                .iter()
                .filter_map(|item| match item {
                    Value::Word(text) | Value::Text(text) => Some(text.to_string()),
                    _ => None,
                })
                .collect();
            quoted(&items.join(","))
        }
        _ => return None,
    })
}

/// The largest unit that divides the size; PostgreSQL's units are powers of 1024.
fn size(bytes: u64) -> String {
    let units = [("TB", 1u64 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)];
    match units.iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit)) {
        Some((name, unit)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

/// A text of `postgresql.conf`: a backslash escapes, a quote is doubled, and a line cannot be broken.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}
