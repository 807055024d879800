//! No key belongs to two keyspaces, and no name to two channels.

use std::collections::BTreeMap;

use crate::redis::language::{Segment, common_key, segments};
use crate::redis::{channels_of, keys, keyspaces_of};
use polity_catalog::keyed::Role;
use polity_govern::Stored;
use polity_model::keyspace::Pattern;
use polity_model::{Store, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0702;
use polity_text::source::Span;

/// Two patterns of one database that a concrete key matches: each would overwrite, count or expire the other's value.
/// The message shows such a key. The keys beside queues and streams count; channels are judged among themselves.
pub(super) fn key_overlap(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut databases: BTreeMap<u32, Index<'_>> = BTreeMap::new();
    for keyspace in keyspaces_of(platform, store) {
        let index = databases.entry(keyspace.database.map_or(0, |(n, _)| n)).or_default();
        let Some(span) = judged(&keyspace.pattern) else { continue };
        for (key, role) in keys::all_of(platform, keyspace) {
            let (name, segments) = (keyspace.named.name.as_str(), segments(&key));
            index.add(Entry { name, span, segments, beside: role.map(Role::word) }, found);
        }
    }
    let mut names = Index::default();
    for channel in channels_of(platform, store) {
        let Some(span) = judged(&channel.pattern) else { continue };
        let segments = segments(&keys::of_channel(platform, channel, None));
        names.add(Entry { name: &channel.named.name, span, segments, beside: None }, found);
    }
}

/// Returns the place of a pattern that can be judged: one that was broken has been reported.
fn judged(pattern: &Pattern) -> Option<Span> {
    let is_broken = pattern.parameters.iter().any(|p| p.ty.kind == TypeKind::Broken);
    pattern.span.filter(|_| !is_broken && !pattern.parts.is_empty())
}

/// The patterns seen so far, as a tree of their segments, so that each is compared with those that it may meet only.
#[derive(Default)]
struct Index<'p> {
    entries: Vec<Entry<'p>>,
    nodes: Vec<Node>,
}

struct Entry<'p> {
    name: &'p str,
    span: Span,
    segments: Vec<Segment>,
    /// `processing`, where it is not the keyspace's own key.
    beside: Option<&'static str>,
}

#[derive(Default)]
struct Node {
    texts: BTreeMap<String, usize>,
    open: Vec<(Segment, usize)>,
    /// The entries that end here.
    entries: Vec<usize>,
}

impl<'p> Index<'p> {
    fn add(&mut self, entry: Entry<'p>, found: &mut Vec<Diagnostic>) {
        for rival in self.rivals(&entry.segments) {
            let rival = &self.entries[rival];
            if let Some(key) = common_key(&rival.segments, &entry.segments) {
                report(rival, &entry, &key, found);
            }
        }
        self.insert(entry);
    }

    /// The entries whose segments, one by one, may be the same text as these.
    fn rivals(&self, segments: &[Segment]) -> Vec<usize> {
        let mut here = if self.nodes.is_empty() { Vec::new() } else { vec![0] };
        for segment in segments {
            let mut next = Vec::new();
            for node in here {
                let node = &self.nodes[node];
                match segment {
                    Segment::Text(text) => next.extend(node.texts.get(text)),
                    Segment::Open(_) => {
                        let meets = |text: &str| segment.common(&Segment::Text(text.to_owned())).is_some();
                        next.extend(node.texts.iter().filter(|(text, _)| meets(text)).map(|(_, node)| node));
                    }
                }
                let open = node.open.iter().filter(|(open, _)| open.common(segment).is_some());
                next.extend(open.map(|(_, node)| node));
            }
            here = next;
        }
        let mut rivals: Vec<usize> =
            here.into_iter().flat_map(|node| &self.nodes[node].entries).copied().collect();
        rivals.sort_unstable();
        rivals
    }

    fn insert(&mut self, entry: Entry<'p>) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut here = 0;
        for segment in &entry.segments {
            let node = &self.nodes[here];
            let known = match segment {
                Segment::Text(text) => node.texts.get(text).copied(),
                Segment::Open(_) => node.open.iter().find(|(open, _)| open == segment).map(|(_, node)| *node),
            };
            let next = known.unwrap_or(self.nodes.len());
            if known.is_none() {
                self.nodes.push(Node::default());
                match segment {
                    Segment::Text(text) => drop(self.nodes[here].texts.insert(text.clone(), next)),
                    Segment::Open(_) => self.nodes[here].open.push((segment.clone(), next)),
                }
            }
            here = next;
        }
        self.nodes[here].entries.push(self.entries.len());
        self.entries.push(entry);
    }
}

fn report(first: &Entry<'_>, second: &Entry<'_>, key: &str, found: &mut Vec<Diagnostic>) {
    let shown = |entry: &Entry<'_>| match entry.beside {
        None => format!("`{}`", entry.name),
        Some(beside) => format!("the {beside} key of `{}`", entry.name),
    };
    found.push(
        Diagnostic::new(
            E0702,
            second.span,
            format!("{} and {} both match the key `{key}`", shown(first), shown(second)),
        )
        .here(shown(second))
        .also(first.span, shown(first))
        .note("each would overwrite, count or expire the value of the other")
        .help("begin one of the patterns with a word of its own, or put it into another `database`"),
    );
}
