//! The first walk over the tree: every named thing gets its id, its place and its stored name, and nothing in it is
//! looked at yet. So the order of files and lines does not matter to what follows.

mod items;
mod naming;
mod places;

use std::collections::HashMap;

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
    let items = || tree.files.iter().flat_map(|file| &file.items);
    for item in items() {
        d.platform_or_store(item);
    }
    if d.platform.span.is_none() && !d.names.has_broken_items {
        let found = Diagnostic::global(E0207, "the project has no `platform`")
            .help("one file says what the whole is called: `platform shop { environments: [dev, prod] }`");
        d.found.push(found);
    }
    let mut schemas = HashMap::new();
    for item in items() {
        if let ItemKind::Schema { header, .. } = &item.kind
            && let Some(id) = d.schema(item, header)
        {
            schemas.insert(std::ptr::from_ref(item), id);
        }
    }
    for item in items() {
        if let ItemKind::Schema { items, .. } = &item.kind {
            match schemas.get(&std::ptr::from_ref(item)) {
                Some(id) => {
                    let inside = Scope { store: Some(d.platform[*id].store), schema: Some(*id) };
                    items.iter().for_each(|item| d.item(item, inside));
                }
                None => items.iter().for_each(|item| d.fail(item)),
            }
        } else {
            d.item(item, Scope::default());
        }
    }
    (d.platform, d.names, d.declared, d.found)
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
            let first = self.spans.get(&(scope, name.text.clone())).copied().unwrap_or(name.span);
            self.found.push(
                Diagnostic::new(E0203, name.span, format!("`{}` is declared twice", name.text))
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
        if let Some(first) = self.stored.insert((scope, named.stored.clone()), named.span) {
            self.found.push(
                Diagnostic::new(
                    E0205,
                    named.span,
                    format!("two {what} would be stored as `{}`", named.stored),
                )
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
