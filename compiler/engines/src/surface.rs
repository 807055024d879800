//! The outside of a store: names, logins, commands and figures by which the files of others speak of it. Each is derived
//! here once, by the engine, so that no two files can disagree.

use std::collections::BTreeMap;
use std::ops::{Deref, Index};

use foldhash::HashMap;
use smol_str::SmolStr;

use crate::find;
use polity_govern::Stored;
use polity_govern::check::Valid;
use polity_model::governance::{Service, Tenant, Tier};
use polity_model::{Entity, EntityId, FieldId, Store, StoreId, TierId, ViewId};

/// A valid platform with the surface of each of its stores: everything that the outputs are made from.
#[derive(Debug)]
pub struct Faced<'v> {
    valid: &'v Valid,
    pub surfaces: Surfaces<'v>,
}

impl<'v> Faced<'v> {
    /// Derives the surface of every store.
    #[must_use]
    pub fn of(valid: &'v Valid) -> Self {
        Self { valid, surfaces: Surfaces::of(valid) }
    }

    /// Returns an entity as its store holds it.
    ///
    /// # Panics
    /// When its engine holds no entities, which the gate does not let pass.
    #[must_use]
    pub fn stored(&self, entity: &Entity) -> &StoredEntity {
        let stored = self.surfaces[entity.store].entities.get(&entity.id);
        stored.unwrap_or_else(|| {
            panic!("the gate let `{}` pass in a store without entities", entity.named.name)
        })
    }
}

impl Deref for Faced<'_> {
    type Target = Valid;
    fn deref(&self) -> &Valid {
        self.valid
    }
}

/// The surfaces of all stores of a platform, by the id of the store.
#[derive(Debug)]
pub struct Surfaces<'p>(Vec<Surface<'p>>);

impl<'p> Surfaces<'p> {
    /// Derives the surface of every store. One of an unknown engine, which a rule reports, has an empty one.
    #[must_use]
    pub fn of(governed: &'p Stored) -> Self {
        let of_store =
            |store| find(store).map_or_else(Surface::default, |engine| engine.surface(governed, store));
        Self(governed.stores.iter().map(of_store).collect())
    }
}

impl<'p> Index<StoreId> for Surfaces<'p> {
    type Output = Surface<'p>;
    fn index(&self, store: StoreId) -> &Surface<'p> {
        &self.0[store.index()]
    }
}

/// The outside of a store.
#[derive(Debug, Default)]
pub struct Surface<'p> {
    /// The entities that stand in the store.
    pub entities: BTreeMap<EntityId, StoredEntity>,
    /// The names of the views that stand in the store, each with its schema.
    pub views: BTreeMap<ViewId, SmolStr>,
    /// The names under which services log in.
    pub logins: Logins,
    /// The commands that erase a person, by what the person is.
    pub persons: BTreeMap<EntityId, PersonCommands>,
    /// The shell command that erases all of `$POLITY_TENANT_ID` from the store, where tenants share it.
    pub offboard: Option<String>,
    /// The figures that tell how much a tenant uses, in the order of tenants, those of all others last.
    pub figures: Vec<Figure<'p>>,
    /// The alerts that nobody has to ask for.
    pub watches: Vec<Watch>,
    /// The table in which messages wait until they are published.
    pub outbox: Option<SmolStr>,
    pub(crate) jobs: Option<Jobs<'p>>,
}

impl Surface<'_> {
    /// Returns the work that must run on a schedule and that nothing inside the store runs by itself.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        self.jobs.map_or_else(Vec::new, |jobs| (jobs.made_by)(jobs.governed, jobs.store))
    }
}

/// An entity as its store holds it.
#[derive(Debug, Default)]
pub struct StoredEntity {
    /// The table with its schema, or the collection.
    pub name: SmolStr,
    /// The fields, by their ids.
    pub fields: Vec<StoredField>,
    /// The names that lead to each place that is encrypted, by the place's name in the source: the name of the field, then
    /// of the members of the record in it.
    pub encrypted: BTreeMap<String, Vec<SmolStr>>,
    /// The view of the rows that are not deleted softly.
    pub live: Option<SmolStr>,
    /// The view from which a service reads, by its name, where it reads a part and not the entity itself.
    pub parts: HashMap<SmolStr, SmolStr>,
}

impl StoredEntity {
    /// Returns a field.
    #[must_use]
    pub fn field(&self, field: FieldId) -> &StoredField {
        &self.fields[field.index()]
    }

    /// Returns the name of what a service reads the entity from, the whole of it or only a part.
    #[must_use]
    pub fn read_from(&self, service: &Service, in_part: bool) -> &SmolStr {
        let view = self.parts.get(&service.named.name).filter(|_| in_part);
        view.unwrap_or(&self.name)
    }
}

/// A field of an entity as its store holds it.
#[derive(Debug, Default)]
pub struct StoredField {
    /// The name as it stands in the store.
    pub name: SmolStr,
    /// The engine's name for the type, ciphertext included.
    pub ty: SmolStr,
    /// The columns or fields that hold it: several where it is spread.
    pub columns: Vec<SmolStr>,
    /// The columns that may change once the row is there.
    pub changing: Vec<SmolStr>,
    /// Whether the store fills it in, so that no client writes it.
    pub is_filled_in: bool,
}

/// The names under which services log in.
#[derive(Debug, Default)]
pub struct Logins {
    /// The names in the order of the services, by the tier and the name of the tenant with a place of its own; `None`: the
    /// shared one.
    pub of_place: HashMap<Option<(TierId, SmolStr)>, Vec<SmolStr>>,
}

