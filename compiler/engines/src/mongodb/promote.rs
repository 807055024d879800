//! `promote.js`: a tenant's documents out of the shared database into one of its own.

use serde_json::{Value as Json, json};

use super::{apply, collection, indexes};
use polity_govern::Governed;
use polity_govern::check::Valid;
use polity_model::{Entity, Store, TierId};
use polity_text::quoting::javascript;

/// The collection in which the seals of tenants stand that are being moved.
pub(super) const SEALS: &str = "polity_seals";

/// The script, where tenants can be moved.
pub(super) fn script(valid: &Valid, store: &Store) -> Option<String> {
    if !moves(valid) {
        return None;
    }
    let collections: Vec<Json> =
        valid.entities_in(store.id).filter_map(|entity| moved(valid, entity)).collect();
    if collections.is_empty() {
        return None;
    }
    let mut context = apply::header(valid, store);
    context.insert("collections".to_owned(), json!(javascript::literal(&Json::Array(collections))));
    context.insert("seals".to_owned(), json!(SEALS));
    Some(polity_templates::render(polity_templates::mongodb::PROMOTE, context))
}

/// Whether tenants share a database and others have one of their own.
pub(super) fn moves(platform: &Governed) -> bool {
    let is_apart = |tier: TierId| platform[tier].is_apart();
    platform.tenants.iter().any(|tenant| is_apart(tenant.tier))
        && !platform.tiers.iter().all(|tier| is_apart(tier.id))
}

/// A collection of tenants: its name, what says whose a document is, and when documents expire.
fn moved(platform: &Governed, entity: &Entity) -> Option<Json> {
    let field = collection::field_name(platform, entity, entity.tenant?);
    let expires: Vec<Json> = indexes::indexes(platform, entity)
        .iter()
        .filter_map(|index| {
            let (path, _) = index.keys.first()?;
            let path: Vec<&str> = path.split('.').collect();
            Some(json!({ "path": path, "seconds": index.expire_after_seconds? }))
        })
        .collect();
    let mut moved = json!({ "name": entity.named.stored.as_str(), "field": field.as_str() });
    if !expires.is_empty() {
        moved["expires"] = Json::Array(expires);
    }
    Some(moved)
}
