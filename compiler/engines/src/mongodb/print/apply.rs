//! `apply.js`: brings a database to what `validators/` and `indexes.json` say.

use serde_json::{Map, Value as Json, json};

use super::{indexes, place};
use crate::mongodb::lower::Lowered;
use crate::mongodb::lower::encryption::{Mode, mode};
use polity_catalog::document::{Collection, EncryptedField};
use polity_govern::check::Valid;
use polity_model::Store;
use polity_text::quoting::javascript;

/// The script; `migrations` are all that were sealed.
pub(super) fn script(
    valid: &Valid,
    store: &Store,
    lowered: &Lowered<'_>,
    migrations: Option<Json>,
) -> String {
    let collections: Vec<Json> =
        lowered.collections().map(|collection| applied(lowered, collection)).collect();
    let mut values = place::header(valid, store);
    values.insert("is_queryable".to_owned(), json!(mode(valid, store.id) == Some(Mode::Queryable)));
    values.insert("collections".to_owned(), json!(javascript::literal(&Json::Array(collections))));
    values.insert("migrations".to_owned(), json!(migrations.map(|all| javascript::literal(&all))));
    polity_templates::render(polity_templates::mongodb::APPLY, values)
}

/// The entry of a collection: everything about it that stands in no other file.
fn applied(lowered: &Lowered<'_>, collection: &Collection) -> Json {
    let name = &collection.name;
    let mut out = Map::new();
    let mut add = |key: &str, value: Json| out.extend([(key.to_owned(), value)]);
    add("name", json!(name.as_str()));
    if let Some(field) = lowered.tenant_fields.get(name).filter(|_| !lowered.apart.is_empty()) {
        add("tenant", json!(field.as_str()));
    }
    if let Some(sharding) = lowered.catalog.sharding(name) {
        add("shardKey", indexes::key(&sharding.keys));
    }
    if let Some(fields) = encrypted_fields(collection) {
        add("encryptedFields", fields);
    }
    let prints = lowered.indexes(name).map(|index| (index.name.to_string(), indexes::fingerprint(index)));
    add("fingerprints", prints.collect());
    Json::Object(out)
}

/// The list of what drivers encrypt in a collection, with the names of keys where their ids will stand; `None` where that
/// is nothing.
pub(in crate::mongodb) fn encrypted_fields(collection: &Collection) -> Option<Json> {
    let field = |field: &EncryptedField| {
        let mut out = Map::new();
        let mut add = |key: &str, value: Json| out.extend([(key.to_owned(), value)]);
        add("path", json!(field.path.as_str()));
        add("bsonType", json!(field.bson_type.map(|bson_type| bson_type.name())));
        add("keyAltName", json!(field.key.as_str()));
        if field.searchable {
            add("queries", json!({ "queryType": "equality" }));
        }
        Json::Object(out)
    };
    let fields: Vec<Json> = collection.encrypted.iter().map(field).collect();
    (!fields.is_empty()).then(|| json!({ "fields": fields }))
}
