//! PostgreSQL's own parameters: their types, and `postgresql.conf` with those that a store sets.

use std::fmt::Write;

use super::database::Database;
use super::schema::header;
use crate::Options;
use crate::model::{Record, Value};
use crate::stores::catalogue::{Kind, Spec};
use crate::syntax::ast::DurationUnit;

/// The parameters that a store may set (PostgreSQL 18's reference, chapter 19, and those of extensions). Sizes
/// and durations carry their unit, so no default unit of PostgreSQL has to be known.
pub(super) const PARAMETERS: &[Spec] = &[
    Spec { name: "shared_buffers", kind: Kind::Size, docs: "Memory for pages that all sessions share." },
    Spec { name: "work_mem", kind: Kind::Size, docs: "Memory for one sort or hash of one query." },
    Spec {
        name: "maintenance_work_mem",
        kind: Kind::Size,
        docs: "Memory for building an index or a vacuum.",
    },
    Spec { name: "autovacuum_work_mem", kind: Kind::Size, docs: "Memory for one autovacuum." },
    Spec {
        name: "effective_cache_size",
        kind: Kind::Size,
        docs: "What the planner takes the cache of the machine to be.",
    },
    Spec { name: "temp_buffers", kind: Kind::Size, docs: "Memory for temporary tables of a session." },
    Spec { name: "wal_buffers", kind: Kind::Size, docs: "Memory for the log before it is written." },
    Spec { name: "max_wal_size", kind: Kind::Size, docs: "How much log makes a checkpoint." },
    Spec { name: "min_wal_size", kind: Kind::Size, docs: "How much log is kept for reuse." },
    Spec { name: "wal_keep_size", kind: Kind::Size, docs: "How much log is kept for replicas." },
    Spec {
        name: "max_slot_wal_keep_size",
        kind: Kind::Size,
        docs: "How much log a replication slot may hold back.",
    },
    Spec {
        name: "temp_file_limit",
        kind: Kind::Size,
        docs: "Disk that one session may use for temporary files.",
    },
    Spec { name: "max_connections", kind: Kind::Integer(1, 262_143), docs: "Connections at once." },
    Spec {
        name: "superuser_reserved_connections",
        kind: Kind::Integer(0, 262_143),
        docs: "Connections kept for administrators.",
    },
    Spec {
        name: "max_prepared_transactions",
        kind: Kind::Integer(0, 262_143),
        docs: "Two-phase transactions at once.",
    },
    Spec {
        name: "max_locks_per_transaction",
        kind: Kind::Integer(10, 2_147_483_647),
        docs: "Locks that a transaction holds on average.",
    },
    Spec { name: "max_worker_processes", kind: Kind::Integer(0, 262_143), docs: "Background processes." },
    Spec {
        name: "max_parallel_workers",
        kind: Kind::Integer(0, 1_024),
        docs: "Processes that help with queries.",
    },
    Spec {
        name: "max_parallel_workers_per_gather",
        kind: Kind::Integer(0, 1_024),
        docs: "Processes that help with one part of a query.",
    },
    Spec {
        name: "max_parallel_maintenance_workers",
        kind: Kind::Integer(0, 1_024),
        docs: "Processes that help with building an index.",
    },
    Spec { name: "max_wal_senders", kind: Kind::Integer(0, 262_143), docs: "Connections for replication." },
    Spec { name: "max_replication_slots", kind: Kind::Integer(0, 262_143), docs: "Replication slots." },
    Spec {
        name: "max_logical_replication_workers",
        kind: Kind::Integer(0, 262_143),
        docs: "Processes that apply logical replication.",
    },
    Spec {
        name: "effective_io_concurrency",
        kind: Kind::Integer(0, 1_000),
        docs: "Reads of the disk at once.",
    },
    Spec {
        name: "maintenance_io_concurrency",
        kind: Kind::Integer(0, 1_000),
        docs: "Reads of the disk at once during maintenance.",
    },
    Spec {
        name: "default_statistics_target",
        kind: Kind::Integer(1, 10_000),
        docs: "How fine the planner's statistics are.",
    },
    Spec { name: "autovacuum_max_workers", kind: Kind::Integer(1, 262_143), docs: "Vacuums at once." },
    Spec {
        name: "autovacuum_vacuum_threshold",
        kind: Kind::Integer(0, 2_147_483_647),
        docs: "Dead rows before a vacuum, beside the scale factor.",
    },
    Spec {
        name: "autovacuum_analyze_threshold",
        kind: Kind::Integer(0, 2_147_483_647),
        docs: "Changed rows before statistics are made.",
    },
    Spec {
        name: "autovacuum_vacuum_cost_limit",
        kind: Kind::Integer(-1, 10_000),
        docs: "Work of one round of autovacuum.",
    },
    Spec {
        name: "vacuum_cost_limit",
        kind: Kind::Integer(1, 10_000),
        docs: "Work of one round of a vacuum.",
    },
    Spec {
        name: "track_activity_query_size",
        kind: Kind::Size,
        docs: "How much of a query's text is kept for monitoring.",
    },
    Spec {
        name: "from_collapse_limit",
        kind: Kind::Integer(1, 2_147_483_647),
        docs: "Subqueries that the planner merges.",
    },
    Spec {
        name: "join_collapse_limit",
        kind: Kind::Integer(1, 2_147_483_647),
        docs: "Joins whose order the planner chooses.",
    },
    Spec {
        name: "random_page_cost",
        kind: Kind::Number,
        docs: "What a page out of order costs the planner.",
    },
    Spec { name: "seq_page_cost", kind: Kind::Number, docs: "What a page in order costs the planner." },
    Spec { name: "cpu_tuple_cost", kind: Kind::Number, docs: "What a row costs the planner." },
    Spec {
        name: "cpu_index_tuple_cost",
        kind: Kind::Number,
        docs: "What an entry of an index costs the planner.",
    },
    Spec { name: "cpu_operator_cost", kind: Kind::Number, docs: "What an operator costs the planner." },
    Spec {
        name: "checkpoint_completion_target",
        kind: Kind::Number,
        docs: "Over which part of the time between two a checkpoint is spread.",
    },
    Spec {
        name: "autovacuum_vacuum_scale_factor",
        kind: Kind::Number,
        docs: "Dead rows before a vacuum, as a part of the table.",
    },
    Spec {
        name: "autovacuum_analyze_scale_factor",
        kind: Kind::Number,
        docs: "Changed rows before statistics are made, as a part of the table.",
    },
    Spec {
        name: "hash_mem_multiplier",
        kind: Kind::Number,
        docs: "How much more than `work_mem` a hash may use.",
    },
    Spec { name: "checkpoint_timeout", kind: Kind::Duration, docs: "Time between two checkpoints." },
    Spec { name: "statement_timeout", kind: Kind::Duration, docs: "When a statement is cancelled." },
    Spec { name: "lock_timeout", kind: Kind::Duration, docs: "When waiting for a lock is given up." },
    Spec {
        name: "idle_in_transaction_session_timeout",
        kind: Kind::Duration,
        docs: "When a transaction that does nothing is ended.",
    },
    Spec {
        name: "idle_session_timeout",
        kind: Kind::Duration,
        docs: "When a session that does nothing is ended.",
    },
    Spec { name: "deadlock_timeout", kind: Kind::Duration, docs: "When a wait is examined for a deadlock." },
    Spec { name: "authentication_timeout", kind: Kind::Duration, docs: "When a login must be complete." },
    Spec { name: "tcp_keepalives_idle", kind: Kind::Duration, docs: "When a silent connection is probed." },
    Spec { name: "tcp_keepalives_interval", kind: Kind::Duration, docs: "Time between two probes." },
    Spec {
        name: "wal_receiver_timeout",
        kind: Kind::Duration,
        docs: "When a replica gives its connection up.",
    },
    Spec { name: "wal_sender_timeout", kind: Kind::Duration, docs: "When a silent replica is dropped." },
    Spec {
        name: "archive_timeout",
        kind: Kind::Duration,
        docs: "When a started segment of the log is archived.",
    },
    Spec { name: "autovacuum_naptime", kind: Kind::Duration, docs: "Rest between two rounds of autovacuum." },
    Spec {
        name: "max_standby_streaming_delay",
        kind: Kind::Duration,
        docs: "How long a replica lets queries hold it back.",
    },
    Spec {
        name: "log_min_duration_statement",
        kind: Kind::Duration,
        docs: "Statements longer than this are logged.",
    },
    Spec {
        name: "log_autovacuum_min_duration",
        kind: Kind::Duration,
        docs: "Vacuums longer than this are logged.",
    },
    Spec {
        name: "log_parameter_max_length_on_error",
        kind: Kind::Integer(-1, 1_073_741_823),
        docs: "How much of a parameter a logged error shows, in bytes.",
    },
    Spec {
        name: "log_parameter_max_length",
        kind: Kind::Integer(-1, 1_073_741_823),
        docs: "How much of a parameter a logged statement shows, in bytes.",
    },
    Spec { name: "autovacuum", kind: Kind::Bool, docs: "Whether vacuums run by themselves." },
    Spec { name: "fsync", kind: Kind::Bool, docs: "Whether the disk must confirm writes." },
    Spec {
        name: "full_page_writes",
        kind: Kind::Bool,
        docs: "Whether the log holds whole pages after a checkpoint.",
    },
    Spec { name: "hot_standby", kind: Kind::Bool, docs: "Whether a replica answers queries." },
    Spec {
        name: "hot_standby_feedback",
        kind: Kind::Bool,
        docs: "Whether a replica tells which rows it still needs.",
    },
    Spec { name: "jit", kind: Kind::Bool, docs: "Whether expressions are compiled." },
    Spec { name: "log_checkpoints", kind: Kind::Bool, docs: "Whether checkpoints are logged." },
    Spec { name: "log_connections", kind: Kind::Bool, docs: "Whether logins are logged." },
    Spec { name: "log_disconnections", kind: Kind::Bool, docs: "Whether the ends of sessions are logged." },
    Spec { name: "log_lock_waits", kind: Kind::Bool, docs: "Whether long waits for locks are logged." },
    Spec { name: "track_io_timing", kind: Kind::Bool, docs: "Whether reads and writes are timed." },
    Spec {
        name: "track_functions",
        kind: Kind::Word(&["none", "pl", "all"]),
        docs: "Which functions are counted.",
    },
    Spec {
        name: "wal_compression",
        kind: Kind::OneOf(&[Kind::Bool, Kind::Word(&["pglz", "lz4", "zstd"])]),
        docs: "How pages in the log are compressed.",
    },
    Spec {
        name: "wal_level",
        kind: Kind::Word(&["minimal", "replica", "logical"]),
        docs: "How much the log holds.",
    },
    Spec {
        name: "synchronous_commit",
        kind: Kind::OneOf(&[Kind::Bool, Kind::Word(&["on", "off", "local", "remote_write", "remote_apply"])]),
        docs: "What a commit waits for.",
    },
    Spec {
        name: "huge_pages",
        kind: Kind::OneOf(&[Kind::Bool, Kind::Word(&["on", "off", "try"])]),
        docs: "Whether large pages of memory are used.",
    },
    Spec {
        name: "log_statement",
        kind: Kind::Word(&["none", "ddl", "mod", "all"]),
        docs: "Which statements are logged.",
    },
    Spec {
        name: "log_min_messages",
        kind: Kind::Word(&["debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"]),
        docs: "From which level on messages are logged.",
    },
    Spec {
        name: "log_min_error_statement",
        kind: Kind::Word(&["debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"]),
        docs: "From which level on the failing statement is logged with its values.",
    },
    Spec { name: "log_line_prefix", kind: Kind::Text, docs: "What each line of the log begins with." },
    Spec {
        name: "default_text_search_config",
        kind: Kind::Text,
        docs: "The language of text search where none is named.",
    },
    Spec {
        name: "shared_preload_libraries",
        kind: Kind::List(&Kind::OneOf(&[Kind::AnyWord, Kind::Text])),
        docs: "Libraries that are loaded at the start.",
    },
    Spec { name: "password_encryption", kind: Kind::Text, docs: "How passwords are kept." },
    Spec { name: "ssl", kind: Kind::Bool, docs: "Whether connections may be encrypted." },
    Spec { name: "ssl_min_protocol_version", kind: Kind::Text, docs: "The oldest TLS." },
    Spec {
        name: "default_transaction_isolation",
        kind: Kind::Text,
        docs: "How transactions see each other.",
    },
    Spec { name: "timezone", kind: Kind::Text, docs: "The time zone of sessions that set none." },
    Spec { name: "cron.database_name", kind: Kind::Text, docs: "The database that pg_cron lives in." },
    Spec {
        name: "cron.use_background_workers",
        kind: Kind::Bool,
        docs: "Whether pg_cron runs jobs without connecting.",
    },
    Spec { name: "cron.max_running_jobs", kind: Kind::Integer(0, 1_000), docs: "Jobs of pg_cron at once." },
    Spec { name: "cron.timezone", kind: Kind::Text, docs: "The time zone of pg_cron's schedules." },
    Spec {
        name: "pg_stat_statements.max",
        kind: Kind::Integer(100, 2_147_483_647),
        docs: "Statements that are counted.",
    },
    Spec {
        name: "pg_stat_statements.track",
        kind: Kind::Word(&["none", "top", "all"]),
        docs: "Which statements are counted.",
    },
    Spec {
        name: "pg_stat_statements.track_utility",
        kind: Kind::Bool,
        docs: "Whether commands other than queries are counted.",
    },
    Spec {
        name: "auto_explain.log_min_duration",
        kind: Kind::Duration,
        docs: "Plans of statements longer than this are logged.",
    },
    Spec { name: "pgaudit.log", kind: Kind::Text, docs: "What pgaudit records." },
];

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
