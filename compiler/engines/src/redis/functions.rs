//! The library of functions (`FUNCTION LOAD`): what must be atomic, with the limits and times of the source in it.

use std::fmt::Write;

use serde::Serialize;

use super::{keys, keyspaces_of, requests};
use polity_govern::Governed;
use polity_govern::check::Valid;
use polity_model::keyspace::{DeadLetter, ValueShape};
use polity_model::{EnvironmentId, Keyspace, Store};
use polity_text::quoting::lua;

/// A function that the library registers.
pub(super) struct Function {
    pub(super) name: String,
    /// The keys it takes, by what they are.
    pub(super) keys: Vec<&'static str>,
    pub(super) arguments: Vec<&'static str>,
    /// One sentence.
    pub(super) docs: String,
    /// The Lua expression that makes its body: `put(86400000)`.
    body: String,
    /// Whether a replica may run it.
    pub(super) read_only: bool,
}

/// The library of a store, named after its platform, as an environment has it: quotas may differ there. The server takes
/// none that has no function in it.
pub(super) fn library(valid: &Valid, store: &Store, environment: Option<EnvironmentId>) -> Option<String> {
    #[derive(Serialize)]
    struct Library<'a> {
        platform: &'a str,
        store: &'a str,
        file: String,
        keyspaces: String,
    }
    let mut registered = String::new();
    for keyspace in keyspaces_of(valid, store) {
        let functions = of(valid, keyspace);
        if functions.is_empty() {
            continue;
        }
        registered.push('\n');
        registered.push_str(&lua::remark(&keys::shown(&keyspace.pattern, &keyspace.together_by)));
        registered.push_str(&lua::remark(&keyspace.named.docs));
        if keyspace.is_of_quota() {
            registered.push_str(&requests::tables(valid, environment));
        }
        for function in functions {
            let flags = if function.read_only { ", flags = { 'no-writes' }" } else { "" };
            let _ = writeln!(
                registered,
                "redis.register_function{{ function_name = {}, callback = {}{flags} }}",
                lua::text(&function.name),
                function.body
            );
        }
    }
    registered.extend(super::erasure::library(valid, store));
    (!registered.is_empty()).then(|| {
        polity_templates::render(
            polity_templates::redis::FUNCTIONS,
            Library {
                platform: &valid.name,
                store: &store.named.name,
                file: file(valid, environment),
                keyspaces: registered,
            },
        )
    })
}

/// `shop.lua`, or `shop-prod.lua` for an environment that changes it.
pub(super) fn file(platform: &Governed, environment: Option<EnvironmentId>) -> String {
    let environment = environment.map_or_else(String::new, |id| format!("-{}", platform[id].name));
    format!("{}{environment}.lua", platform.name)
}

/// How long a key lives at least after a write, in milliseconds: the shortest reading of a month or a year, since a
/// time to live is an upper bound.
pub(super) fn ttl(keyspace: &Keyspace) -> Option<u64> {
    match (&keyspace.ttl, &keyspace.limit) {
        (Some((ttl, _)), _) => Some(ttl.at_least_milliseconds()),
        (None, Some(limit)) => Some(limit.per.at_least_milliseconds()),
        (None, None) => None,
    }
}

