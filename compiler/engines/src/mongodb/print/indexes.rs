//! `indexes.json`: the indexes of each collection.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::mongodb::lower::Lowered;
use polity_catalog::document::{Index, Key, KeyKind};

pub(super) fn file(lowered: &Lowered<'_>) -> Json {
    let of = |name: &str| -> Json { lowered.indexes(name).map(json).collect() };
    let names = lowered.collections().map(|collection| &collection.name);
    names.map(|name| (name.to_string(), of(name))).collect()
}

/// `{ "name": …, "key": …, "options": … }`
pub(in crate::mongodb) fn json(index: &Index) -> Json {
    json!({ "name": index.name.as_str(), "key": key(&index.keys), "options": options(index) })
}

/// The paths with their kinds, as indexes and shard keys have them.
pub(in crate::mongodb) fn key(keys: &[Key]) -> Json {
    keys.iter().map(|key| (key.path.to_string(), kind(key.kind))).collect()
}

fn kind(kind: KeyKind) -> Json {
    match kind {
        KeyKind::Ascending => json!(1),
        KeyKind::Descending => json!(-1),
        KeyKind::Hashed => json!("hashed"),
        KeyKind::Sphere => json!("2dsphere"),
        KeyKind::Text => json!("text"),
    }
}

fn options(index: &Index) -> Json {
    let mut options = Map::new();
    let mut add = |option: &str, value: Json| options.extend([(option.to_owned(), value)]);
    if index.unique {
        add("unique", json!(true));
    }
    if let Some(filter) = &index.filter {
        add("partialFilterExpression", filter.clone());
    }
    if let Some(seconds) = index.expire_after_seconds {
        add("expireAfterSeconds", json!(seconds));
    }
    if let Some(text) = &index.text {
        add("weights", text.weights.iter().map(|(path, weight)| (path.to_string(), json!(weight))).collect());
        add("default_language", json!(text.language.as_str()));
        add("language_override", json!(text.language_field.as_str()));
    }
    if index.hidden {
        add("hidden", json!(true));
    }
    for (option, value) in &index.options {
        add(option, value.clone());
    }
    Json::Object(options)
}

/// Eight hexadecimal digits that differ where the definition does. A changed index is built under its name with
/// these behind it while the old one still stands under the name.
pub(in crate::mongodb) fn fingerprint(index: &Index) -> String {
    let definition = json!([key(&index.keys), options(index)]).to_string();
    let mut out = String::with_capacity(8);
    for byte in Sha256::digest(definition).iter().take(4) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
