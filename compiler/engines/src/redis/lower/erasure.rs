//! The keys and values about a person, for the functions `erase_subject` and `find_subject` of the library and for the
//! script that walks the databases with them.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::super::lowered::{Erasure, Lowered, Person};
use super::super::{keys, keyspaces_of};
use super::former::Formers;
use super::{entries, operations};
use polity_catalog::keyed::{Flag, Former, Fragment, Function, Key, Kind, Object, Piece, Role, Value};
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
pub(super) fn lower(valid: &Stored, store: &Store, lowered: &Lowered) -> Vec<Object> {
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
        let people = json!({ "people": people(valid, store, &plans, lowered) });
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
        let tenants = json!({ "tenants": tenants(valid, store, lowered) });
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
pub(super) fn walks(valid: &Stored, store: &Store, formers: &Formers) -> Erasure {
    let plans = plans(valid, store);
    let person = plans.first().map(|first| {
        let keyspaces = plans.iter().flat_map(|plan| &plan.keys).map(|keys| &valid[keys.keyspace]);
        Person {
            entity: valid.entity_path(first.subject),
            are_many: plans.len() > 1,
            databases: databases(keyspaces.filter(|keyspace| keyspace.store == store.id), formers),
        }
    });
    let of_tenants =
        if has_tenants(valid, store) { databases(of_tenants(valid, store), formers) } else { Vec::new() };
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

/// Returns the databases that keyspaces lie in, and did before, each once, ascending.
fn databases<'k>(keyspaces: impl Iterator<Item = &'k Keyspace>, formers: &Formers) -> Vec<u32> {
    let all = |keyspace: &'k Keyspace| {
        let before = formers.databases(&keyspace.named.name);
        std::iter::once(database(keyspace)).chain(before).collect::<Vec<u32>>()
    };
    let databases: BTreeSet<u32> = keyspaces.flat_map(all).collect();
    databases.into_iter().collect()
}

pub(super) fn database(keyspace: &Keyspace) -> u32 {
    keyspace.database.map_or(0, |(number, _)| number)
}

/// Writes the patterns of what is a tenant's: the first capture is the tenant.
fn tenants(valid: &Stored, store: &Store, lowered: &Lowered) -> String {
    let mut out = String::new();
    for keyspace in of_tenants(valid, store) {
        for (key, _) in keys::all_of(valid, keyspace) {
            let (database, pattern) = (database(keyspace), lua::text(&matching(&key.pieces())));
            let _ = writeln!(out, "  {{ database = {database}, pattern = {pattern} }},");
        }
        for former in formers(lowered, keyspace) {
            // A key of before there were tenants is nobody's.
            let is_led = |key: &&Key| matches!(key.pieces().iter().find_map(parameter), Some("tenant"));
            for key in former.keys().map(|(key, _)| key).filter(is_led) {
                let (database, pattern) = (former.database, lua::text(&matching(&key.pieces())));
                let _ = writeln!(out, "  {{ database = {database}, pattern = {pattern} }},");
            }
        }
    }
    out
}

/// Writes, for each kind of person, the places of its keys.
fn people(valid: &Stored, store: &Store, plans: &[&Plan], lowered: &Lowered) -> String {
    let mut out = String::new();
    for plan in plans {
        let _ = writeln!(out, "  [{}] = {{", lua::text(&valid.entity_path(plan.subject)));
        for keys in plan.keys.iter().filter(|keys| valid[keys.keyspace].store == store.id) {
            places(valid, plan, keys, lowered, &mut out);
        }
        out.push_str("  },\n");
    }
    out
}

