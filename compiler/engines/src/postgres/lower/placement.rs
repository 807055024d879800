//! The place of a database's tables, and the names that it gives them: those that tenants share, a database that one
//! tenant has to itself, or schemas of its own in the database that all share. Schemas of a tenant's own bear its prefix;
//! what is `global` stays where it is. The model is the same for every place.

use std::cell::OnceCell;

use smol_str::{SmolStr, format_smolstr};

use super::super::sql::Name;
use super::names::{LIMIT, fit};
use super::renaming::Renaming;
use polity_govern::Stored;
use polity_model::governance::{Tenant, Tier};
use polity_model::{Entity, Isolation, Schema, SchemaId, Sequence, Store, View};

/// The place of a store's tables.
#[derive(Debug)]
pub(in crate::postgres) struct Placement<'a> {
    pub(in crate::postgres) platform: &'a Stored,
    pub(in crate::postgres) store: &'a Store,
    /// The tenant that has it to itself; otherwise `None`.
    pub(in crate::postgres) tenant: Option<&'a Tenant>,
    /// The name of the tier that gives the tenant its place.
    tier: Option<SmolStr>,
    /// The beginning of the names of the tenant's database or schemas.
    prefix: String,
    /// The schemas of the tenant's own, where these are in the database that all share.
    own: Option<Own>,
}

/// The names of a tenant's own in the database that all share.
#[derive(Debug)]
struct Own {
    /// The name of each schema that the tenant has for itself, by the schema's id.
    schemas: Vec<Option<SmolStr>>,
    /// The schema of what stands in none.
    public: SmolStr,
    /// The schema of the functions that only the tenant's tables need.
    functions: SmolStr,
    /// The query of each view of the store, by the view's id.
    queries: OnceCell<Vec<Option<String>>>,
}

/// The schema of what stands in none, in a database that all share or that a tenant has to itself.
pub(in crate::postgres) const PUBLIC: &str = "public";
/// The schema of the functions that tables and schedules need.
const POLITY: &str = "polity";

impl<'a> Placement<'a> {
    /// Returns the tenants that have a place to themselves: those with databases, then those with schemas.
    pub(in crate::postgres) fn tenants(platform: &'a Stored) -> impl Iterator<Item = &'a Tenant> {
        platform.tenants_apart().chain(platform.tenants_in_schemas())
    }

    /// The database that tenants share.
    pub(in crate::postgres) fn shared(platform: &'a Stored, store: &'a Store) -> Self {
        Self { platform, store, tenant: None, tier: None, prefix: String::new(), own: None }
    }

    /// The places that have a history: the database that tenants share, and that of any tenant of each tier with places.
    pub(in crate::postgres) fn sealed(platform: &'a Stored, store: &'a Store) -> impl Iterator<Item = Self> {
        let of_tiers = platform.tiers_with_places().map(move |tier| Self::of(platform, store, &tier.any));
        std::iter::once(Self::shared(platform, store)).chain(of_tiers)
    }

    /// The database, or the schemas, that a tenant has to itself, as its tier says.
    pub(in crate::postgres) fn of(platform: &'a Stored, store: &'a Store, tenant: &'a Tenant) -> Self {
        Self::in_tier(platform, store, tenant, &platform[tenant.tier])
    }

    /// The database, or the schemas, that a tenant has to itself while it is in this tier.
    pub(in crate::postgres) fn in_tier(
        platform: &'a Stored,
        store: &'a Store,
        tenant: &'a Tenant,
        tier: &Tier,
    ) -> Self {
        let prefix = tier.prefix_of(tenant);
        let own = (tier.isolation() == Some(Isolation::Schema)).then(|| Own::of(platform, store, &prefix));
        Self { platform, store, tenant: Some(tenant), tier: Some(tier.named.name.clone()), prefix, own }
    }

    /// The name of the tier whose place this is.
    pub(in crate::postgres) fn tier(&self) -> Option<&SmolStr> {
        self.tier.as_ref()
    }

    /// The name of the place in history: the store, and the tier where a tenant has it to itself.
    pub(in crate::postgres) fn in_history(&self) -> SmolStr {
        let store = &self.store.named.name;
        self.tier.as_ref().map_or_else(|| store.clone(), |tier| format_smolstr!("{store}/{tier}"))
    }

    /// Whether a tenant has the whole database to itself.
    pub(in crate::postgres) fn is_apart(&self) -> bool {
        self.tenant.is_some() && self.own.is_none()
    }

    /// The prefix of the tenant's schemas in the database that all share; `None` where this is a whole database.
    pub(in crate::postgres) fn prefix(&self) -> Option<&str> {
        self.own.as_ref().map(|_| self.prefix.as_str())
    }

    /// The name of the database on the server.
    pub(in crate::postgres) fn database_name(&self) -> SmolStr {
        let shared = self.platform.database_name(self.store, None);
        if self.is_apart() { format_smolstr!("{}{shared}", self.prefix) } else { shared }
    }

    /// The schema of the functions that only the tables here need.
    pub(super) fn functions(&self) -> SmolStr {
        self.own.as_ref().map_or(SmolStr::new_static(POLITY), |own| own.functions.clone())
    }

    /// The schemas that a tenant has for itself in the database that all share.
    pub(super) fn own_schemas(&self) -> Vec<SmolStr> {
        let Some(own) = &self.own else { return Vec::new() };
        let named = own.schemas.iter().flatten().cloned();
        named.chain(self.bare()).chain([own.functions.clone()]).collect()
    }

    /// The schemas of the source that hold something here, in its order. Beside a tenant's own stands what all share.
    pub(super) fn schemas(&self) -> impl Iterator<Item = &'a Schema> {
        let schemas = self.platform.schemas.iter().filter(|schema| schema.store == self.store.id);
        schemas.filter(|schema| self.own.as_ref().is_none_or(|own| own.schemas[schema.id.index()].is_some()))
    }