/// The functions of a keyspace.
pub(super) fn of(platform: &Governed, keyspace: &Keyspace) -> Vec<Function> {
    let name = keyspace.named.stored.as_str();
    let (ttl, max) = bounds(keyspace);
    let life = keyspace.ttl.as_ref().map_or_else(|| ".".to_owned(), |(ttl, _)| format!(", for {ttl}."));
    let cut = if keyspace.max_length.is_some() { " and cuts the set to its length" } else { "" };
    let function =
        |operation: &str, keys: &[&'static str], arguments: &[&'static str], docs: &str, body: String| {
            Function {
                name: format!("{name}_{operation}"),
                keys: keys.to_vec(),
                arguments: arguments.to_vec(),
                docs: docs.to_owned(),
                body,
                read_only: false,
            }
        };
    let drop = || function("drop", &["key"], &[], "deletes it.", "drop()".to_owned());
    match &keyspace.value {
        ValueShape::Limiter => {
            let Some(limit) = &keyspace.limit else { return Vec::new() };
            let (look_body, take_body) = if limit.of_quota {
                ("look_of_tenant()".to_owned(), "take_of_tenant()".to_owned())
            } else {
                let window = limit.per.at_least_milliseconds();
                let kind = if limit.sliding { "sliding" } else { "fixed" };
                let body = |operation| format!("{operation}_{kind}({}, {window})", limit.count);
                (body("look"), body("take"))
            };
            // Of a tenant that no line of the source names, whoever asks knows the tier.
            let (look_arguments, take_arguments): (&[_], &[_]) =
                if limit.of_quota { (&["tier"], &["amount (1)", "tier"]) } else { (&[], &["amount (1)"]) };
            let mut look = function(
                "look",
                &["key"],
                look_arguments,
                "how many are left now, and milliseconds until one more is.",
                look_body,
            );
            look.read_only = true;
            vec![
                function(
                    "take",
                    &["key"],
                    take_arguments,
                    "whether it is allowed (1 or 0), how many are left, and milliseconds until it would be.",
                    take_body,
                ),
                look,
            ]
        }
        ValueShape::Scalar(_) | ValueShape::Json(_) | ValueShape::Entity(_) => {
            let put = function(
                "put",
                &["key"],
                &["value"],
                &format!("writes the value{life}"),
                format!("put({ttl})"),
            );
            let claim = keyspace.ttl.is_some().then(|| {
                let docs = format!("writes the value unless there is one (1 or 0){life}");
                function("claim", &["key"], &["value"], &docs, format!("claim({ttl})"))
            });
            std::iter::once(put).chain(claim).chain([drop()]).collect()
        }
        ValueShape::Document(_) => vec![
            function(
                "put",
                &["key"],
                &["document"],
                &format!("writes the document{life}"),
                format!("put_document({ttl})"),
            ),
            drop(),
        ],
        ValueShape::Counter => vec![function(
            "add",
            &["key"],
            &["amount (1)"],
            &format!("adds, and gives the sum{life}"),
            format!("add({ttl})"),
        )],
        ValueShape::Hash(_) => vec![
            function(
                "put",
                &["key"],
                &["field", "value", "…"],
                &format!("sets the fields{life}"),
                format!("write('HSET', {ttl}, 2)"),
            ),
            drop(),
        ],
        ValueShape::Set(_) => vec![function(
            "add",
            &["key"],
            &["member", "…"],
            &format!("adds members{life}"),
            format!("write('SADD', {ttl}, 1)"),
        )],
        ValueShape::HyperLogLog => vec![function(
            "add",
            &["key"],
            &["element", "…"],
            &format!("counts the elements{life}"),
            format!("write('PFADD', {ttl}, 1)"),
        )],
        ValueShape::Bloom(_) => vec![function(
            "add",
            &["key"],
            &["element", "…"],
            &format!("adds the elements{life}"),
            format!("write('BF.MADD', {ttl}, 1)"),
        )],
        ValueShape::TimeSeries => vec![function(
            "add",
            &["key"],
            &["timestamp", "value"],
            &format!("adds a sample{life}"),
            format!("write('TS.ADD', {ttl}, 2)"),
        )],
        ValueShape::Geo(_) => vec![function(
            "put",
            &["key"],
            &["longitude", "latitude", "member"],
            &format!("sets where the member is{life}"),
            format!("write('GEOADD', {ttl}, 3)"),
        )],
        ValueShape::Bitmap => vec![function(
            "set",
            &["key"],
            &["offset", "bit"],
            &format!("sets a bit{life}"),
            format!("write('SETBIT', {ttl}, 2)"),
        )],
        ValueShape::SortedSet { descending, .. } => vec![function(
            "put",
            &["key"],
            &["score", "member"],
            &format!("sets the member's score{cut}{life}"),
            format!("rank({ttl}, {max}, {descending})"),
        )],
        ValueShape::List(_) => vec![
            function(
                "push",
                &["queue"],
                &["value", "…"],
                &format!("adds at the end, or refuses with `FULL`{life}"),
                format!("push({ttl}, {max})"),
            ),
            function(
                "take",
                &["queue", "processing"],
                &["lease in ms"],
                "moves the first to `processing` and gives its receipt and its value.",
                format!("take({ttl})"),
            ),
            function(
                "done",
                &["processing"],
                &["receipt"],
                "forgets what was worked off.",
                "done()".to_owned(),
            ),
            function(
                "requeue",
                &["queue", "processing"],
                &[],
                "puts back, first in line, what a worker took and did not finish in time.",
                format!("requeue({ttl})"),
            ),
        ],
        ValueShape::Stream { groups, dead_letter, .. } => {
            let mut out = vec![function(
                "append",
                &["stream"],
                &["field", "value", "…"],
                &format!("appends an entry and cuts the stream to its length{life}"),
                format!("append({ttl}, {max})"),
            )];
            if !groups.is_empty() {
                let groups: Vec<String> = groups.iter().map(|group| lua::text(group)).collect();
                out.push(function(
                    "open",
                    &["stream"],
                    &[],
                    "makes the groups that are missing, and gives how many that were.",
                    format!("open({ttl}, {})", groups.join(", ")),
                ));
            }
            if let Some(dead_letter) = dead_letter {
                let (ttl, max) = match dead_letter {
                    DeadLetter::Beside => (ttl, max),
                    DeadLetter::Keyspace(other, _) => bounds(&platform[*other]),
                };
                out.push(function(
                    "bury",
                    &["stream", "dead letter"],
                    &["group", "entry"],
                    "moves an entry that cannot be worked off to the dead letters: 1, or 0 where the group has it no more.",
                    format!("bury({ttl}, {max})"),
                ));
            }
            out
        }
        ValueShape::Broken => Vec::new(),
    }
}

/// The time to live in milliseconds and the greatest length, as Lua reads them: `nil` is none.
fn bounds(keyspace: &Keyspace) -> (String, String) {
    let ttl = ttl(keyspace).map_or_else(|| "nil".to_owned(), |ms| ms.to_string());
    let max = keyspace.max_length.map_or_else(|| "nil".to_owned(), |(n, _)| n.to_string());
    (ttl, max)
}
