//! Services: a user for each, with the commands and keys that its lines give and no other.
//!
//! A command may touch keys only if one selector allows it with all of them, reading and writing apart (`%R~`,
//! `%W~`). `FCALL` counts as both, so a function has a selector that allows nothing but calling it; what it does
//! inside is held against the other selectors of the user.

use std::fmt::Write;

use smol_str::SmolStr;

use super::users::id as own_id;
use super::{Engine, Redis, functions, keys};
use polity_govern::Governed;
use polity_govern::access::Privilege;
use polity_model::governance::{Service, Tenant};
use polity_model::keyspace::{DeadLetter, ValueShape};
use polity_model::{Keyspace, Store, Thing};

/// A service that may do something in a store.
pub(super) struct User {
    pub(super) name: SmolStr,
    /// Databases it may select, ascending.
    pub(super) databases: Vec<u32>,
    /// `(%R~note:* +get)`, each once.
    pub(super) selectors: Vec<String>,
}

/// Every service that may do something in the store; on a server of a tenant's own, with that tenant's keys only.
pub(super) fn users(platform: &Governed, store: &Store, tenant: Option<&Tenant>) -> Vec<User> {
    let user = |service: &Service| {
        let mut user =
            User { name: user_name(platform, service), databases: Vec::new(), selectors: Vec::new() };
        for privilege in platform.privileges(service) {
            if platform.store_of(privilege.on) == Some(store.id) {
                add(platform, privilege, tenant, &mut user);
            }
        }
        user.databases.sort_unstable();
        user.databases.dedup();
        user
    };
    platform.services.iter().map(user).filter(|user| !user.selectors.is_empty()).collect()
}

/// `shop_wallet_api`, on a tenant's own server as on the one that all share.
pub(super) fn user_name(platform: &Governed, service: &Service) -> SmolStr {
    Redis.service_user(platform, None, service)
}

/// The commands and functions that a verb needs for a kind of value.
#[derive(Default)]
pub(super) struct Needs {
    reads: &'static [&'static str],
    writes: &'static [&'static str],
    /// Commands that answer with what was there, which Redis counts as reading and writing.
    both: &'static [&'static str],
    /// Operations of the library.
    functions: &'static [&'static str],
}

