//! MongoDB: a closed validator for each collection, its indexes, and a script for mongosh that applies both.
//!
//! | file | does |
//! |---|---|
//! | [`settings`] | what a store may set and what it measures |
//! | [`lower`] | a store as a catalog: collections with their rules, indexes, roles |
//! | [`print`] | the files that make a database what the catalog says |
//! | [`change`] | the way from what was sealed: `migrations/`, `open/` |
//! | [`erasure`] | `erase_subject.js`, `export_subject.js` |
//! | [`maintenance`] | `maintenance.js` |
//! | [`encryption`] | what MongoDB's own drivers encrypt, and `data_keys.js` |
//! | [`operations`] | the programs around a store |
//! | [`surface`] | what the files of others need to know of a store |
//! | [`rules`] | what MongoDB cannot do, each an error with the way out |

mod change;
mod encryption;
mod erasure;
mod lower;
mod maintenance;
mod operations;
mod print;
mod rules;
mod settings;
mod surface;
#[cfg(test)]
mod tests;

use super::{Engine, Placed};
use crate::artifact::Artifacts;
use crate::change::PlacedChange;
use crate::operations::Operations;
use crate::options::Options;
use crate::surface::Surface;
use polity_catalog::Catalog;
use polity_govern::Stored;
use polity_govern::check::{StoreRule, Valid};
use polity_model::engine::About;
use polity_model::{Isolation, Record, Store};

pub(super) struct MongoDb;

pub(super) static ABOUT: About = About {
    name: "mongodb",
    title: "MongoDB",
    aliases: &["mongo", "mongo_db"],
    // 6.0 brought `prepareUnique` and `$in` in partial filters, on which `apply.js` and the filters rely.
    majors: 6..=8,
    has_schemas: false,
    default_schema: "",
    has_entities: true,
    settings: settings::SETTINGS,
    restarts: settings::RESTARTS,
    metrics: settings::METRICS,
    can_encrypt: true,
    enforces: &[Isolation::Database],
    // Without schemas, the tenants of a schema tier stand among those of row tiers.
    carries_out: Isolation::EVERY,
    gives_rights: true,
    keeps_references: false,
    hides_deleted: false,
    publishes: None,
    erases: true,
    leads_on: true,
    recodes: false,
    logs_erasures: false,
    remains: &[("the oplog holds documents as they were written", "it is overwritten")],
    keeps: &[("storage", &[Isolation::Database]), ("rows", &[Isolation::Database])],
    evicts: None,
    port: 27_017,
};

impl Engine for MongoDb {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn rules(&self) -> &'static [StoreRule] {
        rules::RULES
    }

    fn operations(&self, _governed: &Stored, store: &Store, _settings: &Record) -> Operations {
        operations::operations(store)
    }

    fn surface<'p>(&self, governed: &'p Stored, store: &'p Store) -> Surface<'p> {
        surface::surface(governed, store)
    }

    fn lower<'v>(&self, governed: &'v Stored, store: &'v Store) -> Vec<Placed<'v>> {
        let mut lowered = lower::lower(governed, store);
        let apart = std::mem::take(&mut lowered.apart);
        let own = apart.iter().map(|own| (Some(own.tenant), lowered.of_tenant(own)));
        std::iter::once((None, lowered.catalog.clone()))
            .chain(own)
            .map(|(tenant, catalog)| {
                let origins = lower::origins(governed, store);
                Placed { tenant, catalog: Catalog::Document(catalog), origins }
            })
            .collect()
    }

    fn change(&self, valid: &Valid, store: &Store) -> Vec<PlacedChange> {
        vec![PlacedChange { place: store.named.name.clone(), change: change::change(valid, store) }]
    }

    fn emit(&self, valid: &Valid, store: &Store, _options: &Options, artifacts: &mut Artifacts) {
        let folder = &store.named.name;
        let lowered = lower::lower(valid, store);
        print::emit(valid, store, &lowered, change::ledger(valid, store), artifacts);
        change::emit(valid, store, artifacts);
        encryption::emit(valid, store, &lowered, artifacts);
        if let Some(script) = maintenance::script(valid, store) {
            artifacts.add(format!("{folder}/maintenance.js"), script);
        }
        if let Some(script) = erasure::tenant_file(valid, store, &lowered) {
            artifacts.add(format!("{folder}/erase_tenant.js"), script);
        }
        for (name, script) in erasure::files(valid, store) {
            artifacts.add(format!("{folder}/{name}"), script);
        }
    }
}
