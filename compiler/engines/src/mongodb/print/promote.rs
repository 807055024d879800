//! `promote.js`: a tenant's documents out of the shared database into one of its own.

use serde_json::{Value as Json, json};

use super::place;
use crate::mongodb::lower::Lowered;
use polity_govern::Stored;
use polity_govern::check::Valid;
use polity_model::{Store, TierId};
use polity_text::quoting::javascript;

/// The collection in which the seals of tenants stand that are being moved.
pub(in crate::mongodb) const SEALS: &str = "polity_seals";

/// The script, where tenants can be moved.
pub(in crate::mongodb) fn script(valid: &Valid, store: &Store, lowered: &Lowered<'_>) -> Option<String> {
    if !moves(valid) {
        return None;
    }
    let fields = lowered.tenant_fields.iter();
    let collections: Vec<Json> = fields.map(|(name, field)| moved(lowered, name, field)).collect();
    if collections.is_empty() {
        return None;
    }
    let mut values = place::header(valid, store);
    values.insert("collections".to_owned(), json!(javascript::literal(&Json::Array(collections))));
    values.insert("seals".to_owned(), json!(SEALS));
    Some(polity_templates::render(polity_templates::mongodb::PROMOTE, values))
}

/// Whether tenants share a database and others have one of their own.
pub(in crate::mongodb) fn moves(platform: &Stored) -> bool {
    let is_apart = |tier: TierId| platform[tier].is_apart();
    platform.tenants.iter().any(|tenant| is_apart(tenant.tier))
        && !platform.tiers.iter().all(|tier| is_apart(tier.id))
}

/// A collection of tenants: its name, what says whose a document is, and when documents expire.
fn moved(lowered: &Lowered<'_>, name: &str, field: &str) -> Json {
    let expires: Vec<Json> = lowered
        .indexes(name)
        .filter_map(|index| {
            let path: Vec<&str> = index.keys.first()?.path.split('.').collect();
            Some(json!({ "path": path, "seconds": index.expire_after_seconds? }))
        })
        .collect();
    let mut moved = json!({ "name": name, "field": field });
    if !expires.is_empty() {
        moved["expires"] = Json::Array(expires);
    }
    moved
}