/// `None` where the kind has nothing that the verb could mean. What `ends` has a time to live.
pub(super) fn needs(verb: &str, value: &ValueShape, ends: bool) -> Option<Needs> {
    use ValueShape as V;
    let reads = |reads| Needs { reads, ..Needs::default() };
    Some(match (verb, value) {
        ("read", V::Scalar(_) | V::Json(_) | V::Entity(_)) => reads(&["get", "mget", "strlen"]),
        ("read", V::Document(_)) => reads(&["json.get", "json.mget", "json.type"]),
        ("read", V::Hash(_)) => reads(&["hget", "hmget", "hgetall", "hexists", "hlen"]),
        ("read", V::Stream { .. }) => reads(&["xread", "xrange", "xlen"]),
        ("read", V::List(_)) => reads(&["llen", "lrange", "zcard", "zrange"]),
        ("read", V::Set(_)) => reads(&["smembers", "sismember", "smismember", "scard", "sscan"]),
        ("read", V::SortedSet { .. }) => reads(&["zrange", "zscore", "zrank", "zrevrank", "zcard"]),
        ("read", V::Geo(_)) => reads(&["geosearch", "geopos", "geodist", "zcard"]),
        ("read", V::Counter) => reads(&["get", "mget"]),
        ("read", V::Bitmap) => reads(&["getbit", "bitcount", "bitpos"]),
        ("read", V::HyperLogLog) => reads(&["pfcount"]),
        ("read", V::Bloom(_)) => reads(&["bf.exists", "bf.mexists"]),
        ("read", V::TimeSeries) => reads(&["ts.get", "ts.range"]),
        ("read", V::Limiter) => {
            Needs { reads: &["zcount", "zrange", "get"], functions: &["look"], ..Needs::default() }
        }
        // `SET` can leave the time out, and takes away the one that there was.
        ("write", V::Scalar(_) | V::Json(_) | V::Entity(_)) if ends => {
            Needs { writes: &["psetex", "setex", "exists"], functions: &["put", "claim"], ..Needs::default() }
        }
        ("write", V::Scalar(_) | V::Json(_) | V::Entity(_)) => {
            Needs { writes: &["set"], functions: &["put"], ..Needs::default() }
        }
        ("write", V::Document(_)) => Needs { both: &["json.set"], functions: &["put"], ..Needs::default() },
        ("write", V::Hash(_)) => {
            Needs { writes: &["hset", "hdel"], both: &["hincrby"], functions: &["put"], ..Needs::default() }
        }
        ("write", V::Set(_)) => Needs { writes: &["sadd", "srem"], functions: &["add"], ..Needs::default() },
        ("write", V::SortedSet { .. }) => Needs {
            writes: &["zadd", "zrem", "zremrangebyrank"],
            both: &["zincrby"],
            functions: &["put"],
            ..Needs::default()
        },
        ("write", V::Geo(_)) => {
            Needs { writes: &["geoadd", "zrem"], functions: &["put"], ..Needs::default() }
        }
        ("write", V::Counter) => Needs { both: &["incrby"], functions: &["add"], ..Needs::default() },
        ("write", V::Bitmap) => Needs { both: &["setbit"], functions: &["set"], ..Needs::default() },
        ("write", V::HyperLogLog) => Needs { writes: &["pfadd"], functions: &["add"], ..Needs::default() },
        ("write", V::Bloom(_)) => {
            Needs { both: &["bf.reserve", "bf.add", "bf.madd"], functions: &["add"], ..Needs::default() }
        }
        ("write", V::TimeSeries) => {
            Needs { both: &["ts.create", "ts.add"], functions: &["add"], ..Needs::default() }
        }
        // Whoever takes from a limit learns what is left of it.
        ("write", V::Limiter) => Needs {
            both: &["zadd", "zcount", "zrange", "zremrangebyscore", "get", "incrby", "pttl"],
            functions: &["take"],
            ..Needs::default()
        },
        // Groups are for streams, so whoever works a queue off writes it.
        ("write", V::List(_)) => Needs {
            both: &["rpush", "llen", "lpop", "lpush", "zadd", "zrem", "zrangebyscore"],
            functions: &["push", "take", "done", "requeue"],
            ..Needs::default()
        },
        ("append", V::List(_)) => {
            Needs { writes: &["rpush", "llen"], functions: &["push"], ..Needs::default() }
        }
        ("write", V::Stream { .. }) => Needs {
            writes: &["xadd", "xtrim", "xgroup|create"],
            functions: &["append", "open"],
            ..Needs::default()
        },
        ("append", V::Stream { .. }) => {
            Needs { writes: &["xadd"], functions: &["append"], ..Needs::default() }
        }
        ("consume", V::Stream { .. }) => Needs {
            both: &["xreadgroup", "xack", "xautoclaim", "xpending", "xrange", "xlen", "xgroup|create"],
            functions: &["open", "bury"],
            ..Needs::default()
        },
        ("delete", V::Broken) => return None,
        ("delete", _) => Needs { writes: &["del", "unlink"], functions: &["drop"], ..Needs::default() },
        _ => return None,
    })
}

fn add(platform: &Governed, privilege: &Privilege, tenant: Option<&Tenant>, user: &mut User) {
    match privilege.on {
        Thing::Keyspace(id) => add_keyspace(platform, &platform[id], &privilege.verb, tenant, user),
        Thing::Channel(id) => {
            let glob = keys::glob(&platform[id].pattern, own_id(tenant, platform[id].global));
            let commands = match privilege.verb.as_str() {
                "publish" => "+publish",
                _ => "+subscribe +unsubscribe",
            };
            push(user, format!("(&{glob} {commands})"));
        }
        _ => {}
    }
}

