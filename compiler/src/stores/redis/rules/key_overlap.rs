//! No key belongs to two keyspaces.

use std::collections::BTreeMap;

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0702;
use crate::model::keyspace::Part;
use crate::model::{Keyspace, Platform, Store};
use crate::stores::redis::keyspaces_of;
use crate::stores::redis::language::{Language, common_key};

/// Two patterns of one database that a concrete key matches: each would overwrite, count or expire the other's value.
/// The message shows such a key.
pub(super) fn key_overlap(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    let keyspaces: Vec<&Keyspace> = keyspaces_of(platform, store)
        .filter(|k| k.pattern.span.is_some() && !k.pattern.parts.is_empty())
        .collect();
    let languages: Vec<Language> = keyspaces.iter().map(|k| Language::of(platform, k)).collect();
    // Patterns whose first segments are different texts have no key in common, so only those that share one are
    // compared, and those whose first segment has a parameter with all.
    let mut by_segment: BTreeMap<(u32, &str), Vec<usize>> = BTreeMap::new();
    let mut open: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, keyspace) in keyspaces.iter().enumerate() {
        let database = keyspace.database.map_or(0, |(n, _)| n);
        let rivals: Vec<usize> = match first_segment(keyspace) {
            Some(segment) => {
                let same = by_segment.entry((database, segment)).or_default();
                let rivals = same.iter().chain(open.get(&database).into_iter().flatten()).copied().collect();
                same.push(i);
                rivals
            }
            None => {
                let before = (0..i).filter(|j| keyspaces[*j].database.map_or(0, |(n, _)| n) == database);
                let rivals = before.collect();
                open.entry(database).or_default().push(i);
                rivals
            }
        };
        for j in rivals {
            if let Some(key) = common_key(&languages[j], &languages[i]) {
                report(keyspaces[j], keyspace, &key, found);
            }
        }
    }
}

fn report(first: &Keyspace, second: &Keyspace, key: &str, found: &mut Vec<Diagnostic>) {
    let (Some(here), Some(there)) = (second.pattern.span, first.pattern.span) else { return };
    found.push(
        Diagnostic::new(
            E0702,
            here,
            format!("`{}` and `{}` both match the key `{key}`", first.named.name, second.named.name),
        )
        .here(format!("`{}`", second.named.name))
        .also(there, format!("`{}`", first.named.name))
        .note("each would overwrite, count or expire the value of the other")
        .help("begin one of the patterns with a word of its own, or put it into another `database`"),
    );
}

/// The text before the first `:`, where it holds no parameter.
fn first_segment(keyspace: &Keyspace) -> Option<&str> {
    match keyspace.pattern.parts.first() {
        Some(Part::Literal(text)) => match text.split_once(':') {
            Some((segment, _)) => Some(segment),
            None => (keyspace.pattern.parts.len() == 1).then_some(text.as_str()),
        },
        _ => None,
    }
}
