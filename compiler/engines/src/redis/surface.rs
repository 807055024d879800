//! The outside of a Redis store, which holds no entities.

use std::collections::BTreeMap;

use super::rights::user_name;
use crate::surface::{Figure, Logins, PersonCommands, Surface, persons};
use polity_govern::Stored;
use polity_model::Store;
use polity_model::governance::Tenant;
use polity_text::quoting::promql;

/// Derives the surface of a store.
pub(super) fn surface<'p>(governed: &'p Stored, store: &'p Store) -> Surface<'p> {
    let scripts = format!("{}/scripts", store.named.name);
    Surface {
        entities: BTreeMap::new(),
        views: BTreeMap::new(),
        logins: Logins::of(governed, governed.tenants_apart(), |_, service| user_name(governed, service)),
        persons: persons(governed, |_| PersonCommands {
            erase: format!(r#"printf '%s' "$found" | sh {scripts}/erase_subject.sh -u "$REDIS_URL""#),
            shown_by: "the keys with `POLITY_FIND=1`".to_owned(),
        }),
        offboard: Some(format!(r#"sh {scripts}/erase_tenant.sh -u "$REDIS_URL""#)),
        figures: Figure::of_all(governed, |tenant, part| measured(governed, store, tenant, part)),
        jobs: None,
    }
}

/// The memory of a server of the tenant's own, whose target bears the tenant's name.
fn measured(governed: &Stored, store: &Store, tenant: Option<&Tenant>, part: &str) -> Option<String> {
    let tenant = tenant.filter(|tenant| governed[tenant.tier].is_apart() && part == "storage")?;
    let (store, name) = (promql::text(&store.named.name), promql::text(&tenant.named.name));
    Some(format!("max(redis_memory_used_bytes{{store={store},tenant={name}}})"))
}
