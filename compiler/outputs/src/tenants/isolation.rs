//! `tenant_isolation`: where a tenant's data stands in a store, and what tells it from others'.

use serde_json::{Map, Value as Json, json};

use super::Whose;
use super::security::keys;
use polity_engines::engine_of;
use polity_engines::surface::Faced;
use polity_model::tenants::PLACEHOLDER;
use polity_model::{EnvironmentId, Isolation, Schema, Store, Value};

pub(super) fn isolation(
    valid: &Faced<'_>,
    whose: Whose<'_>,
    store: &Store,
    environment: Option<EnvironmentId>,
) -> Json {
    let engine = engine_of(store).about();
    let isolation = match whose.tier.isolation() {
        // Nothing is between rows and databases there.
        Some(Isolation::Schema) if !engine.has_schemas => Isolation::Row,
        other => other.unwrap_or(Isolation::Row),
    };
    let mut out = strategy(valid, whose, store, isolation);
    let mut set = |name: &str, value: Json| {
        out.insert(name.to_owned(), value);
    };
    let settings = whose.settings(valid, environment);
    let word = |name: &str| match settings.get(name).map(|setting| &setting.value) {
        Some(Value::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let scoped = valid.entities_in(store.id).find_map(|entity| Some((entity, entity.tenant?)));
    if let Some((entity, tenant)) = scoped {
        set("tenant_column", json!(valid.stored(entity).field(tenant).name.as_str()));
    }
    let id = whose.tenant.map_or("{id}", |tenant| tenant.id());
    set("tenant_id", json!(id));
    if valid.keyspaces.iter().any(|keyspace| keyspace.store == store.id && !keyspace.global) {
        set("key_prefix", json!(format!("{id}:")));
    }
    if let Some(pool) = word("pool") {
        set("connection_pooling", json!(pool));
    }
    if keys(valid, whose, environment).values().any(|key| key["scope"] == "tenant") {
        set("encryption", json!("per_tenant_keys"));
    }
    set("backup_isolation", json!(word("backup") == Some("isolated")));
    set("performance_isolation", json!(isolation == Isolation::Database));
    Json::Object(out)
}

/// The means that keeps tenants apart, and the names that it gives to what is a tenant's own.
fn strategy(valid: &Faced<'_>, whose: Whose<'_>, store: &Store, isolation: Isolation) -> Map<String, Json> {
    let engine = engine_of(store).about();
    let prefix = whose.tier.prefix().replace(PLACEHOLDER, whose.name());
    let mut out = Map::new();
    let mut set = |name: &str, value: Json| {
        out.insert(name.to_owned(), value);
    };
    match isolation {
        Isolation::Row if engine.enforces(Isolation::Row) => set("strategy", json!("row_level_security")),
        Isolation::Row => set("strategy", json!("client_enforced")),
        Isolation::Schema => {
            set("strategy", json!("schema_per_tenant"));
            set("row_level_security", json!(engine.enforces(Isolation::Row)));
            set("schema_prefix", json!(prefix));
            let scoped = valid.scoped_schemas();
            let own = |schema: &&Schema| schema.store == store.id && scoped[schema.id.index()];
            let schemas = valid.schemas.iter().filter(own);
            set("schemas", schemas.map(|schema| format!("{prefix}{}", schema.named.stored)).collect());
        }
        Isolation::Database if engine.has_entities => {
            set("strategy", json!("database_per_tenant"));
            set("prefix", json!(prefix));
        }
        Isolation::Database => set("strategy", json!("instance_per_tenant")),
    }
    out
}

/// The database of its own that a tenant has in a store of entities.
pub(super) fn database(
    valid: &Faced<'_>,
    whose: Whose<'_>,
    store: &Store,
    environment: Option<EnvironmentId>,
) -> Option<String> {
    if !whose.tier.is_apart() || !engine_of(store).about().has_entities {
        return None;
    }
    let shared = valid.database_name(store, environment);
    Some(whose.tier.prefix().replace(PLACEHOLDER, whose.name()) + &shared)
}
