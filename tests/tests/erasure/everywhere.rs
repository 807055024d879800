//! In every store, in the order of the plan.

use std::io::Write;
use std::process::{Command, Stdio};

use polity::artifact::Artifacts;
use polity_tests::engines::{Mongo, Postgres, Redis};
use polity_tests::project;
use serde_json::{Value, json};

use super::support::{ANA, BEN, PEOPLE, Person, filled, left, without_ana};

struct Stores {
    artifacts: Artifacts,
    main: Postgres,
    documents: Mongo,
    cache: Redis,
}

fn stores() -> Option<Stores> {
    let artifacts = project::build(PEOPLE);
    let main = filled(&artifacts)?;
    let mut documents = Mongo::database()?;
    let mut cache = Redis::fresh()?;
    cache
        .command(&["FUNCTION", "LOAD", &project::text(&artifacts, "cache/scripts/people.lua")])
        .unwrap_or_else(|e| panic!("{e}"));
    for person in [ANA, BEN] {
        fill_documents(&mut documents, &person);
        fill_cache(&mut cache, &person);
    }
    let between = json!({ "_id": uuid(&BEN.id(6)), "author": uuid(&BEN.id(0)), "target": uuid(&ANA.id(4)),
        "targetType": "PRODUCT", "text": "of what somebody sells" });
    documents.insert("reviews", between).expect("reviews");
    Some(Stores { artifacts, main, documents, cache })
}

fn uuid(id: &str) -> Value {
    json!({ "$uuid": id })
}

fn fill_documents(documents: &mut Mongo, person: &Person) {
    let (name, id) = (person.name, |n| uuid(&person.id(n)));
    let all = [
        ("profiles", json!({ "userId": id(0), "bio": format!("I am {name}") })),
        ("products", json!({ "_id": id(4), "seller": id(0), "name": format!("a chair of {name}") })),
        (
            "reviews",
            json!({ "_id": id(5), "author": id(0), "target": id(3), "targetType": "THING", "text": format!("by {name}") }),
        ),
        ("receipts", json!({ "_id": id(8), "buyer": { "paidBy": id(0), "name": name } })),
        ("receipts", json!({ "_id": id(9), "buyer": { "paidBy": id(3), "name": "somebody" } })),
        (
            "sendings",
            json!({ "_id": id(8), "from": { "party": id(3), "partyType": "THING", "label": "a shop" } }),
        ),
        ("sendings", json!({ "_id": id(9), "from": { "party": id(0), "partyType": "USER", "label": name } })),
        ("payouts", json!({ "_id": id(7), "wallet": id(1), "iban": format!("of {name}") })),
    ];
    for (collection, document) in all {
        documents.insert(collection, document).unwrap_or_else(|e| panic!("{collection}: {e}"));
    }
}

fn fill_cache(cache: &mut Redis, person: &Person) {
    let (name, user, wallet, product) = (person.name, person.id(0), person.id(1), person.id(4));
    let number = name.len() + usize::from(name == "ben");
    let mail = format!("{{\"user\":\"{user}\",\"text\":\"dear {name}\"}}");
    let taken = format!("1700-1:{mail}");
    let dead = format!("1-{number}");
    let basket = format!("{{\"owner\":{{\"user\":\"{user}\"}},\"name\":\"{name}\"}}");
    let commands: Vec<Vec<String>> = [
        "SELECT|0".to_owned(),
        format!("SET|session:{user}:phone|{{\"token\":\"{name}\"}}"),
        format!("SET|session:{user}:desk|{{\"token\":\"{name}\"}}"),
        format!("SET|profile:{user}|I am {name}"),
        format!("ZADD|sellers|4.5|{user}"),
        format!("SADD|online:2027-01-31|{user}"),
        format!("RPUSH|queue:mails|{mail}"),
        format!("ZADD|{{queue:mails}}:processing|1|{taken}"),
        format!("XADD|feed|*|user|{user}|what|{name} came"),
        format!("XADD|{{feed}}:dead|*|stream|feed|entry|{dead}|user|{user}|what|{name} came"),
        format!("SET|basket:{number}|{basket}"),
        format!("HSET|card:{number}|user|{user}|name|{name}"),
        "SELECT|2".to_owned(),
        format!("SET|balance:{wallet}|5"),
        format!("GEOADD|places|2.35|48.85|{product}"),
        "SELECT|0".to_owned(),
    ]
    .iter()
    .map(|line| line.split('|').map(str::to_owned).collect())
    .collect();
    for words in commands {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        cache.command(&words).unwrap_or_else(|e| panic!("{words:?}: {e}"));
    }
}

impl Stores {
    fn rows(&self, found: &str) -> String {
        let call = format!("select polity.erase_subject('{}', $found${found}$found$)", ANA.id(0));
        self.main.script_as("people_eraser", &call).expect("erases rows")
    }

