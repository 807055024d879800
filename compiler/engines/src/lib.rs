//! The engines. What one can do is data that it declares; nobody outside its folder asks for its name.
//!
//! [`artifact`] holds the files that come out, [`options`] the choices of a build, [`mod@reference`] the page of settings,
//! [`postgres_describe`] the way back from a live PostgreSQL database to its catalog.

mod anonymize;
pub mod artifact;
mod mongodb;
pub mod options;
mod postgres;
mod redis;
pub mod reference;

pub use postgres::describe as postgres_describe;

use smol_str::{SmolStr, format_smolstr};

use crate::artifact::Artifacts;
use crate::options::Options;
use polity_catalog::Catalog;
use polity_govern::Governed;
use polity_govern::check::{StoreRule, Valid};
use polity_model::encrypted::EncryptedPlace;
use polity_model::engine::{About, Engines};
use polity_model::governance::{Service, Tenant};
use polity_model::{Entity, FieldId, Store};

/// A kind of store.
pub trait Engine: Sync {
    /// The engine as data.
    fn about(&self) -> &'static About;

    /// The engine's rules, in reading order, each in a file of its own.
    fn rules(&self) -> &'static [StoreRule];

    /// The name of an entity's field in the store; engines that keep the key under a name of their own say so.
    fn field_name(&self, platform: &Governed, entity: &Entity, field: FieldId) -> SmolStr {
        platform.stored_name(entity.store, &entity.field(field).named)
    }

    /// The names that lead to something encrypted: of the field, then of the members of the record in it.
    fn stored_path(&self, platform: &Governed, entity: &Entity, place: &EncryptedPlace<'_>) -> Vec<SmolStr> {
        let members = place.way.iter().skip(1).map(|field| platform.stored_name(entity.store, &field.named));
        std::iter::once(self.field_name(platform, entity, place.root)).chain(members).collect()
    }

    /// The names under which a field is stored: several where it is spread. Of one that is `changed`, those that may be.
    fn stored_names(
        &self,
        platform: &Governed,
        entity: &Entity,
        field: FieldId,
        _changed: bool,
    ) -> Vec<SmolStr> {
        vec![self.field_name(platform, entity, field)]
    }

    /// The stored name of what a service reads an entity from, the whole of it or only a part.
    fn read_from(&self, platform: &Governed, entity: &Entity, _service: &Service, _in_part: bool) -> SmolStr {
        match entity.schema {
            Some(schema) => format_smolstr!("{}.{}", platform[schema].named.stored, entity.named.stored),
            None => entity.named.stored.clone(),
        }
    }

    /// The engine's name for the type of a field, ciphertext included; empty for an engine that holds no entities.
    fn stored_type(&self, _platform: &Governed, _entity: &Entity, _field: FieldId) -> String {
        String::new()
    }

    /// The command that erases a person from a store, for a shell that knows `$POLITY_SUBJECT` and in `$found` what the
    /// stores before found. Asked only where [`About::erases`].
    fn erase_command(&self, _platform: &Governed, _store: &Store, _kind: KindOfPerson<'_>) -> String {
        String::new()
    }

    /// The means that shows a person all that a store holds of them, as a phrase in Markdown.
    fn shown_by(&self, _kind: KindOfPerson<'_>) -> Option<String> {
        None
    }

    /// The shell command that erases all of `$POLITY_TENANT_ID` from a store that tenants share.
    fn offboard_command(&self, _store: &Store) -> Option<String> {
        None
    }

    /// As whom a service logs in, in the database or on the server that a tenant has of its own.
    fn service_user(&self, platform: &Governed, _tenant: Option<&Tenant>, service: &Service) -> SmolStr {
        format_smolstr!("{}_{}", platform.name, service.named.name)
    }

    /// The PromQL expression for the `storage` (in bytes) or the `rows` that a tenant has in a store, or, by
    /// `tenant_id`, each of those that share tables and have no block of their own; `None` where nothing tells them
    /// from others'.
    fn measured(
        &self,
        _platform: &Governed,
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

    /// Lowers a store once for each place that it has: the one that tenants share, and that of each tenant with one of its
    /// own.
    fn lower<'v>(&self, valid: &'v Valid, store: &'v Store) -> Vec<Placed<'v>>;

    /// Writes the artifacts of one store below `<store>/`. Of files that belong to one environment, those that
    /// `Options::environments` names.
    fn emit(&self, valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts);
}

/// A place of a store, as it is to be.
#[derive(Debug)]
pub struct Placed<'v> {
    /// The tenant that has it to itself; `None` of the one that all others share.
    pub tenant: Option<&'v Tenant>,
    pub catalog: Catalog,
}

/// The kind of person that a command is about.
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

/// The engines as data, which every phase before them works with.
pub const ENGINES: Engines = Engines {
    known: &[&postgres::ABOUT, &mongodb::ABOUT, &redis::ABOUT],
    later: &["sqlite", "timescaledb", "clickhouse", "elasticsearch", "influxdb", "snowflake", "druid", "s3"],
};

/// The engine of a store; `None` where there is none of that name, which a rule reports.
#[must_use]
pub fn find(store: &Store) -> Option<&'static dyn Engine> {
    ALL.iter().copied().find(|engine| engine.about().name == store.engine)
}

/// The engine of a store of a valid platform.
///
/// # Panics
/// When the engine is unknown, which the gate does not let pass.
#[must_use]
pub fn engine_of(store: &Store) -> &'static dyn Engine {
    find(store).unwrap_or_else(|| panic!("the gate let the unknown engine `{}` pass", store.engine))
}

/// The rules of a store's engine; none where the engine is unknown.
#[must_use]
pub fn rules_of(store: &Store) -> &'static [StoreRule] {
    find(store).map_or(&[], |engine| engine.rules())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_is_listed_with_its_data() {
        let engines: Vec<&str> = ALL.iter().map(|engine| engine.about().name).collect();
        let known: Vec<&str> = ENGINES.known.iter().map(|about| about.name).collect();
        assert_eq!(engines, known);
        assert!(known.iter().all(|name| !ENGINES.later.contains(name)), "none is both");
    }
}