    /// The schema of what stands in none in the source, where anything here does.
    pub(in crate::postgres) fn bare(&self) -> Option<SmolStr> {
        let (platform, store) = (self.platform, self.store.id);
        let mut entities = platform.entities_in(store).filter(|entity| entity.schema.is_none());
        let mut views = platform.views.iter().filter(|view| view.store == store && view.schema.is_none());
        match &self.own {
            Some(own) => {
                let is_needed = entities.any(|entity| !entity.global)
                    || views.any(|view| platform.is_scoped_view(view.id));
                is_needed.then(|| own.public.clone())
            }
            None => entities.next().map(|_| SmolStr::new_static(PUBLIC)),
        }
    }

    /// The name of a schema; of one that holds both, where a tenant's own things are.
    pub(in crate::postgres) fn schema(&self, id: SchemaId) -> SmolStr {
        fit(self.whole_name(Some(id), true), LIMIT)
    }

    /// The schema of an entity's table.
    pub(in crate::postgres) fn schema_of(&self, entity: &Entity) -> SmolStr {
        fit(self.whole_name(entity.schema, !entity.global), LIMIT)
    }

    /// The schema of a view.
    pub(in crate::postgres) fn schema_of_view(&self, view: &View) -> SmolStr {
        fit(self.whole_name(view.schema, self.platform.is_scoped_view(view.id)), LIMIT)
    }

    /// The name of an entity's table.
    pub(in crate::postgres) fn table_of(&self, entity: &Entity) -> Name {
        Name::new(self.schema_of(entity), fit(&entity.named.stored, LIMIT))
    }

    /// The name of an entity's table where tenants share it: names that are derived of a table's are made of this, so that they are
    /// the same for every tenant.
    pub(super) fn shared_table_of(&self, entity: &Entity) -> Name {
        let schema = fit(self.whole_name(entity.schema, false), LIMIT);
        Name::new(schema, fit(&entity.named.stored, LIMIT))
    }

    /// The name of a sequence.
    pub(super) fn sequence_of(&self, sequence: &Sequence) -> Name {
        Name::new(self.schema(sequence.schema), fit(&sequence.named.stored, LIMIT))
    }

    /// The query that a person wrote for a view, with the names that its tables have here.
    pub(super) fn query_of<'h>(&'h self, view: &'h View) -> &'h str {
        let renamed =
            |own: &'h Own| own.queries.get_or_init(|| self.renamed_queries(own))[view.id.index()].as_deref();
        self.own.as_ref().and_then(renamed).unwrap_or(&view.sql)
    }

    /// The name of a schema before it is shortened; without a schema, the one of what stands in none.
    pub(super) fn whole_name(&self, schema: Option<SchemaId>, is_scoped: bool) -> &str {
        let own = self.own.as_ref().filter(|_| is_scoped);
        let own = own.and_then(|own| match schema {
            Some(id) => own.schemas[id.index()].as_ref(),
            None => Some(&own.public),
        });
        let shared = || schema.map_or(PUBLIC, |id| &self.platform[id].named.stored);
        own.map_or_else(shared, SmolStr::as_str)
    }

    fn renamed_queries(&self, own: &Own) -> Vec<Option<String>> {
        let (platform, store) = (self.platform, self.store.id);
        let views = || platform.views.iter().filter(|view| view.store == store);
        let named = |schema: Option<SchemaId>, name: &SmolStr| {
            (schema.map_or(SmolStr::new_static(PUBLIC), |id| platform[id].named.stored.clone()), name.clone())
        };
        let entities = platform.entities_in(store).filter(|entity| entity.global);
        let shared_views = views().filter(|view| !platform.is_scoped_view(view.id));
        let moved = platform.schemas.iter().filter(|schema| own.schemas[schema.id.index()].is_some());
        let bare = self.bare().map(|_| SmolStr::new_static(PUBLIC));
        let renaming = Renaming {
            prefix: &self.prefix,
            schemas: moved.map(|schema| schema.named.stored.clone()).chain(bare).collect(),
            shared: entities
                .map(|entity| named(entity.schema, &entity.named.stored))
                .chain(shared_views.map(|view| named(view.schema, &view.named.stored)))
                .collect(),
        };
        let mut queries = vec![None; platform.views.len()];
        views().for_each(|view| queries[view.id.index()] = Some(renaming.of(&view.sql)));
        queries
    }
}

impl Own {
    fn of(platform: &Stored, store: &Store, prefix: &str) -> Self {
        let moves = platform.scoped_schemas();
        let own = |schema: &Schema| {
            let moves = schema.store == store.id && moves[schema.id.index()];
            moves.then(|| format_smolstr!("{prefix}{}", schema.named.stored))
        };
        Self {
            schemas: platform.schemas.iter().map(own).collect(),
            public: format_smolstr!("{prefix}{PUBLIC}"),
            functions: own_functions(prefix),
            queries: OnceCell::new(),
        }
    }
}

/// The schema of the functions that only the tables of a tenant's own schemas need, by their prefix.
pub(super) fn own_functions(prefix: &str) -> SmolStr {
    format_smolstr!("{prefix}{POLITY}")
}
