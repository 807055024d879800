//! The engines. What one can do is data that it declares; nobody outside its folder asks for its name.
//!
//! [`artifact`] holds the files that come out, [`change`] those that lead on what is there, [`constant`] the JSON of constants, [`expressions`] the page of what expressions mean, [`operations`] the programs around a store, [`options`] the choices of a build, [`surface`] all that other files say of
//! a store, [`mod@reference`] the page of settings, [`schedule`] the fields of cron, [`postgres_describe`] the way back from a live PostgreSQL database to its catalog,
//! [`postgres_change`] the way from one such catalog to another.

mod anonymize;
pub mod artifact;
pub mod change;
pub mod constant;
pub mod expressions;
mod hashed;
mod mongodb;
pub mod operations;
pub mod options;
mod postgres;
mod redis;
pub mod reference;
pub mod schedule;
pub mod surface;
mod withheld;

pub use postgres::adopt as postgres_adopt;
pub use postgres::catalogs as postgres_change;
pub use postgres::describe as postgres_describe;

use crate::artifact::Artifacts;
use crate::change::{PlacedChange, SealedPlace};
use crate::operations::Operations;
use crate::options::Options;
use polity_catalog::Catalog;
use polity_catalog::origins::Origins;
use polity_govern::Stored;
use polity_govern::check::{StoreRule, Valid};
use polity_model::engine::{About, Engines};
use polity_model::governance::Tenant;
use polity_model::{Record, Store};
use surface::Surface;

/// A kind of store.
pub trait Engine: Sync {
    /// The engine as data.
    fn about(&self) -> &'static About;

    /// The engine's rules, in reading order, each in a file of its own.
    fn rules(&self) -> &'static [StoreRule];

    /// The outside of a store: what the files of others say of it. The platform may have errors, which rules report.
    fn surface<'p>(&self, governed: &'p Stored, store: &'p Store) -> Surface<'p>;

    /// Lowers a store once for each place that it has: the one that tenants share, and that of each tenant with one of its
    /// own. The platform may have errors: what cannot be lowered is left out, and a rule says why.
    fn lower<'v>(&self, governed: &'v Stored, store: &'v Store) -> Vec<Placed<'v>>;

    /// Writes the artifacts of one store below `<store>/`. Of files that belong to one environment, those that
    /// `Options::environments` names.
    fn emit(&self, valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts);

    /// Returns the programs around a store with the settings of an environment.
    fn operations(&self, _governed: &Stored, _store: &Store, _settings: &Record) -> Operations {
        Operations::default()
    }

    /// Returns the way from what was sealed of a store to what the source says, for each place that it has.
    fn change(&self, _valid: &Valid, _store: &Store) -> Vec<PlacedChange> {
        Vec::new()
    }

    /// Returns what was sealed of a store, for each place that has a history.
    fn sealed(&self, _valid: &Valid, _store: &Store) -> Vec<SealedPlace> {
        Vec::new()
    }
}

/// A place of a store, as it is to be.
#[derive(Debug)]
pub struct Placed<'v> {
    /// The tenant that has it to itself; `None` of the one that all others share.
    pub tenant: Option<&'v Tenant>,
    pub catalog: Catalog,
    /// The things of the source that its objects come from.
    pub origins: Origins,
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

/// Returns the way to take over a database of a store that is there already; `None` where its engine has none.
#[must_use]
pub fn adoption_of<'v>(valid: &'v Valid, store: &'v Store) -> Option<postgres_adopt::Adoption<'v>> {
    (store.engine == postgres::ABOUT.name).then(|| postgres_adopt::Adoption::of(valid, store))
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
