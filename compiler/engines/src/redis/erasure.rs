//! The keys and values about a person, for the functions `erase_subject` and `find_subject` of the library and for the
//! script that walks the databases with them.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::{is_cluster, keys, settings_anywhere};
use polity_govern::check::Valid;
use polity_govern::erasure::{Keys, Plan};
use polity_model::keyspace::{Part, Pattern, ValueShape};
use polity_model::{EntityId, FieldId, Keyspace, Store};
use polity_text::quoting::{lua, shell};

/// The commands that the caller of the functions must be allowed, in addition to `SCAN` and `UNLINK`; empty where there
/// are no such functions.
pub(super) fn commands(valid: &Valid, store: &Store) -> String {
    let plans = plans(valid, store);
    if plans.is_empty() {
        return if has_tenants(valid, store) { " +fcall".to_owned() } else { String::new() };
    }
    let mut commands =
        " +fcall +fcall_ro +get +hget +lrange +lrem +smembers +srem +zrange +zrem +xrange +xdel".to_owned();
    let documents = |keys: &Keys| matches!(valid[keys.keyspace].value, ValueShape::Document(_));
    if plans.iter().flat_map(|plan| &plan.keys).any(documents) {
        commands.push_str(" +json.get");
    }
    commands
}

/// The plans that find anything in a store.
pub(super) fn plans<'v>(valid: &'v Valid, store: &Store) -> Vec<&'v Plan> {
    let here = |plan: &&Plan| plan.keys.iter().any(|keys| valid[keys.keyspace].store == store.id);
    valid.erasure_plans().iter().filter(here).collect()
}

/// The part of the library.
pub(super) fn library(valid: &Valid, store: &Store) -> Option<String> {
    let plans = plans(valid, store);
    if plans.is_empty() && !has_tenants(valid, store) {
        return None;
    }
    let mut people = String::new();
    for plan in &plans {
        let _ = writeln!(people, "  [{}] = {{", lua::text(&valid.entity_path(plan.subject)));
        for keys in plan.keys.iter().filter(|keys| valid[keys.keyspace].store == store.id) {
            places(valid, plan, keys, &mut people);
        }
        people.push_str("  },\n");
    }
    Some(polity_templates::render(
        polity_templates::redis::ERASURE,
        json!({ "people": people, "erases": !plans.is_empty(), "tenants": tenants(valid, store) }),
    ))
}

/// Whether anything in a store is one tenant's.
fn has_tenants(valid: &Valid, store: &Store) -> bool {
    valid.tenancy.is_some() && super::keyspaces_of(valid, store).any(|keyspace| !keyspace.global)
}

/// The patterns of what is a tenant's: the first capture is the tenant.
fn tenants(valid: &Valid, store: &Store) -> Option<String> {
    if !has_tenants(valid, store) {
        return None;
    }
    let mut out = String::new();
    for keyspace in super::keyspaces_of(valid, store).filter(|keyspace| !keyspace.global) {
        let together = &keyspace.together_by;
        let beside = keys::word_beside(&keyspace.value);
        let beside = beside.map(|word| keys::beside(&keyspace.pattern, !together.is_empty(), word));
        for pattern in std::iter::once(&keyspace.pattern).chain(&beside) {
            let database = keyspace.database.map_or(0, |(n, _)| n);
            let _ = writeln!(
                out,
                "  {{ database = {database}, pattern = {} }},",
                lua::text(&matching(pattern, together))
            );
        }
    }
    Some(out)
}

/// `scripts/erase_tenant.sh`
pub(super) fn tenant_script(valid: &Valid, store: &Store) -> Option<String> {
    if !has_tenants(valid, store) {
        return None;
    }
    let keyspaces = super::keyspaces_of(valid, store).filter(|keyspace| !keyspace.global);
    let context = json!({
        "platform": valid.name.as_str(),
        "store": store.named.name.as_str(),
        "databases": databases(keyspaces),
        "cluster": settings_anywhere(valid, store).iter().any(|(_, settings)| is_cluster(settings)),
    });
    Some(polity_templates::render(polity_templates::redis::ERASE_TENANT, context))
}

