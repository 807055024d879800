//! The engines. What one can do is data that it declares; nobody outside its folder asks for its name.

mod anonymize;
pub mod catalogue;
pub mod client;
pub mod keys;
pub mod levels;
mod mongodb;
mod postgres;
pub mod quotas;
mod redis;
pub mod reference;
pub mod tenants;

use smol_str::{SmolStr, format_smolstr};

use crate::Options;
use crate::artifact::Artifacts;
use crate::check::Valid;
use crate::diagnostics::Diagnostic;
use crate::model::encrypted::EncryptedPlace;
use crate::model::governance::{Service, Tenant, Tier};
use crate::model::{Entity, FieldId, Isolation, Platform, Store, StoreId};

/// A rule that one engine knows, judged for each store that runs on it.
pub type StoreRule = fn(&Platform, &Store, &mut Vec<Diagnostic>);

/// A kind of store.
pub trait Engine: Sync {
    /// As the source writes it: `postgres`.
    fn name(&self) -> &'static str;

    /// As people write it: `PostgreSQL`.
    fn title(&self) -> &'static str;

    /// The oldest and the newest major version that the emitted artifacts are for.
    fn majors(&self) -> std::ops::RangeInclusive<u32>;

    /// Whether `schema X in STORE` makes sense.
    fn has_schemas(&self) -> bool;

    /// Whether entities live in it; keyspaces and channels do where not.
    fn has_entities(&self) -> bool;

    /// The settings that a store on this engine may have, beside those that every store may
    /// ([`catalogue::COMMON`]).
    fn settings(&self) -> &'static [catalogue::Spec];

    /// What `alert` may watch.
    fn metrics(&self) -> &'static [catalogue::Metric];

    /// The engine's rules, in reading order, each in a file of its own.
    fn rules(&self) -> &'static [StoreRule];

    /// The name of an entity's field in the store; engines that keep the key under a name of their own say so.
    fn field_name(&self, platform: &Platform, entity: &Entity, field: FieldId) -> SmolStr {
        platform.stored_name(entity.store, &entity.field(field).named)
    }

    /// The names that lead to something encrypted: of the field, then of the members of the record in it.
    fn stored_path(&self, platform: &Platform, entity: &Entity, place: &EncryptedPlace<'_>) -> Vec<SmolStr> {
        let members = place.way.iter().skip(1).map(|field| platform.stored_name(entity.store, &field.named));
        std::iter::once(self.field_name(platform, entity, place.root)).chain(members).collect()
    }

    /// The names under which a field is stored: several where it is spread. Of one that is `changed`, those that may be.
    fn stored_names(
        &self,
        platform: &Platform,
        entity: &Entity,
        field: FieldId,
        _changed: bool,
    ) -> Vec<SmolStr> {
        vec![self.field_name(platform, entity, field)]
    }

    /// The stored name of what a service reads an entity from, the whole of it or only a part.
    fn read_from(&self, platform: &Platform, entity: &Entity, _service: &Service, _in_part: bool) -> SmolStr {
        match entity.schema {
            Some(schema) => format_smolstr!("{}.{}", platform[schema].named.stored, entity.named.stored),
            None => entity.named.stored.clone(),
        }
    }

    /// What the engine calls the type of a field, ciphertext included; nothing of an engine that holds no entities.
    fn stored_type(&self, _platform: &Platform, _entity: &Entity, _field: FieldId) -> String {
        String::new()
    }

    /// What erases a person from a store, for a shell that knows `$POLITY_SUBJECT` and in `$found` what the stores before
    /// found. Nothing of an engine that does not erase.
    fn erase_command(&self, _platform: &Platform, _store: &Store, _kind: KindOfPerson<'_>) -> Option<String> {
        None
    }

    /// What shows a person all that a store holds of them, in Markdown.
    fn shown_by(&self, _kind: KindOfPerson<'_>) -> Option<String> {
        None
    }

    /// Whether a store keeps a log of erasures, from which it is brought up to date after a restore.
    fn logs_erasures(&self) -> bool {
        false
    }

    /// What erases all of `$POLITY_TENANT_ID` from a store that tenants share.
    fn offboard_command(&self, _store: &Store) -> Option<String> {
        None
    }

    /// What it keeps of somebody who was erased, and until when.
    fn remains(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether fields in it can be encrypted by the client.
    fn can_encrypt(&self) -> bool;

    /// Whether the engine itself keeps tenants apart that are isolated like this.
    fn enforces(&self, isolation: Isolation) -> bool;

    /// Whether tenants that are isolated like this are carried out yet.
    fn carries_out(&self, _isolation: Isolation) -> bool {
        false
    }

    /// Whether it gives each service the rights that its lines say, and no other.
    fn gives_rights(&self) -> bool {
        false
    }

    /// As whom a service logs in, in the database or on the server that a tenant has of its own.
    fn service_user(&self, platform: &Platform, _tenant: Option<&Tenant>, service: &Service) -> SmolStr {
        format_smolstr!("{}_{}", platform.name, service.named.name)
    }

    /// Where a server listens unless it is told otherwise.
    fn port(&self) -> u16;

    /// Whether it keeps, or at least watches, a part of the `quota` of tenants that are isolated like this.
    fn keeps(&self, _part: &str, _isolation: Isolation) -> bool {
        false
    }

    /// What measures, in PromQL, the `storage` (in bytes) or the `rows` that a tenant has in a store, or, by `tenant_id`,
    /// each of those that share tables and have no block of their own; `None` where nothing tells them from others'.
    fn measured(
        &self,
        _platform: &Platform,
        _store: &Store,
        _tenant: Option<&Tenant>,
        _part: &str,
    ) -> Option<String> {
        None
    }

    /// Maintenance that must run on a schedule and that nothing inside the store runs by itself.
    fn jobs(&self, _valid: &Valid, _store: &Store) -> Vec<Job> {
        Vec::new()
    }

    /// Writes the artifacts of one store below `<store>/`. Of files that belong to one environment, those that
    /// `Options::environments` names.
    fn emit(&self, valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts);
}

/// What a command must know of whom it is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct KindOfPerson<'p> {
    /// The stored name of the entity, where there are several kinds of persons.
    pub stored: Option<&'p str>,
    /// Whether each tenant has its own.
    pub of_tenant: bool,
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
    /// One sentence: what it is for.
    pub docs: String,
}

/// Every engine, in the order of the reference.
pub const ALL: &[&dyn Engine] = &[&postgres::Postgres, &mongodb::MongoDb, &redis::Redis];

/// Engines that the language knows and that are not lowered yet.
pub const LATER: &[&str] =
    &["sqlite", "timescaledb", "clickhouse", "elasticsearch", "influxdb", "snowflake", "druid", "s3"];

#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Engine> {
    ALL.iter().copied().find(|engine| engine.name() == name)
}

/// The engine of a store of a valid platform.
///
/// # Panics
/// When the engine is unknown, which the gate does not let pass.
#[must_use]
pub fn engine_of(store: &Store) -> &'static dyn Engine {
    find(&store.engine).unwrap_or_else(|| panic!("the gate let the unknown engine `{}` pass", store.engine))
}

/// Why the source accepts that in a store the client alone keeps the tenants of some tier apart; nothing where the engine
/// does.
#[must_use]
pub fn kept_by_client(platform: &Platform, store: StoreId) -> Option<&SmolStr> {
    let engine = find(&platform[store].engine)?;
    let by_client = |tier: &&Tier| tier.isolation().is_some_and(|isolation| !engine.enforces(isolation));
    platform.tiers.iter().filter(by_client).find_map(|tier| tier.client_enforced_because(store))
}
