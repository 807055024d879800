//! The rights that a service needs: the commands and functions behind each verb.

use smol_str::{SmolStr, format_smolstr};

use polity_catalog::keyed::Kind;
use polity_govern::Stored;
use polity_model::governance::Service;

/// Returns the name of a service's user, on a tenant's own server as on the one that all share.
pub(super) fn user_name(platform: &Stored, service: &Service) -> SmolStr {
    format_smolstr!("{}_{}", platform.name, service.named.name)
}

/// The commands and functions that a verb needs for a kind of value.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) reads: &'static [&'static str],
    pub(super) writes: &'static [&'static str],
    /// Commands that answer with what was there, which Redis counts as reading and writing.
    pub(super) both: &'static [&'static str],
    /// Operations of the library.
    pub(super) functions: &'static [&'static str],
}

/// Returns what a verb needs; `None` where the kind has nothing that the verb could mean. A key that `ends` has a time to
/// live.
pub(super) fn needs(verb: &str, kind: Kind, ends: bool) -> Option<Needs> {
    Some(match (verb, kind) {
        ("read", _) => to_read(kind),
        ("write", _) => to_write(kind, ends),
        ("append", Kind::List) => {
            Needs { writes: &["rpush", "llen"], functions: &["push"], ..Needs::default() }
        }
        // `XADD` cuts a stream too, so that `XTRIM`, by which entries end, gives no more.
        ("append", Kind::Stream) => {
            Needs { writes: &["xadd", "xtrim"], functions: &["append"], ..Needs::default() }
        }
        ("consume", Kind::Stream) => Needs {
            both: &["xreadgroup", "xack", "xautoclaim", "xpending", "xrange", "xlen", "xgroup|create"],
            functions: &["open", "bury"],
            ..Needs::default()
        },
        ("delete", _) => Needs { writes: &["del", "unlink"], functions: &["drop"], ..Needs::default() },
        _ => return None,
    })
}

fn to_read(kind: Kind) -> Needs {
    use Kind as K;
    let reads = |reads| Needs { reads, ..Needs::default() };
    match kind {
        K::String | K::Json => reads(&["get", "mget", "strlen"]),
        K::Document => reads(&["json.get", "json.mget", "json.type"]),
        K::Hash => reads(&["hget", "hmget", "hgetall", "hexists", "hlen"]),
        K::Stream => reads(&["xread", "xrange", "xlen"]),
        K::List => reads(&["llen", "lrange", "zcard", "zrange"]),
        K::Set => reads(&["smembers", "sismember", "smismember", "scard", "sscan"]),
        K::SortedSet => reads(&["zrange", "zscore", "zrank", "zrevrank", "zcard"]),
        K::Geo => reads(&["geosearch", "geopos", "geodist", "zcard"]),
        K::Counter => reads(&["get", "mget"]),
        K::Bitmap => reads(&["getbit", "bitcount", "bitpos"]),
        K::HyperLogLog => reads(&["pfcount"]),
        K::Bloom => reads(&["bf.exists", "bf.mexists"]),
        K::TimeSeries => reads(&["ts.get", "ts.range"]),
        K::Limiter => Needs { reads: &["zcount", "zrange", "get"], functions: &["look"], ..Needs::default() },
    }
}

fn to_write(kind: Kind, ends: bool) -> Needs {
    use Kind as K;
    match kind {
        // `SET` can leave the time out, and takes away the one that there was.
        K::String | K::Json if ends => {
            Needs { writes: &["psetex", "setex", "exists"], functions: &["put", "claim"], ..Needs::default() }
        }
        K::String | K::Json => Needs { writes: &["set"], functions: &["put"], ..Needs::default() },
        K::Document => Needs { both: &["json.set"], functions: &["put"], ..Needs::default() },
        K::Hash => {
            Needs { writes: &["hset", "hdel"], both: &["hincrby"], functions: &["put"], ..Needs::default() }
        }
        K::Set => Needs { writes: &["sadd", "srem"], functions: &["add"], ..Needs::default() },
        K::SortedSet => Needs {
            writes: &["zadd", "zrem", "zremrangebyrank", "zremrangebyscore"],
            both: &["zincrby"],
            functions: &["put"],
            ..Needs::default()
        },
        K::Geo => Needs { writes: &["geoadd", "zrem"], functions: &["put"], ..Needs::default() },
        K::Counter => Needs { both: &["incrby"], functions: &["add"], ..Needs::default() },
        K::Bitmap => Needs { both: &["setbit"], functions: &["set"], ..Needs::default() },
        K::HyperLogLog => Needs { writes: &["pfadd"], functions: &["add"], ..Needs::default() },
        K::Bloom => {
            Needs { both: &["bf.reserve", "bf.add", "bf.madd"], functions: &["add"], ..Needs::default() }
        }
        K::TimeSeries => Needs { both: &["ts.create", "ts.add"], functions: &["add"], ..Needs::default() },
        // Whoever takes from a limit learns what is left of it.
        K::Limiter => Needs {
            both: &["zadd", "zcount", "zrange", "zremrangebyscore", "get", "incrby", "pttl"],
            functions: &["take"],
            ..Needs::default()
        },
        // Groups are for streams, so whoever works a queue off writes it.
        K::List => Needs {
            both: &["rpush", "llen", "lpop", "lpush", "zadd", "zrem", "zrangebyscore"],
            functions: &["push", "take", "done", "requeue"],
            ..Needs::default()
        },
        K::Stream => Needs {
            writes: &["xadd", "xtrim", "xgroup|create"],
            functions: &["append", "open"],
            ..Needs::default()
        },
    }
}
