//! A real Redis holds what the catalog says, after the files that are printed from it were loaded.

use std::collections::{BTreeMap, BTreeSet};

use polity::source::Sources;
use polity::{Artifacts, Options};
use polity_catalog::Catalog;
use polity_catalog::keyed::{self, Access, Databases, Eviction, Flag, Object, Rights};
use polity_tests::engines::Redis;
use polity_tests::project::{text, valid};
use redis::Value;

const SHOP: &str = r#"
platform shop { environments: [dev] }
store cache: redis 7 { persistence: [rdb, aof], max_memory: 64MiB, eviction: noeviction, databases: 5 }

keyspace Session in cache { pattern "session:{user: uuid}"; value json { token: text #secret }; ttl 1h }
keyspace Login   in cache { pattern "login:{name: text}"; limit 3 per 300ms sliding; database 3 }
keyspace Jobs    in cache { pattern "jobs"; value list of text; max_length 3 }
keyspace Cart    in cache { pattern "cart:{user: uuid}:{item: text}"; value counter; together by (user) }
keyspace Feed    in cache { pattern "feed"; value stream { what: text; groups [workers]; dead_letter }; max_length 2 }
channel  Notices in cache { pattern "user:{user: uuid}:notices"; value text }
"#;

const SERVICES: &str = "
service reader { read cache.Session, cache.Cart, cache.Login }
service worker { write cache.Jobs
                 consume cache.Feed as workers }
service speaker { publish cache.Notices }
";

/// The catalog of a source, and its files.
fn lowered(source: &str) -> (keyed::Catalog, Artifacts) {
    let valid = valid(&Sources::single("test.polity", source));
    let store = &valid.stores[0];
    let placed = polity_engines::engine_of(store).lower(&valid, store).remove(0);
    let Catalog::Keyed(catalog) = placed.catalog else { panic!("{placed:?}") };
    (catalog, polity::emit(&valid, &Options::default()))
}

/// A list of names and values, as a server answers.
fn pairs(value: &Value) -> BTreeMap<String, Value> {
    let Value::Array(values) = value else { panic!("{value:?}") };
    values.chunks_exact(2).map(|pair| (word(&pair[0]), pair[1].clone())).collect()
}

fn word(value: &Value) -> String {
    match value {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    }
}

fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) | Value::Set(values) => values,
        other => panic!("{other:?} is no list"),
    }
}

/// Commands, keys and channels in the words of the server.
type Allowed = [BTreeSet<String>; 3];

fn allowed(redis: &mut Redis, answer: &BTreeMap<String, Value>) -> Allowed {
    let words = |part: &str| word(&answer[part]).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut commands = BTreeSet::new();
    for rule in words("commands") {
        // The server sums up commands as a category, and says which of it are not allowed.
        if let Some(category) = rule.strip_prefix("+@") {
            let members = redis.command(&["ACL", "CAT", category]).unwrap();
            commands.extend(members.lines().map(|command| format!("+{command}")));
        } else if let Some(command) = rule.strip_prefix('-').filter(|_| rule != "-@all") {
            commands.remove(&format!("+{command}"));
        } else {
            commands.insert(rule);
        }
    }
    [commands, words("keys").into_iter().collect(), words("channels").into_iter().collect()]
}

fn expected(rights: &Rights) -> Allowed {
    let commands = rights.commands.iter().map(|command| format!("+{command}"));
    let keys = rights.keys.iter().map(|pattern| match pattern.access {
        Access::Read => format!("%R~{}", pattern.glob),
        Access::Write => format!("%W~{}", pattern.glob),
        Access::ReadWrite => format!("~{}", pattern.glob),
    });
    let channels = rights.channels.iter().map(|glob| format!("&{glob}"));
    [commands.chain(["-@all".to_owned()]).collect(), keys.collect(), channels.collect()]
}

#[test]
fn a_server_knows_the_users_of_the_catalog() {
    for services in ["", SERVICES] {
        let Some(mut redis) = Redis::fresh() else { return };
        let (catalog, files) = lowered(&format!("{SHOP}{services}"));
        // The default user is switched off last, and its own connection stays.
        for line in text(&files, "cache/users.acl").lines().filter(|line| !line.starts_with("user default")) {
            let rules = split(line.strip_prefix("user ").unwrap());
            redis
                .command(&[&["ACL", "SETUSER"], &rules[..]].concat())
                .unwrap_or_else(|e| panic!("{line}\n{e}"));
        }
        let mut users = 0;
        for object in catalog.objects() {
            let Object::User(user) = object else { continue };
            if user.name == "default" {
                assert!(!user.enabled && user.rights == Rights::default(), "{user:?}");
                continue;
            }
            let answer = pairs(&redis.value(&["ACL", "GETUSER", &user.name]).unwrap());
            let flags: Vec<String> = list(&answer["flags"]).iter().map(word).collect();
            assert_eq!(flags.contains(&"on".to_owned()), user.enabled, "{flags:?}");
            assert_eq!(allowed(&mut redis, &answer), expected(&user.rights), "{}", user.name);
            let selectors: Vec<Allowed> = list(&answer["selectors"])
                .iter()
                .map(|selector| allowed(&mut redis, &pairs(selector)))
                .collect();
            let wanted: Vec<Allowed> = user.selectors.iter().map(expected).collect();
            assert_eq!(selectors, wanted, "{}", user.name);
            users += 1;
        }
        assert_eq!(users, if services.is_empty() { 4 } else { 6 });
    }
}

