//! PostgreSQL: entities as tables, with everything that keeps their rows right, private and no older than they
//! may be.
//!
//! | folder | does |
//! |---|---|
//! | [`settings`] | what a store may set and what it measures |
//! | [`rules`] | what PostgreSQL cannot do, each an error with the way out |
//! | [`lower`] | makes each database as PostgreSQL keeps it, and then its catalog |
//! | [`print`] | writes the files from there |
//! | [`change`] | finds the way from what was sealed |
//! | [`adopt`] | begins a history with a live database |
//! | [`describe`] | reads a live database into the same kind of catalog |
//! | [`operations`] | says which programs run around a store |
//! | [`surface`] | says what the files of others need to know of a store |
//! | [`sql`] | quotes whatever stands in SQL |

pub mod adopt;
mod change;
pub mod describe;
mod extensions;
mod lower;
mod operations;
mod print;
mod rules;
mod settings;
mod sql;
mod surface;

pub use change::catalogs;

#[cfg(test)]
mod tests;

use super::{Engine, Placed};
use crate::artifact::Artifacts;
use crate::change::{PlacedChange, SealedPlace};
use crate::operations::Operations;
use crate::options::Options;
use crate::surface::Surface;
use lower::placement::Placement;
use polity_catalog::Catalog;
use polity_govern::Stored;
use polity_govern::check::{StoreRule, Valid};
use polity_model::engine::About;
use polity_model::{Isolation, Record, Store};

pub(super) struct Postgres;

pub(super) static ABOUT: About = About {
    name: "postgres",
    title: "PostgreSQL",
    aliases: &["postgresql", "pg", "psql"],
    majors: 14..=18,
    has_schemas: true,
    default_schema: lower::placement::PUBLIC,
    has_entities: true,
    settings: settings::SETTINGS,
    restarts: print::parameters::RESTARTS,
    metrics: settings::METRICS,
    can_encrypt: true,
    enforces: Isolation::EVERY,
    carries_out: Isolation::EVERY,
    gives_rights: true,
    keeps_references: true,
    hides_deleted: true,
    publishes: Some(lower::outbox::KEPT),
    erases: true,
    leads_on: true,
    recodes: true,
    logs_erasures: true,
    remains: &[
        (
            "rows that are gone stand in its files, and in the write-ahead log and its archive",
            "VACUUM has passed, and the archive has ended with the backups",
        ),
        (
            "the planner's statistics of a table, or of a partition, that is left without rows hold values",
            "an ANALYZE finds a row in it, or the table goes",
        ),
        (
            "its log may show values of statements that failed",
            "the log is rotated; keep it no longer than the backups",
        ),
        (
            "where pg_stat_statements is loaded, it holds texts of statements, and values that stood in them as text",
            "pg_stat_statements_reset() is called",
        ),
        (
            "a replication slot that nobody reads keeps the write-ahead log, and a replica that is behind the rows",
            "the slot is read or dropped, and every replica has caught up",
        ),
    ],
    keeps: &[
        ("statement", Isolation::EVERY),
        ("idle", Isolation::EVERY),
        ("storage", Isolation::EVERY),
        ("rows", Isolation::EVERY),
        ("connections", &[Isolation::Schema, Isolation::Database]),
    ],
    evicts: None,
    port: 5432,
};

impl Engine for Postgres {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn rules(&self) -> &'static [StoreRule] {
        rules::RULES
    }

    fn operations(&self, governed: &Stored, store: &Store, settings: &Record) -> Operations {
        operations::operations(governed, store, settings)
    }

    fn surface<'p>(&self, governed: &'p Stored, store: &'p Store) -> Surface<'p> {
        surface::surface(governed, store)
    }

    fn lower<'v>(&self, governed: &'v Stored, store: &'v Store) -> Vec<Placed<'v>> {
        let placed = |placement: Placement<'v>| {
            let tenant = placement.tenant;
            let (database, lowered) = lower::whole(placement);
            let catalog = Catalog::Relational(lowered.catalog);
            Placed { tenant, catalog, origins: lower::origins::of(&database) }
        };
        let own = Placement::tenants(governed).map(|tenant| Placement::of(governed, store, tenant));
        std::iter::once(Placement::shared(governed, store)).chain(own).map(placed).collect()
    }

    fn change(&self, valid: &Valid, store: &Store) -> Vec<PlacedChange> {
        let placed = |placement: Placement<'_>| {
            let place = placement.in_history();
            let (database, lowered) = lower::whole(placement);
            PlacedChange { place, change: change::change(&database, &lowered) }
        };
        Placement::sealed(valid, store).map(placed).collect()
    }

    fn sealed(&self, valid: &Valid, store: &Store) -> Vec<SealedPlace> {
        Placement::sealed(valid, store).map(change::route).collect()
    }

    fn emit(&self, valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts) {
        print::files(valid, store, options, artifacts);
        change::emit(valid, store, artifacts);
    }
}
