//! The kinds of value: what each is called, which commands it needs, and which module.

use polity_model::keyspace::ValueShape;

/// The kind's name in `keyspaces.json`.
pub(super) fn name(value: &ValueShape) -> &'static str {
    match value {
        ValueShape::Scalar(_) => "string",
        ValueShape::Json(_) | ValueShape::Entity(_) => "json",
        ValueShape::Document(_) => "document",
        ValueShape::Hash(_) => "hash",
        ValueShape::Stream { .. } => "stream",
        ValueShape::List(_) => "list",
        ValueShape::Set(_) => "set",
        ValueShape::SortedSet { .. } => "sorted set",
        ValueShape::Geo(_) => "geo",
        ValueShape::Counter => "counter",
        ValueShape::Bitmap => "bitmap",
        ValueShape::HyperLogLog => "hyperloglog",
        ValueShape::Bloom(_) => "bloom",
        ValueShape::TimeSeries => "timeseries",
        ValueShape::Limiter => "limiter",
        ValueShape::Broken => "unknown",
    }
}

/// The commands that somebody who works with such a value needs: single ones, because the categories of Redis hold
/// `SCAN`, `KEYS` and `FLUSHALL`, which patterns of keys do not restrict.
pub(super) fn commands(value: &ValueShape) -> &'static [&'static str] {
    match value {
        ValueShape::Scalar(_) | ValueShape::Json(_) | ValueShape::Entity(_) => {
            &["get", "mget", "set", "setex", "psetex", "getdel", "strlen"]
        }
        ValueShape::Document(_) => &["json.get", "json.mget", "json.set", "json.del", "json.type"],
        ValueShape::Hash(_) => &["hget", "hmget", "hgetall", "hset", "hdel", "hexists", "hincrby", "hlen"],
        ValueShape::Stream { .. } => &[
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
        ValueShape::List(_) => {
            &["lpush", "rpush", "lpop", "llen", "lrange", "zadd", "zrem", "zcard", "zrange", "zrangebyscore"]
        }
        ValueShape::Set(_) => &["sadd", "srem", "smembers", "sismember", "smismember", "scard", "sscan"],
        ValueShape::SortedSet { .. } => {
            &["zadd", "zrem", "zrange", "zscore", "zrank", "zrevrank", "zincrby", "zcard", "zremrangebyrank"]
        }
        ValueShape::Geo(_) => &["geoadd", "geosearch", "geopos", "geodist", "zrem", "zcard"],
        ValueShape::Counter => &["get", "mget", "incrby"],
        ValueShape::Bitmap => &["setbit", "getbit", "bitcount", "bitpos"],
        ValueShape::HyperLogLog => &["pfadd", "pfcount"],
        ValueShape::Bloom(_) => &["bf.reserve", "bf.add", "bf.madd", "bf.exists", "bf.mexists"],
        ValueShape::TimeSeries => &["ts.create", "ts.add", "ts.get", "ts.range"],
        ValueShape::Limiter => &["zadd", "zcount", "zrange", "zremrangebyscore", "get", "incrby"],
        ValueShape::Broken => &[],
    }
}

/// The module without which the server does not know the kind.
pub(super) fn module(value: &ValueShape) -> Option<&'static str> {
    match value {
        ValueShape::Document(_) => Some("json"),
        ValueShape::Bloom(_) => Some("bf"),
        ValueShape::TimeSeries => Some("timeseries"),
        ValueShape::Scalar(_)
        | ValueShape::Json(_)
        | ValueShape::Entity(_)
        | ValueShape::Hash(_)
        | ValueShape::Stream { .. }
        | ValueShape::List(_)
        | ValueShape::Set(_)
        | ValueShape::SortedSet { .. }
        | ValueShape::Geo(_)
        | ValueShape::Counter
        | ValueShape::Bitmap
        | ValueShape::HyperLogLog
        | ValueShape::Limiter
        | ValueShape::Broken => None,
    }
}
