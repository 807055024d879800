//! Files for drivers that encrypt: a map of what they encrypt, and `data_keys.js`, which makes the keys.
//!
//! | | `csfle` | `queryable_encryption` |
//! |---|---|---|
//! | map | `schema_map.json` | `encrypted_fields.json` |
//! | `searchable` | equal values have equal ciphertexts | `queries: { queryType: "equality" }` |
//! | a data key for | each `encryption key` | each field |
//!
//! <https://www.mongodb.com/docs/manual/core/csfle/reference/encryption-schemas/>,
//! <https://www.mongodb.com/docs/manual/core/queryable-encryption/qe-create-encryption-schema/>

mod data_keys;

use indexmap::IndexSet;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use super::lower::Lowered;
use super::lower::collection;
use super::lower::encryption::{Mode, bson_type, key_name, mode};
use super::print;
use crate::artifact::Artifacts;
use polity_govern::Stored;
use polity_govern::check::Valid;
use polity_model::{Entity, Store};

pub(super) use data_keys::kms_provider;

/// Adds the map of a store and the script that makes its keys; nothing where its drivers encrypt nothing.
pub(super) fn emit(valid: &Valid, store: &Store, lowered: &Lowered<'_>, artifacts: &mut Artifacts) {
    let Some(mode) = mode(valid, store.id) else { return };
    let maps: Map<String, Json> = match mode {
        Mode::Csfle => valid
            .entities_in(store.id)
            .filter_map(|entity| Some((entity.named.stored.to_string(), schema_map(valid, entity)?)))
            .collect(),
        // The server holds these as well.
        Mode::Queryable => lowered
            .collections()
            .filter_map(|collection| {
                Some((collection.name.to_string(), print::apply::encrypted_fields(collection)?))
            })
            .collect(),
    };
    if maps.is_empty() {
        return;
    }
    let folder = &store.named.name;
    artifacts.add(format!("{folder}/{}", file(mode)), print::text(&Json::Object(maps)));
    artifacts.add(format!("{folder}/data_keys.js"), data_keys::script(valid, mode, store));
}

/// The encryption schema of one collection, with the names of keys where their ids will stand. `None` where nothing is
/// encrypted.
fn schema_map(platform: &Stored, entity: &Entity) -> Option<Json> {
    let places = platform.encrypted_places(entity.id);
    places.first()?;
    let mut schema = json!({ "bsonType": "object" });
    for place in &places {
        let how = if place.encrypted.searchable { "Deterministic" } else { "Random" };
        let mut out = Map::new();
        let key = key_name(platform, Mode::Csfle, entity, place);
        out.insert("keyAltName".to_owned(), json!(key.as_str()));
        out.insert("algorithm".to_owned(), json!(format!("AEAD_AES_256_CBC_HMAC_SHA_512-{how}")));
        if let Some(bson_type) = bson_type(platform, entity, place.field) {
            out.insert("bsonType".to_owned(), json!(bson_type.name()));
        }
        // A record on the way has a schema of its own, which says what of it is encrypted.
        let mut at = &mut schema;
        for name in collection::encrypted_path(platform, entity, place) {
            at["bsonType"] = json!("object");
            at = &mut at["properties"][name.as_str()];
        }
        *at = json!({ "encrypt": out });
    }
    Some(schema)
}

/// The names of the data keys of a store, each with the key of the source that it is one of.
fn key_names(valid: &Valid, mode: Mode, store: &Store) -> IndexSet<(SmolStr, SmolStr)> {
    let mut names = IndexSet::new();
    for entity in valid.entities_in(store.id) {
        for place in valid.encrypted_places(entity.id) {
            let of = valid[place.encrypted.key].named.name.clone();
            names.insert((key_name(valid, mode, entity, &place), of));
        }
    }
    names
}

/// The file of the maps.
fn file(mode: Mode) -> &'static str {
    match mode {
        Mode::Csfle => "schema_map.json",
        Mode::Queryable => "encrypted_fields.json",
    }
}
