//! `data_keys.js`: the data keys of a store by their names, made where they are missing.

use serde_json::{Map, Value as Json, json};

use super::{Mode, file, key_names};
use crate::mongodb::print::place;
use polity_govern::check::Valid;
use polity_model::governance::EncryptionKey;
use polity_model::{EnvironmentId, Record, Store, Value};
use polity_text::quoting::javascript;

/// The provider of a master key, as MongoDB's drivers call it, and the key's name there.
/// <https://www.mongodb.com/docs/manual/core/queryable-encryption/fundamentals/kms-providers/>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mongodb) enum KmsProvider<'v> {
    Aws {
        key: &'v str,
    },
    /// HashiCorp Vault's KMIP secrets engine: the object's identifier.
    Kmip {
        id: &'v str,
    },
    /// 96 bytes that the script reads itself.
    LocalFile {
        path: &'v str,
    },
    /// 96 bytes that a secret of Kubernetes brings as a variable.
    LocalVariable,
}

/// Where MongoDB's drivers would ask for a key; `None` where they cannot.
pub(in crate::mongodb) fn kms_provider(
    key: &EncryptionKey,
    environment: Option<EnvironmentId>,
) -> Option<KmsProvider<'_>> {
    let overlay = key.settings.environments.iter().filter(|(id, _)| Some(*id) == environment);
    let own = overlay.filter_map(|(_, overlay)| overlay.get("provider")).next_back();
    let setting = own.or_else(|| key.settings.base.get("provider"))?;
    let Value::Tagged { tag, arguments, .. } = &setting.value else { return None };
    let Some(Value::Text(first)) = arguments.first() else { return None };
    match tag.as_str() {
        "aws_kms" => Some(KmsProvider::Aws { key: first }),
        "vault" => first.strip_prefix("kmip/").map(|id| KmsProvider::Kmip { id }),
        "kubernetes_secret" => Some(KmsProvider::LocalVariable),
        "file" => Some(KmsProvider::LocalFile { path: first }),
        _ => None,
    }
}

pub(super) fn script(valid: &Valid, mode: Mode, store: &Store) -> String {
    let names = key_names(valid, mode, store);
    let keys: Map<String, Json> =
        names.iter().map(|(name, of)| (name.to_string(), json!(of.as_str()))).collect();
    let used: Vec<&EncryptionKey> = valid
        .encryption_keys
        .iter()
        .filter(|key| names.iter().any(|(_, of)| *of == key.named.name))
        .collect();
    let masters = |environment| -> Map<String, Json> {
        used.iter().filter_map(|key| Some((key.named.name.to_string(), master(key, environment)?))).collect()
    };
    let base = masters(None);
    let environments: Map<String, Json> = valid
        .environments
        .iter()
        .map(|environment| {
            let mut own = masters(Some(environment.id));
            own.retain(|name, value| base.get(name) != Some(value));
            (environment.name.to_string(), Json::Object(own))
        })
        .collect();
    let rotations: Vec<String> = used.iter().flat_map(|key| rotations(valid, key)).collect();
    let mut values = place::header(valid, store);
    values.insert("keys".to_owned(), json!(javascript::literal(&Json::Object(keys))));
    values.insert("masters".to_owned(), json!(javascript::literal(&Json::Object(base))));
    values.insert("masters_of".to_owned(), json!(javascript::literal(&Json::Object(environments))));
    values.insert("rotate".to_owned(), json!(rotations.join(", ")));
    values.insert("map".to_owned(), json!(file(mode)));
    let key_id = match mode {
        Mode::Queryable => "id",
        Mode::Csfle => "[id]",
    };
    values.insert("key_id".to_owned(), json!(key_id));
    polity_templates::render(polity_templates::mongodb::DATA_KEYS, values)
}

/// How often a key is encrypted anew: everywhere, and where an environment says otherwise.
fn rotations(valid: &Valid, key: &EncryptionKey) -> Vec<String> {
    let layers = std::iter::once((None, &key.settings.base));
    let layers = layers.chain(key.settings.environments.iter().map(|(id, overlay)| (Some(*id), overlay)));
    let told = |(environment, record): (Option<EnvironmentId>, &Record)| match record.get("rotate")?.value {
        Value::Duration(duration) => {
            let there = environment.map_or_else(String::new, |id| format!(" in {}", valid[id].name));
            Some(format!("`{}` every {duration}{there}", key.named.name))
        }
        _ => None,
    };
    layers.filter_map(told).collect()
}

/// The master key of a key of the source. The name of a local one is its provider's, since each holds one key.
fn master(key: &EncryptionKey, environment: Option<EnvironmentId>) -> Option<Json> {
    let name = &key.named.name;
    Some(match kms_provider(key, environment)? {
        KmsProvider::Aws { key } => json!({ "provider": "aws", "key": key }),
        KmsProvider::Kmip { id } => json!({ "provider": "kmip", "keyId": id }),
        KmsProvider::LocalFile { path } => json!({ "provider": format!("local:{name}"), "file": path }),
        KmsProvider::LocalVariable => {
            let variable = format!("{name}_KEY").to_uppercase();
            json!({ "provider": format!("local:{name}"), "variable": variable })
        }
    })
}
