//! The keys and values about a person, for the functions `erase_subject` and `find_subject` of the library and for the
//! script that walks the databases with them.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::super::lowered::{Erasure, Person};
use super::super::{keys, keyspaces_of};
use super::{entries, operations};
use polity_catalog::keyed::{Flag, Fragment, Function, Object, Piece, Role};
use polity_govern::Stored;
use polity_govern::erasure::{Keys, Plan};
use polity_model::keyspace::ValueShape;
use polity_model::{EntityId, FieldId, Keyspace, Store};
use polity_text::quoting::lua;

/// Returns the commands that the caller of the functions needs in addition to `SCAN` and `UNLINK`; none where there are no
/// such functions.
pub(super) fn commands(valid: &Stored, store: &Store) -> Vec<&'static str> {
    let plans = plans(valid, store);
    if plans.is_empty() {
        return if has_tenants(valid, store) { vec!["fcall"] } else { Vec::new() };
    }
    let mut commands = vec![
        "fcall", "fcall_ro", "get", "hget", "lrange", "lrem", "smembers", "srem", "zrange", "zrem", "xrange",
        "xdel",
    ];
    let documents = |keys: &Keys| matches!(valid[keys.keyspace].value, ValueShape::Document(_));
    if plans.iter().flat_map(|plan| &plan.keys).any(documents) {
        commands.push("json.get");
    }
    commands
}

/// Returns the plans that find anything in a store.
fn plans<'v>(valid: &'v Stored, store: &Store) -> Vec<&'v Plan> {
    let here = |plan: &&Plan| plan.keys.iter().any(|keys| valid[keys.keyspace].store == store.id);
    valid.erasure_plans().iter().filter(here).collect()
}

/// Returns the fragments and functions of the library that erase.
pub(super) fn lower(valid: &Stored, store: &Store) -> Vec<Object> {
    let plans = plans(valid, store);
    let has_tenants = has_tenants(valid, store);
    let mut objects = Vec::new();
    if plans.is_empty() && !has_tenants {
        return objects;
    }
    let fragment = |name: &str, code: String| {
        let (library, name) = (valid.name.clone(), name.into());
        Object::from(Fragment { library, name, keyspace: None, code })
    };
    objects.push(fragment("segment", polity_templates::redis::SEGMENT.to_owned()));
    if !plans.is_empty() {
        let people = json!({ "people": people(valid, store, &plans) });
        objects.push(fragment("people", polity_templates::render(polity_templates::redis::PEOPLE, people)));
        let arguments = ["person", "database", "cursor", "tenant", "found"];
        let comment = "erases, of one step through the keys, all that is about a person.";
        objects.push(walk(valid, "erase_subject", &arguments, "walk(true)", comment).into());
        let comment = "finds, in one step through the keys, all that is about a person.";
        let mut find = walk(valid, "find_subject", &arguments, "walk(false)", comment);
        find.flags.insert(Flag::NoWrites);
        objects.push(find.into());
    }
    if has_tenants {
        let tenants = json!({ "tenants": tenants(valid, store) });
        objects
            .push(fragment("tenants", polity_templates::render(polity_templates::redis::TENANTS, tenants)));
        let comment = "erases, of one step through the keys, all that is a tenant's.";
        let arguments = ["database", "cursor", "tenant"];
        objects.push(walk(valid, "erase_tenant", &arguments, "erase_tenant", comment).into());
    }
    objects
}

/// Returns a function that walks through the keys of a database.
pub(super) fn walk(
    valid: &Stored,
    name: &str,
    arguments: &[&str],
    callback: &str,
    comment: &str,
) -> Function {
    Function {
        library: valid.name.clone(),
        name: name.into(),
        keyspace: None,
        flags: BTreeSet::from([Flag::AllowCrossSlotKeys]),
        keys: Vec::new(),
        arguments: arguments.iter().map(|argument| (*argument).into()).collect(),
        callback: callback.to_owned(),
        comment: comment.into(),
    }
}

/// Returns the databases that the scripts walk through.
pub(super) fn walks(valid: &Stored, store: &Store) -> Erasure {
    let plans = plans(valid, store);
    let person = plans.first().map(|first| {
        let keyspaces = plans.iter().flat_map(|plan| &plan.keys).map(|keys| &valid[keys.keyspace]);
        Person {
            entity: valid.entity_path(first.subject),
            are_many: plans.len() > 1,
            databases: databases(keyspaces.filter(|keyspace| keyspace.store == store.id)),
        }
    });
    let of_tenants = if has_tenants(valid, store) { databases(of_tenants(valid, store)) } else { Vec::new() };
    let of_entries = entries::databases(valid, store);
    Erasure { person, of_tenants, has_tenancy: valid.tenancy.is_some(), of_entries }
}

