//! The settings that a Redis store may have, and the metrics that its exporter measures.

use polity_model::settings::catalogue::{Kind, Metric, Spec};
use polity_model::settings::levels::Levels;

/// The modules that a store may list.
pub(super) const MODULES: &[&str] = &["json", "search", "timeseries", "bf"];

/// The levels of settings that keys and functions are written for: all servers, shared or one tenant's, have one
/// shape.
const SHAPE: Levels = Levels::STORE.and(Levels::ENVIRONMENT);

const OF_SERVERS: Levels = SHAPE.and(Levels::DATABASES);

pub(super) const SETTINGS: &[Spec] = &[
    Spec {
        name: "topology",
        kind: Kind::Tagged(&[
            ("standalone", &[]),
            (
                "replica_set",
                &[Spec {
                    name: "members",
                    kind: Kind::Integer(1, 50),
                    levels: SHAPE,
                    is_structural: true,
                    docs: "Servers that hold the same data, watched by Sentinel.",
                }],
            ),
            (
                "cluster",
                &[
                    Spec {
                        name: "masters",
                        kind: Kind::Integer(3, 1000),
                        levels: SHAPE,
                        is_structural: false,
                        docs: "Servers that share the slots; three at least.",
                    },
                    Spec {
                        name: "replicas_per_master",
                        kind: Kind::Integer(0, 10),
                        levels: SHAPE,
                        is_structural: false,
                        docs: "Copies of each master.",
                    },
                ],
            ),
        ]),
        levels: SHAPE,
        is_structural: true,
        docs: "How many servers there are and how keys are spread. A cluster has database 0 only.",
    },
    Spec {
        name: "persistence",
        kind: Kind::List(&Kind::Word(&["rdb", "aof"])),
        levels: OF_SERVERS,
        is_structural: true,
        docs: "What is written to disk: snapshots (`rdb`), every write (`aof`), both or nothing.",
    },
    Spec {
        name: "max_memory",
        kind: Kind::Size,
        levels: OF_SERVERS,
        is_structural: true,
        docs: "How much memory the data may take.",
    },
    Spec {
        name: "eviction",
        kind: Kind::Word(&[
            "noeviction",
            "allkeys_lru",
            "allkeys_lfu",
            "allkeys_random",
            "volatile_lru",
            "volatile_lfu",
            "volatile_random",
            "volatile_ttl",
        ]),
        levels: OF_SERVERS,
        is_structural: true,
        docs: "What gives way when memory is full; `volatile` spares keys without a time to live.",
    },
    Spec {
        name: "databases",
        kind: Kind::Integer(1, 16),
        levels: SHAPE,
        is_structural: true,
        docs: "How many numbered databases there are.",
    },
    Spec {
        name: "modules",
        kind: Kind::List(&Kind::Word(MODULES)),
        levels: SHAPE,
        is_structural: true,
        docs: "The modules that the server loads.",
    },
];

/// The settings that a server takes only when it starts: `CONFIG SET` refuses them.
pub(super) const RESTARTS: &[&str] = &["version", "topology", "databases", "modules"];

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "memory",
        threshold: Some(Kind::Percent),
        promql: "100 * redis_memory_used_bytes{store=\"$store\"} / redis_memory_max_bytes{store=\"$store\"}",
        docs: "Memory that is used, of what `max_memory` allows.",
    },
    Metric {
        name: "hit_rate",
        threshold: Some(Kind::Percent),
        promql: "100 * rate(redis_keyspace_hits_total{store=\"$store\"}[5m]) / \
                 (rate(redis_keyspace_hits_total{store=\"$store\"}[5m]) + \
                 rate(redis_keyspace_misses_total{store=\"$store\"}[5m]))",
        docs: "Reads that found their key.",
    },
    Metric {
        name: "connections",
        threshold: Some(Kind::Percent),
        promql: "100 * redis_connected_clients{store=\"$store\"} / redis_max_clients{store=\"$store\"}",
        docs: "Clients that are connected, of those that may be.",
    },
    Metric {
        name: "latency",
        threshold: Some(Kind::Duration),
        // The time is counted by command, the commands are not.
        promql: "sum by (instance) (rate(redis_commands_duration_seconds_total{store=\"$store\"}[5m])) / \
                 sum by (instance) (rate(redis_commands_processed_total{store=\"$store\"}[5m]))",
        docs: "Mean time that a command takes.",
    },
    Metric {
        name: "replication_lag",
        threshold: Some(Kind::Duration),
        promql: "max(redis_connected_slave_lag_seconds{store=\"$store\"})",
        docs: "How far the slowest replica is behind.",
    },
    Metric {
        name: "evictions",
        threshold: Some(Kind::Integer(0, i64::MAX)),
        promql: "rate(redis_evicted_keys_total{store=\"$store\"}[5m])",
        docs: "Keys a second that gave way to others.",
    },
    Metric {
        name: "down",
        threshold: None,
        promql: "redis_up{store=\"$store\"} == 0",
        docs: "The server does not answer.",
    },
];
