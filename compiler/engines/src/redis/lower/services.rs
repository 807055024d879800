//! Services: a user for each, with the commands and keys that its lines give and no other.
//!
//! A command may touch keys only if one selector allows it with all of them, reading and writing apart (`%R~`,
//! `%W~`). `FCALL` counts as both, so keys have a selector that allows nothing but to call functions with them; what these
//! do inside is held against the other selectors of the user.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::super::{keys, lowered::Lowered, rights};
use super::operations;
use polity_catalog::keyed::{self, Access, Flag, KeyPattern, Object, ObjectId, Rights};
use polity_govern::Stored;
use polity_govern::access::Privilege;
use polity_model::governance::Service;
use polity_model::keyspace::{DeadLetter, ValueShape};
use polity_model::{Keyspace, Store, Thing};

/// The rights of a service that may do something in a store.
pub(super) struct Granted {
    pub(super) name: SmolStr,
    /// The databases that it may select, ascending.
    pub(super) databases: BTreeSet<u32>,
    /// Each once.
    pub(super) selectors: Vec<Rights>,
}

/// Returns the rights of every service that may do something in the store, on keys and channels as they were lowered.
pub(super) fn granted(platform: &Stored, store: &Store, lowered: &Lowered) -> Vec<Granted> {
    let granted = |service: &Service| {
        let mut granted = Granted {
            name: rights::user_name(platform, service),
            databases: BTreeSet::new(),
            selectors: Vec::new(),
        };
        for privilege in platform.privileges(service) {
            if platform.store_of(privilege.on) == Some(store.id) {
                granted.add(platform, lowered, privilege);
            }
        }
        granted
    };
    platform.services.iter().map(granted).filter(|granted| !granted.selectors.is_empty()).collect()
}

/// Commands that tell of a key without its value.
const LOOK: &[&str] = &["exists", "type", "ttl", "pttl", "watch"];

/// Commands that set the time to live.
const LIFE: &[&str] = &["expire", "pexpire"];

impl Granted {
    fn add(&mut self, platform: &Stored, lowered: &Lowered, privilege: &Privilege) {
        match privilege.on {
            Thing::Keyspace(id) => self.add_keyspace(platform, lowered, &platform[id], &privilege.verb),
            Thing::Channel(id) => {
                let id = ObjectId::Channel(platform[id].named.name.clone());
                let Some(Object::Channel(channel)) = lowered.catalog.get(&id) else { return };
                let commands: &[&str] = match privilege.verb.as_str() {
                    "publish" => &["publish"],
                    _ => &["subscribe", "unsubscribe"],
                };
                self.push(Rights {
                    keys: Vec::new(),
                    channels: vec![keys::glob(&channel.key).into()],
                    commands: owned(commands),
                });
            }
            _ => {}
        }
    }

    fn add_keyspace(&mut self, platform: &Stored, lowered: &Lowered, keyspace: &Keyspace, verb: &str) {
        let Some(held) = lowered.catalog.keyspace(&keyspace.named.name) else { return };
        let Some(needs) = rights::needs(verb, held.value.kind(), keyspace.ttl.is_some()) else { return };
        self.databases.insert(held.database);
        self.add_former(held, verb);
        let own = globs(lowered, keyspace);
        let dead = if verb == "consume" { self.add_dead_letters(platform, lowered, keyspace) } else { None };
        // The dead letters of another keyspace are not this keyspace's to read.
        let also: Vec<SmolStr> = own.iter().cloned().chain(dead).collect();
        let all = if verb == "append" { &own[..1] } else { &also[..] };
        let mine = if verb == "append" || is_elsewhere(keyspace) { &own[..1] } else { &own[..] };
        let life: &[&str] = if verb == "delete" { &[] } else { LIFE };
        let (looks, calls) = calls(platform, keyspace, needs.functions);
        // Modules do not tell Redis which of their commands only read, so it asks for both (`COMMAND GETKEYSANDFLAGS`).
        let (of_modules, plain): (Vec<&str>, Vec<&str>) = needs.reads.iter().partition(|c| c.contains('.'));
        let look: &[&str] = if needs.reads.is_empty() { &[] } else { LOOK };
        for (access, over, commands) in [
            (Access::Read, mine, owned(&[&plain, look].concat())),
            (Access::ReadWrite, mine, owned(&of_modules)),
            (Access::Write, mine, with(needs.writes, life)),
            (Access::ReadWrite, mine, with(needs.both, life)),
            (Access::Read, mine, looks),
            (Access::ReadWrite, all, calls),
        ] {
            if !commands.is_empty() {
                self.push(on_keys(access, over, commands));
            }
        }
    }

