//! Quotas of tiers and tenants, as the source writes them.

use super::{Layered, Platform, Setting, Store, Value};

/// Returns the store that counts requests: the first of keys that takes no key away, or else the first of keys.
#[must_use]
pub fn store_of_requests(platform: &Platform) -> Option<&Store> {
    let keyed =
        || platform.stores.iter().filter(|store| store.about.is_some_and(|engine| !engine.has_entities));
    keyed().find(|store| !evicts(platform, store)).or_else(|| keyed().next())
}

/// Whether the server that tenants share may take keys away in any environment.
fn evicts(platform: &Platform, store: &Store) -> bool {
    let Some((name, never)) = store.about.and_then(|engine| engine.evicts) else { return false };
    let environments = platform.environments.iter().map(|environment| Some(environment.id));
    std::iter::once(None).chain(environments).any(|environment| {
        let settings = platform.settings_of(store.id, environment);
        let word = settings.get(name).map(|setting| &setting.value);
        word.is_some_and(|word| !matches!(word, Value::Word(word) if word == never))
    })
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