/// The rules of a line: words, and selectors in parentheses.
fn split(line: &str) -> Vec<&str> {
    let mut rules = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('(') {
            Some(inside) => inside.find(')').map_or(rest.len(), |end| end + 2),
            None => rest.find(' ').unwrap_or(rest.len()),
        };
        rules.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    rules
}

/// Braces of a hash tag stand in the access list as they stand in keys.
#[test]
fn the_glob_of_a_hash_tag_has_its_braces() {
    let Some(mut redis) = Redis::fresh() else { return };
    let (_, files) = lowered(SHOP);
    let acl = text(&files, "cache/users.acl");
    let line = acl.lines().find(|line| line.starts_with("user shop_app ")).unwrap();
    redis.command(&[&["ACL", "SETUSER"], &split(line.strip_prefix("user ").unwrap())[..]].concat()).unwrap();
    let mut tried = |key: &str| redis.command(&["ACL", "DRYRUN", "shop_app", "INCRBY", key, "1"]).unwrap();
    assert_eq!(tried("cart:{018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10}:pen"), "OK");
    assert_ne!(tried("cart:018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10:pen"), "OK");
    assert_ne!(tried("other:{018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10}:pen"), "OK");
}

#[test]
fn a_server_knows_the_functions_of_the_catalog() {
    let Some(mut redis) = Redis::fresh() else { return };
    let (catalog, files) = lowered(SHOP);
    redis.command(&["FUNCTION", "LOAD", &text(&files, "cache/scripts/shop.lua")]).unwrap();
    let answer = redis.value(&["FUNCTION", "LIST"]).unwrap();
    let [library] = list(&answer) else { panic!("{answer:?}") };
    let library = pairs(library);
    let held: BTreeSet<(String, BTreeSet<String>)> = list(&library["functions"])
        .iter()
        .map(|function| {
            let function = pairs(function);
            (word(&function["name"]), list(&function["flags"]).iter().map(word).collect())
        })
        .collect();
    let mut wanted = BTreeSet::new();
    for object in catalog.objects() {
        match object {
            Object::Library(one) => assert_eq!(one.name, word(&library["library_name"])),
            Object::Function(one) => {
                let flags = one.flags.iter().map(|flag| match flag {
                    Flag::NoWrites => "no-writes".to_owned(),
                    Flag::AllowCrossSlotKeys => "allow-cross-slot-keys".to_owned(),
                });
                wanted.insert((one.name.to_string(), flags.collect::<BTreeSet<_>>()));
            }
            _ => {}
        }
    }
    assert!(wanted.len() > 10, "{wanted:?}");
    assert_eq!(held, wanted);
}

#[test]
fn a_server_is_configured_as_the_catalog_says() {
    // A limit may not be evicted, and this is about a server that evicts.
    let source: Vec<&str> = SHOP.lines().filter(|line| !line.contains("limit 3")).collect();
    let (catalog, files) = lowered(&source.join("\n").replace("noeviction", "volatile_lru"));
    let files = [
        ("redis.conf", text(&files, "cache/redis.conf")),
        ("users.acl", "user default on nopass ~* +@all\n".into()),
    ];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let Some(started) = Redis::with_files(&files) else { return };
    let mut redis = started.unwrap_or_else(|log| panic!("{log}"));
    let held = catalog.configuration().unwrap();
    let mut says = |name: &str| {
        let answer = pairs(&redis.value(&["CONFIG", "GET", name]).unwrap());
        word(&answer[name])
    };
    assert_eq!(held.databases, Databases::Numbered(says("databases").parse().unwrap()));
    assert_eq!(held.max_memory, Some(says("maxmemory").parse().unwrap()));
    assert_eq!((held.eviction, says("maxmemory-policy").as_str()), (Eviction::VolatileLru, "volatile-lru"));
    assert_eq!(held.appends, says("appendonly") == "yes");
    let snapshots = held.snapshots.iter().map(|one| format!("{} {}", one.seconds, one.changes));
    assert_eq!(snapshots.collect::<Vec<_>>().join(" "), says("save"));
    assert!(held.modules.is_empty() && held.tls.is_empty(), "{held:?}");
}
