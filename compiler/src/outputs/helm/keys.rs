//! Encryption keys that Kubernetes keeps: the Secrets that hold them, by name and entry. Other providers hand keys out
//! themselves.

use serde_json::{Map, Value as Json, json};

use crate::check::Valid;
use crate::model::governance::EncryptionKey;
use crate::model::{EnvironmentId, Value};

/// `encryptionKeys`: of each key its own entry, and that of the root of its blind indexes.
pub(super) fn values(valid: &Valid, environment: Option<EnvironmentId>) -> Map<String, Json> {
    let keys: Map<String, Json> = valid
        .encryption_keys
        .iter()
        .filter_map(|key| Some((key.named.name.to_string(), secrets(key, environment)?)))
        .collect();
    let mut out = Map::new();
    if has_any(valid) {
        out.insert("encryptionKeys".to_owned(), Json::Object(keys));
    }
    out
}

/// Whether Kubernetes keeps a key in some environment.
pub(super) fn has_any(valid: &Valid) -> bool {
    let environments = || valid.environments.iter().map(|environment| Some(environment.id)).chain([None]);
    valid.encryption_keys.iter().any(|key| environments().any(|id| secrets(key, id).is_some()))
}

fn secrets(key: &EncryptionKey, environment: Option<EnvironmentId>) -> Option<Json> {
    let settings = key.settings.resolved(environment);
    let Value::Tagged { tag, arguments, .. } = &settings.get("provider")?.value else { return None };
    let [Value::Text(secret), Value::Text(entry)] = &arguments[..] else { return None };
    (tag == "kubernetes_secret").then(|| {
        let of = |entry: &str| json!({ "secret": secret.as_str(), "key": entry });
        json!({ "key": of(entry), "index": of(&format!("{entry}-index")) })
    })
}
