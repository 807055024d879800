//! The keyspaces that need a module of Redis, on a server that loads the modules as the emitted `redis.conf` says.

use polity_tests::engines::Redis;
use polity_tests::project::{build, text};

const SHOP: &str = r#"
platform shop { environments: [dev] }
store cache: redis 7 { modules: [json, search, timeseries, bf] }

keyspace Cart in cache { pattern "cart:{id: int}"; value document { name: text, items: { sku: text, count: int }[] }; ttl 1h }
keyspace Seen in cache { pattern "seen:{day: date}"; value bloom of text; ttl 1d }
keyspace Heat in cache { pattern "heat:{room: int}"; value timeseries; ttl 7d }
keyspace Note in cache { pattern "note:{id: int}"; value text; ttl 1h }
"#;

/// A server started with the emitted files, the users' passwords being `p`.
fn server() -> Option<Redis> {
    let files = build(SHOP);
    // Of `p`, as scripts/passwords.sh would put it.
    let digest = "#148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940";
    let users =
        text(&files, "cache/users.acl").replace(" on resetpass ", &format!(" on resetpass {digest} "));
    let conf = text(&files, "cache/redis.conf");
    let started = Redis::with_modules(&[("redis.conf", &conf), ("users.acl", &users)])?;
    let mut redis = started.unwrap_or_else(|log| panic!("{log}"));
    redis.login("shop_maintenance", "p").expect("it has that password");
    let library = text(&files, "cache/scripts/shop.lua");
    redis.command(&["FUNCTION", "LOAD", &library]).expect("it loads");
    redis.login("shop_app", "p").expect("it has that password");
    Some(redis)
}

#[test]
fn every_module_is_loaded_and_its_kind_written_with_a_ttl() {
    let Some(mut redis) = server() else { return };
    let cart = r#"{"name":"a","items":[{"sku":"s","count":2}]}"#;
    for (call, key, ttl) in [
        (vec!["FCALL", "cart_put", "1", "cart:1", cart], "cart:1", 3_600_000),
        (vec!["FCALL", "seen_add", "1", "seen:2027-01-31", "x", "y"], "seen:2027-01-31", 86_400_000),
        (vec!["FCALL", "heat_add", "1", "heat:1", "1000", "21.5"], "heat:1", 7 * 86_400_000),
        (vec!["FCALL", "note_put", "1", "note:1", "x"], "note:1", 3_600_000),
    ] {
        redis.command(&call).unwrap_or_else(|e| panic!("{call:?}: {e}"));
        let left: i64 = redis.command(&["PTTL", key]).expect("allowed").parse().expect("a number");
        assert!((ttl - 60_000..=ttl).contains(&left), "{call:?} left {left} of {ttl}");
    }
    assert_eq!(redis.run("JSON.GET cart:1 $.items[0].count").as_deref(), Ok("[2]"));
    assert_eq!(redis.run("BF.EXISTS seen:2027-01-31 x").as_deref(), Ok("1"));
    assert_eq!(redis.run("BF.EXISTS seen:2027-01-31 z").as_deref(), Ok("0"));
    assert!(redis.run("TS.GET heat:1").expect("allowed").starts_with("1000\n"));
}

#[test]
fn the_application_reaches_its_own_keys_and_commands_only() {
    let Some(mut redis) = server() else { return };
    for refused in [
        "JSON.GET other:1",
        "JSON.SET note:1 $ 1",
        "BF.ADD cart:1 x",
        "TS.ADD seen:2027-01-31 1 1",
        "FT._LIST",
        "FT.CREATE i ON HASH PREFIX 1 note: SCHEMA a TEXT",
        "TS.MGET FILTER a=b",
        "MODULE LIST",
    ] {
        let error = redis.run(refused).expect_err(refused);
        assert!(error.contains("NOPERM"), "{refused}: {error}");
    }
}

#[test]
fn a_module_that_is_not_loaded_is_missed() {
    let files = build(&SHOP.replace("search, timeseries, bf", "timeseries, bf"));
    let conf = text(&files, "cache/redis.conf");
    assert!(!conf.contains("redisearch.so"), "{conf}");
    let Some(started) =
        Redis::with_modules(&[("redis.conf", &conf), ("users.acl", "user default on nopass ~* &* +@all\n")])
    else {
        return;
    };
    let mut redis = started.unwrap_or_else(|log| panic!("{log}"));
    assert!(redis.run("FT._LIST").is_err(), "search is not loaded");
    assert_eq!(redis.run("JSON.SET a $ 1").as_deref(), Ok("OK"));
}

/// A sample ends with its own time to live: when others are added, and by the job.
#[test]
fn a_sample_ends_though_others_are_added() {
    let Some(mut redis) = server() else { return };
    let now: u64 = {
        let told = redis.run("TIME").expect("allowed");
        told.lines().next().and_then(|seconds| seconds.parse::<u64>().ok()).expect("seconds") * 1000
    };
    let week = 7 * 86_400_000;
    for (at, value) in [(now - week - 5_000, "1"), (now - week - 4_000, "2"), (now - week + 60_000, "3")] {
        redis.command(&["FCALL", "heat_add", "1", "heat:1", &at.to_string(), value]).expect("allowed");
    }
    let samples = |redis: &mut Redis| redis.run("TS.RANGE heat:1 - +").expect("allowed").lines().count() / 2;
    assert_eq!(samples(&mut redis), 3, "the newest is not far enough from the oldest");
    redis.login("shop_maintenance", "p").expect("it has that password");
    redis.run("FCALL end_entries 0 0 0").expect("allowed");
    redis.login("shop_app", "p").expect("it has that password");
    assert_eq!(samples(&mut redis), 1);
    redis.command(&["FCALL", "heat_add", "1", "heat:1", &(now + 120_000).to_string(), "4"]).expect("allowed");
    assert_eq!(samples(&mut redis), 1, "what is too old for the newest is gone");
}
