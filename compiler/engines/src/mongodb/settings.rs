//! The settings that a MongoDB store may have, and the metrics that it measures.

use polity_model::settings::catalogue::{Kind, Metric, Spec};
use polity_model::settings::levels::Levels;

/// Validators, indexes and the client are written once, for every environment and tenant.
const ONCE: Levels = Levels::STORE;

const OF_SERVERS: Levels = Levels::STORE.and(Levels::ENVIRONMENT);

/// The pool is in the client, which may have one for each tenant.
const OF_CLIENTS: Levels = OF_SERVERS.and(Levels::TIER).and(Levels::TENANT);

const REPLICA_SET: &[Spec] = &[
    of_servers("members", Kind::Integer(1, 50), "Servers that hold the data; 50 is MongoDB's limit."),
    of_servers("arbiters", Kind::Integer(0, 1), "Servers that only vote."),
];

const SHARDED: &[Spec] = &[
    of_servers("shards", Kind::Integer(1, 1000), "Replica sets that share the data."),
    of_servers("members_per_shard", Kind::Integer(1, 50), "Servers of each shard."),
    of_servers("config_servers", Kind::Integer(1, 50), "Servers that know which shard holds what."),
    of_servers("routers", Kind::Integer(1, 1000), "The `mongos` that clients connect to."),
];

pub(super) const SETTINGS: &[Spec] = &[
    of_servers(
        "database",
        Kind::Text,
        "The database's name on the server, after which those of tenants are called.",
    ),
    Spec {
        name: "naming",
        kind: Kind::Word(&["snake_case", "camel_case"]),
        levels: ONCE,
        is_structural: true,
        docs: "How fields are stored, those of nested records included; collections keep their names.",
    },
    Spec {
        name: "field_encryption",
        kind: Kind::Word(&["application_level", "csfle", "queryable_encryption"]),
        levels: ONCE,
        is_structural: true,
        docs: "Who encrypts `encrypted` fields: the client that Polity writes, which is what holds where nothing is said; or MongoDB's own drivers, by Client-Side Field Level Encryption or Queryable Encryption, which need MongoDB Enterprise or Atlas to do it by themselves.",
    },
    of_servers(
        "topology",
        Kind::Tagged(&[("standalone", &[]), ("replica_set", REPLICA_SET), ("sharded", SHARDED)]),
        "How many servers hold the data, and how they share it.",
    ),
    of_servers(
        "settings",
        Kind::Record(&[
            of_servers("cache_size", Kind::Size, "The storage engine's cache."),
            of_servers("max_connections", Kind::Integer(1, 1_000_000), "Connections a server takes."),
            of_servers("slow_operation", Kind::Duration, "What takes longer is logged as slow."),
            of_servers(
                "profiling",
                Kind::Word(&["off", "slow", "all"]),
                "Which operations the profiler records.",
            ),
        ]),
        "The server's own settings.",
    ),
    Spec {
        name: "pool",
        kind: Kind::Record(&[
            Spec {
                name: "min_size",
                kind: Kind::Integer(0, 100_000),
                levels: OF_CLIENTS,
                is_structural: false,
                docs: "Connections that a client keeps open.",
            },
            Spec {
                name: "max_size",
                kind: Kind::Integer(1, 100_000),
                levels: OF_CLIENTS,
                is_structural: false,
                docs: "Connections that a client opens.",
            },
        ]),
        levels: OF_CLIENTS,
        is_structural: false,
        docs: "The driver's connection pool.",
    },
];

/// The settings that a server takes only when it starts.
pub(super) const RESTARTS: &[&str] = &["version", "topology", "settings.max_connections"];

/// A setting of the servers, which also hold the databases that tenants have of their own, if any.
const fn of_servers(name: &'static str, kind: Kind, docs: &'static str) -> Spec {
    Spec { name, kind, levels: OF_SERVERS, is_structural: false, docs }
}

/// Names of Percona's `mongodb_exporter`, with `--compatible-mode` for the replication lag.
/// <https://github.com/percona/mongodb_exporter/blob/main/REFERENCE.md>
pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "down",
        threshold: None,
        promql: "mongodb_up{store=\"$store\"} == 0",
        docs: "A server does not answer.",
    },
    Metric {
        name: "connections",
        threshold: Some(Kind::Percent),
        promql: "100 * mongodb_ss_connections{store=\"$store\",conn_type=\"current\"} / \
                 (mongodb_ss_connections{store=\"$store\",conn_type=\"current\"} + on (instance) \
                 mongodb_ss_connections{store=\"$store\",conn_type=\"available\"})",
        docs: "Open connections, of those that the server takes.",
    },
    Metric {
        name: "replication_lag",
        threshold: Some(Kind::Duration),
        promql: "max(mongodb_mongod_replset_member_replication_lag{store=\"$store\"})",
        docs: "How far the slowest secondary is behind the primary.",
    },
    Metric {
        name: "slow_operations",
        threshold: Some(Kind::Duration),
        promql: "max by (op_type) (rate(mongodb_ss_opLatencies_latency{store=\"$store\"}[5m]) / \
                 rate(mongodb_ss_opLatencies_ops{store=\"$store\"}[5m])) / 1000000",
        docs: "The mean time of reads, writes or commands over five minutes.",
    },
    Metric {
        name: "cache",
        threshold: Some(Kind::Percent),
        promql: "100 * mongodb_ss_wt_cache_bytes_currently_in_the_cache{store=\"$store\"} / \
                 mongodb_ss_wt_cache_maximum_bytes_configured{store=\"$store\"}",
        docs: "How full the storage engine's cache is.",
    },
    Metric {
        name: "storage",
        threshold: Some(Kind::Size),
        promql: "sum(mongodb_dbstats_storageSize{store=\"$store\"})",
        docs: "Bytes that collections take on disk.",
    },
];
