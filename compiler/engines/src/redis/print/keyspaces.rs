//! `keyspaces.json`: every keyspace and channel for machines.

use serde_json::{Map, Value as Json, json};

use super::super::keys;
use super::super::lowered::{Lowered, Notes, ParameterNotes};
use super::schema;
use polity_catalog::keyed::{
    Beginning, Channel, Former, Function, Key, Keyspace, Limit, Parameter, Part, Piece, Value,
};
use polity_model::keyspace::{Cache, OnWrite};

/// Writes every keyspace and channel: pattern, parameters and their types, the schema of the value, life time, limits.
pub(in super::super) fn text(lowered: &Lowered) -> String {
    let functions = lowered.functions();
    let keyspaces = lowered.keyspaces().map(|(keyspace, notes)| {
        let functions = functions.get(&keyspace.name).map_or(&[][..], Vec::as_slice);
        of_keyspace(keyspace, notes, functions)
    });
    let tree = json!({
        "generated_by": "Polity; do not edit",
        "platform": lowered.title.platform,
        "store": lowered.title.store,
        "keyspaces": keyspaces.collect::<Vec<Json>>(),
        "channels": lowered.channels().map(|(channel, notes)| of_channel(channel, notes)).collect::<Vec<Json>>(),
    });
    serde_json::to_string_pretty(&tree).unwrap_or_default() + "\n"
}

fn of_keyspace(keyspace: &Keyspace, notes: &Notes, functions: &[&Function]) -> Json {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(keyspace.name));
    if !keyspace.comment.is_empty() {
        out.insert("description".to_owned(), json!(keyspace.comment));
    }
    out.insert("database".to_owned(), json!(keyspace.database));
    add_key(&keyspace.key, &notes.parameters, &mut out);
    out.insert("kind".to_owned(), json!(keyspace.value.kind().name()));
    add_value(keyspace, notes, &mut out);
    out.insert("ttl_ms".to_owned(), json!(keyspace.life.map(|life| life.milliseconds)));
    out.extend(keyspace.life.map(|life| ("ttl_from".to_owned(), json!(beginning(life.from)))));
    if let Some(limit) = &keyspace.limit {
        out.insert("limit".to_owned(), of_limit(limit));
    }
    if let Some(max) = keyspace.max_length {
        out.insert("max_length".to_owned(), json!(max));
    }
    if let Some((source, cache)) = &notes.cache {
        out.insert("cache".to_owned(), of_cache(source, cache));
    }
    if !keyspace.former.is_empty() {
        let former = keyspace.former.iter().map(of_former).collect::<Vec<Json>>();
        out.insert("former".to_owned(), Json::Array(former));
    }
    if !notes.labels.is_empty() {
        out.insert("labels".to_owned(), json!(notes.labels));
    }
    let functions: Vec<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    out.insert("functions".to_owned(), json!(functions));
    Json::Object(out)
}

/// The keys of before, which clients only read.
fn of_former(former: &Former) -> Json {
    json!({
        "database": former.database,
        "pattern": keys::shown(&former.key),
        "kind": former.value.kind().name(),
        "value": schema::of_value(&former.value),
        "ttl_ms": former.life.map(|life| life.milliseconds),
    })
}

fn add_value(keyspace: &Keyspace, notes: &Notes, out: &mut Map<String, Json>) {
    match &keyspace.value {
        Value::SortedSet { descending, .. } => {
            let order = if *descending { "descending" } else { "ascending" };
            out.insert("score".to_owned(), json!({ "type": notes.score, "order": order }));
        }
        Value::List(_) if keyspace.is_stamped() => {
            out.insert("element".to_owned(), json!("{milliseconds}:{value}"));
        }
        Value::Stream { groups, dead_letters, .. } => {
            out.insert("groups".to_owned(), json!(groups));
            if let Some(other) = dead_letters {
                out.insert("dead_letter".to_owned(), json!(other));
            }
        }
        _ => {}
    }
    if let Some(companion) = &keyspace.companion {
        out.insert(companion.role.word().to_owned(), json!(keys::shown(&companion.key)));
    }
    let schema = schema::of_value(&keyspace.value);
    if !schema.is_null() {
        out.insert("value".to_owned(), schema);
    }
}

