//! How much may build on what. Whoever follows a type, a reference or a view to its end calls himself for each step,
//! and what is included, written out or multiplied is held in memory, so everything of the kind has an end here. Each
//! is far beyond what anybody writes.

use super::Resolver;
use crate::governance::Tenant;
use crate::keyspace::{Held, ValueShape};
use crate::{Isolation, Platform, StructId, Thing, Type, TypeKind};
use polity_syntax::ast::{Body, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0333, E0334, E0335};
use polity_text::source::Span;

/// Structs that include structs.
pub(super) const INCLUDES: usize = 16;
/// Named types that are built on named types.
pub(super) const TYPES: usize = 16;
pub(super) use polity_syntax::RECORDS;
/// References to keys that are references.
pub(super) const REFERENCES: usize = 32;
/// Views that read views.
pub(super) const VIEWS: usize = 32;
/// Lists of lists, and maps of maps; PostgreSQL has no arrays of more either.
pub(super) const DIMENSIONS: usize = 6;
/// Fields that may come from includes, and from records where they are written out; beside as many as the source has.
const COPIES: usize = 100_000;
/// Values of an enum, or arms of a reference, that are told where a field is and count as one.
const VALUES: usize = 16;
/// Bytes of what a struct says that count as one field more: comments and defaults are written out with it.
pub(super) const BYTES: usize = 64;
/// Fields of all that tenants have in schemas or databases of their own.
const FIELDS_OF_TENANTS: usize = 120_000;
/// Fields that a table, a view or a service counts as, beside its own.
const RELATION: usize = 10;
/// Fields that a clause such as `index (…)` counts as.
const CLAUSE: usize = 2;
/// Columns of one key, constraint or index: PostgreSQL (Appendix K, Limits) and MongoDB (Limits and Thresholds) take no more.
pub(super) const COLUMNS: usize = 32;
/// Entities in the lines of services, each counted in each line that gives it, by its own name or with others.
const RIGHTS: usize = 100_000;

