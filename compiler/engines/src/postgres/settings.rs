//! The settings of a PostgreSQL store, and what can be watched on one.

use super::extensions;
use super::print::parameters::{self, PARAMETERS};
use polity_model::settings::catalogue::{Kind, Metric, Spec};
use polity_model::settings::levels::Levels;

/// The levels of a setting that is written once, for every environment and tenant.
const ONCE: Levels = Levels::STORE;

const POOLED: Levels = Levels::STORE.and(Levels::SCHEMAS).and(Levels::ENVIRONMENT);

pub(super) const SETTINGS: &[Spec] = &[
    Spec {
        name: "database",
        kind: Kind::Text,
        levels: ONCE,
        is_structural: false,
        docs: "The database's name on the server, after which those of tenants are called.",
    },
    Spec {
        name: "extensions",
        kind: Kind::List(&Kind::OneOf(&[Kind::Word(extensions::NAMES), Kind::Text])),
        levels: ONCE,
        is_structural: true,
        docs: "What is installed beside PostgreSQL itself.",
    },
    Spec {
        name: "settings",
        kind: Kind::Record(PARAMETERS),
        levels: parameters::SETTINGS,
        is_structural: false,
        docs: "PostgreSQL's own parameters, by the names of its reference. A database of a tenant's own has those that hold for its sessions.",
    },
    Spec {
        name: "migrations",
        kind: Kind::Tagged(&[
            (
                "flyway",
                &[Spec {
                    name: "digits",
                    kind: Kind::Integer(1, 9),
                    levels: ONCE,
                    is_structural: false,
                    docs: "How many digits a version has: 4 gives `V0001__…`.",
                }],
            ),
            ("liquibase", &[]),
            ("plain", &[]),
        ]),
        levels: ONCE,
        is_structural: false,
        docs: "What runs the migrations, and so how they are named and framed.",
    },
    Spec {
        name: "context",
        kind: Kind::Word(&["plain", "signed"]),
        levels: ONCE,
        is_structural: true,
        docs: "Whether a service's word for the tenant it works for is taken, or only that of who holds a key.",
    },
    Spec {
        name: "pool",
        kind: Kind::Tagged(&[("pgbouncer", POOL), ("pgcat", POOL), ("none", &[])]),
        levels: POOLED,
        is_structural: false,
        docs: "What stands between clients and the server.",
    },
];

const POOL: &[Spec] = &[
    Spec {
        name: "mode",
        kind: Kind::Word(&["session", "transaction", "statement"]),
        levels: Levels::STORE.and(Levels::ENVIRONMENT),
        is_structural: true,
        docs: "How long a client keeps its connection.",
    },
    pooled("size", Kind::Integer(1, 10_000), "Connections to the server."),
    pooled("max_client_connections", Kind::Integer(1, 1_000_000), "Connections from clients."),
    pooled("min_size", Kind::Integer(0, 10_000), "Connections that are kept open."),
    pooled("reserve_size", Kind::Integer(0, 10_000), "Connections for a rush."),
    pooled("idle_timeout", Kind::Duration, "When an idle connection is closed."),
    pooled("query_timeout", Kind::Duration, "When a query is cancelled."),
];

/// Pools are kept by database and role, so a tenant with roles of its own may have another.
const fn pooled(name: &'static str, kind: Kind, docs: &'static str) -> Spec {
    Spec { name, kind, levels: POOLED, is_structural: false, docs }
}

/// Measurements as postgres_exporter names them.
pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "connections",
        threshold: Some(Kind::Percent),
        promql: "100 * max(sum by (instance) (pg_stat_activity_count{store=\"$store\"}) / on (instance) pg_settings_max_connections{store=\"$store\"})",
        docs: "Connections, as a part of `max_connections`.",
    },
    Metric {
        name: "query_time",
        threshold: Some(Kind::Duration),
        promql: "max(pg_stat_activity_max_tx_duration{store=\"$store\"})",
        docs: "The longest running transaction.",
    },
    Metric {
        name: "down",
        threshold: None,
        promql: "pg_up{store=\"$store\"} == 0",
        docs: "The server does not answer.",
    },
    Metric {
        name: "replication_lag",
        threshold: Some(Kind::Duration),
        promql: "max(pg_replication_lag_seconds{store=\"$store\"})",
        docs: "How far the slowest replica is behind.",
    },
    Metric {
        name: "disk",
        threshold: Some(Kind::Size),
        promql: "max(sum by (instance) (pg_database_size_bytes{store=\"$store\"}))",
        docs: "The size of the databases.",
    },
    Metric {
        name: "cache_hit_rate",
        threshold: Some(Kind::Percent),
        promql: "100 * sum(rate(pg_stat_database_blks_hit{store=\"$store\"}[5m])) / (sum(rate(pg_stat_database_blks_hit{store=\"$store\"}[5m])) + sum(rate(pg_stat_database_blks_read{store=\"$store\"}[5m])))",
        docs: "Blocks that were found in memory.",
    },
    Metric {
        name: "deadlocks",
        threshold: Some(Kind::Integer(0, i64::MAX)),
        promql: "sum(increase(pg_stat_database_deadlocks{store=\"$store\"}[5m]))",
        docs: "Deadlocks within five minutes.",
    },
    Metric {
        name: "locks",
        threshold: Some(Kind::Integer(0, i64::MAX)),
        promql: "sum(pg_locks_count{store=\"$store\",mode=\"accessexclusivelock\"})",
        docs: "Locks that let nobody else in.",
    },
    Metric {
        name: "transaction_age",
        threshold: Some(Kind::Integer(0, i64::MAX)),
        promql: "max(pg_database_wraparound_age_datfrozenxid_seconds{store=\"$store\"})",
        docs: "The age of the oldest transaction that is not yet frozen.",
    },
];
