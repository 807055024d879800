//! The library of functions (`FUNCTION LOAD`): what must be atomic, with the limits and times of the source in it.

use super::super::keyspaces_of;
use super::super::lowered::Lowered;
use super::{entries, erasure, operations, requests};
use polity_catalog::keyed::{Library, Object};
use polity_govern::Stored;
use polity_model::Store;

/// Adds the library of a store, named after its platform. The server takes none that has no function in it.
pub(super) fn lower(valid: &Stored, store: &Store, lowered: &mut Lowered) {
    let mut objects: Vec<Object> = Vec::new();
    for keyspace in keyspaces_of(valid, store) {
        if keyspace.is_of_quota() {
            objects.push(requests::lower(valid, keyspace, None).into());
        }
        objects.extend(operations::of(valid, keyspace).into_iter().map(Object::from));
    }
    objects.extend(entries::lower(valid, store));
    objects.extend(erasure::lower(valid, store, lowered));
    if !objects.is_empty() {
        let code = polity_templates::redis::FUNCTIONS.to_owned();
        lowered.add(Library { name: valid.name.clone(), code });
        objects.into_iter().for_each(|object| lowered.add(object));
    }
}
