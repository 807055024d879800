//! Declarations that are never used: each name that is found is noted where it stands, and what no row, key, message or view
//! leads to is told. What only another unused thing uses is unused as well.

use foldhash::HashMap;
use smol_str::SmolStr;

use super::Resolver;
use super::names::Scope;
use crate::config::Value;
use crate::{KeyId, LabelId, Thing, Unused};
use polity_syntax::ast::{self, Item, ItemKind, Name};
use polity_text::source::Span;

/// The names that were found.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Where each stands, and where what it names is declared.
    found: Vec<(Span, Span)>,
    /// Texts of SQL beside fields, which may name what stands in a database.
    pub(super) sql: Vec<String>,
}

impl Resolver<'_> {
    pub(super) fn mention(&mut self, at: Span, thing: Thing) {
        let declared = self.place_of(thing);
        self.mentions.found.push((at, declared));
    }

    pub(super) fn mention_label(&mut self, at: Span, label: LabelId) {
        let declared = self.platform.labels[label.index()].span;
        self.mentions.found.extend(declared.map(|declared| (at, declared)));
    }

    pub(super) fn mention_key(&mut self, at: Span, key: KeyId) {
        let declared = self.platform.encryption_keys[key.index()].named.span;
        self.mentions.found.push((at, declared));
    }

    /// Finds what nothing uses.
    pub(super) fn unused(&mut self, tree: &ast::Tree) {
        self.keys_given_to_policies();
        let files = tree.files.iter().filter(|file| !file.id.is_built_in());
        let items: Vec<&Item> = files.flat_map(|file| file.leaves()).collect();
        let (unused, stores): (Vec<_>, Vec<_>) =
            unused_of(&items, &self.mentions.found).into_iter().partition(|d| d.noun != "store");
        let unused: Vec<Declared<'_>> =
            unused.into_iter().filter(|declared| !self.is_in_sql(declared)).collect();
        let empty: Vec<Declared<'_>> =
            stores.into_iter().filter(|store| self.holds_nothing(store, &unused)).collect();
        let told = |Declared { name, noun, help }: Declared<'_>| Unused {
            name: name.text.clone(),
            span: name.span,
            noun,
            help,
        };
        self.platform.unused = unused.into_iter().chain(empty).map(told).collect();
    }

    /// Notes the keys in `use policy gdpr { key: pii }`, which are looked up when rules are applied.
    fn keys_given_to_policies(&mut self) {
        let given = self.platform.uses.iter().flat_map(|used| used.settings.base.values());
        let words: Vec<(Span, SmolStr)> = given
            .filter_map(|setting| match &setting.value {
                Value::Word(word) => Some((setting.value_span, word.clone())),
                _ => None,
            })
            .collect();
        for (span, word) in words {
            let key =
                self.platform.encryption_keys.iter().find(|key| key.named.name == word).map(|key| key.id);
            if let Some(key) = key {
                self.mention_key(span, key);
            }
        }
    }

    /// Whether SQL by hand names it as it is stored.
    fn is_in_sql(&self, declared: &Declared<'_>) -> bool {
        let p = &self.platform;
        let at = declared.name.span;
        let stored = match declared.noun {
            "enum" => p.enums.iter().find(|e| e.named.span == at).map(|e| &e.named.stored),
            "sequence" => p.sequences.iter().find(|s| s.named.span == at).map(|s| &s.named.stored),
            "audit log" => p.audit_logs.iter().find(|log| log.named.span == at).map(|log| &log.named.stored),
            _ => None,
        };
        let Some(stored) = stored else { return false };
        let views = p.views.iter().map(|view| view.sql.as_str());
        let scripts = p.scripts.iter().map(|script| script.sql.as_str());
        let fragments = self.mentions.sql.iter().map(String::as_str);
        views.chain(scripts).chain(fragments).any(|sql| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            sql.split(|c| !is_word(c)).any(|word| word.eq_ignore_ascii_case(stored))
        })
    }

    /// Whether a store that no line names holds nothing either.
    fn holds_nothing(&self, declared: &Declared<'_>, unused: &[Declared<'_>]) -> bool {
        let p = &self.platform;
        let at = declared.name.span;
        let Some(store) = p.stores.iter().find(|store| store.named.span == at).map(|store| store.id) else {
            return false;
        };
        let mut places = (p.entities.iter().map(|e| e.store))
            .chain(p.views.iter().map(|v| v.store))
            .chain(p.keyspaces.iter().map(|k| k.store))
            .chain(p.channels.iter().map(|c| c.store))
            .chain(p.scripts.iter().map(|s| s.store));
        let is_unused = |span: Span| unused.iter().any(|declared| declared.name.span == span);
        let is_in_store = |scope: &Scope| scope.store == Some(store);
        let inside =
            self.declared.scopes.iter().filter(|(_, scope)| is_in_store(scope)).map(|(thing, _)| *thing);
        let holds_types = inside
            .filter(|thing| !matches!(thing, Thing::Schema(_)))
            .any(|thing| !is_unused(self.place_of(thing)));
        !places.any(|of| of == store) && !holds_types
    }
}

