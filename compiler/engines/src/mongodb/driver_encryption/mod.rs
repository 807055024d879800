//! MongoDB's own encryption, where a store asks for it with `field_encryption`: its drivers encrypt what the client gives
//! them in the clear. What a driver must know is written as a map of collections; `data_keys.js` makes the keys.
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
use smol_str::{SmolStr, format_smolstr};

use super::{text, types};
use crate::Engine as _;
use crate::artifact::Artifacts;
use polity_govern::Governed;
use polity_govern::check::Valid;
use polity_model::encrypted::EncryptedPlace;
use polity_model::entity::Field;
use polity_model::{Entity, Store, StoreId, Value};

pub(super) use data_keys::kms_provider;

/// The collection of the data keys, which a master key encrypts. It stands in the database of what they encrypt, so
/// that each tenant with a database has keys of its own.
pub(super) const KEY_VAULT: &str = "__keyVault";

/// The field that Queryable Encryption puts into every document, and finds it by.
pub(super) const SAFE_CONTENT: &str = "__safeContent__";

/// Which of MongoDB's own ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Csfle,
    Queryable,
}

pub(super) fn mode(platform: &Governed, store: StoreId) -> Option<Mode> {
    match &platform.encrypted_by_driver(store)?.value {
        Value::Word(word) if word == "csfle" => Some(Mode::Csfle),
        Value::Word(word) if word == "queryable_encryption" => Some(Mode::Queryable),
        _ => None,
    }
}

/// Whether the server sees of a field only what a driver made of it.
pub(super) fn is_hidden(platform: &Governed, store: StoreId, field: &Field) -> bool {
    field.encrypted.is_some() && mode(platform, store).is_some()
}

/// Whether a driver encrypts anything of an entity.
pub(super) fn encrypts(platform: &Governed, entity: &Entity) -> bool {
    !platform.encrypted_places(entity.id).is_empty()
}

/// The BSON type of a field, which a driver must know; `None` where the field may hold any type.
pub(super) fn bson_type(platform: &Governed, entity: &Entity, field: &Field) -> Option<String> {
    let schema = types::schema(platform, entity.store, &field.ty, &field.constraints);
    schema.get("bsonType").and_then(Json::as_str).map(str::to_owned)
}

/// The name by which a data key is found. Queryable Encryption wants one of its own for every field.
fn key_name(platform: &Governed, mode: Mode, entity: &Entity, place: &EncryptedPlace<'_>) -> SmolStr {
    let key = &platform[place.encrypted.key].named.name;
    match mode {
        Mode::Csfle => key.clone(),
        Mode::Queryable => {
            format_smolstr!(
                "{key}/{}.{}",
                entity.named.stored,
                super::MongoDb.stored_path(platform, entity, place).join(".")
            )
        }
    }
}

/// The keywords in a validator for a field that a driver encrypts. Queryable Encryption wants none for it there.
pub(super) fn property(mode: Mode) -> Map<String, Json> {
    let mut schema = Map::new();
    if mode == Mode::Csfle {
        schema.insert("bsonType".to_owned(), json!("binData"));
    }
    schema
}

/// The list of what a driver encrypts in one collection: `encryptedFields`, or an encryption schema, with the names of
/// keys where their ids will stand. `None` where nothing is encrypted.
pub(super) fn map_of(platform: &Governed, mode: Mode, entity: &Entity) -> Option<Json> {
    let places = platform.encrypted_places(entity.id);
    let key = |place: &EncryptedPlace<'_>| json!(key_name(platform, mode, entity, place).as_str());
    places.first()?;
    Some(match mode {
        Mode::Queryable => {
            let of = |place: &EncryptedPlace<'_>| {
                let mut out = Map::new();
                out.insert(
                    "path".to_owned(),
                    json!(super::MongoDb.stored_path(platform, entity, place).join(".")),
                );
                out.insert("bsonType".to_owned(), json!(bson_type(platform, entity, place.field)));
                out.insert("keyAltName".to_owned(), key(place));
                if place.encrypted.searchable {
                    out.insert("queries".to_owned(), json!({ "queryType": "equality" }));
                }
                Json::Object(out)
            };
            json!({ "fields": places.iter().map(of).collect::<Vec<_>>() })
        }
        Mode::Csfle => {
            let mut schema = json!({ "bsonType": "object" });
            for place in &places {
                let how = if place.encrypted.searchable { "Deterministic" } else { "Random" };
                let mut out = Map::new();
                out.insert("keyAltName".to_owned(), key(place));
                out.insert("algorithm".to_owned(), json!(format!("AEAD_AES_256_CBC_HMAC_SHA_512-{how}")));
                if let Some(bson_type) = bson_type(platform, entity, place.field) {
                    out.insert("bsonType".to_owned(), json!(bson_type));
                }
                // A record on the way has a schema of its own, which says what of it is encrypted.
                let mut at = &mut schema;
                for name in super::MongoDb.stored_path(platform, entity, place) {
                    at["bsonType"] = json!("object");
                    at = &mut at["properties"][name.as_str()];
                }
                *at = json!({ "encrypt": out });
            }
            schema
        }
    })
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

/// The map of a store and the script that makes its keys; nothing where its drivers encrypt nothing.
pub(super) fn emit(valid: &Valid, store: &Store, artifacts: &mut Artifacts) {
    let Some(mode) = mode(valid, store.id) else { return };
    let maps: Map<String, Json> = valid
        .entities_in(store.id)
        .filter_map(|entity| Some((entity.named.stored.to_string(), map_of(valid, mode, entity)?)))
        .collect();
    if maps.is_empty() {
        return;
    }
    let folder = &store.named.name;
    artifacts.add(format!("{folder}/{}", file(mode)), text(&Json::Object(maps)));
    artifacts.add(format!("{folder}/data_keys.js"), data_keys::script(valid, mode, store));
}

/// The file of the maps.
pub(super) fn file(mode: Mode) -> &'static str {
    match mode {
        Mode::Csfle => "schema_map.json",
        Mode::Queryable => "encrypted_fields.json",
    }
}
