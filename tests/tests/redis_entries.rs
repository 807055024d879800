//! Entries that end each for itself: in a queue, a stream and a sorted set by time, however often others are written.

use std::process::Command;
use std::time::Duration;

use polity_tests::engines::Redis;
use polity_tests::project::{build, on_disk, text};

const SHOP: &str = r#"
platform shop { environments: [dev] }
store main: postgres 15 { database: "shop" }
store queues: redis 7 { }
schema core in main {
  entity User { id: uuid key; email: email unique #personal; subject }
}
struct Mail { user: -> core.User, text: text #personal }
keyspace Mails in queues { pattern "mails"; value list of Mail; ttl 300ms }
keyspace Long  in queues { pattern "long:{of: int}"; value list of Mail; ttl 1h; database 2 }
keyspace Feed  in queues { pattern "feed"; value stream { what: text }; groups [workers]; dead_letter; ttl 300ms }
keyspace Plan  in queues { pattern "plan"; value sorted set of text by timestamp; ttl 300ms }
keyspace Last  in queues { pattern "last"; value sorted set of text by timestamp desc; max_length 2; ttl 1h }
"#;

const PERSON: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
const OTHER: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11";
const MAILS: [&str; 2] = ["mails", "{mails}:processing"];

/// A server with the emitted users, each of whom has the password `p`, as the application.
fn server() -> Option<Redis> {
    let files = build(SHOP);
    // Of `p`, as scripts/passwords.sh would put it.
    let digest = "#148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940";
    let users =
        text(&files, "queues/users.acl").replace(" on resetpass ", &format!(" on resetpass {digest} "));
    let conf = text(&files, "queues/redis.conf");
    let started = Redis::with_files(&[("redis.conf", &conf), ("users.acl", &users)])?;
    let mut redis = started.unwrap_or_else(|log| panic!("{log}"));
    redis.login("shop_maintenance", "p").expect("it has that password");
    redis.command(&["FUNCTION", "LOAD", &text(&files, "queues/scripts/shop.lua")]).expect("it loads");
    redis.login("shop_app", "p").expect("it has that password");
    Some(redis)
}

fn call(redis: &mut Redis, function: &str, keys: &[&str], arguments: &[&str]) -> String {
    let count = keys.len().to_string();
    let words: Vec<&str> = ["FCALL", function, &count].iter().chain(keys).chain(arguments).copied().collect();
    redis.command(&words).unwrap_or_else(|e| panic!("{words:?}: {e}"))
}

/// Waits until what lives for 300 ms is over.
fn past() {
    std::thread::sleep(Duration::from_millis(350));
}

/// Milliseconds since 1970, as the server counts them.
fn now(redis: &Redis) -> u64 {
    let mut connection = redis.another();
    redis::cmd("AUTH").arg("shop_app").arg("p").exec(&mut connection).expect("it logs in");
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(&mut connection).expect("it tells");
    seconds * 1000 + micros / 1000
}

/// Runs a script of the store as a person would: the password in the environment, no option that names the user.
fn script(redis: &Redis, name: &str, variables: &[(&str, &str)], input: &str) -> String {
    let folder = on_disk(&build(SHOP));
    let (tools, socket) = redis.for_scripts().expect("redis-cli is there");
    let said = folder.path().join("said");
    std::fs::write(&said, input).expect("ours");
    let output = Command::new("sh")
        .arg(folder.path().join("queues/scripts").join(name))
        .arg("-s")
        .arg(socket)
        .env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default()))
        .env("REDISCLI_AUTH", "p")
        .envs(variables.iter().copied())
        .stdin(std::fs::File::open(said).expect("ours"))
        .output()
        .expect("sh runs");
    assert!(output.status.success(), "{name}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn an_element_ends_though_others_are_pushed() {
    let Some(mut redis) = server() else { return };
    call(&mut redis, "mails_push", &["mails"], &["old", "older"]);
    past();
    assert_eq!(redis.run("EXISTS mails").unwrap(), "0", "without a write the key ends as well");
    call(&mut redis, "mails_push", &["mails"], &["old", "older"]);
    std::thread::sleep(Duration::from_millis(200));
    call(&mut redis, "mails_push", &["mails"], &["new"]);
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(redis.run("LLEN mails").unwrap(), "3", "the key lives on");
    let taken = call(&mut redis, "mails_take", &MAILS, &["60000"]);
    assert!(taken.ends_with("\nnew"), "{taken}");
    assert_eq!(redis.run("LLEN mails").unwrap(), "0", "what is over is gone");
    past();
    // Its lease is not over, but its life is.
    call(&mut redis, "mails_push", &["mails"], &["kept"]);
    call(&mut redis, "mails_take", &MAILS, &["1"]);
    past();
    assert_eq!(call(&mut redis, "mails_requeue", &MAILS, &[]), "0");
    assert_eq!(redis.run("LLEN mails").unwrap(), "0");
}

#[test]
fn what_came_back_keeps_its_moment() {
    let Some(mut redis) = server() else { return };
    let keys = ["long:1", "{long:1}:processing"];
    redis.run("SELECT 2").unwrap();
    call(&mut redis, "long_push", &keys[..1], &["a:b\nc"]);
    let before = redis.run("LRANGE long:1 0 -1").unwrap();
    call(&mut redis, "long_take", &keys, &["1"]);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(call(&mut redis, "long_requeue", &keys, &[]), "1");
    assert_eq!(redis.run("LRANGE long:1 0 -1").unwrap(), before);
    let taken = call(&mut redis, "long_take", &keys, &["60000"]);
    let (receipt, value) = taken.split_once('\n').unwrap();
    assert!(value.ends_with("a:b\nc"), "{taken}");
    assert!(receipt.contains(&before[..13]), "{receipt} {before}");
}

#[test]
fn an_entry_ends_though_others_are_appended() {
    let Some(mut redis) = server() else { return };
    for what in ["one", "two", "three"] {
        call(&mut redis, "feed_append", &["feed"], &["what", what]);
        std::thread::sleep(Duration::from_millis(200));
    }
    let left = redis.value(&["XRANGE", "feed", "-", "+"]).unwrap();
    let left = format!("{left:?}");
    assert!(!left.contains("one"), "{left}");
    assert!(left.contains("three"), "{left}");
}

#[test]
fn a_member_ends_after_its_own_moment() {
    let Some(mut redis) = server() else { return };
    let time = now(&redis);
    let mut put = |at: u64, member: &str| {
        call(&mut redis, "plan_put", &["plan"], &[&at.to_string(), member]);
    };
    put(time + 60_000, "soon");
    put(time - 10_000, "past");
    put(time, "now");
    past();
    put(time + 30_000, "sooner");
    assert_eq!(redis.run("ZRANGE plan 0 -1").unwrap(), "sooner\nsoon");
    let left: u64 = redis.run("PTTL plan").unwrap().parse().unwrap();
    assert!((50_000..=60_300).contains(&left), "the key ends with its last member: {left}");
    for wrong in ["-1", "1.5", "later", "253402300800000", "1e300", "nan"] {
        let said = redis.command(&["FCALL", "plan_put", "1", "plan", wrong, "x"]);
        assert!(said.is_err(), "`{wrong}` was taken");
    }
    for (at, member) in [(time, "a"), (time + 2, "c"), (time + 1, "b")] {
        call(&mut redis, "last_put", &["last"], &[&at.to_string(), member]);
    }
    assert_eq!(redis.run("ZRANGE last 0 -1").unwrap(), "b\nc");
}

#[test]
fn the_job_ends_what_nobody_comes_by_to_end() {
    let Some(mut redis) = server() else { return };
    let time = now(&redis);
    call(&mut redis, "mails_push", &["mails"], &["a", "b", "a"]);
    call(&mut redis, "mails_take", &MAILS, &["60000"]);
    let entry = call(&mut redis, "feed_append", &["feed"], &["what", "x"]);
    call(&mut redis, "feed_open", &["feed"], &[]);
    redis.run("XREADGROUP GROUP workers one STREAMS feed >").unwrap();
    call(&mut redis, "feed_bury", &["feed", "{feed}:dead"], &["workers", &entry]);
    call(&mut redis, "plan_put", &["plan"], &[&time.to_string(), "x"]);
    for key in ["mails", "{mails}:processing", "feed", "{feed}:dead", "plan"] {
        assert_eq!(redis.command(&["PEXPIRE", key, "600000"]).unwrap(), "1", "{key}");
    }
    past();
    // Not over: one that is new, and one that was added by other means, which lives from the job on.
    call(&mut redis, "mails_push", &["mails"], &["new"]);
    redis.command(&["RPUSH", "mails", "raw"]).unwrap();
    redis.run("SELECT 2").unwrap();
    call(&mut redis, "long_push", &["long:1"], &["long"]);
    redis.run("SELECT 0").unwrap();

    script(&redis, "end_entries.sh", &[], "");
    let mails = redis.run("LRANGE mails 0 -1").unwrap();
    let mails: Vec<&str> = mails.lines().map(|element| &element[14..]).collect();
    assert_eq!(mails, ["new", "raw"]);
    for key in ["{mails}:processing", "plan"] {
        assert_eq!(redis.command(&["EXISTS", key]).unwrap(), "0", "{key}");
    }
    for stream in ["feed", "{feed}:dead"] {
        assert_eq!(redis.command(&["XLEN", stream]).unwrap(), "0", "{stream}");
    }
    redis.run("SELECT 2").unwrap();
    assert_eq!(redis.run("LLEN long:1").unwrap(), "1");
}

#[test]
fn a_person_is_found_behind_the_moment() {
    let Some(mut redis) = server() else { return };
    redis.run("SELECT 2").unwrap();
    let mail = |user: &str| format!("{{\"user\":\"{user}\",\"text\":\"t\"}}");
    call(&mut redis, "long_push", &["long:1"], &[&mail(PERSON), &mail(OTHER), &mail(PERSON)]);
    call(&mut redis, "long_take", &["long:1", "{long:1}:processing"], &["60000"]);
    let found = format!("{{\"core.User\":[{{\"id\":\"{PERSON}\"}}]}}");
    let shown = script(&redis, "erase_subject.sh", &[("POLITY_FIND", "1")], &found);
    let mut shown: Vec<&str> = shown.lines().collect();
    shown.sort_unstable();
    shown.dedup();
    assert_eq!(shown, ["long:1", "{long:1}:processing"]);
    script(&redis, "erase_subject.sh", &[], &found);
    let left = redis.run("LRANGE long:1 0 -1").unwrap();
    assert!(left.ends_with(&mail(OTHER)) && left.lines().count() == 1, "{left}");
    assert_eq!(redis.run("ZCARD {long:1}:processing").unwrap(), "0");
}

/// Documents say the end that comes.
#[test]
fn the_papers_say_when_an_entry_ends() {
    let files = build(&SHOP.replace(
        "platform",
        "keyspace Mailed in queues { pattern \"mailed\"; value list of text; ttl 2h }\nkeyspace Reset in queues #personal { \
         pattern \"reset\"; value list of text; ttl 3h }\nplatform",
    ));
    let erasure = text(&files, "docs/erasure.md");
    let said = "each entry 3h after it was added, when the jobs of queues have run";
    assert!(erasure.contains(said), "{erasure}");
    let record = text(&files, "docs/record_of_processing.md");
    for said in ["each entry 3h after it was added", "each entry 1h after it was added"] {
        assert!(record.contains(said), "{said}\n{record}");
    }
    let values = text(&files, "helm/values.yaml");
    assert!(values.contains("sh queues/scripts/end_entries.sh -h"), "{values}");
    let keys: serde_json::Value = serde_json::from_str(&text(&files, "queues/keyspaces.json")).unwrap();
    let froms: Vec<&str> =
        keys["keyspaces"].as_array().unwrap().iter().map(|k| k["ttl_from"].as_str().unwrap()).collect();
    assert!(froms.contains(&"each_timestamp") && froms.contains(&"each_entry"), "{froms:?}");
}
