//! The database that a script finds for itself: by its environment and its tenant.

use serde_json::{Map, Value as Json, json};

use super::validator::literal;
use crate::mongodb::lower;
use polity_govern::check::Valid;
use polity_model::{EnvironmentId, Store, Value};
use polity_text::quoting::javascript;

/// The template variables of every script of a store, by which it finds its own database.
pub(in crate::mongodb) fn header(valid: &Valid, store: &Store) -> Map<String, Json> {
    let base = target(valid, store, None);
    let mut environments = Map::new();
    for environment in &valid.environments {
        let Json::Object(mut target) = target(valid, store, Some(environment.id)) else { continue };
        target.retain(|name, value| base.get(name) != Some(value));
        environments.insert(environment.name.to_string(), Json::Object(target));
    }
    let tenants = tenants(valid);
    let values = json!({
        "platform": valid.name.as_str(),
        "store": store.named.name.as_str(),
        "shared_name": javascript::literal(&json!(valid.database_name(store, None).as_str())),
        "tenants": (!tenants.is_empty()).then(|| javascript::literal(&Json::Object(tenants))),
        "target": javascript::literal(&base),
        "environments": javascript::literal(&Json::Object(environments)),
        "environment": example_environment(valid),
    });
    match values {
        Json::Object(values) => values,
        _ => Map::new(),
    }
}

/// The option that names an environment, with one of the platform's own, as wide as the options around it.
fn example_environment(valid: &Valid) -> Option<String> {
    let environment = valid.environments.iter().find(|e| e.production).or(valid.environments.first())?;
    Some(format!("{:<26}", format!("POLITY_ENVIRONMENT={}", environment.name)))
}

/// Which database, and whether it is spread over shards.
fn target(valid: &Valid, store: &Store, environment: Option<EnvironmentId>) -> Json {
    let settings = valid.settings_of(store.id, environment);
    let database = match settings.get("database").map(|s| &s.value) {
        Some(Value::Text(name)) => json!(name.as_str()),
        _ => Json::Null,
    };
    let sharded = match settings.get("topology").map(|s| &s.value) {
        Some(Value::Tagged { tag, .. } | Value::Word(tag)) => tag == "sharded",
        _ => false,
    };
    json!({ "database": database, "sharded": sharded })
}

/// The tenants with databases of their own, each with what its documents carry.
fn tenants(valid: &Valid) -> Map<String, Json> {
    let apart = lower::apart(valid);
    let entry = |own: &lower::Apart<'_>| json!({ "prefix": own.prefix, "id": literal(&own.id) });
    apart.iter().map(|own| (own.tenant.named.name.to_string(), entry(own))).collect()
}
