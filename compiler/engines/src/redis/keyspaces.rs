//! `keyspaces.json` for machines and `keyspaces.md` for people.

use std::fmt::Write;

use serde_json::{Map, Value as Json, json};

use super::{channels_of, functions, keys, keyspaces_of, kind, value};
use polity_govern::Governed;
use polity_govern::check::Valid;
use polity_model::keyspace::{DeadLetter, OnWrite, Parameter, Part, Pattern, ValueShape};
use polity_model::{Channel, Keyspace, Store};
use polity_text::quoting::markdown::{cell, code, code_cell, prose};

/// Every keyspace and channel: pattern, parameters and their types, the schema of the value, life time, limits.
pub(super) fn json(valid: &Valid, store: &Store) -> String {
    let keyspaces: Vec<Json> = keyspaces_of(valid, store).map(|k| keyspace(valid, store, k)).collect();
    let channels: Vec<Json> = channels_of(valid, store).map(|c| channel(valid, store, c)).collect();
    let tree = json!({
        "generated_by": "Polity; do not edit",
        "platform": valid.name.as_str(),
        "store": store.named.name.as_str(),
        "keyspaces": keyspaces,
        "channels": channels,
    });
    serde_json::to_string_pretty(&tree).unwrap_or_default() + "\n"
}

fn keyspace(valid: &Valid, store: &Store, keyspace: &Keyspace) -> Json {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(keyspace.named.name.as_str()));
    if !keyspace.named.docs.is_empty() {
        out.insert("description".to_owned(), json!(keyspace.named.docs.as_str()));
    }
    out.insert("database".to_owned(), json!(keyspace.database.map_or(0, |(n, _)| n)));
    pattern(valid, &keyspace.pattern, &keyspace.together_by, &mut out);
    out.insert("kind".to_owned(), json!(kind::name(&keyspace.value)));
    match &keyspace.value {
        ValueShape::SortedSet { by, descending, .. } => {
            let order = if *descending { "descending" } else { "ascending" };
            out.insert("score".to_owned(), json!({ "type": valid.type_name(by).as_str(), "order": order }));
        }
        ValueShape::Stream { groups, dead_letter, .. } => {
            let groups: Vec<&str> = groups.iter().map(|g| g.as_str()).collect();
            out.insert("groups".to_owned(), json!(groups));
            if let Some(DeadLetter::Keyspace(other, _)) = dead_letter {
                out.insert("dead_letter".to_owned(), json!(valid[*other].named.name.as_str()));
            }
        }
        _ => {}
    }
    if let Some(word) = keys::word_beside(&keyspace.value) {
        let beside = keys::beside(&keyspace.pattern, !keyspace.together_by.is_empty(), word);
        out.insert(word.to_owned(), json!(keys::shown(&beside, &keyspace.together_by)));
    }
    let schema = value::schema(valid, store.id, &keyspace.value);
    if !schema.is_null() {
        out.insert("value".to_owned(), schema);
    }
    out.insert("ttl_ms".to_owned(), functions::ttl(keyspace).map_or(Json::Null, |ms| json!(ms)));
    if let Some(limit) = &keyspace.limit {
        let window = limit.per.at_least_milliseconds();
        let limit = if limit.of_quota {
            json!({ "quota": "requests" })
        } else {
            json!({ "count": limit.count, "window_ms": window, "sliding": limit.sliding })
        };
        out.insert("limit".to_owned(), limit);
    }
    if let Some((max, _)) = keyspace.max_length {
        out.insert("max_length".to_owned(), json!(max));
    }
    if let Some(cache) = &keyspace.cache {
        let mut inside = Map::new();
        inside.insert("source".to_owned(), json!(valid.entity_path(cache.source)));
        if let Some((on_write, _)) = cache.on_write {
            inside.insert("on_write".to_owned(), json!(on_write_name(on_write)));
        }
        if let Some(percent) = cache.refresh_at {
            inside.insert("refresh_at_percent".to_owned(), json!(percent));
        }
        if let Some(local) = &cache.local {
            inside.insert(
                "local".to_owned(),
                json!({ "ttl_ms": local.ttl.at_least_milliseconds(), "max_bytes": local.max_bytes }),
            );
        }
        out.insert("cache".to_owned(), Json::Object(inside));
    }
    let labels: Vec<&str> = keyspace.labels.iter().map(|l| valid[*l].name.as_str()).collect();
    if !labels.is_empty() {
        out.insert("labels".to_owned(), json!(labels));
    }
    let functions: Vec<String> = functions::of(valid, keyspace).into_iter().map(|f| f.name).collect();
    out.insert("functions".to_owned(), json!(functions));
    Json::Object(out)
}

