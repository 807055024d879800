//! Users: one for each service, or one for the application where no service is declared; one for maintenance, one for
//! monitoring, and one who states the users; nobody else gets in.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use super::super::lowered::Lowered;
use super::super::{keys, kind};
use super::topology::{OF_CLUSTER, Topology};
use super::{entries, erasure, services};
use polity_catalog::keyed::{Access, KeyPattern, Rights, User};
use polity_govern::Stored;
use polity_model::Store;
use polity_model::governance::Tenant;

/// Commands that every user may run before anything else, in every version.
const CONNECTION: &[&str] =
    &["auth", "hello", "ping", "echo", "reset", "quit", "client|setname", "client|id"];

/// Commands that the application may run on each key that it may use, whatever the key holds.
const ANY_KEY: &[&str] = &["del", "unlink", "exists", "type", "ttl", "pttl", "expire", "pexpire"];

/// Commands of maintenance, which loads the library and walks the keys.
const MAINTENANCE: &[&str] = &[
    "select",
    "scan",
    "type",
    "exists",
    "ttl",
    "unlink",
    "memory|usage",
    "function|load",
    "function|list",
    "function|delete",
    "function|stats",
    "bgsave",
    "lastsave",
    "role",
    "acl|whoami",
];

/// Commands of monitoring, without `CONFIG GET`, which would show the password that replicas use.
const MONITOR: &[&str] = &[
    "info",
    "slowlog|get",
    "slowlog|len",
    "latency|latest",
    "latency|histogram",
    "memory|stats",
    "client|list",
    "cluster|info",
    "lastsave",
    "dbsize",
    "select",
];

/// Adds the users of a store, with rights on its keyspaces and channels as they were lowered: on a server of a tenant's
/// own, on that tenant's keys only.
pub(super) fn lower(valid: &Stored, store: &Store, tenant: Option<&Tenant>, lowered: &mut Lowered) {
    let topology = Topology::of(valid, store, tenant);
    let connection = connection(store);
    let of_cluster = if topology.has_cluster { commands(OF_CLUSTER) } else { Vec::new() };
    lowered.add(User {
        name: "default".into(),
        enabled: false,
        rights: Rights::default(),
        selectors: Vec::new(),
    });
    if valid.services.is_empty() {
        let application = application(valid, lowered, &[&connection[..], &of_cluster].concat());
        lowered.add(application);
    }
    for service in services::granted(valid, store, lowered) {
        let databases = selects(&service.databases);
        let transactions = commands(&["multi", "exec", "discard", "unwatch", "time"]);
        let all = [&connection[..], &databases, &transactions, &of_cluster].concat();
        lowered.add(user(service.name, Rights { commands: all, ..Rights::default() }, service.selectors));
    }
    // Reads a value only where a person is to be found in it, or the moment at which it ends.
    let reads = commands(&[erasure::commands(valid, store), entries::commands(valid, store)].concat());
    let every = KeyPattern { access: Access::ReadWrite, glob: "*".into() };
    let rights = Rights {
        keys: vec![every],
        channels: Vec::new(),
        commands: each_once([&connection[..], &commands(MAINTENANCE), &reads, &of_cluster].concat()),
    };
    lowered.add(user(format_smolstr!("{}_maintenance", valid.name), rights, Vec::new()));
    let monitor = each_once([&connection[..], &commands(MONITOR), &of_cluster].concat());
    let rights = Rights { commands: monitor, ..Rights::default() };
    lowered.add(user(format_smolstr!("{}_monitor", valid.name), rights, Vec::new()));
    for (name, rights) in topology.users(&connection) {
        lowered.add(user(format_smolstr!("{}_{name}", valid.name), rights, Vec::new()));
    }
}

/// Returns the one user of a platform that tells no services apart: it may do what the keyspaces allow.
fn application(valid: &Stored, lowered: &Lowered, connection: &[SmolStr]) -> User {
    let databases: BTreeSet<u32> = lowered.keyspaces().map(|(keyspace, _)| keyspace.database).collect();
    let transactions = commands(&["multi", "exec", "discard", "watch", "unwatch", "time"]);
    let channels: Vec<SmolStr> =
        lowered.channels().map(|(channel, _)| keys::glob(&channel.key).into()).collect();
    let messages: &[&str] = if channels.is_empty() { &[] } else { &["publish", "subscribe", "unsubscribe"] };
    let all = [connection, &selects(&databases), &transactions, &commands(messages)].concat();
    let rights = Rights { keys: Vec::new(), channels, commands: all };
    user(format_smolstr!("{}_app", valid.name), rights, selectors(lowered))
}

/// Returns the keys of each kind with the commands of that kind, so that a session cannot be pushed to like a queue.
fn selectors(lowered: &Lowered) -> Vec<Rights> {
    let mut of_kinds: BTreeMap<&[&str], Vec<KeyPattern>> = BTreeMap::new();
    for (keyspace, _) in lowered.keyspaces() {
        let patterns = of_kinds.entry(kind::commands(keyspace.value.kind())).or_default();
        for key in
            std::iter::once(&keyspace.key).chain(keyspace.companion.as_ref().map(|companion| &companion.key))
        {
            patterns.push(KeyPattern { access: Access::ReadWrite, glob: keys::glob(key).into() });
        }
    }
    let mut former: BTreeMap<&[&str], Vec<KeyPattern>> = BTreeMap::new();
    for one in lowered.keyspaces().flat_map(|(keyspace, _)| &keyspace.former) {
        let patterns = former.entry(services::reads(one.value.kind())).or_default();
        let glob = |key| KeyPattern { access: Access::ReadWrite, glob: keys::glob(key).into() };
        patterns.extend(one.keys().map(|(key, _)| glob(key)));
    }
    let selector = |(of_kind, keys): (&[&str], Vec<KeyPattern>)| {
        let commands = commands(&[ANY_KEY, of_kind, &["fcall", "fcall_ro"]].concat());
        Rights { keys, channels: Vec::new(), commands }
    };
    let before = |(reads, keys): (&[&str], Vec<KeyPattern>)| {
        let commands = commands(&[&["del", "unlink", "exists", "type", "ttl", "pttl"], reads].concat());
        Rights { keys, channels: Vec::new(), commands }
    };
    of_kinds.into_iter().map(selector).chain(former.into_iter().map(before)).collect()
}

fn user(name: SmolStr, rights: Rights, selectors: Vec<Rights>) -> User {
    User { name, enabled: true, rights, selectors }
}

/// Returns the command that selects a database; none for whoever works where each connection begins. Redis calls a rule
/// about single databases deprecated, so who selects one may select all: E0717 looks through the keys of all.
fn selects(databases: &BTreeSet<u32>) -> Vec<SmolStr> {
    if databases.iter().any(|number| *number != 0) { commands(&["select"]) } else { Vec::new() }
}

/// Returns the commands that every user may run before anything else. From 7.2 on, clients say what they are.
fn connection(store: &Store) -> Vec<SmolStr> {
    let tells = if store.version.0.as_slice() >= [7, 2].as_slice() { &["client|setinfo"][..] } else { &[] };
    commands(&[CONNECTION, tells].concat())
}

fn commands(words: &[&str]) -> Vec<SmolStr> {
    words.iter().copied().map(SmolStr::new).collect()
}

fn each_once(commands: Vec<SmolStr>) -> Vec<SmolStr> {
    let mut seen = BTreeSet::new();
    commands.into_iter().filter(|command| seen.insert(command.clone())).collect()
}
