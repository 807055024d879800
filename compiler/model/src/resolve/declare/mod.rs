//! The first walk over the tree: every named thing gets its id, its place and its stored name, and nothing in it is
//! looked at yet. Ids follow names, so the order of files and of what stands in them does not matter to what follows.

mod items;
mod naming;
mod places;

use foldhash::HashMap;
use smol_str::SmolStr;

use super::names::{Names, Scope};
use crate::engine::Engines;
use crate::{Named, Platform, Thing};
use polity_syntax::ast::{self, Body, Header, Item, ItemKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0205, E0206, E0207};
use polity_text::source::Span;

pub(super) use naming::{named, storable};

/// The declarations as the tree has them; the lists run parallel to the tables of the platform.
#[derive(Debug, Default)]
pub(super) struct Declared<'t> {
    pub platform: Option<&'t Body>,
    pub stores: Vec<&'t Body>,
    pub entities: Vec<Block<'t>>,
    pub structs: Vec<Block<'t>>,
    pub enums: Vec<(&'t [ast::Variant], Scope)>,
    pub constrained: Vec<TypeItem<'t>>,
    pub views: Vec<(Block<'t>, Option<&'t ast::Materialized>)>,
    pub keyspaces: Vec<Block<'t>>,
    pub channels: Vec<Block<'t>>,
    pub audit_logs: Vec<Block<'t>>,
    pub sequences: Vec<Option<&'t ast::Literal>>,
    /// Tiers, policies, services, scripts, …: what nothing else refers to before its turn.
    pub others: Vec<(&'t Item, Scope)>,
    /// Where each thing stands.
    pub scopes: HashMap<Thing, Scope>,
}

/// A thing with a header and a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'t> {
    pub header: &'t Header,
    pub body: &'t Body,
    pub scope: Scope,
}

/// `type Sku = text(32) matches "…"`
#[derive(Debug, Clone, Copy)]
pub(super) struct TypeItem<'t> {
    pub ty: &'t ast::Type,
    pub modifiers: &'t [ast::Modifier],
    pub labels: &'t [ast::Name],
    pub scope: Scope,
}

/// Gives every named thing its id.
pub(super) fn declare(
    tree: &ast::Tree,
    engines: Engines,
) -> (Platform, Names, Declared<'_>, Vec<Diagnostic>) {
    let mut d = Declarer::default();
    d.platform.engines = engines;
    let mut items: Vec<&Item> = tree.files.iter().flat_map(|file| &file.items).collect();
    items.sort_by_key(|item| name_of(item));
    for item in &items {
        d.platform_or_store(item);
    }
    if d.platform.span.is_none() && !d.names.has_broken_items {
        let found = Diagnostic::global(E0207, "the project has no `platform`")
            .help("one file says what the whole is called: `platform shop { environments: [dev, prod] }`");
        d.found.push(found);
    }
    let mut placed: Vec<(&Item, Scope)> = Vec::with_capacity(items.len());
    for item in &items {
        let ItemKind::Schema { header, items: inside } = &item.kind else {
            placed.push((item, Scope::default()));
            continue;
        };
        match d.schema(item, header) {
            Some(id) => {
                let scope = Scope { store: Some(d.platform[id].store), schema: Some(id) };
                placed.extend(inside.iter().map(|item| (item, scope)));
            }
            None => inside.iter().for_each(|item| d.fail(item)),
        }
    }
    placed.sort_by_key(|(item, scope)| {
        let name = name_of(item);
        (scope.schema.filter(|_| name.is_some()), name)
    });
    for (item, scope) in placed {
        d.item(item, scope);
    }
    (d.platform, d.names, d.declared, d.found)
}

/// Two places in the order of the source.
fn in_order(one: Span, other: Span) -> (Span, Span) {
    if (one.file, one.start) <= (other.file, other.start) { (one, other) } else { (other, one) }
}

