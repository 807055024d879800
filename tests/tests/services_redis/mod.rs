//! Each service does in Redis what its lines say, and is refused everything else.

use std::process::Command;

use polity_tests::engines::Redis;
use polity_tests::project::{build, on_disk, text};

const SHOP: &str = include_str!("shop.polity");

const SERVICES: &[&str] =
    &["reader", "writer", "cleaner", "gate", "watcher", "producer", "worker", "speaker", "listener"];

/// A server with the list of users that the compiler wrote; each password is the service's name.
fn installed() -> Option<Redis> {
    let files = build(SHOP);
    let folder = on_disk(&files);
    let mut script = Command::new("sh");
    script.arg(folder.path().join("cache/scripts/passwords.sh")).arg(folder.path().join("cache/users.acl"));
    for name in SERVICES.iter().chain(&["maintenance", "monitor", "operator"]) {
        script.env(format!("SHOP_{}_PASSWORD", name.to_uppercase()), name);
    }
    let output = script.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let acl = String::from_utf8(output.stdout).unwrap();
    let conf = text(&files, "cache/redis.conf");
    let mut redis = Redis::with_files(&[("redis.conf", &conf), ("users.acl", &acl)])?
        .unwrap_or_else(|e| panic!("{e}\n{acl}"));
    redis.login("shop_maintenance", "maintenance").unwrap();
    redis.command(&["FUNCTION", "LOAD", &text(&files, "cache/scripts/shop.lua")]).unwrap();
    Some(redis)
}

/// Each line with those who may do it, in the order in which they are done; everybody else is refused.
const ATTEMPTS: &[(&str, &[&str])] = &[
    ("FCALL session_put 1 session:a {}", &["writer"]),
    ("PTTL session:a", &["reader"]),
    // What ends is never written without an end.
    ("SET session:a {}", &[]),
    ("SET session:a {} PX 1000000", &[]),
    ("SET session:a {} KEEPTTL", &[]),
    ("SETNX session:b {}", &[]),
    ("GETSET session:a {}", &[]),
    ("APPEND session:b {}", &[]),
    ("PERSIST session:a", &[]),
    ("PSETEX session:a 1000000 {}", &["writer"]),
    ("SETEX session:a 1000 {}", &["writer"]),
    ("PSETEX other:a 1000000 {}", &[]),
    ("FCALL session_claim 1 session:c {}", &["writer"]),
    ("FCALL session_claim 1 other:c {}", &[]),
    ("SET note:1 y", &["writer"]),
    ("GET session:a", &["reader"]),
    ("FCALL note_put 1 note:1 x", &["writer"]),
    ("GET note:1", &["reader"]),
    ("FCALL hits_add 1 hits:2027-01-31", &["writer"]),
    ("GET hits:2027-01-31", &["reader"]),
    ("FCALL tags_add 1 tags:1 a", &["writer"]),
    ("SMEMBERS tags:1", &["reader"]),
    ("FCALL top_put 1 top 1 a", &["writer"]),
    ("ZRANGE top 0 -1", &["reader"]),
    ("FCALL card_put 1 card:1 name n", &["writer"]),
    ("HGETALL card:1", &["reader"]),
    ("FCALL places_put 1 places 1 2 m", &["writer"]),
    ("GEOPOS places m", &["reader"]),
    ("FCALL unique_add 1 unique a", &["writer"]),
    ("PFCOUNT unique", &["reader"]),
    ("FCALL bits_set 1 bits 1 1", &["writer"]),
    ("GETBIT bits 1", &["reader"]),
    ("TTL session:a", &["reader"]),
    ("PEXPIRE session:a 900000", &["writer"]),
    ("FCALL session_drop 1 session:a", &["cleaner"]),
    ("UNLINK session:a", &["cleaner"]),
    ("FCALL jobs_push 1 jobs a", &["producer", "worker"]),
    ("FCALL jobs_take 2 jobs {jobs}:processing 1000", &["worker"]),
    ("FCALL jobs_requeue 2 jobs {jobs}:processing", &["worker"]),
    ("FCALL jobs_done 1 {jobs}:processing x", &["worker"]),
    ("LRANGE jobs 0 -1", &[]),
    ("FCALL feed_append 1 feed what x", &["producer"]),
    ("FCALL feed_open 1 feed", &["worker"]),
    ("XREADGROUP GROUP workers me COUNT 1 STREAMS feed >", &["worker"]),
    ("FCALL feed_bury 2 feed {feed}:dead workers 0-1", &["worker"]),
    ("XADD feed * what x", &["producer"]),
    ("XREAD STREAMS feed 0", &[]),
    ("PUBLISH user:a:notices hello", &["speaker"]),
    ("PUBLISH other hello", &[]),
    ("SELECT 3", &["gate", "watcher"]),
    ("FCALL login_take 1 login:a", &["gate"]),
    ("FCALL_RO login_look 1 login:a", &["watcher"]),
    // What patterns of keys do not restrict, and what reaches past them.
    // Who selects one database may select all; nobody has keys there.
    ("SELECT 1", &["gate", "watcher"]),
    ("FCALL login_take 1 other:a", &[]),
    ("KEYS *", &[]),
    ("SCAN 0", &[]),
    ("RANDOMKEY", &[]),
    ("DBSIZE", &[]),
    ("FLUSHALL", &[]),
    ("FLUSHDB", &[]),
    ("SWAPDB 0 3", &[]),
    ("CLIENT LIST", &[]),
    ("CLIENT KILL TYPE normal", &[]),
    ("CONFIG GET *", &[]),
    ("ACL LIST", &[]),
    ("MONITOR", &[]),
    ("SHUTDOWN", &[]),
    ("EVAL return 0", &[]),
    ("FUNCTION DELETE shop", &[]),
    ("FCALL session_put 1 other:a {}", &[]),
    ("GET other:a", &[]),
    ("COPY note:1 other:b", &[]),
    ("RENAME note:1 other:b", &[]),
    ("MOVE note:1 3", &[]),
    ("OBJECT ENCODING note:1", &[]),
    ("LPUSH note:1 x", &[]),
    ("PSUBSCRIBE *", &[]),
];

