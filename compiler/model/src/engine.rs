//! An engine as data: whatever a phase before the engines themselves must know of one.

use std::ops::RangeInclusive;

use super::settings::catalogue::{Metric, Spec};
use super::{Duration, Isolation};

/// A kind of store, as the folder of its engine declares it.
#[derive(Debug)]
pub struct About {
    /// The name in the source: `postgres`.
    pub name: &'static str,
    /// The name that people write: `PostgreSQL`.
    pub title: &'static str,
    /// Other names that people give it.
    pub aliases: &'static [&'static str],
    /// The oldest and the newest major version that the emitted artifacts are for.
    pub majors: RangeInclusive<u32>,
    /// Whether `schema X in STORE` makes sense.
    pub has_schemas: bool,
    /// The schema of everything that stands in none in the source; empty where there are no schemas.
    pub default_schema: &'static str,
    /// Whether entities live in it; keyspaces and channels do where not.
    pub has_entities: bool,
    /// The settings that a store on this engine may have, beside those that every store may
    /// ([`COMMON`](super::settings::catalogue::COMMON)).
    pub settings: &'static [Spec],
    /// The settings that a server takes only when it starts.
    pub restarts: &'static [&'static str],
    /// The measurements that `alert` may watch.
    pub metrics: &'static [Metric],
    /// Whether fields in it can be encrypted by the client.
    pub can_encrypt: bool,
    /// The isolations of tenants that the engine itself enforces.
    pub enforces: &'static [Isolation],
    /// The isolations of tenants for which artifacts are written.
    pub carries_out: &'static [Isolation],
    /// Whether it gives each service the rights that its lines say, and no other.
    pub gives_rights: bool,
    /// Whether it keeps references itself, so that none leads to a row that is gone.
    pub keeps_references: bool,
    /// Whether services that do not ask for it read no rows that are deleted softly.
    pub hides_deleted: bool,
    /// How long an outbox keeps a message of an entity that nobody publishes; `None` where entities publish none.
    pub publishes: Option<Duration>,
    /// Whether it erases a person.
    pub erases: bool,
    /// Whether migrations are written of what was sealed of it.
    pub leads_on: bool,
    /// Whether these give a value of an enum its other name in rows that are there.
    pub recodes: bool,
    /// Whether a store keeps a log of erasures, from which it is brought up to date after a restore.
    pub logs_erasures: bool,
    /// The data of an erased person that stays for a while, and until when.
    pub remains: &'static [(&'static str, &'static str)],
    /// The parts of a `quota` that it keeps or at least watches, each for tenants with these isolations.
    pub keeps: &'static [(&'static str, &'static [Isolation])],
    /// The setting that lets a full server take keys away, and the word by which it takes none, as it does without it.
    pub evicts: Option<(&'static str, &'static str)>,
    /// The port of a server where nothing else is said.
    pub port: u16,
}

impl About {
    #[must_use]
    pub fn enforces(&self, isolation: Isolation) -> bool {
        self.enforces.contains(&isolation)
    }

    #[must_use]
    pub fn carries_out(&self, isolation: Isolation) -> bool {
        self.carries_out.contains(&isolation)
    }

    /// Whether it keeps, or at least watches, a part of the `quota` of tenants with this isolation.
    #[must_use]
    pub fn keeps(&self, part: &str, isolation: Isolation) -> bool {
        self.keeps.iter().any(|(kept, of)| *kept == part && of.contains(&isolation))
    }
}

/// The engines of a compiler.
#[derive(Debug, Clone, Copy, Default)]
pub struct Engines {
    /// The engines that artifacts are written for, in the order of the reference.
    pub known: &'static [&'static About],
    /// The names of engines that the language knows and that are not lowered yet.
    pub later: &'static [&'static str],
}

impl Engines {
    #[must_use]
    pub fn find(self, name: &str) -> Option<&'static About> {
        self.known.iter().copied().find(|about| about.name == name)
    }
}
