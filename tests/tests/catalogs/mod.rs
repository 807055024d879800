//! The catalogs of the examples: what a change of the source changes in them, and what it leaves alone.

mod edits;
mod jobs;
mod origins;
mod stability;

use std::collections::BTreeMap;

use polity::Sources;
use polity_catalog::relational::ObjectId;
use polity_catalog::{Catalog, Identified};
use polity_tests::project::valid;
use serde_json::Value as Json;

/// The objects of one place of a store, each as its file shows it.
type Objects = BTreeMap<ObjectId, Json>;

/// The relational catalogs of a platform, by `store` or `store/tenant`.
///
/// # Panics
/// When the source has errors; they are part of the message.
fn catalogs(sources: &Sources) -> BTreeMap<String, Objects> {
    let valid = valid(sources);
    let mut all = BTreeMap::new();
    for store in &valid.stores {
        for placed in polity_engines::engine_of(store).lower(&valid, store) {
            let tenant = placed.tenant.map_or(String::new(), |tenant| format!("/{}", tenant.named.name));
            let Catalog::Relational(catalog) = placed.catalog else { continue };
            let shown = |object| serde_json::to_value(object).expect("objects are JSON");
            let objects = catalog.objects().map(|object| (object.id(), shown(object))).collect();
            all.insert(format!("{}{tenant}", store.named.name), objects);
        }
    }
    assert!(!all.is_empty(), "the platform has a relational store");
    all
}
