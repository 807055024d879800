//! A database as its files are printed from it: the catalog of its objects, and what differs in those of tenants.

use indexmap::{IndexMap, IndexSet};
use smol_str::SmolStr;

use polity_catalog::document::{Action, Catalog, Collection, Index, Literal, Object, Role};
use polity_model::governance::Tenant;

/// Everything that the files of a store are printed from.
#[derive(Debug, Default)]
pub(in crate::mongodb) struct Lowered<'v> {
    /// The database that tenants share.
    pub(in crate::mongodb) catalog: Catalog,
    /// The collections in the order of the source, in which files list them, each with its indexes.
    listed: IndexMap<SmolStr, Vec<SmolStr>>,
    /// The roles in the order of the source.
    roles: Vec<SmolStr>,
    /// The field in the documents of a collection that says whose they are, by collection.
    pub(in crate::mongodb) tenant_fields: IndexMap<SmolStr, SmolStr>,
    /// The collections that tenants share. In a tenant's database these are copies, which services only read.
    pub(in crate::mongodb) shared: IndexSet<SmolStr>,
    /// The tenants with a database of their own.
    pub(in crate::mongodb) apart: Vec<Apart<'v>>,
}

/// A tenant with a database of its own.
#[derive(Debug)]
pub(in crate::mongodb) struct Apart<'v> {
    pub(in crate::mongodb) tenant: &'v Tenant,
    /// The text in front of the database's name.
    pub(in crate::mongodb) prefix: String,
    /// The value that the tenant's documents carry.
    pub(in crate::mongodb) id: Literal,
}

impl<'v> Lowered<'v> {
    /// A store without objects yet, and the tenants that do not share it.
    pub(super) fn with(apart: Vec<Apart<'v>>) -> Self {
        Self { apart, ..Self::default() }
    }

    pub(super) fn add(&mut self, object: impl Into<Object>) {
        let object = object.into();
        match &object {
            Object::Collection(collection) => drop(self.listed.insert(collection.name.clone(), Vec::new())),
            Object::Index(index) => {
                self.listed.entry(index.collection.clone()).or_default().push(index.name.clone());
            }
            Object::Role(role) => self.roles.push(role.name.clone()),
            Object::Sharding(_) | Object::View(_) | Object::User(_) => {}
        }
        self.catalog.insert(object);
    }

    /// Returns the database of a tenant: its collections take the tenant's documents alone, and its services only read
    /// what all tenants share.
    pub(in crate::mongodb) fn of_tenant(&self, tenant: &Apart<'_>) -> Catalog {
        let own = |object: &Object| match object {
            Object::Collection(collection) => self.closed_to(tenant, collection).into(),
            Object::Role(role) => self.with_copies(role).into(),
            Object::Index(_) | Object::Sharding(_) | Object::View(_) | Object::User(_) => object.clone(),
        };
        self.catalog.objects().map(own).collect()
    }

    /// Documents that were copied to the wrong place are refused there.
    fn closed_to(&self, tenant: &Apart<'_>, collection: &Collection) -> Collection {
        let mut own = collection.clone();
        let field = self.tenant_fields.get(&own.name);
        if let Some(property) = field.and_then(|field| own.schema.properties.get_mut(field)) {
            property.schema.allowed = [tenant.id.clone()].into();
        }
        own
    }

    fn with_copies(&self, role: &Role) -> Role {
        let mut own = role.clone();
        for (name, actions) in &mut own.privileges {
            if self.shared.contains(name) {
                actions.retain(|action| *action == Action::Find);
            }
        }
        own.privileges.retain(|_, actions| !actions.is_empty());
        own
    }

    pub(in crate::mongodb) fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.listed.keys().filter_map(|name| self.catalog.collection(name))
    }

    pub(in crate::mongodb) fn indexes<'l>(&'l self, collection: &'l str) -> impl Iterator<Item = &'l Index> {
        let names = self.listed.get(collection).into_iter().flatten();
        names.filter_map(|name| self.catalog.index(collection, name))
    }

    pub(in crate::mongodb) fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.iter().filter_map(|name| self.catalog.role(name))
    }
}