/// The name by which an item is sorted, so that no order of files or lines comes into what is written. Those without one,
/// such as scripts, keep the order in which they stand.
fn name_of(item: &Item) -> Option<&str> {
    match &item.kind {
        ItemKind::Schema { header, .. }
        | ItemKind::Entity { header, .. }
        | ItemKind::Enum { header, .. }
        | ItemKind::Struct { header, .. }
        | ItemKind::Type { header, .. }
        | ItemKind::View { header, .. }
        | ItemKind::Sequence { header, .. }
        | ItemKind::AuditLog { header, .. }
        | ItemKind::Keyspace { header, .. }
        | ItemKind::Channel { header, .. } => Some(&header.name.text),
        ItemKind::Store { name, .. }
        | ItemKind::Tier { name, .. }
        | ItemKind::Tenant { name, .. }
        | ItemKind::Label { name, .. }
        | ItemKind::EncryptionKey { name, .. }
        | ItemKind::Purpose { name, .. }
        | ItemKind::Service { name, .. } => Some(&name.text),
        ItemKind::Platform { .. }
        | ItemKind::SqlAfter { .. }
        | ItemKind::SqlOnce { .. }
        | ItemKind::Tenancy { .. }
        | ItemKind::Policy { .. }
        | ItemKind::UsePolicy { .. }
        | ItemKind::Waive { .. }
        | ItemKind::Rust { .. }
        | ItemKind::Backfill { .. }
        | ItemKind::Removed(_)
        | ItemKind::Unmanaged { .. }
        | ItemKind::Accept { .. }
        | ItemKind::Broken { .. } => None,
    }
}

#[derive(Default)]
struct Declarer<'t> {
    platform: Platform,
    names: Names,
    declared: Declared<'t>,
    found: Vec<Diagnostic>,
    spans: HashMap<(Scope, SmolStr), Span>,
    /// Stored names of what shares a schema or a store.
    stored: HashMap<(Scope, SmolStr), Span>,
}

impl<'t> Declarer<'t> {
    /// Reports each part of a header, but for the `allowed` ones, since it means nothing on `what`.
    pub(super) fn refuse(&mut self, header: &Header, allowed: &[&str], what: &str) {
        let parts = [
            ("place", header.place.as_ref().map(|p| p.span), "`in …`"),
            ("as", header.stored.as_ref().map(|t| t.span), "`as`"),
            ("from", header.from.as_ref().map(|p| p.span), "`from …`"),
            ("was", header.was.as_ref().map(|w| w.span), "`was`"),
            ("labels", header.labels.first().map(|l| l.span), "a label"),
        ];
        for (name, span, word) in parts {
            if let Some(span) = span
                && !allowed.contains(&name)
            {
                self.found.push(
                    Diagnostic::new(E0206, span, format!("{word} means nothing on {what}"))
                        .help("leave it out"),
                );
            }
        }
    }

    /// Takes the name for the thing; a second thing of the name is reported and left out.
    pub(super) fn take(&mut self, scope: Scope, name: &ast::Name, thing: Thing) -> bool {
        if self.names.add(scope, &name.text, thing).is_err() {
            let other = self.spans.get(&(scope, name.text.clone())).copied().unwrap_or(name.span);
            let (first, again) = in_order(other, name.span);
            self.found.push(
                Diagnostic::new(E0203, again, format!("`{}` is declared twice", name.text))
                    .here("declared again here")
                    .also(first, "declared here first")
                    .help("rename one of the two, or remove it"),
            );
            return false;
        }
        self.spans.insert((scope, name.text.clone()), name.span);
        self.declared.scopes.insert(thing, scope);
        true
    }

    /// Tables, views and sequences of one schema (collections of one store) share one space of stored names.
    pub(super) fn take_stored(&mut self, scope: Scope, named: &Named, what: &str) {
        if let Some(other) = self.stored.insert((scope, named.stored.clone()), named.span) {
            let (first, second) = in_order(other, named.span);
            self.found.push(
                Diagnostic::new(E0205, second, format!("two {what} would be stored as `{}`", named.stored))
                    .also(first, "the first")
                    .help("give one of them another name with `as \"…\"`"),
            );
        }
    }

    /// The names of what stands in a schema that could not be placed.
    pub(super) fn fail(&mut self, item: &Item) {
        let header = match &item.kind {
            ItemKind::Entity { header, .. }
            | ItemKind::Enum { header, .. }
            | ItemKind::Struct { header, .. }
            | ItemKind::Type { header, .. }
            | ItemKind::View { header, .. }
            | ItemKind::Sequence { header, .. }
            | ItemKind::AuditLog { header, .. }
            | ItemKind::Keyspace { header, .. }
            | ItemKind::Channel { header, .. } => header,
            _ => return,
        };
        self.names.fail(&header.name.text);
    }
}