/// Whether anything in a store is one tenant's.
fn has_tenants(valid: &Stored, store: &Store) -> bool {
    valid.tenancy.is_some() && of_tenants(valid, store).next().is_some()
}

/// Returns the keyspaces that tenants have.
fn of_tenants<'v>(valid: &'v Stored, store: &Store) -> impl Iterator<Item = &'v Keyspace> {
    keyspaces_of(valid, store).filter(|keyspace| !keyspace.global)
}

/// Returns the databases that keyspaces lie in, each once, ascending.
fn databases<'k>(keyspaces: impl Iterator<Item = &'k Keyspace>) -> Vec<u32> {
    let databases: BTreeSet<u32> = keyspaces.map(database).collect();
    databases.into_iter().collect()
}

pub(super) fn database(keyspace: &Keyspace) -> u32 {
    keyspace.database.map_or(0, |(number, _)| number)
}

/// Writes the patterns of what is a tenant's: the first capture is the tenant.
fn tenants(valid: &Stored, store: &Store) -> String {
    let mut out = String::new();
    for keyspace in of_tenants(valid, store) {
        for (key, _) in keys::all_of(valid, keyspace) {
            let (database, pattern) = (database(keyspace), lua::text(&matching(&key.pieces())));
            let _ = writeln!(out, "  {{ database = {database}, pattern = {pattern} }},");
        }
    }
    out
}

/// Writes, for each kind of person, the places of its keys.
fn people(valid: &Stored, store: &Store, plans: &[&Plan]) -> String {
    let mut out = String::new();
    for plan in plans {
        let _ = writeln!(out, "  [{}] = {{", lua::text(&valid.entity_path(plan.subject)));
        for keys in plan.keys.iter().filter(|keys| valid[keys.keyspace].store == store.id) {
            places(valid, plan, keys, &mut out);
        }
        out.push_str("  },\n");
    }
    out
}

/// Writes the keys of a keyspace, and those next to them.
fn places(valid: &Stored, plan: &Plan, keys: &Keys, out: &mut String) {
    let keyspace = &valid[keys.keyspace];
    let is_scoped = valid.tenancy.is_some() && !keyspace.global && valid[plan.subject].tenant.is_some();
    for (key, role) in keys::all_of(valid, keyspace) {
        let (database, pattern) = (database(keyspace), lua::text(&matching(&key.pieces())));
        let scope = if is_scoped { ", tenant = true" } else { "" };
        let ttl = operations::ttl(keyspace).filter(|_| matches!(keyspace.value, ValueShape::List(_)));
        let stamp = ttl.map_or_else(String::new, |ttl| format!(", ttl = {ttl}"));
        let _ = writeln!(out, "    {{ database = {database}, pattern = {pattern}{scope}{stamp}, ways = {{");
        for names in &keys.by {
            // Each parameter is a capture, in their order.
            let at: Vec<String> = names.parameters.iter().map(|(i, _)| (i + 1).to_string()).collect();
            let fields: Vec<FieldId> = names.parameters.iter().map(|(_, field)| *field).collect();
            let target = target(valid, names.entity, &fields);
            let _ = writeln!(out, "      {{ {target}, at = {{ {} }} }},", at.join(", "));
        }
        let value = match role {
            Some(Role::Processing) => Some("processing"),
            Some(Role::Dead) => Some("stream"),
            None => reader(&keyspace.value),
        };
        for (held, value) in keys.held.iter().filter_map(|held| Some((held, value?))) {
            let path: Vec<String> = held.path.iter().map(|name| lua::text(name)).collect();
            let target = target(valid, held.entity, &[held.field]);
            let _ =
                writeln!(out, "      {{ {target}, value = '{value}', path = {{ {} }} }},", path.join(", "));
        }
        out.push_str("    } },\n");
    }
}

/// Writes `to = 'core.User', fields = { 'id' }`
fn target(valid: &Stored, entity: EntityId, fields: &[FieldId]) -> String {
    let names: Vec<String> = fields.iter().map(|f| lua::text(&valid[entity].field(*f).named.name)).collect();
    format!("to = {}, fields = {{ {} }}", lua::text(&valid.entity_path(entity)), names.join(", "))
}

/// Returns the reader of a value, by its name in the library.
fn reader(shape: &ValueShape) -> Option<&'static str> {
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

/// Writes a pattern of Lua that matches the keys, with a capture for each parameter.
pub(super) fn matching(pieces: &[Piece<'_>]) -> String {
    let mut out = String::from("^");
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    if c.is_ascii_punctuation() {
                        out.push('%');
                    }
                    out.push(c);
                }
            }
            Piece::Parameter { .. } => out.push_str("([^:{}]*)"),
        }
    }
    out.push('$');
    out
}
