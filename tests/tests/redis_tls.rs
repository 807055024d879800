//! Redis as the compiler configures it where connections are encrypted: real servers, real certificates.

use std::process::Command;
use std::time::{Duration, Instant};

use polity_tests::engines::{Authority, RedisTls};
use polity_tests::project::{build, on_disk, text};

/// Anybody may do anything, so that a test can look into the server.
const OPEN: &str = "user default on nopass ~* &* +@all\n";

fn source(settings: &str) -> String {
    format!(
        "platform shop {{ environments: [dev, prod] }}\nstore cache: redis 7 {{ {settings} }}\n\
         keyspace Note in cache {{ pattern \"note:{{id: int}}\"; value text; ttl 1h }}\n"
    )
}

/// Starts what the first lines of a configuration say, with another access list.
fn start(authority: &Authority, source: &str, configuration: &str, users: &str) -> Option<RedisTls> {
    start_with(authority, source, configuration, users, &[])
}

fn start_with(
    authority: &Authority,
    source: &str,
    configuration: &str,
    users: &str,
    more: &[&str],
) -> Option<RedisTls> {
    let artifacts = build(source);
    let main = text(&artifacts, &format!("cache/{configuration}"));
    let (_, command) =
        main.split_once("Start beside the list that has the passwords: ").expect("it says how to start");
    let mut words: Vec<&str> = command.lines().next().unwrap_or_default().split(' ').collect();
    assert_eq!(words.remove(0), "redis-server");
    let contents: Vec<(String, String)> = words
        .iter()
        .filter(|word| word.ends_with(".conf"))
        .map(|name| ((*name).to_owned(), text(&artifacts, &format!("cache/{name}"))))
        .collect();
    let mut files: Vec<(&str, &str)> = contents.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    files.push(("users.acl", users));
    words.extend(more);
    RedisTls::start(authority, &files, &words).map(|started| started.unwrap_or_else(|log| panic!("{log}")))
}

#[test]
fn only_encrypted_connections_are_taken() {
    let Some(authority) = Authority::new() else { return };
    let source = source("encryption: { in_transit: tls_1_3 }");
    let Some(redis) = start(&authority, &source, "redis.conf", OPEN) else { return };
    assert_eq!(redis.cli(&authority, &["SET", "note:1", "a b"]).as_deref(), Ok("OK"));
    assert_eq!(redis.cli(&authority, &["GET", "note:1"]).as_deref(), Ok("a b"));
    assert!(redis.plain_cli(&["PING"]).is_err(), "without encryption");
    let stranger = Authority::new().expect("openssl is there");
    assert!(redis.cli(&stranger, &["PING"]).is_err(), "another authority signed its certificate");
    let port = redis.port().to_string();
    for (setting, value) in [
        ("port", "0"),
        ("tls-port", port.as_str()),
        ("tls-replication", "yes"),
        ("tls-auth-clients", "optional"),
        ("maxmemory-policy", "noeviction"),
    ] {
        let told = redis.cli(&authority, &["CONFIG", "GET", setting]);
        assert_eq!(told, Ok(format!("{setting}\n{value}")));
    }
}

#[test]
fn the_oldest_protocol_is_the_one_that_the_source_says() {
    let Some(authority) = Authority::new() else { return };
    for (word, speaks) in [("tls_1_3", [false, false, true]), ("tls_1_2", [false, true, true])] {
        let source = source(&format!("encryption: {{ in_transit: {word} }}"));
        let Some(redis) = start(&authority, &source, "redis.conf", OPEN) else { return };
        for (protocol, speaks) in ["-tls1_1", "-tls1_2", "-tls1_3"].into_iter().zip(speaks) {
            assert_eq!(redis.speaks(&authority, protocol), speaks, "{protocol} with {word}");
        }
    }
}

#[test]
fn an_environment_has_its_own_encryption() {
    let Some(authority) = Authority::new() else { return };
    let source = source(
        "encryption: { in_transit: tls_1_2 }, in prod { max_memory: 64MiB, encryption: { in_transit: tls_1_3 } }",
    );
    let Some(redis) = start(&authority, &source, "redis-prod.conf", OPEN) else { return };
    assert!(!redis.speaks(&authority, "-tls1_2"));
    assert_eq!(
        redis.cli(&authority, &["CONFIG", "GET", "maxmemory"]),
        Ok(format!("maxmemory\n{}", 64 << 20))
    );
}

#[test]
fn users_log_in_over_an_encrypted_connection() {
    let Some(authority) = Authority::new() else { return };
    let source = source("encryption: { in_transit: tls_1_3 }");
    let folder = on_disk(&build(&source));
    let cache = folder.path().join("cache");
    let mut script = Command::new("sh");
    script.arg(cache.join("scripts/passwords.sh")).arg(cache.join("users.acl"));
    for (user, password) in
        [("APP", "one"), ("MAINTENANCE", "two"), ("MONITOR", "three"), ("OPERATOR", "four")]
    {
        script.env(format!("SHOP_{user}_PASSWORD"), password);
    }
    let users = String::from_utf8(script.output().expect("sh runs").stdout).expect("UTF-8");
    let Some(redis) = start(&authority, &source, "redis.conf", &users) else { return };
    assert!(redis.cli(&authority, &["PING"]).is_err(), "nobody gets in without a name");
    let app =
        |words: &[&str]| redis.cli(&authority, &[&["--user", "shop_app", "--pass", "one"], words].concat());
    assert_eq!(app(&["SET", "note:1", "a"]).as_deref(), Ok("OK"));
    assert!(app(&["CONFIG", "GET", "*"]).is_err());
}

#[test]
fn a_replica_follows_over_an_encrypted_connection() {
    let Some(authority) = Authority::new() else { return };
    let source = source("encryption: { in_transit: tls_1_3 }");
    let Some(first) = start(&authority, &source, "redis.conf", OPEN) else { return };
    first.cli(&authority, &["SET", "note:1", "copied"]).expect("written");
    let port = first.port().to_string();
    let follow = ["--replicaof", "127.0.0.1", &port];
    let Some(second) = start_with(&authority, &source, "redis.conf", OPEN, &follow) else { return };
    wait(|| second.cli(&authority, &["GET", "note:1"]).as_deref() == Ok("copied"));
}

#[test]
fn a_cluster_forms_over_encrypted_connections() {
    let Some(authority) = Authority::new() else { return };
    let source = source(
        "topology: cluster { masters: 3, replicas_per_master: 0 }, encryption: { in_transit: tls_1_3 }",
    );
    let nodes: Option<Vec<RedisTls>> =
        (0..3).map(|_| start(&authority, &source, "redis.conf", OPEN)).collect();
    let Some(nodes) = nodes else { return };
    let addresses: Vec<String> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    let mut create = vec!["--cluster", "create"];
    create.extend(addresses.iter().map(String::as_str));
    create.push("--cluster-yes");
    nodes[0].cli(&authority, &create).expect("the nodes meet");
    wait(|| {
        nodes.iter().all(|node| {
            node.cli(&authority, &["CLUSTER", "INFO"]).is_ok_and(|told| told.contains("cluster_state:ok"))
        })
    });
    for n in 0..10 {
        let key = format!("note:{n}");
        assert_eq!(nodes[0].cli(&authority, &["-c", "SET", &key, "x"]).as_deref(), Ok("OK"));
    }
}

fn wait(until: impl Fn() -> bool) {
    let begin = Instant::now();
    while !until() {
        assert!(begin.elapsed() < Duration::from_secs(30), "it did not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}
