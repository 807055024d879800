//! The servers that a store has in any of its environments, which decides who logs in beside the services: replicas and
//! sentinels; and what somebody may who runs the servers.

use polity_catalog::keyed::{Access, KeyPattern, Rights};
use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::{Record, Store, Value};
use smol_str::SmolStr;

use super::super::is_cluster;

/// The kinds of servers that a store has, each in some environment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Topology {
    pub(super) has_cluster: bool,
    pub(super) has_replicas: bool,
    pub(super) has_sentinels: bool,
}

/// Commands that a client of a cluster runs on any node: it asks where keys are, reads from replicas, and follows keys that
/// move.
pub(super) const OF_CLUSTER: &[&str] = &[
    "cluster|slots",
    "cluster|shards",
    "cluster|nodes",
    "cluster|myid",
    "cluster|info",
    "cluster|keyslot",
    "readonly",
    "readwrite",
    "asking",
    "command",
    "info",
];

const OF_REPLICA: &[&str] = &["psync", "replconf", "ping"];

const OF_SENTINEL: &[&str] = &[
    "multi",
    "exec",
    "slaveof",
    "replicaof",
    "ping",
    "subscribe",
    "publish",
    "config|rewrite",
    "role",
    "info",
    "client|setname",
    "client|kill",
    "script|kill",
];

/// Commands of whoever leads a server on by the administrator's scripts. A user who states users may become any of them.
const OF_ADMINISTRATOR: &[&str] =
    &["role", "acl|whoami", "acl|load", "acl|save", "acl|setuser", "acl|deluser", "select", "scan"];

/// Commands of whoever runs several servers; none reads or writes a value by its key but those by which a cluster moves keys.
const OF_OPERATOR: &[&str] = &[
    "info",
    "acl|log",
    "config|get",
    "config|rewrite",
    "function|load",
    "function|list",
    "function|stats",
    "function|delete",
    "function|dump",
    "function|restore",
    "client|list",
    "slowlog",
    "latency",
    "memory|usage",
    "memory|stats",
    "lastsave",
    "bgsave",
    "shutdown",
    "failover",
    "replicaof",
];

const OF_OPERATOR_OF_CLUSTER: &[&str] =
    &["cluster", "readonly", "migrate", "restore-asking", "asking", "keys", "dbsize", "command"];

impl Topology {
    /// Returns the servers of a store, those that tenants share or those of one tenant.
    pub(super) fn of(valid: &Stored, store: &Store, tenant: Option<&Tenant>) -> Self {
        let mut topology = Self::default();
        let environments = valid.environments.iter().map(|environment| Some(environment.id));
        for environment in std::iter::once(None).chain(environments) {
            let settings = match tenant {
                Some(tenant) => valid.settings_for(tenant.tier, Some(tenant), store.id, environment),
                None => valid.settings_of(store.id, environment),
            };
            topology.has_cluster |= is_cluster(&settings);
            topology.has_sentinels |= quorum(&settings).is_some();
            topology.has_replicas |= has_replicas(&settings);
        }
        topology
    }

    /// Returns the users beside those who work with keys, by the last part of their names.
    pub(super) fn users(self, connection: &[SmolStr]) -> Vec<(&'static str, Rights)> {
        let commands = |words: &[&str]| words.iter().copied().map(SmolStr::new).collect::<Vec<_>>();
        let mut users = Vec::new();
        if self.has_replicas {
            users.push(("replica", Rights { commands: commands(OF_REPLICA), ..Rights::default() }));
        }
        if self.has_sentinels {
            let channels = vec!["__sentinel__:hello".into()];
            users.push((
                "sentinel",
                Rights { channels, commands: commands(OF_SENTINEL), ..Rights::default() },
            ));
        }
        let mut operator = Rights { commands: connection.to_vec(), ..Rights::default() };
        operator.commands.extend(commands(OF_ADMINISTRATOR));
        if self.has_replicas {
            operator.commands.extend(commands(OF_OPERATOR));
        }
        if self.has_cluster {
            operator.commands.extend(commands(OF_OPERATOR_OF_CLUSTER));
            operator.keys = vec![KeyPattern { access: Access::ReadWrite, glob: "*".into() }];
        }
        users.push(("operator", operator));
        users
    }
}

/// Whether there are copies of a server that log in to it.
pub(super) fn has_replicas(settings: &Record) -> bool {
    let replicas = settings.get("replicas").map(|setting| &setting.value);
    let says_so = matches!(replicas, Some(Value::Integer(count)) if *count > 0);
    says_so || is_cluster(settings) || quorum(settings).is_some()
}

/// Returns how many sentinels must agree that a master is gone: more than half, of as many as there are servers. `None`
/// where none watch.
pub(super) fn quorum(settings: &Record) -> Option<u32> {
    let members = match &settings.get("topology")?.value {
        Value::Tagged { tag, record, .. } if tag == "replica_set" => record.get("members").map(|m| &m.value),
        Value::Word(tag) if tag == "replica_set" => None,
        _ => return None,
    };
    match members {
        Some(Value::Integer(members)) => u32::try_from(members / 2 + 1).ok(),
        _ => Some(2),
    }
}
