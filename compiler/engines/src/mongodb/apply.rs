//! `apply.js`: brings a database to what `validators/` and `indexes.json` say.

use serde_json::{Map, Value as Json, json};

use super::driver_encryption::{self, Mode};
use super::{collection, indexes};
use polity_govern::check::Valid;
use polity_model::{EnvironmentId, Scalar, Store, Value};
use polity_text::quoting::javascript;

pub(super) fn script(valid: &Valid, store: &Store) -> String {
    let mode = driver_encryption::mode(valid, store.id);
    let has_tenants = valid.tenants_apart().next().is_some();
    let collections: Vec<Json> = valid
        .entities_in(store.id)
        .map(|entity| {
            let all = indexes::indexes(valid, entity);
            let fingerprints: Map<_, _> =
                all.iter().map(|index| (index.name.clone(), json!(index.fingerprint()))).collect();
            let mut collection = Map::new();
            collection.insert("name".to_owned(), json!(entity.named.stored.as_str()));
            if let Some(tenant) = entity.tenant.filter(|_| has_tenants) {
                collection.insert(
                    "tenant".to_owned(),
                    json!(collection::field_name(valid, entity, tenant).as_str()),
                );
            }
            if let Some(keys) = indexes::shard_key(valid, entity) {
                let keys: Map<_, _> = keys.into_iter().map(|(path, kind)| (path, kind.json())).collect();
                collection.insert("shardKey".to_owned(), Json::Object(keys));
            }
            if mode == Some(Mode::Queryable)
                && let Some(map) = driver_encryption::map_of(valid, Mode::Queryable, entity)
            {
                collection.insert("encryptedFields".to_owned(), map);
            }
            collection.insert("fingerprints".to_owned(), Json::Object(fingerprints));
            Json::Object(collection)
        })
        .collect();
    let mut context = header(valid, store);
    context.insert("is_queryable".to_owned(), json!(mode == Some(Mode::Queryable)));
    context.insert("collections".to_owned(), json!(javascript::literal(&Json::Array(collections))));
    polity_templates::render(polity_templates::mongodb::APPLY, context)
}

/// The template variables of every script of a store, by which it finds its own database.
pub(super) fn header(valid: &Valid, store: &Store) -> Map<String, Json> {
    let base = target(valid, store, None);
    let mut environments = Map::new();
    for environment in &valid.environments {
        let Json::Object(mut target) = target(valid, store, Some(environment.id)) else { continue };
        target.retain(|name, value| base.get(name) != Some(value));
        environments.insert(environment.name.to_string(), Json::Object(target));
    }
    let tenants = tenants(valid);
    let context = json!({
        "platform": valid.name.as_str(),
        "store": store.named.name.as_str(),
        "shared_name": javascript::literal(&json!(valid.database_name(store, None).as_str())),
        "tenants": (!tenants.is_empty()).then(|| javascript::literal(&Json::Object(tenants))),
        "target": javascript::literal(&base),
        "environments": javascript::literal(&Json::Object(environments)),
        "environment": example_environment(valid),
    });
    match context {
        Json::Object(context) => context,
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
    let is_uuid = valid.tenancy.as_ref().is_some_and(|t| valid.scalar(&t.ty) == Some(Scalar::Uuid));
    valid
        .tenants_apart()
        .map(|tenant| {
            let id = if is_uuid { json!({ "$uuid": tenant.id() }) } else { json!(tenant.id()) };
            let prefix = valid[tenant.tier].prefix_of(tenant);
            (tenant.named.name.to_string(), json!({ "prefix": prefix, "id": id }))
        })
        .collect()
}