/// `scripts/erase_subject.sh`
pub(super) fn script(valid: &Valid, store: &Store) -> Option<String> {
    let plans = plans(valid, store);
    let first = plans.first()?;
    let keyspaces = plans.iter().flat_map(|plan| &plan.keys).map(|keys| &valid[keys.keyspace]);
    let keyspaces = keyspaces.filter(|keyspace| keyspace.store == store.id);
    let context = json!({
        "platform": valid.name.as_str(),
        "store": store.named.name.as_str(),
        "entity": shell::word(&valid.entity_path(first.subject)),
        "many": plans.len() > 1,
        "tenancy": valid.tenancy.is_some(),
        "databases": databases(keyspaces),
        "cluster": settings_anywhere(valid, store).iter().any(|(_, settings)| is_cluster(settings)),
    });
    Some(polity_templates::render(polity_templates::redis::ERASE_SUBJECT, context))
}

/// The databases that keyspaces lie in, each once, as a shell walks through them.
fn databases<'k>(keyspaces: impl Iterator<Item = &'k Keyspace>) -> String {
    let found: BTreeSet<u32> = keyspaces.map(|keyspace| keyspace.database.map_or(0, |(n, _)| n)).collect();
    found.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

/// The keys of a keyspace, and those beside them.
fn places(valid: &Valid, plan: &Plan, keys: &Keys, out: &mut String) {
    let keyspace = &valid[keys.keyspace];
    let together = &keyspace.together_by;
    let mut patterns = vec![(keyspace.pattern.clone(), value(&keyspace.value))];
    if let Some(word) = keys::word_beside(&keyspace.value) {
        let beside = keys::beside(&keyspace.pattern, !together.is_empty(), word);
        let value = if word == "processing" { Some("processing") } else { Some("stream") };
        patterns.push((beside, value));
    }
    let is_scoped = valid.tenancy.is_some() && !keyspace.global && valid[plan.subject].tenant.is_some();
    for (pattern, value) in patterns {
        let database = keyspace.database.map_or(0, |(n, _)| n);
        let _ = write!(
            out,
            "    {{ database = {database}, pattern = {}",
            lua::text(&matching(&pattern, together))
        );
        if is_scoped {
            out.push_str(", tenant = true");
        }
        out.push_str(", ways = {\n");
        for names in &keys.by {
            let at: Vec<String> =
                names.parameters.iter().map(|(i, _)| (place(&pattern, *i)).to_string()).collect();
            let fields: Vec<FieldId> = names.parameters.iter().map(|(_, field)| *field).collect();
            let _ = writeln!(
                out,
                "      {{ {}, at = {{ {} }} }},",
                target(valid, names.entity, &fields),
                at.join(", ")
            );
        }
        for held in &keys.held {
            let Some(value) = value else { continue };
            let path: Vec<String> = held.path.iter().map(|name| lua::text(name)).collect();
            let _ = writeln!(
                out,
                "      {{ {}, value = '{value}', path = {{ {} }} }},",
                target(valid, held.entity, &[held.field]),
                path.join(", ")
            );
        }
        out.push_str("    } },\n");
    }
}

/// `to = 'core.User', fields = { 'id' }`
fn target(valid: &Valid, entity: EntityId, fields: &[FieldId]) -> String {
    let names: Vec<String> = fields.iter().map(|f| lua::text(&valid[entity].field(*f).named.name)).collect();
    format!("to = {}, fields = {{ {} }}", lua::text(&valid.entity_path(entity)), names.join(", "))
}

/// How a value is read.
fn value(shape: &ValueShape) -> Option<&'static str> {
    Some(match shape {
        ValueShape::Scalar(_) | ValueShape::Json(_) => "string",
        ValueShape::Document(_) => "document",
        ValueShape::Hash(_) => "hash",
        ValueShape::List(_) => "list",
        ValueShape::Set(_) => "set",
        ValueShape::SortedSet { .. } | ValueShape::Geo(_) => "zset",
        ValueShape::Stream { .. } => "stream",
        _ => return None,
    })
}

/// Which capture a parameter is, from 1.
fn place(pattern: &Pattern, parameter: usize) -> usize {
    let parameters = pattern.parts.iter().filter_map(|part| match part {
        Part::Parameter(i) => Some(*i),
        Part::Literal(_) => None,
    });
    parameters.into_iter().position(|i| i == parameter).map_or(0, |at| at + 1)
}

/// A pattern of Lua that matches the keys, with a capture for each parameter.
fn matching(pattern: &Pattern, together: &[usize]) -> String {
    let mut out = String::from("^");
    for part in &pattern.parts {
        match part {
            Part::Literal(text) => {
                for c in text.chars() {
                    if c.is_ascii_punctuation() {
                        out.push('%');
                    }
                    out.push(c);
                }
            }
            Part::Parameter(i) if together.contains(i) => out.push_str("{([^:{}]*)}"),
            Part::Parameter(_) => out.push_str("([^:{}]*)"),
        }
    }
    out.push('$');
    out
}
