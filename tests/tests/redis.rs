//! The files that the compiler writes for Redis, on a real server.

use std::process::Command;

use polity_tests::engines::{Redis, RedisCluster};
use polity_tests::project::{build, example, on_disk, text};

const SHOP: &str = r#"
platform shop { environments: [dev] }
store cache: redis 7 { persistence: [rdb, aof], max_memory: 64MiB, eviction: noeviction }

keyspace Session in cache { pattern "session:{user: uuid}"; value json { token: text #secret }; ttl 1h }
keyspace Note    in cache { pattern "note:{id: int}"; value text }
keyspace Login   in cache { pattern "login:{name: text}"; limit 3 per 300ms sliding; database 3 }
keyspace Slow    in cache { pattern "slow:{name: text}"; limit 3 per 1h sliding; database 3 }
keyspace Fixed   in cache { pattern "fixed:{name: text}"; limit 2 per 200ms; database 3 }
keyspace Jobs    in cache { pattern "jobs"; value list of text; max_length 3 }
keyspace Hits    in cache { pattern "hits:{day: date}"; value counter; ttl 90d }
keyspace Tags    in cache { pattern "tags:{id: int}"; value set of text; ttl 1h }
keyspace Top     in cache { pattern "top"; value sorted set of text by float desc; max_length 2; ttl 1h }
keyspace Card    in cache { pattern "card:{id: int}"; value hash { name: text, city: text? }; ttl 1h }
keyspace Places  in cache { pattern "places"; value geo of text; ttl 1h }
keyspace Feed    in cache { pattern "feed"; value stream { what: text; groups [workers]; dead_letter }; max_length 2; ttl 1h }
keyspace Unique  in cache { pattern "unique"; value hyperloglog; ttl 1h }
keyspace Bits    in cache { pattern "bits"; value bitmap; ttl 1h }
channel  Notices in cache { pattern "user:{user: uuid}:notices"; value text }
"#;

fn server(platform: &str) -> Option<Redis> {
    let mut redis = Redis::fresh()?;
    let library = if platform == "shop" { build(SHOP) } else { example(platform) };
    let library = text(&library, &format!("cache/scripts/{platform}.lua"));
    redis.command(&["FUNCTION", "LOAD", &library]).unwrap_or_else(|e| panic!("{library}\n{e}"));
    Some(redis)
}

fn call(redis: &mut Redis, function: &str, keys: &[&str], arguments: &[&str]) -> Result<String, String> {
    let count = keys.len().to_string();
    let mut words = vec!["FCALL", function, &count];
    words.extend(keys);
    words.extend(arguments);
    redis.command(&words)
}

#[test]
fn the_library_loads_and_replaces_itself() {
    for platform in ["shop", "ismail"] {
        let Some(mut redis) = server(platform) else { return };
        let files = if platform == "shop" { build(SHOP) } else { example(platform) };
        let library = text(&files, &format!("cache/scripts/{platform}.lua"));
        redis.command(&["FUNCTION", "LOAD", "REPLACE", &library]).unwrap();
    }
}

#[test]
fn every_write_of_a_keyspace_with_a_ttl_sets_it() {
    let Some(mut redis) = server("shop") else { return };
    let writes: [(&str, &str, &[&str], i64); 9] = [
        ("session_put", "session:a", &["{}"], 3_600_000),
        ("hits_add", "hits:2027-01-31", &[], 90 * 86_400_000),
        ("tags_add", "tags:1", &["a", "b"], 3_600_000),
        ("top_put", "top", &["1.5", "a"], 3_600_000),
        ("card_put", "card:1", &["name", "n"], 3_600_000),
        ("places_put", "places", &["-17.4", "14.7", "dakar"], 3_600_000),
        ("feed_append", "feed", &["what", "x"], 3_600_000),
        ("unique_add", "unique", &["a"], 3_600_000),
        ("bits_set", "bits", &["7", "1"], 3_600_000),
    ];
    for (function, key, arguments, ttl) in writes {
        // Twice: the second write finds a key that would keep, or lose, what time it has left.
        for _ in 0..2 {
            call(&mut redis, function, &[key], arguments).unwrap_or_else(|e| panic!("{function}: {e}"));
            let left: i64 = redis.command(&["PTTL", key]).unwrap().parse().unwrap();
            assert!((ttl - 60_000..=ttl).contains(&left), "{function} left {left} of {ttl}");
        }
    }
    call(&mut redis, "note_put", &["note:1"], &["text"]).unwrap();
    assert_eq!(redis.run("PTTL note:1").unwrap(), "-1");
}

#[test]
fn a_value_comes_out_as_it_went_in() {
    let Some(mut redis) = server("shop") else { return };
    let long = "é".repeat(10_000);
    for value in
        ["", "plain", "quote \" ' ` $$ -- \\ {{ }} %s %d", "line\nbreak\r\n\0nul", "\u{202e}left", &long]
    {
        call(&mut redis, "note_put", &["note:1"], &[value]).unwrap();
        let back: String = redis::from_redis_value(redis.value(&["GET", "note:1"]).unwrap()).unwrap();
        assert_eq!(back, value);
    }
}

#[test]
fn a_sliding_limit_lets_so_many_through_in_any_window() {
    let Some(mut redis) = server("shop") else { return };
    let take = |redis: &mut Redis| call(redis, "login_take", &["login:a"], &[]).unwrap();
    assert_eq!(take(&mut redis), "1\n2\n0");
    assert_eq!(take(&mut redis), "1\n1\n0");
    assert_eq!(take(&mut redis), "1\n0\n0");
    let refused = take(&mut redis);
    let wait: u64 = refused.strip_prefix("0\n0\n").unwrap_or_else(|| panic!("{refused}")).parse().unwrap();
    assert!((1..=300).contains(&wait), "{refused}");
    // Another key is another limit.
    assert_eq!(call(&mut redis, "login_take", &["login:b"], &[]).unwrap(), "1\n2\n0");
    std::thread::sleep(std::time::Duration::from_millis(wait + 5));
    assert!(take(&mut redis).starts_with("1\n"), "the oldest hit has left the window");
}

#[test]
fn a_sliding_limit_holds_when_many_hit_at_once() {
    let Some(redis) = server("shop") else { return };
    let allowed: usize = std::thread::scope(|scope| {
        let hits: Vec<_> = (0..8)
            .map(|_| {
                let mut connection = redis.another();
                scope.spawn(move || {
                    let mut allowed = 0;
                    for _ in 0..20 {
                        let answer: Vec<i64> = redis::cmd("FCALL")
                            .arg("slow_take")
                            .arg(1)
                            .arg("slow:x")
                            .query(&mut connection)
                            .unwrap();
                        allowed += usize::from(answer[0] == 1);
                    }
                    allowed
                })
            })
            .collect();
        hits.into_iter().map(|h| h.join().unwrap()).sum()
    });
    assert_eq!(allowed, 3);
}

#[test]
fn taking_several_at_once_takes_all_or_none() {
    let Some(mut redis) = server("shop") else { return };
    assert_eq!(call(&mut redis, "slow_take", &["slow:a"], &["2"]).unwrap(), "1\n1\n0");
    assert!(call(&mut redis, "slow_take", &["slow:a"], &["2"]).unwrap().starts_with("0\n1\n"));
    assert_eq!(call(&mut redis, "slow_take", &["slow:a"], &["1"]).unwrap(), "1\n0\n0");
    for wrong in ["0", "-1", "1.5", "4", "x", ""] {
        assert!(call(&mut redis, "slow_take", &["slow:b"], &[wrong]).is_err(), "`{wrong}` was taken");
    }
}

#[test]
fn a_fixed_limit_forgets_at_the_end_of_its_window() {
    let Some(mut redis) = server("shop") else { return };
    let take = |redis: &mut Redis| call(redis, "fixed_take", &["fixed:a"], &[]).unwrap();
    assert_eq!(take(&mut redis), "1\n1\n0");
    assert_eq!(take(&mut redis), "1\n0\n0");
    assert!(take(&mut redis).starts_with("0\n0\n"));
    std::thread::sleep(std::time::Duration::from_millis(210));
    assert_eq!(take(&mut redis), "1\n1\n0");
}

#[test]
fn a_queue_refuses_what_does_not_fit_and_loses_nothing_when_a_worker_dies() {
    let Some(mut redis) = server("shop") else { return };
    let keys = ["jobs", "{jobs}:processing"];
    assert_eq!(call(&mut redis, "jobs_push", &["jobs"], &["a", "a", "b"]).unwrap(), "3");
    assert!(call(&mut redis, "jobs_push", &["jobs"], &["c"]).unwrap_err().contains("FULL"));
    // Two equal values are two jobs.
    let first = call(&mut redis, "jobs_take", &keys, &["1"]).unwrap();
    let second = call(&mut redis, "jobs_take", &keys, &["60000"]).unwrap();
    assert!(first.ends_with("\na") && second.ends_with("\na") && first != second, "{first} {second}");
    // The first worker dies; the second one finishes.
    let receipt = second.rsplit_once('\n').unwrap().0;
    assert_eq!(call(&mut redis, "jobs_done", &[keys[1]], &[receipt]).unwrap(), "1");
    assert_eq!(call(&mut redis, "jobs_done", &[keys[1]], &[receipt]).unwrap(), "0");
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert_eq!(call(&mut redis, "jobs_requeue", &keys, &[]).unwrap(), "1");
    assert_eq!(redis.run("LRANGE jobs 0 -1").unwrap(), "a\nb");
    assert_eq!(redis.run("ZCARD {jobs}:processing").unwrap(), "0");
    for _ in 0..2 {
        call(&mut redis, "jobs_take", &keys, &["60000"]).unwrap();
    }
    assert_eq!(call(&mut redis, "jobs_take", &keys, &["1"]).unwrap(), "(nil)");
}

#[test]
fn a_ranking_and_a_stream_keep_their_length() {
    let Some(mut redis) = server("shop") else { return };
    for (score, member) in [("1", "low"), ("3", "high"), ("2", "middle")] {
        call(&mut redis, "top_put", &["top"], &[score, member]).unwrap();
    }
    assert_eq!(redis.run("ZRANGE top 0 -1 REV").unwrap(), "high\nmiddle");
    for n in ["1", "2", "3"] {
        call(&mut redis, "feed_append", &["feed"], &["what", n]).unwrap();
    }
    assert_eq!(redis.run("XLEN feed").unwrap(), "2");
}

#[test]
fn the_configuration_starts_a_server_on_which_each_user_may_do_his_and_no_more() {
    let files = build(SHOP);
    let folder = on_disk(&files);
    let script = folder.path().join("cache/scripts/passwords.sh");
    let list = folder.path().join("cache/users.acl");
    let run = |set: bool| {
        let mut command = Command::new("sh");
        command.arg(&script).arg(&list).env_remove("SHOP_APP_PASSWORD");
        if set {
            command.env("SHOP_APP_PASSWORD", "p'w\"1 $(x)");
            command
                .env("SHOP_MAINTENANCE_PASSWORD", "two")
                .env("SHOP_MONITOR_PASSWORD", "three")
                .env("SHOP_OPERATOR_PASSWORD", "four");
        }
        command.output().unwrap()
    };
    assert!(!run(false).status.success(), "a password that is not set stops the script");
    let output = run(true);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let acl = String::from_utf8(output.stdout).unwrap();
    let conf = text(&files, "cache/redis.conf");
    let Some(started) = Redis::with_files(&[("redis.conf", &conf), ("users.acl", &acl)]) else { return };
    let mut redis = started.unwrap_or_else(|e| panic!("{e}"));

    assert!(redis.run("PING").is_err(), "the default user is off");
    assert!(redis.login("shop_app", "wrong").is_err());
    redis.login("shop_maintenance", "two").unwrap();
    redis.command(&["FUNCTION", "LOAD", &text(&files, "cache/scripts/shop.lua")]).unwrap();
    redis.login("shop_app", "p'w\"1 $(x)").unwrap();

    for allowed in [
        "SET session:a {} PX 1000",
        "GET session:a",
        "FCALL session_put 1 session:a {}",
        "FCALL session_drop 1 session:a",
        "FCALL jobs_push 1 jobs a",
        "FCALL jobs_take 2 jobs {jobs}:processing 1000",
        "FCALL jobs_requeue 2 jobs {jobs}:processing",
        "FCALL hits_add 1 hits:2027-01-31",
        "FCALL tags_add 1 tags:1 a",
        "FCALL top_put 1 top 1 a",
        "FCALL card_put 1 card:1 name n",
        "FCALL places_put 1 places 1 2 m",
        "FCALL feed_append 1 feed what x",
        "FCALL unique_add 1 unique a",
        "FCALL bits_set 1 bits 1 1",
        "PUBLISH user:a:notices hello",
        "SELECT 3",
        "FCALL login_take 1 login:a",
        "FCALL_RO login_look 1 login:a",
        "FCALL fixed_take 1 fixed:a",
        "SELECT 0",
    ] {
        redis.run(allowed).unwrap_or_else(|e| panic!("{allowed}: {e}"));
    }
    for refused in [
        "GET other:a",
        "SET other:a 1",
        "LPUSH session:a x",
        "SET jobs x",
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "DBSIZE",
        "FLUSHALL",
        "FLUSHDB",
        "SWAPDB 0 1",
        "CONFIG GET *",
        "CLIENT LIST",
        "CLIENT KILL TYPE normal",
        "ACL LIST",
        "SHUTDOWN",
        "MONITOR",
        "EVAL return 0",
        "FUNCTION DELETE shop",
        "FCALL session_put 1 other:a {}",
        "PUBLISH other hello",
        "SUBSCRIBE other",
        "OBJECT ENCODING session:a",
        "MOVE session:a 3",
        "COPY session:a other:b",
        "RENAME session:a other:b",
    ] {
        let error = redis.run(refused).expect_err(refused);
        assert!(error.contains("NOPERM"), "{refused}: {error}");
    }
    redis.login("shop_monitor", "three").unwrap();
    redis.run("INFO memory").unwrap();
    assert!(redis.run("GET session:a").unwrap_err().contains("NOPERM"));
}

#[test]
fn keyspaces_json_names_every_function_of_the_library() {
    let Some(mut redis) = server("ismail") else { return };
    let files = example("ismail");
    let tree: serde_json::Value = serde_json::from_str(&text(&files, "cache/keyspaces.json")).unwrap();
    let named: Vec<&str> = tree["keyspaces"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|k| k["functions"].as_array().unwrap())
        .map(|f| f.as_str().unwrap())
        .collect();
    let loaded = redis.run("FUNCTION LIST").unwrap();
    for function in &named {
        assert!(loaded.lines().any(|line| line == *function), "{function} is not loaded");
    }
    assert!(named.len() > 20);
}

#[test]
fn a_stream_opens_its_groups_and_buries_an_entry_once() {
    let Some(mut redis) = server("shop") else { return };
    assert_eq!(call(&mut redis, "feed_open", &["feed"], &[]).unwrap(), "1");
    assert_eq!(call(&mut redis, "feed_open", &["feed"], &[]).unwrap(), "0");
    let entry = call(&mut redis, "feed_append", &["feed"], &["what", "x"]).unwrap();
    let bury =
        |redis: &mut Redis| call(redis, "feed_bury", &["feed", "{feed}:dead"], &["workers", &entry]).unwrap();
    assert_eq!(bury(&mut redis), "0", "nobody has taken it yet");
    redis.run("XREADGROUP GROUP workers one STREAMS feed >").unwrap();
    assert_eq!(bury(&mut redis), "1");
    assert_eq!(bury(&mut redis), "0", "it is buried already");
    assert_eq!(redis.run("XLEN {feed}:dead").unwrap(), "1");
    assert_ne!(redis.run("PTTL {feed}:dead").unwrap(), "-1", "dead letters end as well");
    assert!(redis.run("XPENDING feed workers").unwrap().starts_with('0'));
}

#[test]
fn docs_cannot_leave_their_comment() {
    let source = |docs: &str| {
        format!(
            "platform shop {{ environments: [dev] }}\nstore cache: redis 7 {{ }}\n{docs}\nkeyspace Note in cache {{ \
             pattern \"note:{{id: int}}\"; value text }}\n"
        )
    };
    for docs in ["/// --[[ ]] {{ x }} {% raw %}", "/// \u{200f}]]error('out')", "/// ' \" \\ $$"] {
        let files = build(&source(docs));
        let Some(mut redis) = Redis::fresh() else { return };
        let library = text(&files, "cache/scripts/shop.lua");
        redis.command(&["FUNCTION", "LOAD", &library]).unwrap_or_else(|e| panic!("{library}\n{e}"));
        call(&mut redis, "note_put", &["note:1"], &["x"]).unwrap();
    }
    let refused = polity_tests::project::compile(&source("/// a\rerror('out')"));
    assert_eq!(refused.diagnostics[0].code.to_string(), "E0127");
}

#[test]
fn in_a_cluster_the_keys_of_one_call_share_a_slot() {
    let Some(cluster) = RedisCluster::shared() else { return };
    let library = text(
        &build(
            r#"
platform slots { environments: [dev] }
store cache: redis 7 { topology: cluster { masters: 3, replicas_per_master: 1 } }
keyspace Jobs in cache { pattern "slots:jobs:{of: int}"; value list of text; ttl 1m }
keyspace Cart in cache { pattern "slots:cart:{user: int}:{at: int}"; value list of text; ttl 1m; together by (user) }
keyspace Feed in cache { pattern "slots:feed"; value stream { what: text; groups [workers]; dead_letter }; ttl 1m }
"#,
        ),
        "cache/scripts/slots.lua",
    );
    for node in cluster.nodes() {
        let mut connection =
            redis::Client::open(format!("redis://{node}")).unwrap().get_connection().unwrap();
        let loaded: Result<String, _> =
            redis::cmd("FUNCTION").arg(&["LOAD", "REPLACE", &library]).query(&mut connection);
        if let Err(error) = loaded {
            assert!(error.to_string().to_lowercase().contains("read"), "only replicas refuse: {error}");
        }
    }
    let call = |words: &[&str]| cluster.command(words);
    for n in 0..20 {
        let (jobs, working) = (format!("slots:jobs:{n}"), format!("{{slots:jobs:{n}}}:processing"));
        call(&["FCALL", "jobs_push", "1", &jobs, "a"]).unwrap();
        call(&["FCALL", "jobs_take", "2", &jobs, &working, "1000"]).unwrap();
        let (cart, working) = (format!("slots:cart:{{{n}}}:1"), format!("slots:cart:{{{n}}}:1:processing"));
        call(&["FCALL", "cart_push", "1", &cart, "a"]).unwrap();
        call(&["FCALL", "cart_take", "2", &cart, &working, "1000"]).unwrap();
    }
    call(&["FCALL", "feed_bury", "2", "slots:feed", "{slots:feed}:dead", "workers", "1-1"]).unwrap();
    let error = call(&["FCALL", "jobs_take", "2", "slots:jobs:1", "slots:jobs:2", "1000"]).unwrap_err();
    assert!(error.contains("CROSSSLOT"), "{error}");
}

#[test]
fn the_files_of_a_small_store() {
    let files = build(SHOP);
    let mut all = String::from(SHOP.trim_start());
    for (path, content) in files.iter().filter(|(path, _)| path.starts_with("cache/")) {
        all.push_str(&format!("\n==== {path}\n{}", String::from_utf8_lossy(content)));
    }
    insta::assert_snapshot!(all);
}
