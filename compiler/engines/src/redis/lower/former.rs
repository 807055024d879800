//! The keys of before: whatever was sealed otherwise is read, and reached by erasures, until none of it is left.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::keys;
use super::super::keyspaces_of;
use polity_catalog::keyed::{Catalog, Former, Part};
use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::{Keyspace, Store};

/// The keys of before of a store, by keyspace.
#[derive(Debug, Default)]
pub(in crate::redis) struct Formers(BTreeMap<SmolStr, Vec<Former>>);

impl Formers {
    /// Finds the keys that were sealed and are others today, and those that wait since the last seal.
    pub(in crate::redis) fn find(platform: &Stored, store: &Store) -> Self {
        let place = platform.history.places.get(&store.named.name);
        // A file that cannot be read is reported by a rule.
        let Some(sealed) = place.and_then(|place| Catalog::from_json(&place.catalog).ok()) else {
            return Self::default();
        };
        let found = keyspaces_of(platform, store).filter_map(|keyspace| {
            let name = &keyspace.named.name;
            let before = sealed.keyspace(name)?;
            let own = before.as_former();
            let is_other =
                own.database != database(keyspace) || own.key != keys::of_keyspace(platform, keyspace, None);
            let former: Vec<Former> =
                is_other.then_some(own).into_iter().chain(before.former.iter().cloned()).collect();
            (!former.is_empty()).then(|| (name.clone(), former))
        });
        Self(found.collect())
    }

    /// Returns the databases that keys of before of a keyspace lie in.
    pub(super) fn databases(&self, keyspace: &SmolStr) -> impl Iterator<Item = u32> {
        self.0.get(keyspace).into_iter().flatten().map(|former| former.database)
    }

    /// Returns those of a keyspace, on the server that tenants share or on that of one tenant.
    pub(super) fn of(&self, keyspace: &SmolStr, tenant: Option<&Tenant>) -> Vec<Former> {
        let mut former = self.0.get(keyspace).cloned().unwrap_or_default();
        if let Some(tenant) = tenant {
            for one in &mut former {
                one.key.parts.iter_mut().for_each(|part| close_to(tenant, part));
                let companion = one.companion.iter_mut().flat_map(|companion| &mut companion.key.parts);
                companion.for_each(|part| close_to(tenant, part));
            }
        }
        former
    }
}

/// Names the only tenant of a server in a part of a key.
fn close_to(tenant: &Tenant, part: &mut Part) {
    match part {
        Part::Tenant { only, .. } => *only = Some(tenant.id().into()),
        Part::HashTag(parts) => parts.iter_mut().for_each(|part| close_to(tenant, part)),
        Part::Literal(_) | Part::Parameter(_) => {}
    }
}

fn database(keyspace: &Keyspace) -> u32 {
    keyspace.database.map_or(0, |(number, _)| number)
}