/// Writes the keys of a keyspace, those next to them, and those of before.
fn places(valid: &Stored, plan: &Plan, keys: &Keys, lowered: &Lowered, out: &mut String) {
    let keyspace = &valid[keys.keyspace];
    let is_scoped = valid.tenancy.is_some() && !keyspace.global && valid[plan.subject].tenant.is_some();
    let ttl = operations::ttl(keyspace).filter(|_| matches!(keyspace.value, ValueShape::List(_)));
    let stamp = ttl.map_or_else(String::new, |ttl| format!(", ttl = {ttl}"));
    for (key, role) in keys::all_of(valid, keyspace) {
        let value = value_of(role, reader(&keyspace.value));
        let place = Place { database: database(keyspace), key: &key, value, is_scoped, stamp: &stamp };
        place.write(valid, keyspace, keys, out);
    }
    for former in formers(lowered, keyspace) {
        let is_list = matches!(former.value, Value::List(_));
        let life = former.life.filter(|_| is_list).map(|life| format!(", ttl = {}", life.milliseconds));
        let stamp = life.unwrap_or_default();
        for (key, role) in former.keys() {
            let value = value_of(role, reader_of(&former.value));
            let place = Place { database: former.database, key, value, is_scoped, stamp: &stamp };
            place.write(valid, keyspace, keys, out);
        }
    }
}

/// The keys of one grammar.
struct Place<'k> {
    database: u32,
    key: &'k Key,
    /// The reader of the value, by its name in the library.
    value: Option<&'static str>,
    is_scoped: bool,
    stamp: &'k str,
}

impl Place<'_> {
    /// Writes the ways in which its keys are found to be a person's.
    fn write(&self, valid: &Stored, keyspace: &Keyspace, keys: &Keys, out: &mut String) {
        let Self { database, key, stamp, .. } = self;
        let pieces = key.pieces();
        // Each parameter is a capture, in their order.
        let captures: Vec<&str> = pieces.iter().filter_map(parameter).collect();
        let capture = |at: &usize| {
            let name = &keyspace.pattern.parameters[*at].name;
            captures.iter().position(|known| known == name).map(|at| at + 1)
        };
        let pattern = lua::text(&matching(&pieces));
        let scope =
            if self.is_scoped && captures.first() == Some(&"tenant") { ", tenant = true" } else { "" };
        let _ = writeln!(out, "    {{ database = {database}, pattern = {pattern}{scope}{stamp}, ways = {{");
        for names in &keys.by {
            let at: Option<Vec<String>> =
                names.parameters.iter().map(|(i, _)| Some(capture(i)?.to_string())).collect();
            let fields: Vec<FieldId> = names.parameters.iter().map(|(_, field)| *field).collect();
            let target = target(valid, names.entity, &fields);
            // Keys of before may not say it.
            if let Some(at) = at {
                let _ = writeln!(out, "      {{ {target}, at = {{ {} }} }},", at.join(", "));
            }
        }
        for (held, value) in keys.held.iter().filter_map(|held| Some((held, self.value?))) {
            let path: Vec<String> = held.path.iter().map(|name| lua::text(name)).collect();
            let target = target(valid, held.entity, &[held.field]);
            let _ =
                writeln!(out, "      {{ {target}, value = '{value}', path = {{ {} }} }},", path.join(", "));
        }
        out.push_str("    } },\n");
    }
}

/// Returns the name of a parameter.
fn parameter<'k>(piece: &Piece<'k>) -> Option<&'k str> {
    match piece {
        Piece::Parameter { parameter, .. } => Some(&parameter.name),
        Piece::Text(_) => None,
    }
}

/// Returns the keys of before of a keyspace.
fn formers<'l>(lowered: &'l Lowered, keyspace: &Keyspace) -> impl Iterator<Item = &'l Former> {
    lowered.catalog.keyspace(&keyspace.named.name).into_iter().flat_map(|keyspace| &keyspace.former)
}

/// Returns the reader of a key that may be one next to another.
fn value_of(role: Option<Role>, own: Option<&'static str>) -> Option<&'static str> {
    match role {
        Some(Role::Processing) => Some("processing"),
        Some(Role::Dead) => Some("stream"),
        None => own,
    }
}

/// Returns the reader of a value of before.
fn reader_of(value: &Value) -> Option<&'static str> {
    Some(match value.kind() {
        Kind::String | Kind::Json => "string",
        Kind::Document => "document",
        Kind::Hash => "hash",
        Kind::List => "list",
        Kind::Set => "set",
        Kind::SortedSet | Kind::Geo => "zset",
        Kind::Stream => "stream",
        _ => return None,
    })
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
