//! Tree to platform: binds every name, types every expression, fills in every default.
//!
//! The steps, in order; each reports what it finds and leaves out what it could not understand:
//!
//! 1. [`declare`]: every named thing gets its id and its place, so that order in the source does not matter.
//! 2. [`config`]: environments, settings, alerts; then [`labels`] and [`enums`].
//! 3. [`outline`]: the fields and keys of every entity by name, before any type is known.
//! 4. [`types`], then [`fields`]: named types and structs, then the fields of entities.
//! 5. [`exprs`]: defaults, checks and other expressions, now that every field has a type.
//! 6. [`entities`], [`references`] and [`copies`], [`keyspaces`], [`audit_logs`], [`views`], [`governance`]: what
//!    stands on fields.
//! 7. [`scope`]: the tenant comes into whatever each tenant has its own of.
//! 8. [`lineage`]: which columns the columns of views come from, and what scripts put into fields.

mod audit_logs;
mod budgets;
mod config;
mod copies;
mod cycles;
mod declare;
mod entities;
mod enums;
mod exprs;
mod fields;
mod forbidden;
mod from_tree;
mod governance;
mod keyspaces;
mod labels;
mod lineage;
pub(crate) mod literals;
mod messages;
mod names;
mod outline;
mod placeholders;
mod policies;
mod predicates;
mod purposes;
mod quotas;
mod records;
mod references;
mod removals;
mod scope;
mod sealed;
mod services;
mod sql;
mod tenancy;
mod types;
mod unused;
mod versions;
mod view_indexes;
mod views;
mod waivers;

use super::engine::Engines;
use super::history::History;
use super::pattern::Patterns;
use super::{Platform, StructId};
use polity_syntax::ast;
use polity_text::diagnostics::Diagnostic;

use declare::Declared;
use fields::Pending;
use names::Names;
use outline::Outline;

/// Binds every name of the tree; stores may run on one of these engines.
#[must_use]
pub fn resolve(tree: &ast::Tree, engines: Engines) -> (Platform, Vec<Diagnostic>) {
    resolve_after(tree, engines, History::default())
}

/// Binds every name of the tree of a platform of which something was sealed.
#[must_use]
pub fn resolve_after(tree: &ast::Tree, engines: Engines, history: History) -> (Platform, Vec<Diagnostic>) {
    let (mut platform, names, declared, found) = declare::declare(tree, engines);
    platform.history = history;
    let mut resolver = Resolver {
        engines,
        platform,
        names,
        declared: &declared,
        outlines: Vec::new(),
        struct_outlines: Vec::new(),
        struct_states: Vec::new(),
        pending: Vec::new(),
        copies_left: 0,
        copies_reported: false,
        named_left: lineage::NAMED,
        typed_left: lineage::TYPED,
        stored: None,
        patterns: Patterns::default(),
        admits_stores: false,
        queries: Vec::new(),
        scripts: Vec::new(),
        mentions: unused::Mentions::default(),
        found,
    };
    resolver.config();
    resolver.enums();
    resolver.purposes();
    resolver.outlines();
    resolver.types();
    resolver.entity_fields();
    resolver.sealed_names();
    resolver.cycles();
    resolver.copies_in_entities();
    resolver.expressions();
    resolver.computed_cycles();
    resolver.records();
    resolver.entities();
    resolver.keyspaces();
    // Those beside the members of the values of keyspaces.
    resolver.expressions();
    resolver.copies_in_keyspaces();
    resolver.governance();
    resolver.rights_of_services();
    resolver.scope_to_tenants();
    // The SQL of views may name the tenant's column.
    resolver.views();
    resolver.columns_of_indexes();
    resolver.copies_of_tenants();
    resolver.messages();
    resolver.lineage();
    resolver.platform.find_encrypting_records();
    resolver.unused(tree);
    quotas::limit_requests(&mut resolver.platform);
    versions::lead_keys(&mut resolver.platform);
    (resolver.platform, resolver.found)
}

/// The state that every step works on.
struct Resolver<'t> {
    engines: Engines,
    platform: Platform,
    names: Names,
    declared: &'t Declared<'t>,
    /// The outline of each entity, in the order of their ids.
    outlines: Vec<Outline<'t>>,
    /// The outline of each struct, in the order of their ids.
    struct_outlines: Vec<Outline<'t>>,
    struct_states: Vec<types::State>,
    /// Expressions beside fields, which wait until every field has a type.
    pending: Vec<Pending<'t>>,
    /// How many fields may still be copies of others.
    copies_left: usize,
    copies_reported: bool,
    /// How many fields the fragments of SQL may still name.
    named_left: usize,
    /// How many steps may still be taken to type the fragments of SQL.
    typed_left: usize,
    /// The columns of the entity whose fragment was read last.
    stored: Option<lineage::StoredColumns>,
    patterns: Patterns,
    /// Whether the settings that are being read belong to a tier or a tenant.
    admits_stores: bool,
    /// The queries of views, as they were read.
    queries: Vec<sql::WrittenQuery<'t>>,
    scripts: Vec<sql::WrittenScript>,
    /// The names that were found, for what nobody uses.
    mentions: unused::Mentions,
    found: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn error(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }
}

/// The fields an expression may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Entity(super::EntityId),
    Struct(StructId),
}