    /// Adds the rights on keys of before: whoever reads or deletes those of today does so there. Nobody writes them any more.
    fn add_former(&mut self, held: &keyed::Keyspace, verb: &str) {
        for former in &held.former {
            let globs: Vec<SmolStr> = former.keys().map(|(key, _)| keys::glob(key).into()).collect();
            let (access, commands) = match verb {
                "read" => (Access::Read, owned(&[reads(former.value.kind()), LOOK].concat())),
                "delete" => (Access::Write, owned(&["del", "unlink"])),
                _ => continue,
            };
            self.databases.insert(former.database);
            self.push(on_keys(access, &globs, commands));
        }
    }

    /// Adds the right to append to the dead letters of a stream, for the service that consumes it. Returns their glob
    /// where they lie in the stream of another keyspace.
    fn add_dead_letters(
        &mut self,
        platform: &Stored,
        lowered: &Lowered,
        keyspace: &Keyspace,
    ) -> Option<SmolStr> {
        let ValueShape::Stream { dead_letter: Some(dead_letter), .. } = &keyspace.value else { return None };
        let (dead, is_elsewhere) = match dead_letter {
            DeadLetter::Beside => (globs(lowered, keyspace).pop()?, false),
            DeadLetter::Keyspace(other, _) => (globs(lowered, &platform[*other]).into_iter().next()?, true),
        };
        self.push(on_keys(Access::Write, std::slice::from_ref(&dead), owned(&["xadd", "xtrim", "pexpire"])));
        is_elsewhere.then_some(dead)
    }

    fn push(&mut self, selector: Rights) {
        if !self.selectors.contains(&selector) {
            self.selectors.push(selector);
        }
    }
}

/// Returns the commands that read a value of before, without those of modules, which Redis takes for writing.
pub(super) fn reads(kind: keyed::Kind) -> &'static [&'static str] {
    let reads = rights::needs("read", kind, false).map_or(&[][..], |needs| needs.reads);
    if reads.iter().any(|command| command.contains('.')) { &[] } else { reads }
}

/// Whether the dead letters of a stream lie in the stream of another keyspace.
fn is_elsewhere(keyspace: &Keyspace) -> bool {
    matches!(&keyspace.value, ValueShape::Stream { dead_letter: Some(DeadLetter::Keyspace(..)), .. })
}

/// Returns the glob of a keyspace's keys, then that of the keys next to them.
fn globs(lowered: &Lowered, keyspace: &Keyspace) -> Vec<SmolStr> {
    let held = lowered.catalog.keyspace(&keyspace.named.name).into_iter();
    held.flat_map(keyed::Keyspace::keys).map(|key| keys::glob(key).into()).collect()
}

/// Returns the commands that call these operations: of functions that only read, and of all others. Redis calls a rule about
/// one function deprecated and needs none: what a function does is held against the rights of its caller.
fn calls(platform: &Stored, keyspace: &Keyspace, wanted: &[&str]) -> (Vec<SmolStr>, Vec<SmolStr>) {
    let (mut looks, mut calls) = (Vec::new(), Vec::new());
    for function in operations::of(platform, keyspace) {
        let is_wanted = |operation: &&str| *function.name == format!("{}_{operation}", keyspace.named.stored);
        match wanted.iter().any(is_wanted) {
            true if function.flags.contains(&Flag::NoWrites) => {
                looks = owned(&["fcall_ro"]);
            }
            true => calls = owned(&["fcall"]),
            false => {}
        }
    }
    (looks, calls)
}

fn on_keys(access: Access, globs: &[SmolStr], commands: Vec<SmolStr>) -> Rights {
    let keys = globs.iter().map(|glob| KeyPattern { access, glob: glob.clone() }).collect();
    Rights { keys, channels: Vec::new(), commands }
}

fn owned(commands: &[&str]) -> Vec<SmolStr> {
    commands.iter().copied().map(SmolStr::new).collect()
}

/// Returns commands and those that go with them; none where there are none of the first.
fn with(commands: &[&str], also: &[&str]) -> Vec<SmolStr> {
    if commands.is_empty() { Vec::new() } else { owned(&[commands, also].concat()) }
}
