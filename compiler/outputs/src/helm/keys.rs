//! Encryption keys that Kubernetes keeps: the Secrets that hold them, by name and entry. Other providers hand keys out
//! themselves.

use serde_json::{Map, Value as Json, json};

use super::services::dns;
use polity_engines::surface::Faced;
use polity_model::governance::{EncryptionKey, Tenant};
use polity_model::keys::KeyScope;
use polity_model::{EnvironmentId, Value};

/// `encryptionKeys`: of each key its own entry, and that of the root of its blind indexes. A tenant's own keys are in a
/// Secret of its own, whose name ends with the tenant's behind a dot.
pub(in super::super) fn values(
    valid: &Faced<'_>,
    environment: Option<EnvironmentId>,
    tenant: Option<&Tenant>,
) -> Map<String, Json> {
    let of = |key: &EncryptionKey| {
        let own = tenant.filter(|tenant| is_tenants_own(valid, key, environment, tenant));
        let suffix = own.map_or_else(String::new, |tenant| format!(".{}", dns(&tenant.named.name)));
        Some((key.named.name.to_string(), secrets(key, environment, &suffix)?))
    };
    let keys: Map<String, Json> = valid.encryption_keys.iter().filter_map(of).collect();
    let mut out = Map::new();
    if has_any(valid) {
        out.insert("encryptionKeys".to_owned(), Json::Object(keys));
    }
    out
}

/// Whether Kubernetes keeps a key in some environment.
pub(super) fn has_any(valid: &Faced<'_>) -> bool {
    let environments = || valid.environments.iter().map(|environment| Some(environment.id)).chain([None]);
    valid.encryption_keys.iter().any(|key| environments().any(|id| secrets(key, id, "").is_some()))
}

/// Whether a tenant has a Secret of its own for any key.
pub(in super::super) fn has_own(valid: &Faced<'_>, tenant: &Tenant) -> bool {
    let environments = || valid.environments.iter().map(|environment| Some(environment.id)).chain([None]);
    environments().any(|id| values(valid, id, None) != values(valid, id, Some(tenant)))
}

/// As the tenant or its tier says, or else the key.
fn is_tenants_own(
    valid: &Faced<'_>,
    key: &EncryptionKey,
    environment: Option<EnvironmentId>,
    tenant: &Tenant,
) -> bool {
    let settings = valid.tenant_settings(tenant, environment);
    let said = match settings.get("keys").map(|setting| &setting.value) {
        Some(Value::Record(scopes)) => scopes.get(&key.named.name).map(|setting| &setting.value),
        _ => None,
    };
    match said {
        Some(Value::Word(scope)) => scope == "tenant",
        _ => key.scope() == KeyScope::Tenant,
    }
}

fn secrets(key: &EncryptionKey, environment: Option<EnvironmentId>, suffix: &str) -> Option<Json> {
    let settings = key.settings.resolved(environment);
    let Value::Tagged { tag, arguments, .. } = &settings.get("provider")?.value else { return None };
    let [Value::Text(secret), Value::Text(entry)] = &arguments[..] else { return None };
    (tag == "kubernetes_secret").then(|| {
        let of = |entry: &str| json!({ "secret": format!("{secret}{suffix}"), "key": entry });
        json!({ "key": of(entry), "index": of(&format!("{entry}-index")) })
    })
}
