//! Several servers as the compiler configures them: the nodes of a cluster, and a pair that a sentinel watches. Every
//! service works under its own user, before and after another server became the master.

use std::process::Command;
use std::time::{Duration, Instant};

use polity_tests::engines::{Redis, RedisNode};
use polity_tests::project::{build, on_disk, text};

const KEYSPACES: &str = r#"
keyspace Session in cache { pattern "session:{user: uuid}"; value json { token: text }; ttl 1h }
keyspace Jobs    in cache { pattern "jobs:{of: int}"; value list of text; max_length 100 }
keyspace Login   in cache { pattern "login:{name: text}"; limit 300 per 1h sliding }
keyspace Feed    in cache { pattern "feed:{of: int}"; value stream { what: text; groups [workers]; dead_letter } }
channel  Notices in cache { pattern "user:{user: uuid}:notices"; value text }
service web    { write cache.Session
                 read cache.Session
                 append cache.Jobs
                 publish cache.Notices }
service worker { write cache.Jobs
                 consume cache.Feed as workers }
service gate   { write cache.Login
                 append cache.Feed }
"#;

const USERS: &[&str] =
    &["web", "worker", "gate", "maintenance", "monitor", "replica", "sentinel", "operator"];

/// Longer than a new master takes, with the short times of these tests.
const AT_MOST: Duration = Duration::from_secs(15);

fn source(topology: &str) -> String {
    format!(
        "platform shop {{ environments: [dev] }}\nstore cache: redis 7 {{ topology: {topology} }}\n{KEYSPACES}"
    )
}

/// The files of a platform with the passwords in them, each of which is its user's name.
struct Files {
    folder: tempfile::TempDir,
    library: String,
}

impl Files {
    fn of(topology: &str) -> Self {
        let files = build(&source(topology));
        Self { library: text(&files, "cache/scripts/shop.lua"), folder: on_disk(&files) }
    }

