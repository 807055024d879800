//! The kinds of value: the commands that each needs, and the module.

use polity_catalog::keyed::Kind;
use polity_model::keyspace::ValueShape;

/// Returns the kind; `None` where the value was not understood, which is reported.
pub(super) fn of(value: &ValueShape) -> Option<Kind> {
    Some(match value {
        ValueShape::Scalar(_) => Kind::String,
        ValueShape::Json(_) | ValueShape::Entity(_) => Kind::Json,
        ValueShape::Document(_) => Kind::Document,
        ValueShape::Hash(_) => Kind::Hash,
        ValueShape::Stream { .. } => Kind::Stream,
        ValueShape::List(_) => Kind::List,
        ValueShape::Set(_) => Kind::Set,
        ValueShape::SortedSet { .. } => Kind::SortedSet,
        ValueShape::Geo(_) => Kind::Geo,
        ValueShape::Counter => Kind::Counter,
        ValueShape::Bitmap => Kind::Bitmap,
        ValueShape::HyperLogLog => Kind::HyperLogLog,
        ValueShape::Bloom(_) => Kind::Bloom,
        ValueShape::TimeSeries => Kind::TimeSeries,
        ValueShape::Limiter => Kind::Limiter,
        ValueShape::Broken => return None,
    })
}

/// The commands that somebody who works with such a value needs: single ones, because the categories of Redis hold
/// `SCAN`, `KEYS` and `FLUSHALL`, which patterns of keys do not restrict.
pub(super) fn commands(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::String | Kind::Json => &["get", "mget", "set", "setex", "psetex", "getdel", "strlen"],
        Kind::Document => &["json.get", "json.mget", "json.set", "json.del", "json.type"],
        Kind::Hash => &["hget", "hmget", "hgetall", "hset", "hdel", "hexists", "hincrby", "hlen"],
        Kind::Stream => &[
            "xadd",
            "xlen",
            "xrange",
            "xread",
            "xreadgroup",
            "xack",
            "xautoclaim",
            "xpending",
            "xtrim",
            "xgroup|create",
        ],
        // The receipts of a queue are a sorted set beside the list.
        Kind::List => {
            &["lpush", "rpush", "lpop", "llen", "lrange", "zadd", "zrem", "zcard", "zrange", "zrangebyscore"]
        }
        Kind::Set => &["sadd", "srem", "smembers", "sismember", "smismember", "scard", "sscan"],
        Kind::SortedSet => &[
            "zadd",
            "zrem",
            "zrange",
            "zscore",
            "zrank",
            "zrevrank",
            "zincrby",
            "zcard",
            "zremrangebyrank",
            "zremrangebyscore",
        ],
        Kind::Geo => &["geoadd", "geosearch", "geopos", "geodist", "zrem", "zcard"],
        Kind::Counter => &["get", "mget", "incrby"],
        Kind::Bitmap => &["setbit", "getbit", "bitcount", "bitpos"],
        Kind::HyperLogLog => &["pfadd", "pfcount"],
        Kind::Bloom => &["bf.reserve", "bf.add", "bf.madd", "bf.exists", "bf.mexists"],
        Kind::TimeSeries => &["ts.create", "ts.add", "ts.get", "ts.range"],
        Kind::Limiter => &["zadd", "zcount", "zrange", "zremrangebyscore", "get", "incrby"],
    }
}

/// The module without which the server does not know the kind.
pub(super) fn module(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Document => Some("json"),
        Kind::Bloom => Some("bf"),
        Kind::TimeSeries => Some("timeseries"),
        Kind::String
        | Kind::Json
        | Kind::Hash
        | Kind::Stream
        | Kind::List
        | Kind::Set
        | Kind::SortedSet
        | Kind::Geo
        | Kind::Counter
        | Kind::Bitmap
        | Kind::HyperLogLog
        | Kind::Limiter => None,
    }
}
