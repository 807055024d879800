//! `promote.js`: a tenant's documents out of the shared database into one of its own.

use serde_json::json;

use super::{apply, collection};
use crate::check::Valid;
use crate::model::{Store, TierId};
use crate::quoting::javascript;
use crate::template;

const TEMPLATE: &str = concat!(
    include_str!("../../../../templates/mongodb/promote.js.jinja"),
    include_str!("../../../../templates/mongodb/place.js.jinja"),
    "main();\n"
);

/// The script, where tenants share a database and others have one of their own.
pub(super) fn script(valid: &Valid, store: &Store) -> Option<String> {
    let is_apart = |tier: TierId| valid[tier].is_apart();
    if !valid.tenants.iter().any(|tenant| is_apart(tenant.tier))
        || valid.tiers.iter().all(|tier| is_apart(tier.id))
    {
        return None;
    }
    let collections = collection::of_tenants(valid, store)?;
    let mut context = apply::header(valid, store);
    context.insert("collections".to_owned(), json!(javascript::literal(&collections)));
    Some(template::render(TEMPLATE, context))
}
