//! `caching`: the layers and strategies that follow from the platform's caches.

use serde_json::{Map, Value as Json, json};

use super::super::config::{Style, duration, size};
use polity_engines::surface::Faced;
use polity_model::keyspace::OnWrite;

/// `None` where nothing is cached.
pub(super) fn caching(valid: &Faced<'_>) -> Option<Json> {
    let caches = || valid.keyspaces.iter().filter_map(|keyspace| Some((keyspace, keyspace.cache.as_ref()?)));
    caches().next()?;
    let mut layers = Map::new();
    let locals: Map<String, Json> = caches()
        .filter_map(|(keyspace, cache)| {
            let local = cache.local.as_ref()?;
            let mut out = Map::new();
            out.insert("ttl".to_owned(), duration(local.ttl));
            if let Some(bytes) = local.max_bytes {
                out.insert("size".to_owned(), size(bytes, Style::Snake));
            }
            Some((keyspace.named.name.to_string(), Json::Object(out)))
        })
        .collect();
    if !locals.is_empty() {
        layers.insert("l1_application".to_owned(), json!({ "type": "in_memory", "caches": locals }));
    }
    for store in &valid.stores {
        let held: Map<String, Json> = caches()
            .filter(|(keyspace, _)| keyspace.store == store.id)
            .map(|(keyspace, _)| {
                let ttl = keyspace.ttl.as_ref().map_or(Json::Null, |(ttl, _)| duration(*ttl));
                (keyspace.named.name.to_string(), json!({ "ttl": ttl }))
            })
            .collect();
        if !held.is_empty() {
            let name = format!("l2_{}", store.named.name);
            layers.insert(name, json!({ "type": "distributed", "caches": held }));
        }
    }
    let follows = |how: OnWrite| caches().any(|(_, cache)| cache.on_write.is_some_and(|(on, _)| on == how));
    Some(json!({
        "layers": layers,
        "strategies": {
            "cache_aside": follows(OnWrite::Invalidate),
            "write_through": follows(OnWrite::Update),
            "write_behind": follows(OnWrite::Queue),
            "refresh_ahead": caches().any(|(_, cache)| cache.refresh_at.is_some()),
        },
        "invalidation": { "event_driven": caches().any(|(_, cache)| cache.on_write.is_some()) },
    }))
}
