//! Settings as files, laid over each other as deployment tools do it.

use serde_json::{Map, Value as Json};

/// A YAML file whose root is a record.
///
/// # Panics
/// When it is not one; the text is part of the message.
pub fn yaml(text: &str) -> Map<String, Json> {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

/// Records merge by name, `null` takes away, anything else replaces: what Helm does.
pub fn merge(base: &mut Map<String, Json>, over: &Map<String, Json>) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (_, Json::Null) => {
                base.shift_remove(key);
            }
            (Some(Json::Object(below)), Json::Object(above)) => merge(below, above),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}