fn beginning(from: Beginning) -> &'static str {
    match from {
        Beginning::FirstWrite => "first_write",
        Beginning::LastWrite => "last_write",
        Beginning::EachEntry => "each_entry",
        Beginning::EachTimestamp => "each_timestamp",
    }
}

fn of_limit(limit: &Limit) -> Json {
    match limit {
        Limit::Tenant => json!({ "quota": "requests" }),
        Limit::Window { count, milliseconds, sliding } => {
            json!({ "count": count, "window_ms": milliseconds, "sliding": sliding })
        }
    }
}

fn of_cache(source: &str, cache: &Cache) -> Json {
    let mut out = Map::new();
    out.insert("source".to_owned(), json!(source));
    if let Some((on_write, _)) = cache.on_write {
        let name = match on_write {
            OnWrite::Invalidate => "invalidate",
            OnWrite::Update => "update",
            OnWrite::Queue => "queue",
        };
        out.insert("on_write".to_owned(), json!(name));
    }
    if let Some(percent) = cache.refresh_at {
        out.insert("refresh_at_percent".to_owned(), json!(percent));
    }
    if let Some(local) = &cache.local {
        let (ttl, max) = (local.ttl.at_least_milliseconds(), local.max_bytes);
        out.insert("local".to_owned(), json!({ "ttl_ms": ttl, "max_bytes": max }));
    }
    Json::Object(out)
}

fn of_channel(channel: &Channel, notes: &Notes) -> Json {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(channel.name));
    if !channel.comment.is_empty() {
        out.insert("description".to_owned(), json!(channel.comment));
    }
    add_key(&channel.key, &notes.parameters, &mut out);
    out.insert("value".to_owned(), schema::of_type(&channel.ty));
    Json::Object(out)
}

fn add_key(key: &Key, notes: &[ParameterNotes], out: &mut Map<String, Json>) {
    out.insert("pattern".to_owned(), json!(keys::shown(key)));
    out.extend(keys::example(key).map(|example| ("example".to_owned(), json!(example))));
    let mut parts = Vec::new();
    add_parts(&key.parts, &mut parts);
    out.insert("parts".to_owned(), Json::Array(parts));
    let parameters = key.pieces().into_iter().filter_map(|piece| match piece {
        Piece::Parameter { parameter, tagged, .. } => Some((parameter, tagged)),
        Piece::Text(_) => None,
    });
    let parameters =
        parameters.zip(notes).map(|((parameter, tagged), notes)| of_parameter(parameter, notes, tagged));
    out.insert("parameters".to_owned(), Json::Array(parameters.collect()));
}

/// Adds the parts of a key; the braces of hash tags are none.
fn add_parts(parts: &[Part], out: &mut Vec<Json>) {
    for part in parts {
        match part {
            Part::Literal(text) => out.push(json!({ "literal": text })),
            Part::Parameter(parameter) | Part::Tenant { parameter, .. } => {
                out.push(json!({ "parameter": parameter.name }));
            }
            Part::HashTag(parts) => add_parts(parts, out),
        }
    }
}

fn of_parameter(parameter: &Parameter, notes: &ParameterNotes, tagged: bool) -> Json {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(parameter.name));
    out.insert("type".to_owned(), json!(notes.ty));
    let encoding = if parameter.hashed { "hmac_sha256" } else { "percent" };
    out.insert("encoding".to_owned(), json!(encoding));
    if tagged {
        out.insert("hash_tag".to_owned(), json!(true));
    }
    if !notes.labels.is_empty() {
        out.insert("labels".to_owned(), json!(notes.labels));
    }
    Json::Object(out)
}