    fn documents(&self, file: &str, found: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = folder.path().join(file);
        std::fs::write(&script, project::text(&self.artifacts, &format!("documents/{file}"))).expect("ours");
        let name = self.documents.name().to_owned();
        let variables =
            [("POLITY_SUBJECT", ANA.id(0)), ("POLITY_FOUND", found.to_owned()), ("POLITY_DATABASE", name)];
        let variables: Vec<(&str, &str)> = variables.iter().map(|(k, v)| (*k, v.as_str())).collect();
        self.documents.script_file(&script, &variables).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    fn keys(&self, found: &str, variables: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = folder.path().join("erase_subject.sh");
        std::fs::write(&script, project::text(&self.artifacts, "cache/scripts/erase_subject.sh"))
            .expect("ours");
        let (tools, socket) = self.cache.for_scripts().expect("redis-cli is there");
        let mut child = Command::new("sh")
            .arg(&script)
            .arg("-s")
            .arg(socket)
            .env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default()))
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        child.stdin.take().expect("it has an input").write_all(found.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whatever holds the text, in every store.
    fn left(&mut self, text: &str) -> Vec<String> {
        let mut found = left(&mut self.main, text);
        for collection in ["profiles", "products", "reviews", "payouts", "receipts", "sendings"] {
            for document in self.documents.find(collection, json!({})).expect("reads") {
                let document = document.to_string();
                if document.contains(text) {
                    found.push(format!("{collection}: {document}"));
                }
            }
        }
        found.extend(self.keys_with(text));
        found.sort();
        found
    }

    fn keys_with(&mut self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for database in ["0", "2"] {
            self.cache.command(&["SELECT", database]).expect("selects");
            let keys = self.cache.command(&["KEYS", "*"]).expect("lists");
            for key in keys.lines().map(str::to_owned) {
                let kind = self.cache.command(&["TYPE", &key]).expect("knows");
                let words: &[&str] = match kind.as_str() {
                    "string" => &["GET", &key],
                    "hash" => &["HGETALL", &key],
                    "list" => &["LRANGE", &key, "0", "-1"],
                    "set" => &["SMEMBERS", &key],
                    "zset" => &["ZRANGE", &key, "0", "-1"],
                    "stream" => &["XRANGE", &key, "-", "+"],
                    _ => continue,
                };
                let value = self.cache.command(words).expect("reads");
                let lines = value.lines().filter(|line| line.contains(text));
                found.extend(lines.map(|line| format!("{database} {key}: {line}")));
                if key.contains(text) {
                    found.push(format!("{database} {key}"));
                }
            }
        }
        self.cache.command(&["SELECT", "0"]).expect("selects");
        found
    }
}

#[test]
fn nothing_is_left_of_one_in_any_store() {
    let Some(mut stores) = stores() else { return };
    let before = stores.left("ben");
    assert!(stores.left("ana").len() > 20, "{:?}", stores.left("ana"));
    let kept = stores.keys_with(&BEN.id(0)[..8]);

    // As the plan has it: what stands here may be found by way of there, and the keys go last.
    let found = stores.rows("{}");
    let found = stores.documents("erase_subject.js", &found);
    let found = stores.rows(&found);
    stores.keys(&found, &[]);

    assert_eq!(stores.left("ana"), Vec::<String>::new());
    assert_eq!(stores.keys_with(&ANA.id(0)[..8]), Vec::<String>::new());
    assert_eq!(without_ana(stores.left("ben")), without_ana(before));
    // What Ben said of a thing of hers is his, and names nothing of hers any more.
    let reviews = stores.left("of what somebody sells");
    assert!(reviews.len() == 1 && !reviews[0].contains("target"), "{reviews:?}");
    assert_eq!(stores.keys_with(&BEN.id(0)[..8]), kept);

    // Once more changes nothing, and what was found is still known.
    assert_eq!(sorted(&stores.rows("{}")), sorted(&found));
    stores.documents("erase_subject.js", &found);
    stores.keys(&found, &[]);
    assert_eq!(stores.keys_with(&BEN.id(0)[..8]), kept);
}

fn sorted(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn the_person_is_shown_what_every_store_holds() {
    let Some(stores) = stores() else { return };
    let export = stores
        .main
        .script_as("people_eraser", &format!("select polity.export_subject('{}')", ANA.id(0)))
        .expect("exports");
    let found = sorted(&export)["found"].to_string();
    let documents = sorted(&stores.documents("export_subject.js", &found));
    let count = |entity: &str| documents["rows"][entity].as_array().map_or(0, Vec::len);
    assert_eq!(
        ["documents.Profile", "documents.Product", "documents.Review", "documents.Payout"].map(count),
        [1, 1, 1, 1],
        "{documents:#}"
    );
    let shown = documents["rows"].to_string();
    assert!(!shown.contains(&BEN.id(0)) && !shown.contains("somebody else"), "{shown}");
    let keys = stores.keys(&documents["found"].to_string(), &[("POLITY_FIND", "1")]);
    let keys: Vec<&str> = keys.lines().collect();
    assert_eq!(keys.len(), 13, "{keys:?}");
    assert!(!keys.iter().any(|key| key.contains(&BEN.id(0)[..8])), "{keys:?}");
}

/// The role that is meant for it can; the rights of the access list are enough.
#[test]
fn maintenance_erases_keys_and_the_application_does_not() {
    let artifacts = project::build(PEOPLE);
    let acl = project::text(&artifacts, "cache/users.acl")
        .replace("people_maintenance on resetpass", "people_maintenance on >pw")
        .replace("people_app on resetpass", "people_app on >pw");
    let Some(server) = Redis::with_files(&[("users.acl", &acl)]) else { return };
    let mut cache = server.unwrap_or_else(|e| panic!("{e}"));
    cache.login("people_maintenance", "pw").expect("logs in");
    cache
        .command(&["FUNCTION", "LOAD", &project::text(&artifacts, "cache/scripts/people.lua")])
        .expect("loads");
    let found = format!("{{\"core.User\":[{{\"id\":\"{}\"}}]}}", ANA.id(0));
    let call = ["FCALL", "erase_subject", "0", "core.User", "0", "0", "", &found];
    assert_eq!(cache.command(&call).expect("may"), "0\n0");
    for wrong in ["", "[", "1"] {
        let refused = cache.command(&["FCALL", "erase_subject", "0", "core.User", "0", "0", "", wrong]);
        assert!(refused.is_err(), "{wrong}: {refused:?}");
    }
    cache.login("people_app", "pw").expect("logs in");
    assert!(cache.command(&call).is_err());
}