fn add_keyspace(
    platform: &Governed,
    keyspace: &Keyspace,
    verb: &str,
    tenant: Option<&Tenant>,
    user: &mut User,
) {
    let Some(needs) = needs(verb, &keyspace.value, keyspace.ttl.is_some()) else { return };
    user.databases.push(keyspace.database.map_or(0, |(number, _)| number));
    let mut globs = vec![keys::glob(&keyspace.pattern, own_id(tenant, keyspace.global))];
    if let Some(word) = keys::word_beside(&keyspace.value) {
        let beside = keys::beside(&keyspace.pattern, !keyspace.together_by.is_empty(), word);
        globs.push(keys::glob(&beside, own_id(tenant, keyspace.global)));
    }
    // Dead letters may lie in another stream, to which whoever consumes this one appends.
    if let ("consume", ValueShape::Stream { dead_letter: Some(dead_letter), .. }) = (verb, &keyspace.value) {
        let dead = match dead_letter {
            DeadLetter::Beside => globs.last().cloned(),
            DeadLetter::Keyspace(other, _) => {
                let other = &platform[*other];
                Some(keys::glob(&other.pattern, own_id(tenant, other.global)))
            }
        };
        if let Some(dead) = dead {
            push(user, format!("(%W~{dead} +xadd +pexpire)"));
            globs.push(dead);
            globs.dedup();
        }
    }
    let own = if matches!(verb, "append") { &globs[..1] } else { &globs[..] };
    let of_function: Vec<String> = functions::of(platform, keyspace)
        .iter()
        .filter(|f| needs.functions.iter().any(|op| f.name == format!("{}_{op}", keyspace.named.stored)))
        .flat_map(|f| {
            let call = (!f.read_only).then(|| format!("fcall|{}", f.name));
            let look = f.read_only.then(|| format!("fcall_ro|{}", f.name));
            call.into_iter().chain(look)
        })
        .collect();
    let owned = |words: &[&str], also: &[&str]| -> Vec<String> {
        if words.is_empty() {
            Vec::new()
        } else {
            words.iter().chain(also).map(ToString::to_string).collect()
        }
    };
    const LOOK: &[&str] = &["exists", "type", "ttl", "pttl", "watch"];
    const LIFE: &[&str] = &["expire", "pexpire"];
    let life: &[&str] = if verb == "delete" { &[] } else { LIFE };
    // What reads a dead letter or a queue's receipts is among `globs`; the dead letters of another keyspace are not
    // this keyspace's to read.
    let foreign =
        matches!(&keyspace.value, ValueShape::Stream { dead_letter: Some(DeadLetter::Keyspace(..)), .. });
    let mine = if foreign { &own[..1] } else { own };
    let (calls, looks): (Vec<_>, Vec<_>) = of_function.into_iter().partition(|c| c.starts_with("fcall|"));
    // Modules do not tell Redis which of their commands only read, so it asks for both (`COMMAND GETKEYSANDFLAGS`).
    let (of_modules, plain): (Vec<&str>, Vec<&str>) = needs.reads.iter().partition(|c| c.contains('.'));
    let plain = if needs.reads.is_empty() { plain } else { [plain.as_slice(), LOOK].concat() };
    for (mode, over, commands) in [
        ("%R~", mine, owned(&plain, &[])),
        ("~", mine, owned(&of_modules, &[])),
        ("%W~", mine, owned(needs.writes, life)),
        ("~", mine, owned(needs.both, life)),
        ("%R~", mine, looks),
        ("~", own, calls),
    ] {
        if !commands.is_empty() {
            push(user, selector(mode, over, &commands));
        }
    }
}

fn selector(mode: &str, globs: &[String], commands: &[String]) -> String {
    let mut out = String::from("(");
    for glob in globs {
        let _ = write!(out, "{mode}{glob} ");
    }
    let commands: Vec<String> = commands.iter().map(|command| format!("+{command}")).collect();
    let _ = write!(out, "{})", commands.join(" "));
    out
}

fn push(user: &mut User, selector: String) {
    if !user.selectors.contains(&selector) {
        user.selectors.push(selector);
    }
}
