//! What a MongoDB store may set, and what it measures.

use crate::stores::catalogue::{Kind, Metric, Spec};

const REPLICA_SET: &[Spec] = &[
    Spec {
        name: "members",
        kind: Kind::Integer(1, 50),
        docs: "Servers that hold the data; 50 is MongoDB's limit.",
    },
    Spec { name: "arbiters", kind: Kind::Integer(0, 1), docs: "Servers that only vote." },
];

const SHARDED: &[Spec] = &[
    Spec { name: "shards", kind: Kind::Integer(1, 1000), docs: "Replica sets that share the data." },
    Spec { name: "members_per_shard", kind: Kind::Integer(1, 50), docs: "Servers of each shard." },
    Spec {
        name: "config_servers",
        kind: Kind::Integer(1, 50),
        docs: "Servers that know which shard holds what.",
    },
    Spec { name: "routers", kind: Kind::Integer(1, 1000), docs: "The `mongos` that clients connect to." },
];

pub(super) const SETTINGS: &[Spec] = &[
    Spec {
        name: "naming",
        kind: Kind::Word(&["snake_case", "camel_case"]),
        docs: "How fields are stored, those of nested records included; collections keep their names.",
    },
    Spec {
        name: "field_encryption",
        kind: Kind::Word(&["application_level", "csfle", "queryable_encryption"]),
        docs: "Who encrypts `encrypted` fields: the client that Polity writes, which is what holds where nothing is said; or MongoDB's own drivers, by Client-Side Field Level Encryption or Queryable Encryption, which need MongoDB Enterprise or Atlas to do it by themselves.",
    },
    Spec {
        name: "topology",
        kind: Kind::Tagged(&[("standalone", &[]), ("replica_set", REPLICA_SET), ("sharded", SHARDED)]),
        docs: "How many servers hold the data, and how they share it.",
    },
    Spec {
        name: "settings",
        kind: Kind::Record(&[
            Spec { name: "cache_size", kind: Kind::Size, docs: "The storage engine's cache." },
            Spec {
                name: "max_connections",
                kind: Kind::Integer(1, 1_000_000),
                docs: "Connections a server takes.",
            },
            Spec {
                name: "slow_operation",
                kind: Kind::Duration,
                docs: "What takes longer is logged as slow.",
            },
            Spec {
                name: "profiling",
                kind: Kind::Word(&["off", "slow", "all"]),
                docs: "Which operations the profiler records.",
            },
        ]),
        docs: "The server's own settings.",
    },
    Spec {
        name: "pool",
        kind: Kind::Record(&[
            Spec {
                name: "min_size",
                kind: Kind::Integer(0, 100_000),
                docs: "Connections that a client keeps open.",
            },
            Spec {
                name: "max_size",
                kind: Kind::Integer(1, 100_000),
                docs: "Connections that a client opens.",
            },
        ]),
        docs: "The driver's connection pool.",
    },
];

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
