//! `security_config.yml`: who a tenant is, and what protects its data. What is a setting is typed in the source; the
//! rest follows from it, and nothing is said that the compiler cannot see.

use serde_json::{Map, Value as Json, json};

use super::super::config::{Style, plain};
use super::Whose;
use polity_engines::surface::Faced;
use polity_model::keys::KeyScope;
use polity_model::settings::tenants::TIER;
use polity_model::{EnvironmentId, Isolation, Record, Setting, Value};

pub(super) fn document(
    valid: &Faced<'_>,
    whose: Whose<'_>,
    environment: Option<EnvironmentId>,
) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("tenant".to_owned(), json!(whose.name()));
    if let Some(tenant) = whose.tenant {
        out.insert("tenant_id".to_owned(), json!(tenant.id()));
    }
    out.insert("tier".to_owned(), json!(whose.tier.named.name.as_str()));
    let settings = whose.settings(valid, environment);
    let shown = ["region", "quota", "annotations"];
    let own: Record = settings.into_iter().filter(|(name, _)| shown.contains(&name.as_str())).collect();
    out.extend(plain(&own, TIER, Style::Snake));
    out.extend(protections(valid, whose, environment));
    of_stores(valid, whose, environment, &mut out);
    if let Some(caching) = super::caching::caching(valid) {
        out.insert("caching".to_owned(), caching);
    }
    out
}

/// Adds the settings of the tenant's stores on isolation, encryption, load and monitoring, by subject: one file shows
/// how a tenant is protected, and each store's own has the rest of its settings.
fn of_stores(
    valid: &Faced<'_>,
    whose: Whose<'_>,
    environment: Option<EnvironmentId>,
    out: &mut Map<String, Json>,
) {
    for store in &valid.stores {
        let name = store.named.name.as_str();
        let mut said = super::store_document(valid, whose, store, environment);
        for subject in ["tenant_isolation", "load_balancing", "monitoring"] {
            if let Some(value) = said.remove(subject) {
                out.entry(subject).or_insert_with(|| json!({}))[name] = value;
            }
        }
        let Some(Json::Object(encryption)) = said.remove("encryption") else { continue };
        for (level, value) in encryption {
            out.entry("encryption").or_insert_with(|| json!({}))[&level][name] = value;
        }
    }
}

/// The entries that a tier template and a tenant's `security_config.yml` share.
pub(super) fn protections(
    valid: &Faced<'_>,
    whose: Whose<'_>,
    environment: Option<EnvironmentId>,
) -> Map<String, Json> {
    let mut out = Map::new();
    let keys = keys(valid, whose, environment);
    let places = || valid.entities.iter().flat_map(|entity| valid.encrypted_places(entity.id));
    let encrypted = || places().map(|place| place.encrypted);
    out.insert(
        "encryption".to_owned(),
        json!({ "application_level": {
            "field_encryption": encrypted().next().is_some(),
            "searchable_encryption": encrypted().any(|encrypted| encrypted.searchable),
            "keys": keys,
        } }),
    );
    if whose.tier.isolation() == Some(Isolation::Row) {
        let across = valid.services.iter().filter(|service| service.across_tenants.is_some());
        let names: Vec<&str> = across.map(|service| service.named.name.as_str()).collect();
        if !names.is_empty() {
            out.insert("services_across_tenants".to_owned(), json!(names));
        }
    }
    let settings = whose.settings(valid, environment);
    let authentication: Record = settings.into_iter().filter(|(name, _)| name == "authentication").collect();
    out.extend(plain(&authentication, TIER, Style::Snake));
    if in_force(valid, "gdpr") {
        out.insert("gdpr_compliance".to_owned(), gdpr(valid));
    }
    if in_force(valid, "sox") {
        out.insert("sox_compliance".to_owned(), sox(valid));
    }
    out
}

/// The encryption keys, each in the scope that the tier or the tenant gives it.
pub(super) fn keys(
    valid: &Faced<'_>,
    whose: Whose<'_>,
    environment: Option<EnvironmentId>,
) -> Map<String, Json> {
    let settings = whose.settings(valid, environment);
    let scopes = settings.get("keys").map(|setting| &setting.value);
    let named = valid.encryption_keys.iter().map(|key| {
        let mut record = key.settings.resolved(environment);
        if let Some(scope) = scopes.and_then(|scopes| member(scopes, &key.named.name)) {
            record.insert("scope".into(), scope.clone());
        }
        let mut out = plain(&record, &[], Style::Snake);
        out.entry("algorithm").or_insert_with(|| json!(key.algorithm()));
        let scope = match key.scope() {
            KeyScope::Platform => "platform",
            KeyScope::Tenant => "tenant",
            KeyScope::Subject => "subject",
        };
        out.entry("scope").or_insert(json!(scope));
        (key.named.name.to_string(), Json::Object(out))
    });
    named.collect()
}

/// The setting of this name inside a record.
pub(super) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Setting> {
    match value {
        Value::Record(record) => record.get(name),
        _ => None,
    }
}

fn in_force(valid: &Faced<'_>, pack: &str) -> bool {
    valid.uses.iter().any(|used| used.name == pack)
}

fn gdpr(valid: &Faced<'_>) -> Json {
    let rights = if valid.subjects().next().is_some() { "automated" } else { "manual" };
    let retained: Map<String, Json> = valid
        .entities
        .iter()
        .filter_map(|entity| {
            let retain = valid.retain(entity.id)?;
            Some((valid.entity_path(entity.id), super::super::config::duration(retain.duration)))
        })
        .collect();
    json!({
        "data_subject_rights": {
            "right_to_access": rights,
            "right_to_erasure": rights,
            "right_to_portability": rights,
        },
        "data_protection": {
            "retention_policies": if retained.is_empty() { "none" } else { "automatic" },
            "retention": retained,
        },
    })
}

fn sox(valid: &Faced<'_>) -> Json {
    let audited = valid.entities.iter().filter(|entity| valid.audit(entity.id).is_some());
    json!({
        "audit_trails": {
            "immutable_logs": !valid.audit_logs.is_empty(),
            "tamper_evident": !valid.audit_logs.is_empty() && valid.audit_logs.iter().all(|log| log.chained.is_some()),
            "audited": audited.map(|entity| valid.entity_path(entity.id)).collect::<Vec<_>>(),
        },
    })
}