/// A declaration that may be unused.
struct Declared<'t> {
    name: &'t Name,
    noun: &'static str,
    help: &'static str,
}

/// The declarations that no item leads to which is of use by itself, by way of others or not.
fn unused_of<'t>(items: &[&'t Item], mentions: &[(Span, Span)]) -> Vec<Declared<'t>> {
    let mut candidates: Vec<Declared<'t>> = items.iter().filter_map(|item| declared(item)).collect();
    candidates.sort_by_key(|declared| declared.name.span);
    let at: HashMap<Span, usize> = candidates.iter().enumerate().map(|(n, d)| (d.name.span, n)).collect();
    // The item around a place: items do not overlap.
    let mut spans: Vec<(Span, Option<usize>)> = items
        .iter()
        .map(|item| (item.span, declared(item).and_then(|declared| at.get(&declared.name.span).copied())))
        .collect();
    spans.sort_by_key(|(span, _)| (span.file, span.start));
    let around = |place: Span| {
        let after = spans.partition_point(|(span, _)| (span.file, span.start) <= (place.file, place.start));
        spans[..after].last().filter(|(span, _)| span.file == place.file && place.end <= span.end)?.1
    };
    let mut uses: Vec<Vec<usize>> = vec![Vec::new(); candidates.len()];
    let mut used = vec![false; candidates.len()];
    let mut open = Vec::new();
    for (place, declared) in mentions {
        let Some(target) = at.get(declared).copied() else { continue };
        match around(*place) {
            Some(source) => uses[source].push(target),
            None => open.push(target),
        }
    }
    while let Some(next) = open.pop() {
        if !std::mem::replace(&mut used[next], true) {
            open.append(&mut uses[next]);
        }
    }
    let mut used = used.into_iter();
    candidates.retain(|_| !used.next().unwrap_or(true));
    candidates
}

/// The name of what is of no use by itself.
fn declared(item: &Item) -> Option<Declared<'_>> {
    let (name, noun, help) = match &item.kind {
        ItemKind::Enum { header, .. } => {
            (&header.name, "enum", "write it as the type of a field, or remove it")
        }
        ItemKind::Struct { header, .. } => {
            (&header.name, "struct", "write it as the type of a field, `include` it, or remove it")
        }
        ItemKind::Type { header, .. } => {
            (&header.name, "type", "write it as the type of a field, or remove it")
        }
        ItemKind::Sequence { header, .. } => {
            (&header.name, "sequence", "draw from it by a default, `= next(…)`, or remove it")
        }
        ItemKind::AuditLog { header, .. } => {
            (&header.name, "audit log", "write `audit … into` it in an entity, or remove it")
        }
        ItemKind::Label { name, .. } => {
            (name, "label", "write it behind the fields that it says something of, or remove it")
        }
        ItemKind::EncryptionKey { name, .. } => {
            (name, "encryption key", "write `encrypted with` it behind a field, or remove it")
        }
        ItemKind::Store { name, .. } => {
            (name, "store", "write `in` and its name behind what it shall hold, or remove it")
        }
        _ => return None,
    };
    Some(Declared { name, noun, help })
}