#[test]
fn a_service_does_what_it_was_given_and_is_refused_the_rest() {
    let Some(mut redis) = installed() else { return };
    let mut wrong = Vec::new();
    for (line, allowed) in ATTEMPTS {
        for service in SERVICES {
            redis.login(&format!("shop_{service}"), service).unwrap();
            let told = redis.run(line);
            // A function that does what its caller may not is refused inside, where Redis words it in its own way.
            let signs =
                ["NOPERM", "ACL failure", "can't run this command", "can't access at least one of the keys"];
            let refused = told.as_ref().is_err_and(|e| signs.iter().any(|sign| e.contains(sign)));
            let failed = told.is_err();
            if allowed.contains(service) && failed || !allowed.contains(service) && !refused {
                wrong.push(format!("{service}: {line}: {told:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_ends_ends_whoever_writes_it() {
    let Some(mut redis) = installed() else { return };
    redis.login("shop_writer", "writer").unwrap();
    let mut run = |user: &str, line: &str| {
        redis.login(&format!("shop_{user}"), user).unwrap();
        redis.run(line).unwrap_or_else(|e| panic!("{line}: {e}"))
    };
    assert_eq!(run("writer", "FCALL session_claim 1 session:a first"), "1");
    assert_eq!(run("writer", "FCALL session_claim 1 session:a second"), "0");
    assert_eq!(run("reader", "GET session:a"), "first");
    let lives = |text: String| text.parse::<i64>().expect("a number") > 3_500_000;
    assert!(lives(run("reader", "PTTL session:a")));
    assert_eq!(run("writer", "FCALL session_put 1 session:a third"), "OK");
    assert!(lives(run("reader", "PTTL session:a")));
    assert_eq!(run("reader", "GET session:a"), "third");
}

#[test]
fn a_channel_is_heard_by_whom_it_was_given_to_only() {
    let Some(redis) = installed() else { return };
    for (service, channel, heard) in [
        ("listener", "user:a:notices", true),
        ("listener", "other", false),
        ("speaker", "user:a:notices", false),
        ("reader", "user:a:notices", false),
    ] {
        let mut connection = redis.another();
        redis::cmd("AUTH").arg(format!("shop_{service}")).arg(service).exec(&mut connection).unwrap();
        // Not `as_pubsub`, which takes a refusal for an answer.
        let told = redis::cmd("SUBSCRIBE").arg(channel).exec(&mut connection);
        assert_eq!(told.is_ok(), heard, "{service} {channel}: {told:?}");
    }
}

#[test]
fn nobody_logs_in_for_all_services() {
    let acl = text(&build(SHOP), "cache/users.acl");
    assert!(!acl.contains("shop_app"), "{acl}");
    assert!(!acl.contains("+@"), "no categories: {acl}");
}

const COPIES: &str = r#"
platform shop { environments: [dev] }
store main: postgres 15 { database: "shop" }
store cache: redis 7 { }
schema core in main {
  entity Page { id: uuid key; title: text(80); body: text }
}
keyspace PageCache in cache from core.Page { pattern "page:{id}"; ttl 15m; on write invalidate }
keyspace TitleCache in cache from core.Page { pattern "title:{id}"; value json { title: text(80) }; ttl 15m; on write update }
service editor  { write core.Page (title) }
service cleaner { delete core.Page }
service writer  { append core.Page }
service viewer  { read core.Page }
service front   { read cache.PageCache
                  write cache.PageCache }
"#;

/// A service that writes a source drops its copy, as its own user.
#[test]
fn who_writes_a_source_may_drop_its_copies() {
    let files = build(COPIES);
    let acl = text(&files, "cache/users.acl");
    for nobody in ["shop_writer", "shop_viewer"] {
        assert!(!acl.contains(nobody), "{nobody} does nothing there: {acl}");
    }
    let folder = on_disk(&files);
    let mut script = Command::new("sh");
    script.arg(folder.path().join("cache/scripts/passwords.sh")).arg(folder.path().join("cache/users.acl"));
    for name in ["editor", "cleaner", "front", "maintenance", "monitor", "operator"] {
        script.env(format!("SHOP_{}_PASSWORD", name.to_uppercase()), name);
    }
    let acl = String::from_utf8(script.output().unwrap().stdout).unwrap();
    let Some(started) = Redis::with_files(&[("users.acl", &acl)]) else { return };
    let mut redis = started.unwrap_or_else(|e| panic!("{e}\n{acl}"));
    redis.login("shop_maintenance", "maintenance").unwrap();
    redis.command(&["FUNCTION", "LOAD", &text(&files, "cache/scripts/shop.lua")]).unwrap();
    for service in ["editor", "cleaner"] {
        for drop in ["FCALL page_cache_drop 1 page:a", "DEL page:a", "UNLINK page:a"] {
            redis.login("shop_front", "front").unwrap();
            redis.run("FCALL page_cache_put 1 page:a {}").unwrap();
            redis.login(&format!("shop_{service}"), service).unwrap();
            assert_eq!(redis.run(drop).as_deref(), Ok("1"), "{service}: {drop}");
        }
        for refused in ["GET page:a", "FCALL page_cache_put 1 page:a {}", "DEL title:a", "DEL other:a"] {
            let said = redis.run(refused).expect_err(refused);
            assert!(said.contains("NOPERM") || said.contains("can't run"), "{service}: {refused}: {said}");
        }
    }
    let rights = text(&files, "rust/src/services.rs");
    assert!(rights.contains("May<service::Delete, PageCacheKey>"), "{rights}");
    assert!(!rights.contains("May<service::Delete, TitleCacheKey>"), "{rights}");
}