impl Resolver<'_> {
    /// Reports a chain that is longer than it may be.
    pub(super) fn too_long(&mut self, at: Span, what: &str, help: &str) {
        self.error(Diagnostic::new(E0333, at, what).help(help));
    }

    /// Takes copies of so many fields; false where that is too many, which is reported once.
    pub(super) fn copies(&mut self, fields: usize, at: Span) -> bool {
        if let Some(left) = self.copies_left.checked_sub(fields) {
            self.copies_left = left;
            return true;
        }
        if !std::mem::replace(&mut self.copies_reported, true) {
            let most = self.most_copies();
            let message =
                format!("includes, records and enums bring more than {most} fields to where they stand");
            self.error(
                Diagnostic::new(E0334, at, message)
                    .note(
                        "each is written out wherever it stands, with its comment, in tables, validators, checks and \
                         clients",
                    )
                    .help("hold what many share as `json`, or in an entity that they refer to"),
            );
        }
        false
    }

    /// How many fields may be copies.
    pub(super) fn most_copies(&self) -> usize {
        let blocks = self.declared.entities.iter().chain(&self.declared.structs);
        let stated = blocks.flat_map(|block| &block.body.statements);
        COPIES + stated.filter(|stated| matches!(stated.kind, Statement::Field(_))).count()
    }

    /// Leaves out the fields of entities with which it would be too much.
    pub(super) fn copies_in_entities(&mut self) {
        let mut known = vec![None; self.platform.structs.len()];
        for entity in 0..self.platform.entities.len() {
            for field in 0..self.platform.entities[entity].fields.len() {
                let field_of = &self.platform.entities[entity].fields[field];
                let (size, at) = (self.size_of(&field_of.ty, &mut known), field_of.ty_span);
                if !self.copies(size, at) {
                    self.platform.entities[entity].fields[field].ty.kind = TypeKind::Broken;
                }
            }
        }
    }

    /// Reports the tenant with which it is too much that tenants have for themselves.
    pub(super) fn copies_of_tenants(&mut self) {
        let has_own = |tenant: &Tenant| {
            let tier = &self.platform[tenant.tier];
            tier.is_apart() || tier.isolation() == Some(Isolation::Schema)
        };
        let own: Vec<&Tenant> = self.platform.tenants.iter().filter(|tenant| has_own(tenant)).collect();
        if own.is_empty() {
            return;
        }
        let of_one = self.fields_of_entities() + self.fields_of_views() + self.fields_of_the_rest();
        let Some(first) = FIELDS_OF_TENANTS.checked_div(of_one).and_then(|most| own.get(most)) else {
            return;
        };
        let message = format!(
            "{} tenants have tables of their own, which count as {of_one} fields for each, and all together may \
             have {FIELDS_OF_TENANTS}",
            own.len()
        );
        let found = Diagnostic::new(E0334, first.named.span, message)
            .note(format!(
                "all of it is written out for each tenant; a table, a view or a service counts as {RELATION} fields \
                 beside its own"
            ))
            .help("give small tenants `isolation: row`, or make two platforms of it");
        self.error(found);
    }

    /// The fields that the entities count as, once.
    fn fields_of_entities(&self) -> usize {
        let mut known = vec![None; self.platform.structs.len()];
        let entities = self.platform.entities.iter().zip(&self.declared.entities);
        let of_each = entities.map(|(entity, block)| {
            let fields = entity.fields.iter().map(|field| 1 + self.size_of(&field.ty, &mut known));
            let fields: usize = fields.fold(0, usize::saturating_add);
            let stated = &block.body.statements;
            let clauses = stated.iter().filter(|stated| !matches!(stated.kind, Statement::Field(_))).count();
            let said = said(&entity.named.docs, block.body);
            RELATION.saturating_add(said.max(fields.saturating_add(CLAUSE * clauses)))
        });
        of_each.fold(0, usize::saturating_add)
    }

    /// The fields that the views count as, once.
    fn fields_of_views(&self) -> usize {
        let views = self.platform.views.iter().zip(&self.declared.views);
        let of_each = views.map(|(view, (block, _))| {
            let said = said(&view.named.docs, block.body);
            RELATION + said.max(view.columns.len())
        });
        of_each.sum()
    }

    /// The fields that rights of services and scripts count as, once.
    fn fields_of_the_rest(&self) -> usize {
        let entities = Entities::of(&self.platform);
        let grants = self.platform.services.iter().flat_map(|service| &service.grants);
        let rights: usize = grants.map(|grant| entities.given(grant.on)).sum();
        let scripts: usize = self.platform.scripts.iter().map(|script| script.sql.len() / BYTES).sum();
        rights + RELATION * self.platform.services.len() + scripts
    }

    /// Reports keys, constraints and indexes with more columns than stores take, that of the tenant included.
    pub(super) fn columns_of_indexes(&mut self) {
        let mut long = Vec::new();
        for entity in &self.platform.entities {
            let key = [(entity.key.len(), entity.key_span.unwrap_or(entity.named.span))];
            let uniques = entity.uniques.iter().map(|unique| (unique.columns.len(), unique.span));
            let indexes = entity.indexes.iter().map(|i| (i.columns.len() + i.include.len(), i.span));
            // The range stands beside `per`.
            let overlaps = entity.no_overlaps.iter().map(|one| (one.per.len() + 1, one.span));
            let all = key.into_iter().chain(uniques).chain(indexes).chain(overlaps);
            long.extend(all.filter(|(columns, _)| *columns > COLUMNS).map(|(_, at)| at));
        }
        // Where tenants share the rows of a view, their column leads.
        let tenant = usize::from(self.platform.tenancy.is_some());
        let of_views = self.platform.views.iter().flat_map(|view| &view.indexes);
        let of_views = of_views.map(|index| (index.columns.len() + tenant, index.span));
        long.extend(of_views.filter(|(columns, _)| *columns > COLUMNS).map(|(_, at)| at));
        for at in long {
            let message = format!("more than {COLUMNS} columns stand in one key, constraint or index");
            self.error(
                Diagnostic::new(E0335, at, message)
                    .note(format!(
                        "stores take at most {COLUMNS}, that of the tenant and those of `include` among them"
                    ))
                    .help("leave out the columns that tell least"),
            );
        }
    }

    /// Leaves out the lines of services with which entities are given too often.
    pub(super) fn rights_of_services(&mut self) {
        let entities = Entities::of(&self.platform);
        let mut left = RIGHTS;
        let mut first = None;
        for service in &mut self.platform.services {
            service.grants.retain(|grant| {
                let fits = left.checked_sub(entities.given(grant.on));
                left = fits.unwrap_or(left);
                if fits.is_none() {
                    first.get_or_insert(grant.span);
                }
                fits.is_some()
            });
        }
        let Some(at) = first else { return };
        let message =
            format!("the lines of services give more than {RIGHTS} entities, each counted in each line");
        let found = Diagnostic::new(E0334, at, message)
            .note("each is written out as a right of a role")
            .help("give services what they need by name, or make two platforms of it");
        self.error(found);
    }

    /// Leaves out the values of keyspaces with which it would be too much.
    pub(super) fn copies_in_keyspaces(&mut self) {
        let mut known = vec![None; self.platform.structs.len()];
        for i in 0..self.platform.keyspaces.len() {
            let keyspace = &self.platform.keyspaces[i];
            let size = match keyspace.value.held() {
                Held::Record(record) => self.size_of_record(record, &mut known),
                Held::Value(ty) => self.size_of(ty, &mut known),
                Held::Entity(entity) => {
                    let fields = &self.platform[entity].fields;
                    fields.iter().map(|field| 1 + self.size_of(&field.ty, &mut known)).sum()
                }
                Held::Nothing => 0,
            };
            let at = keyspace.value_span.unwrap_or(keyspace.named.span);
            if !self.copies(size, at) {
                self.platform.keyspaces[i].value = ValueShape::Broken;
            }
        }
    }

    /// The fields that a value of the type brings along. `known`: by record, as far as it is known.
    fn size_of(&self, ty: &Type, known: &mut [Option<usize>]) -> usize {
        match &ty.kind {
            TypeKind::Struct(record) => self.size_of_record(*record, known),
            TypeKind::List(element) | TypeKind::Map(element) => self.size_of(element, known),
            TypeKind::Constrained(id) => self.size_of(&self.platform[*id].base, known),
            TypeKind::Enum(id) => self.platform[*id].values.len() / VALUES,
            TypeKind::Union(arms) => arms.len() / VALUES,
            _ => 0,
        }
    }

    fn size_of_record(&self, id: StructId, known: &mut [Option<usize>]) -> usize {
        if let Some(size) = known[id.index()] {
            return size;
        }
        let record = &self.platform[id];
        // The fields of a record without a name stand where they are written.
        let said = self.struct_outlines.get(id.index()).map_or(0, |outline| outline.bytes / BYTES);
        let own = if record.embedded { 0 } else { record.fields.len() + said };
        let inner = record.fields.iter().map(|field| self.size_of(&field.ty, known));
        let size = inner.fold(own, usize::saturating_add);
        known[id.index()] = Some(size);
        size
    }
}

/// How many entities each schema and each store has.
struct Entities {
    of_schema: Vec<usize>,
    of_store: Vec<usize>,
}

impl Entities {
    fn of(platform: &Platform) -> Self {
        let (mut of_schema, mut of_store) = (vec![0; platform.schemas.len()], vec![0; platform.stores.len()]);
        for entity in &platform.entities {
            of_store[entity.store.index()] += 1;
            if let Some(schema) = entity.schema {
                of_schema[schema.index()] += 1;
            }
        }
        Self { of_schema, of_store }
    }

    /// How many of them a line of a service on this gives.
    fn given(&self, on: Thing) -> usize {
        match on {
            Thing::Schema(schema) => self.of_schema[schema.index()],
            Thing::Store(store) => self.of_store[store.index()],
            _ => 1,
        }
    }
}

/// The fields that the text of a block and its comment count as.
fn said(docs: &str, body: &Body) -> usize {
    let written = body.span.map_or(0, |span| span.end.saturating_sub(span.start) as usize);
    (docs.len() + written) / BYTES
}
