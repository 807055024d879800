//! Quotas of tiers and tenants, as the source writes them.

use super::{Layered, Platform, Setting, Store, Value};

/// The store that counts requests: the first of keys.
#[must_use]
pub fn store_of_requests(platform: &Platform) -> Option<&Store> {
    platform.stores.iter().find(|store| store.about.is_some_and(|engine| !engine.has_entities))
}

/// A part of quotas as the source writes it, of tiers, then of tenants.
pub fn written<'p>(platform: &'p Platform, part: &'p str) -> impl Iterator<Item = &'p Setting> {
    let tiers = platform.tiers.iter().map(|tier| &tier.settings);
    let tenants = platform.tenants.iter().map(|tenant| &tenant.settings);
    tiers.chain(tenants).flat_map(move |settings| written_in(settings, part))
}

fn written_in<'p>(settings: &'p Layered, part: &'p str) -> impl Iterator<Item = &'p Setting> {
    let records =
        std::iter::once(&settings.base).chain(settings.environments.iter().map(|(_, record)| record));
    records.filter_map(move |record| match &record.get("quota")?.value {
        Value::Record(quota) => quota.get(part),
        _ => None,
    })
}
