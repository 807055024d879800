//! A service gets at the keys of what it was given and at no others, though access lists know globs and no types.

use foldhash::{HashSet, HashSetExt};

use crate::redis::language::{Segment, key_in_glob, segments};
use crate::redis::{keys, keyspaces_of};
use polity_govern::Stored;
use polity_govern::access::Privilege;
use polity_model::{Keyspace, KeyspaceId, Store, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0717;

/// A keyspace whose keys the glob of another one matches, in any database that the service can select, where it was given
/// that one only. The message shows
/// such a key.
pub(in super::super) fn glob_reach(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let all: Vec<(&Keyspace, Vec<Vec<Segment>>)> =
        keyspaces_of(platform, store).map(|keyspace| (keyspace, keys_of(platform, keyspace))).collect();
    let mut told: HashSet<(KeyspaceId, KeyspaceId)> = HashSet::new();
    for service in &platform.services {
        let privileges = platform.privileges(service);
        let given: Vec<(&Keyspace, &Privilege)> = privileges
            .iter()
            .filter_map(|privilege| match privilege.on {
                Thing::Keyspace(id) => Some((&platform[id], privilege)),
                _ => None,
            })
            .filter(|(keyspace, _)| keyspace.store == store.id)
            .collect();
        // A service that selects one database may select every other.
        let selects = given.iter().any(|(keyspace, _)| database(keyspace) != 0);
        let held: HashSet<(KeyspaceId, &str)> =
            given.iter().map(|(keyspace, privilege)| (keyspace.id, &*privilege.verb)).collect();
        for (keyspace, privilege) in &given {
            for (other, keys) in &all {
                if other.id == keyspace.id
                    || held.contains(&(other.id, &*privilege.verb))
                    || !selects && database(other) != 0
                    || told.contains(&(keyspace.id, other.id))
                {
                    continue;
                }
                let globs = keys::all_of(platform, keyspace);
                let reached = globs.iter().flat_map(|(glob, _)| keys.iter().map(move |keys| (glob, keys)));
                let reached = reached.filter_map(|(glob, keys)| key_in_glob(glob, keys)).next();
                let Some(key) = reached else { continue };
                told.insert((keyspace.id, other.id));
                let other_name = &other.named.name;
                found.push(
                    Diagnostic::new(
                        E0717,
                        privilege.span,
                        format!(
                            "by the access list `{}` may also `{}` `{key}`, a key of `{other_name}`",
                            service.named.name, privilege.verb
                        ),
                    )
                    .also(
                        keyspace.pattern.span.unwrap_or(keyspace.named.span),
                        format!("in an access list it is `{}`", keys::glob(&globs[0].0)),
                    )
                    .also(other.pattern.span.unwrap_or(other.named.span), "which matches keys of this one")
                    .note("a `*` of an access list stands for any text, `:` too")
                    .help(format!(
                        "set the patterns apart by a word that no value of the other can be (an enum takes fewer than a text), or \
                         give `{}` on `{other_name}` as well",
                        privilege.verb
                    )),
                );
            }
        }
    }
}

fn database(keyspace: &Keyspace) -> u32 {
    keyspace.database.map_or(0, |(number, _)| number)
}

fn keys_of(platform: &Stored, keyspace: &Keyspace) -> Vec<Vec<Segment>> {
    keys::all_of(platform, keyspace).iter().map(|(key, _)| segments(key)).collect()
}