fn channel(valid: &Valid, store: &Store, channel: &Channel) -> Json {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(channel.named.name.as_str()));
    if !channel.named.docs.is_empty() {
        out.insert("description".to_owned(), json!(channel.named.docs.as_str()));
    }
    pattern(valid, &channel.pattern, &[], &mut out);
    if let Some(ty) = &channel.value {
        out.insert("value".to_owned(), value::schema(valid, store.id, &ValueShape::Scalar(ty.clone())));
    }
    Json::Object(out)
}

fn pattern(platform: &Governed, pattern: &Pattern, together: &[usize], out: &mut Map<String, Json>) {
    out.insert("pattern".to_owned(), json!(keys::shown(pattern, together)));
    out.insert("example".to_owned(), json!(keys::example(platform, pattern, together)));
    let parts: Vec<Json> = pattern
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => json!({ "literal": text.as_str() }),
            Part::Parameter(i) => json!({ "parameter": pattern.parameters[*i].name.as_str() }),
        })
        .collect();
    out.insert("parts".to_owned(), Json::Array(parts));
    let parameters: Vec<Json> = pattern
        .parameters
        .iter()
        .enumerate()
        .map(|(i, parameter)| parameter_of(platform, parameter, together.contains(&i)))
        .collect();
    out.insert("parameters".to_owned(), Json::Array(parameters));
}

fn parameter_of(platform: &Governed, parameter: &Parameter, tag: bool) -> Json {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(parameter.name.as_str()));
    out.insert("type".to_owned(), json!(platform.type_name(&parameter.ty).as_str()));
    let encoding = if keys::is_hashed(parameter) { "hmac_sha256" } else { "percent" };
    out.insert("encoding".to_owned(), json!(encoding));
    if tag {
        out.insert("hash_tag".to_owned(), json!(true));
    }
    let labels: Vec<&str> = parameter.labels.iter().map(|l| platform[*l].name.as_str()).collect();
    if !labels.is_empty() {
        out.insert("labels".to_owned(), json!(labels));
    }
    Json::Object(out)
}

fn on_write_name(on_write: OnWrite) -> &'static str {
    match on_write {
        OnWrite::Invalidate => "invalidate",
        OnWrite::Update => "update",
        OnWrite::Queue => "queue",
    }
}

/// The text of `keyspaces.md`: one table a database, then the purpose of each keyspace.
pub(super) fn markdown(valid: &Valid, store: &Store) -> String {
    let mut out = format!(
        "<!-- Generated by Polity from {}; do not edit. -->\n\n# Keys of `{}`\n\n",
        valid.name, store.named.name
    );
    if !store.named.docs.is_empty() {
        let _ = write!(out, "{}\n\n", prose(&store.named.docs));
    }
    out.push_str(
        "In the value of a parameter, `: % { } * ? [ ] \\` are percent-encoded. A parameter that carries a label is stored as\n\
         a keyed hash, so that no key names a person.\n",
    );
    let mut databases: Vec<u32> =
        keyspaces_of(valid, store).map(|k| k.database.map_or(0, |(n, _)| n)).collect();
    databases.sort_unstable();
    databases.dedup();
    for database in databases {
        let here =
            || keyspaces_of(valid, store).filter(move |k| k.database.map_or(0, |(n, _)| n) == database);
        let _ =
            write!(out, "\n## Database {database}\n\n| key | holds | lives | limits |\n|---|---|---|---|\n");
        for keyspace in here() {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} |",
                code_cell(&keys::shown(&keyspace.pattern, &keyspace.together_by)),
                cell(&holds(valid, keyspace)),
                lives(keyspace),
                limits(keyspace)
            );
        }
        for keyspace in here() {
            section(valid, keyspace, &mut out);
        }
    }
    let channels: Vec<&Channel> = channels_of(valid, store).collect();
    if !channels.is_empty() {
        out.push_str("\n## Channels\n\n| channel | carries | for |\n|---|---|---|\n");
        for channel in channels {
            let carries = channel.value.as_ref().map_or_else(|| "anything".into(), |ty| valid.type_name(ty));
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                code_cell(&keys::shown(&channel.pattern, &[])),
                cell(&carries),
                cell(&channel.named.docs)
            );
        }
    }
    out
}

