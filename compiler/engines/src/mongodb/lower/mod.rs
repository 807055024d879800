//! From a store to its catalog.
//!
//! | file | does |
//! |---|---|
//! | [`collection`] | names: collections, fields, paths, and what is stored as `_id` |
//! | [`types`] | each type as a schema |
//! | [`validator`] | an entity as a closed schema |
//! | [`aggregation`] | expressions of the language as MongoDB's: checks of an entity, and what a document is anonymized to |
//! | [`indexes`], [`filter`] | keys, uniques, indexes and retention as indexes |
//! | [`services`] | roles, users and views |
//! | [`encryption`] | what MongoDB's own drivers encrypt |
//! | [`fills`] | values for documents that are there when a field comes |
//! | [`sealed`] | a database as it was sealed |

pub(super) mod aggregation;
pub(super) mod collection;
pub(super) mod encryption;
pub(super) mod extended_json;
pub(super) mod fills;
pub(super) mod filter;
pub(super) mod indexes;
mod lowered;
pub(super) mod sealed;
pub(super) mod services;
#[cfg(test)]
mod tests;
mod types;
mod validator;

pub(super) use self::lowered::{Apart, Lowered};
pub(super) use self::types::schema;

use smol_str::format_smolstr;

use polity_catalog::document::{Literal, ObjectId, Sharding};
use polity_catalog::origins::{Origin, Origins, Part};
use polity_govern::Stored;
use polity_model::stable_ids::as_text;
use polity_model::{Entity, Scalar, Store};

/// The most levels that a document may have.
/// <https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Nested-Depth-for-BSON-Documents>
pub(super) const MAX_DEPTH: usize = 100;

/// Lowers a store: the database that tenants share, and what differs in those that tenants have of their own.
pub(super) fn lower<'v>(valid: &'v Stored, store: &Store) -> Lowered<'v> {
    let mut lowered = Lowered::with(apart(valid));
    for entity in valid.entities_in(store.id) {
        lower_entity(valid, entity, &mut lowered);
    }
    for service in &valid.services {
        services::lower(valid, store, service, &mut lowered);
    }
    lowered
}

/// Returns the things of the source that collections and their fields come from.
pub(super) fn origins(platform: &Stored, store: &Store) -> Origins {
    let mut origins = Origins::default();
    for entity in platform.entities_in(store.id) {
        let (path, collection) = (platform.entity_path(entity.id), &entity.named.stored);
        let origin = Origin {
            id: as_text(platform.stable_id(entity.id)).into(),
            path: path.as_str().into(),
            part: Part::Whole,
        };
        origins.insert(ObjectId::Collection(collection.clone()).to_string(), origin);
        for (id, field) in entity.fields() {
            let names = collection::field_names(platform, entity, id);
            for (name, part) in names.into_iter().zip([Part::Whole, Part::Arm]) {
                let origin = Origin {
                    id: as_text(platform.stable_path_id(entity.id, field.named.first_name())).into(),
                    path: format_smolstr!("{path}.{}", field.named.name),
                    part,
                };
                origins.insert(field_of(collection, &name), origin);
            }
        }
    }
    origins
}

/// The name of a field among origins.
pub(super) fn field_of(collection: &str, field: &str) -> String {
    format!("field {collection}.{field}")
}

/// The tenants with databases of their own, each with what its documents carry.
pub(super) fn apart(valid: &Stored) -> Vec<Apart<'_>> {
    let is_uuid = valid.tenancy.as_ref().is_some_and(|t| valid.scalar(&t.ty) == Some(Scalar::Uuid));
    let id = |id: &str| if is_uuid { Literal::Uuid { uuid: id.into() } } else { Literal::from(id) };
    let tenants = valid.tenants_apart();
    tenants
        .map(|tenant| Apart { tenant, prefix: valid[tenant.tier].prefix_of(tenant), id: id(tenant.id()) })
        .collect()
}

/// A collection with its indexes and the key by which it is sharded.
fn lower_entity(platform: &Stored, entity: &Entity, lowered: &mut Lowered<'_>) {
    let name = &entity.named.stored;
    lowered.add(validator::collection(platform, entity));
    for wanted in indexes::indexes(platform, entity) {
        lowered.add(wanted.index);
    }
    if let Some(keys) = indexes::shard_key(platform, entity) {
        lowered.add(Sharding { collection: name.clone(), keys });
    }
    if let Some(tenant) = entity.tenant {
        lowered.tenant_fields.insert(name.clone(), collection::field_name(platform, entity, tenant));
    }
    if entity.global {
        lowered.shared.insert(name.clone());
    }
}