impl Logins {
    /// Asks the engine for each name: for all tenants together, for each tenant with a place of its own, and for any of a tier
    /// whose tenants have them.
    pub(crate) fn of<'p>(
        governed: &'p Stored,
        own: impl Iterator<Item = &'p Tier>,
        name: impl Fn(Option<&'p Tenant>, &'p Service) -> SmolStr,
    ) -> Self {
        let tiers: Vec<&Tier> = own.collect();
        let tenants =
            governed.tenants.iter().filter(|tenant| tiers.iter().any(|tier| tier.id == tenant.tier));
        let places =
            std::iter::once(None).chain(tenants.map(Some)).chain(tiers.iter().map(|tier| Some(&tier.any)));
        let names = |tenant| governed.services.iter().map(|service| name(tenant, service)).collect();
        let of_place = places.map(|tenant| (tenant.map(key), names(tenant))).collect();
        Self { of_place }
    }

    /// Whether the tenant has a place of its own in the store.
    #[must_use]
    pub fn has_own(&self, tenant: &Tenant) -> bool {
        self.of_place.contains_key(&Some(key(tenant)))
    }

    /// Returns the name of the service at this position among all services.
    #[must_use]
    pub fn name(&self, tenant: Option<&Tenant>, service: usize) -> Option<&SmolStr> {
        self.of_place.get(&tenant.map(key))?.get(service)
    }
}

fn key(tenant: &Tenant) -> (TierId, SmolStr) {
    (tenant.tier, tenant.named.name.clone())
}

/// The ways to erase a kind of person from a store, and to show what it holds of one.
#[derive(Debug)]
pub struct PersonCommands {
    /// The command that erases a person, for a shell that knows `$POLITY_SUBJECT` and in `$found` what the stores before
    /// found.
    pub erase: String,
    /// The means that shows a person all that the store holds of them, as a phrase in Markdown.
    pub shown_by: String,
}

/// An alert that stands for something that the platform promises.
#[derive(Debug)]
pub struct Watch {
    /// The words of its name, with `_` between them.
    pub name: String,
    /// The condition in PromQL.
    pub expression: String,
    pub summary: String,
    pub description: String,
}

/// A figure in PromQL.
#[derive(Debug)]
pub struct Figure<'p> {
    /// The tenant that it is about; `None`: each of those that share tables and have no block of their own, by
    /// `tenant_id`.
    pub tenant: Option<&'p Tenant>,
    /// The part of a quota: `storage`, in bytes, or `rows`.
    pub part: &'static str,
    pub expression: String,
    /// The setting of the tenant's own server beyond which the figure cannot grow.
    pub ceiling: Option<&'static str>,
}

impl<'p> Figure<'p> {
    /// The figures of every tenant and of all others, as far as `measured` knows an expression.
    pub(crate) fn of_all(
        governed: &'p Stored,
        ceiling: Option<&'static str>,
        measured: impl Fn(Option<&'p Tenant>, &'static str) -> Option<String>,
    ) -> Vec<Self> {
        let tenants = governed.tenants.iter().map(Some).chain([None]);
        let parts = tenants.flat_map(|tenant| ["storage", "rows"].map(|part| (tenant, part)));
        let figure = |(tenant, part)| {
            let expression = measured(tenant, part)?;
            Some(Figure { tenant, part, expression, ceiling })
        };
        parts.filter_map(figure).collect()
    }
}

/// A way to the jobs of a store; to know them, a database may have to be lowered, so it waits until somebody asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jobs<'p> {
    pub made_by: fn(&Stored, &Store) -> Vec<Job>,
    pub governed: &'p Stored,
    pub store: &'p Store,
}

/// Something to be run on a schedule, from outside the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub name: String,
    /// In cron's five fields, UTC.
    pub schedule: String,
    /// A statement of the engine's language, or a command of a shell that knows the store's address.
    pub command: String,
    pub in_shell: bool,
    /// The database to which it connects, where that is a tenant's own.
    pub database: Option<SmolStr>,
    /// Variables that differ there from those of the store's other jobs.
    pub variables: Vec<(&'static str, String)>,
    /// The tenant with a server or a database of its own, in which it runs.
    pub tenant: Option<SmolStr>,
    /// One sentence: what it is for.
    pub docs: String,
}

/// The kind of person that a command is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KindOfPerson<'p> {
    /// The stored name of the entity, where there are several kinds of persons.
    pub stored: Option<&'p str>,
    /// Whether each tenant has its own.
    pub of_tenant: bool,
}

/// The commands for each kind of person.
pub(crate) fn persons(
    governed: &Stored,
    commands: impl Fn(KindOfPerson<'_>) -> PersonCommands,
) -> BTreeMap<EntityId, PersonCommands> {
    let has_several = governed.subjects().count() > 1;
    let of_one = |plan: &polity_govern::erasure::Plan| {
        let subject = &governed[plan.subject];
        let stored = has_several.then_some(subject.named.stored.as_str());
        (plan.subject, commands(KindOfPerson { stored, of_tenant: subject.tenant.is_some() }))
    };
    governed.erasure_plans().iter().map(of_one).collect()
}

/// The store's entities, each as `stored` says.
pub(crate) fn entities<'p>(
    governed: &'p Stored,
    store: &Store,
    stored: impl Fn(&'p Entity) -> StoredEntity,
) -> BTreeMap<EntityId, StoredEntity> {
    governed.entities_in(store.id).map(|entity| (entity.id, stored(entity))).collect()
}
