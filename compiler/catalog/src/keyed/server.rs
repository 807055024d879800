//! The configuration of a server.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::file::is_default;

/// The configuration that all servers of a store have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    pub databases: Databases,
    /// The times at which snapshots are written; without any, none is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub snapshots: Vec<Snapshot>,
    /// Whether each write is appended to a file, which goes to disk every second.
    pub appends: bool,
    pub eviction: Eviction,
    /// The most memory that data may take, in bytes; without it, as much as there is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_memory: Option<u64>,
    /// The modules in the order in which they are loaded.
    #[serde(default, skip_serializing_if = "is_default")]
    pub modules: Vec<Module>,
    /// The user as whom a replica logs in to its master; none where there are no replicas.
    #[serde(default, skip_serializing_if = "is_default")]
    pub master_user: Option<SmolStr>,
    /// The number of sentinels that must agree that a master is gone; none where none watch.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quorum: Option<u32>,
    /// The protocols of connections, all of which are encrypted; none where they are not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tls: BTreeSet<Protocol>,
}

/// The places that keys are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Databases {
    /// So many databases on one server.
    Numbered(u32),
    /// Database 0 alone, spread over the servers of a cluster.
    Cluster,
}

/// A time at which a snapshot is written: after so many seconds, if there were so many changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub seconds: u32,
    pub changes: u32,
}

/// The keys that give way when the memory is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    Noeviction,
    AllkeysLru,
    AllkeysLfu,
    AllkeysRandom,
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
}

/// A module that a server can load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    Json,
    Search,
    TimeSeries,
    Bloom,
}

/// A version of the protocol that encrypts connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Protocol {
    #[serde(rename = "TLSv1.2")]
    Tls1_2,
    #[serde(rename = "TLSv1.3")]
    Tls1_3,
}