fn section(valid: &Valid, keyspace: &Keyspace, out: &mut String) {
    let _ = write!(out, "\n### {}\n\n", keyspace.named.name);
    if !keyspace.named.docs.is_empty() {
        let _ = write!(out, "{}\n\n", prose(&keyspace.named.docs));
    }
    let example = keys::example(valid, &keyspace.pattern, &keyspace.together_by);
    let _ = writeln!(out, "- Example: {}", code(&example));
    if let Some(cache) = &keyspace.cache {
        let source = valid.entity_path(cache.source);
        let _ = match cache.on_write {
            Some((OnWrite::Invalidate, _)) => {
                writeln!(out, "- Copy of `{source}`; dropped when that is written.")
            }
            Some((OnWrite::Update, _)) => writeln!(out, "- Copy of `{source}`; written with it."),
            Some((OnWrite::Queue, _)) => writeln!(out, "- Copy of `{source}`; a queue brings its writes."),
            None => writeln!(out, "- Copy of `{source}`; as old as its time to live at most."),
        };
    }
    if let Some(word) = keys::word_beside(&keyspace.value) {
        let beside = keys::beside(&keyspace.pattern, !keyspace.together_by.is_empty(), word);
        let _ = writeln!(
            out,
            "- Beside it, `{word}`: {}",
            code(&keys::example(valid, &beside, &keyspace.together_by))
        );
    }
    for function in functions::of(valid, keyspace) {
        let keys = function.keys.join("`, `");
        let arguments = if function.arguments.is_empty() {
            String::new()
        } else {
            format!(" with `{}`", function.arguments.join("`, `"))
        };
        let _ = writeln!(
            out,
            "- {} on `{keys}`{arguments}: {}",
            code(&format!("FCALL {}", function.name)),
            function.docs
        );
    }
}

fn holds(valid: &Valid, keyspace: &Keyspace) -> String {
    match &keyspace.value {
        ValueShape::Scalar(ty) => valid.type_name(ty).into(),
        ValueShape::List(ty) => format!("list of {}", valid.type_name(ty)),
        ValueShape::Set(ty) => format!("set of {}", valid.type_name(ty)),
        ValueShape::Geo(ty) => format!("positions of {}", valid.type_name(ty)),
        ValueShape::Bloom(ty) => format!("bloom filter of {}", valid.type_name(ty)),
        ValueShape::SortedSet { of, by, descending } => format!(
            "sorted set of {} by {}{}",
            valid.type_name(of),
            valid.type_name(by),
            if *descending { ", highest first" } else { "" }
        ),
        ValueShape::Json(id) | ValueShape::Document(id) | ValueShape::Hash(id) => {
            let fields: Vec<&str> = valid[*id].fields.iter().map(|f| f.named.name.as_str()).collect();
            format!("{}: {}", kind::name(&keyspace.value), fields.join(", "))
        }
        ValueShape::Stream { fields, .. } => {
            let fields: Vec<&str> = valid[*fields].fields.iter().map(|f| f.named.name.as_str()).collect();
            format!("stream: {}", fields.join(", "))
        }
        ValueShape::Entity(id) => format!("json of {}", valid.entity_path(*id)),
        other => kind::name(other).to_owned(),
    }
}

fn lives(keyspace: &Keyspace) -> String {
    match (&keyspace.ttl, &keyspace.limit) {
        (Some((ttl, _)), _) => ttl.to_string(),
        (None, Some(limit)) => limit.per.to_string(),
        (None, None) => "until deleted".to_owned(),
    }
}

fn limits(keyspace: &Keyspace) -> String {
    if keyspace.is_of_quota() {
        return "`quota.requests` of the tenant".to_owned();
    }
    if let Some(limit) = &keyspace.limit {
        let window = if limit.sliding { "in any" } else { "per" };
        return format!("{} {window} {}", limit.count, limit.per);
    }
    keyspace.max_length.map_or_else(String::new, |(max, _)| format!("{max} at most"))
}