    fn file(&self, name: &str, variables: &[(&str, &str)]) -> String {
        let cache = self.folder.path().join("cache");
        let mut script = Command::new("sh");
        script.arg(cache.join("scripts/passwords.sh")).arg(cache.join(name)).envs(variables.iter().copied());
        for user in USERS {
            script.env(format!("SHOP_{}_PASSWORD", user.to_uppercase()), password(user));
        }
        let output = script.output().expect("sh runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn server(&self, arguments: &[&str]) -> Option<RedisNode> {
        let (conf, acl) = (self.file("redis.conf", &[]), self.file("users.acl", &[]));
        let arguments = [&["redis.conf"], arguments].concat();
        let started = RedisNode::start(&[("redis.conf", &conf), ("users.acl", &acl)], &arguments)?;
        Some(started.unwrap_or_else(|log| panic!("{log}")))
    }
}

/// Signs that a shell or a configuration would read in its own way.
fn password(user: &str) -> String {
    format!("{user}'s \"p\\w\" $1 #")
}

/// Tries until it holds, and tells what was seen last where it does not.
fn soon<T>(what: &str, mut attempt: impl FnMut() -> Result<T, String>) -> T {
    let begin = Instant::now();
    loop {
        match attempt() {
            Ok(value) => return value,
            Err(seen) => assert!(begin.elapsed() < AT_MOST, "{what}: {seen}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn holds(is_so: bool, seen: &str) -> Result<(), String> {
    is_so.then_some(()).ok_or_else(|| seen.to_owned())
}

/// The calls of each service, on keys in all parts of a cluster.
fn calls(n: usize) -> Vec<(&'static str, Vec<String>)> {
    let session = format!("session:018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b{n:02}");
    let (jobs, feed, login) = (format!("jobs:{n}"), format!("feed:{n}"), format!("login:{n}"));
    let working = format!("{{{jobs}}}:processing");
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    vec![
        ("web", words(&format!("FCALL session_put 1 {session} {{}}"))),
        ("web", words(&format!("GET {session}"))),
        ("web", words(&format!("FCALL jobs_push 1 {jobs} a"))),
        ("web", words("PUBLISH user:a:notices hello")),
        ("worker", words(&format!("FCALL jobs_take 2 {jobs} {working} 60000"))),
        ("worker", words(&format!("FCALL feed_open 1 {feed}"))),
        ("worker", words(&format!("XREADGROUP GROUP workers one STREAMS {feed} >"))),
        ("gate", words(&format!("FCALL feed_append 1 {feed} what x"))),
        ("gate", words(&format!("FCALL login_take 1 {login}"))),
    ]
}

/// Calls as each service, by a client that follows keys from any node.
fn all_work(node: &RedisNode, options: &[&str], n: usize) -> Result<(), String> {
    for (service, words) in calls(n) {
        let words: Vec<&str> = options.iter().copied().chain(words.iter().map(String::as_str)).collect();
        node.cli(&format!("shop_{service}"), &password(service), &words)
            .map_err(|e| format!("{service} {words:?}: {e}"))?;
    }
    Ok(())
}

fn role(node: &RedisNode) -> Result<String, String> {
    let said = node.cli("shop_operator", &password("operator"), &["ROLE"])?;
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn a_cluster_goes_on_when_a_master_goes() {
    let files = Files::of("cluster { masters: 3, replicas_per_master: 1 }");
    let quick = ["--cluster-node-timeout", "1000", "--save", "", "--repl-diskless-sync-delay", "0"];
    let Some(mut nodes) = (0..6).map(|_| files.server(&quick)).collect::<Option<Vec<_>>>() else { return };
    let addresses: Vec<String> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    let addresses = addresses.iter().map(String::as_str);
    let create = ["--cluster", "create"].into_iter().chain(addresses);
    let create: Vec<&str> = create.chain(["--cluster-replicas", "1", "--cluster-yes"]).collect();
    nodes[0].cli("shop_operator", &password("operator"), &create).expect("the operator makes it");
    for node in nodes.iter().filter(|node| role(node).as_deref() == Ok("master")) {
        let mut maintenance = node.login("shop_maintenance", &password("maintenance")).expect("logs in");
        maintenance.command(&["FUNCTION", "LOAD", &files.library]).expect("it loads");
    }
    soon("a new cluster", || (0..4).try_for_each(|n| all_work(&nodes[0], &["-c"], n)));

    // What clients of a cluster ask of any node.
    for service in ["web", "worker", "gate"] {
        let user = format!("shop_{service}");
        let mut client = nodes[5].login(&user, &password(service)).expect("logs in");
        for asked in [
            "CLUSTER SHARDS",
            "CLUSTER SLOTS",
            "CLUSTER NODES",
            "CLUSTER MYID",
            "CLUSTER INFO",
            "CLUSTER KEYSLOT a",
            "READONLY",
            "READWRITE",
            "ASKING",
            "COMMAND COUNT",
            "INFO server",
        ] {
            let words: Vec<&str> = asked.split(' ').collect();
            client.command(&words).unwrap_or_else(|e| panic!("{service}: {asked}: {e}"));
        }
        for refused in
            ["CLUSTER FAILOVER", "CLUSTER RESET", "CLUSTER FORGET a", "REPLICAOF NO ONE", "PSYNC ? -1"]
        {
            let words: Vec<&str> = refused.split(' ').collect();
            let said = client.command(&words).expect_err(refused);
            assert!(said.contains("NOPERM"), "{service}: {refused}: {said}");
        }
    }

    // Somebody lets a replica take over.
    let replica = nodes.iter().position(|node| role(node).as_deref() == Ok("slave")).expect("there is one");
    soon("a replica is in step", || {
        nodes[replica].cli("shop_operator", &password("operator"), &["CLUSTER", "FAILOVER"]).map(drop)
    });
    soon("it is the master", || {
        let role = role(&nodes[replica])?;
        holds(role == "master", &role)
    });
    soon("after a take-over", || (4..8).try_for_each(|n| all_work(&nodes[0], &["-c"], n)));

    // Its machine fails.
    nodes.swap_remove(replica).kill();
    soon("after a failure", || (8..20).try_for_each(|n| all_work(&nodes[0], &["-c"], n)));
}

#[test]
fn a_pair_goes_on_when_its_master_goes() {
    let files = Files::of("replica_set { members: 2 }");
    let quick = ["--save", "", "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];
    let Some(first) = files.server(&quick) else { return };
    let of_first = format!("127.0.0.1 {}", first.port());
    let port = first.port().to_string();
    let second = [&["--replicaof", "127.0.0.1", &port], &quick[..]].concat();
    let Some(second) = files.server(&second) else { return };
    let mut maintenance = first.login("shop_maintenance", &password("maintenance")).expect("logs in");
    maintenance.command(&["FUNCTION", "LOAD", &files.library]).expect("it loads");
    all_work(&first, &[], 0).expect("a master works");
    soon("the replica logs in to its master", || {
        let said = second.cli("shop_operator", &password("operator"), &["FUNCTION", "LIST"])?;
        holds(said.contains("session_put"), &said)
    });

    let conf = files.file("sentinel.conf", &[("POLITY_MASTER", &of_first), ("POLITY_QUORUM", "1")]);
    let quick =
        "sentinel down-after-milliseconds shop_cache 500\nsentinel failover-timeout shop_cache 1500\n";
    let started = RedisNode::start(&[("sentinel.conf", &(conf + quick))], &["sentinel.conf", "--sentinel"]);
    let sentinel = started.expect("it was there before").unwrap_or_else(|log| panic!("{log}"));
    let master = |user: &str| {
        let ask = ["SENTINEL", "get-master-addr-by-name", "shop_cache"];
        sentinel.cli(&format!("shop_{user}"), &password(user), &ask)
    };
    assert!(sentinel.cli("shop_web", "wrong", &["PING"]).is_err());
    for service in ["web", "worker", "gate"] {
        assert_eq!(master(service).expect("it tells"), of_first.replace(' ', "\n"), "{service}");
        let refused = ["SENTINEL", "FAILOVER", "shop_cache"];
        let said = sentinel.cli(&format!("shop_{service}"), &password(service), &refused);
        assert!(said.is_err_and(|e| e.contains("NOPERM")), "{service}");
    }
    soon("the sentinel knows the replica", || {
        let own = ["SENTINEL", "replicas", "shop_cache"];
        let said = sentinel.cli("shop_web", &password("web"), &own)?;
        holds(said.contains("\nmaster-link-status\nok"), &said)
    });
    soon("it lets the replica take over", || {
        sentinel
            .cli("shop_sentinel", &password("sentinel"), &["SENTINEL", "FAILOVER", "shop_cache"])
            .map(drop)
    });
    let is_master = |node: &RedisNode| {
        let told = master("web")?;
        holds(told.ends_with(&format!("\n{}", node.port())), &told)
    };
    soon("the second is the master", || is_master(&second));
    soon("after a take-over", || all_work(&second, &[], 1));
    // The first comes back as a replica, and takes over again when the second fails.
    soon("the first follows", || {
        let said = first.cli("shop_operator", &password("operator"), &["INFO", "replication"])?;
        holds(said.contains("master_link_status:up"), &said)
    });
    second.kill();
    soon("the first is the master again", || is_master(&first));
    soon("after a failure", || all_work(&first, &[], 2));
}

/// No line of what is written is one that the server would rather not read.
#[test]
fn a_server_starts_without_a_warning_about_its_files() {
    let modules = "modules: [json, timeseries, bf]";
    for (settings, with_modules) in [
        ("", false),
        ("persistence: [rdb, aof], max_memory: 64MiB, eviction: noeviction, databases: 4", false),
        ("topology: cluster { masters: 3, replicas_per_master: 1 }", false),
        ("topology: replica_set { members: 3 }", false),
        (modules, true),
    ] {
        let services =
            if with_modules { KEYSPACES } else { KEYSPACES.split("service").next().unwrap_or_default() };
        for keyspaces in [KEYSPACES, services] {
            let source = format!(
                "platform shop {{ environments: [dev] }}\nstore cache: redis {} {{ {settings} }}\n{keyspaces}",
                if with_modules { "7.4" } else { "7" }
            );
            let files = build(&source);
            let (conf, acl) = (text(&files, "cache/redis.conf"), text(&files, "cache/users.acl"));
            let written = [("redis.conf", conf.as_str()), ("users.acl", acl.as_str())];
            let started =
                if with_modules { Redis::with_modules(&written) } else { Redis::with_files(&written) };
            let Some(started) = started else { return };
            let log = started.unwrap_or_else(|log| panic!("{source}\n{log}")).log();
            assert!(log.contains("eady to accept connections"), "{log}");
            for sign in ["deprecated", "Deprecated", "ACL", "acl"] {
                assert!(!log.contains(sign), "{settings}: {log}");
            }
        }
    }
}
