//! The configuration of a server, from the settings of its store.

use std::collections::BTreeSet;

use smol_str::format_smolstr;

use super::super::is_cluster;
use super::topology;
use polity_catalog::keyed::{Configuration, Databases, Eviction, Module, Protocol, Snapshot};
use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::{EnvironmentId, Record, Store, Value};

/// The snapshots that Redis writes where nobody says otherwise.
const SNAPSHOTS: [(u32, u32); 3] = [(3600, 1), (300, 100), (60, 10_000)];

/// Returns the configuration in an environment, or that of all which have none of their own.
pub(super) fn lower(
    valid: &Stored,
    store: &Store,
    tenant: Option<&Tenant>,
    environment: Option<EnvironmentId>,
) -> Configuration {
    let settings = match tenant {
        Some(tenant) => valid.settings_for(tenant.tier, Some(tenant), store.id, environment),
        None => valid.settings_of(store.id, environment),
    };
    let persistence = words(&settings, "persistence");
    let snapshots = SNAPSHOTS.iter().filter(|_| persistence.contains(&"rdb"));
    Configuration {
        databases: databases(&settings),
        snapshots: snapshots
            .map(|(seconds, changes)| Snapshot { seconds: *seconds, changes: *changes })
            .collect(),
        appends: persistence.contains(&"aof"),
        eviction: eviction(&settings),
        max_memory: match value(&settings, "max_memory") {
            Some(Value::Size(bytes)) => Some(*bytes),
            _ => None,
        },
        modules: words(&settings, "modules").into_iter().map(module).collect(),
        master_user: topology::has_replicas(&settings).then(|| format_smolstr!("{}_replica", valid.name)),
        quorum: topology::quorum(&settings),
        tls: protocols(&settings),
    }
}

fn databases(settings: &Record) -> Databases {
    if is_cluster(settings) {
        return Databases::Cluster;
    }
    Databases::Numbered(match value(settings, "databases") {
        Some(Value::Integer(number)) => u32::try_from(*number).unwrap_or(u32::MAX),
        _ => 16,
    })
}

fn eviction(settings: &Record) -> Eviction {
    let Some(Value::Word(word)) = value(settings, "eviction") else { return Eviction::Noeviction };
    match word.as_str() {
        "allkeys_lru" => Eviction::AllkeysLru,
        "allkeys_lfu" => Eviction::AllkeysLfu,
        "allkeys_random" => Eviction::AllkeysRandom,
        "volatile_lru" => Eviction::VolatileLru,
        "volatile_lfu" => Eviction::VolatileLfu,
        "volatile_random" => Eviction::VolatileRandom,
        "volatile_ttl" => Eviction::VolatileTtl,
        _ => Eviction::Noeviction,
    }
}

fn module(word: &str) -> Module {
    match word {
        "json" => Module::Json,
        "search" => Module::Search,
        "timeseries" => Module::TimeSeries,
        _ => Module::Bloom,
    }
}

/// Returns the protocols from the oldest that connections may use, where they are encrypted.
fn protocols(settings: &Record) -> BTreeSet<Protocol> {
    let Some(Value::Record(encryption)) = value(settings, "encryption") else { return BTreeSet::new() };
    match value(encryption, "in_transit") {
        Some(Value::Word(word)) if word == "tls_1_2" => BTreeSet::from([Protocol::Tls1_2, Protocol::Tls1_3]),
        Some(Value::Word(word)) if word == "tls_1_3" => BTreeSet::from([Protocol::Tls1_3]),
        _ => BTreeSet::new(),
    }
}

fn words<'r>(settings: &'r Record, name: &str) -> Vec<&'r str> {
    let Some(Value::List(values)) = value(settings, name) else { return Vec::new() };
    let word = |value: &'r Value| match value {
        Value::Word(word) => Some(word.as_str()),
        _ => None,
    };
    values.iter().filter_map(word).collect()
}

fn value<'r>(record: &'r Record, name: &str) -> Option<&'r Value> {
    record.get(name).map(|setting| &setting.value)
}
