//! Attempts of one tenant against another in Redis and MongoDB: as a service on a server or in a database of its own,
//! whose every attempt at what is another's is refused, and in what tenants share, where the client alone tells them
//! apart and the server refuses what is nobody's.

use std::process::Command;

use polity_tests::engines::{GuardedMongo, Mongo, Redis};
use polity_tests::project::{build, on_disk, text};
use serde_json::{Value, json};

const ACME: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
const BRIO: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11";

const SHOP: &str = r#"
platform shop { environments: [dev] }
store documents: mongodb 7 { database: "shop" }
store cache: redis 7 { persistence: [rdb] }
tenancy by tenant_id: uuid
tier small { isolation: row, quota: { requests: 9 per 1h }, accept client_enforced because "one library" }
tier large { isolation: database, quota: { requests: 9 per 1h } }
tenant acme: large { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
entity Note in documents as "notes" { id: uuid key = uuid_v7(); title: text(80) unique; text: text(500)? }
keyspace Draft in cache { pattern "draft:{id: int}"; value text; ttl 1h }
keyspace Jobs in cache { pattern "jobs"; value list of text; max_length 100 }
keyspace Feed in cache { pattern "feed"; value stream { what: text }; max_length 100; ttl 1d; groups [workers] }
channel News in cache { pattern "news"; value text }
service api {
  read cache.Draft, cache.Jobs, documents.Note
  write cache.Draft, cache.Jobs, cache.Feed, documents.Note
  delete cache.Draft
  consume cache.Feed as workers
  publish cache.News
  subscribe cache.News
}
"#;

/// The server of one tenant's own, with what another tenant would have left in it.
fn own_server() -> Option<Redis> {
    let files = build(SHOP);
    let folder = on_disk(&files);
    let mut script = Command::new("sh");
    script.arg(folder.path().join("cache/scripts/passwords.sh"));
    script.arg(folder.path().join("cache/tenants/acme/users.acl"));
    for name in ["api", "maintenance", "monitor", "operator"] {
        script.env(format!("SHOP_{}_PASSWORD", name.to_uppercase()), name);
    }
    let output = script.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let acl = String::from_utf8(output.stdout).unwrap() + "user root on >root ~* &* +@all\n";
    let mut redis = Redis::with_files(&[("users.acl", &acl)])?.unwrap_or_else(|e| panic!("{e}\n{acl}"));
    redis.login("root", "root").unwrap();
    redis.command(&["FUNCTION", "LOAD", &text(&files, "cache/scripts/shop.lua")]).unwrap();
    for tenant in [ACME, BRIO] {
        for line in ["SET WHO:draft:1 secret", "RPUSH WHO:jobs secret", "XADD WHO:feed 1-1 what secret"] {
            redis.run(&line.replace("WHO", tenant)).unwrap();
        }
    }
    Some(redis)
}

/// `OURS` and `THEIRS` stand for what leads the keys.
const REFUSED: &[&str] = &[
    "GET THEIRS:draft:1",
    "MGET OURS:draft:1 THEIRS:draft:1",
    "GETDEL THEIRS:draft:1",
    "GETEX THEIRS:draft:1",
    "SUBSTR THEIRS:draft:1 0 -1",
    "STRLEN THEIRS:draft:1",
    "EXISTS THEIRS:draft:1",
    "TYPE THEIRS:draft:1",
    "TTL THEIRS:draft:1",
    "WATCH THEIRS:draft:1",
    "PSETEX THEIRS:draft:1 1000 x",
    "SET THEIRS:draft:1 x",
    "APPEND THEIRS:draft:1 x",
    "DEL THEIRS:draft:1",
    "UNLINK OURS:draft:1 THEIRS:draft:1",
    "PEXPIRE THEIRS:draft:1 1",
    "RENAME THEIRS:draft:1 OURS:draft:2",
    "COPY THEIRS:draft:1 OURS:draft:2",
    "DUMP THEIRS:draft:1",
    "RESTORE THEIRS:draft:2 0 x",
    "MIGRATE 127.0.0.1 1 THEIRS:draft:1 0 1",
    "SORT OURS:jobs BY nosort GET THEIRS:draft:1",
    "SORT_RO OURS:jobs BY nosort GET THEIRS:draft:1",
    "LRANGE THEIRS:jobs 0 -1",
    "LMOVE THEIRS:jobs OURS:jobs LEFT RIGHT",
    "RPOPLPUSH THEIRS:jobs OURS:jobs",
    "XREADGROUP GROUP workers me STREAMS THEIRS:feed >",
    "XRANGE THEIRS:feed - +",
    "XADD THEIRS:feed * what x",
    "OBJECT ENCODING THEIRS:draft:1",
    "MEMORY USAGE THEIRS:draft:1",
    // Ours in everything but the end of the tenant's name, and keys that lead elsewhere.
    "GET OURSx:draft:1",
    "GET x:OURS:draft:1",
    "GET draft:1",
    "GET {OURS}:draft:1",
    "GET *",
    // Functions are given keys that they may not touch, and none by the way.
    "FCALL draft_put 1 THEIRS:draft:1 x",
    "FCALL draft_drop 1 THEIRS:draft:1",
    "FCALL jobs_push 1 THEIRS:jobs x",
    "FCALL jobs_take 2 THEIRS:jobs {OURS:jobs}:processing 1000",
    "FCALL feed_append 1 THEIRS:feed what x",
    "FCALL tenant_requests_take 1 THEIRS:quota:requests",
    "FCALL_RO tenant_requests_look 1 THEIRS:quota:requests",
    "FCALL erase_tenant 0 0 0 THEIRS",
    "EVAL return(redis.call('GET','THEIRS:draft:1')) 0",
    "EVAL_RO return(1) 0",
    "EVALSHA 0000000000000000000000000000000000000000 0",
    "SCRIPT LOAD return(1)",
    "FUNCTION LIST",
    "FUNCTION DUMP",
    "FUNCTION DELETE shop",
    "FUNCTION FLUSH",
    "PUBLISH THEIRS:news x",
    "SUBSCRIBE THEIRS:news",
    "PSUBSCRIBE *",
    "SPUBLISH THEIRS:news x",
    "PUBSUB CHANNELS",
    "KEYS *",
    "SCAN 0",
    "RANDOMKEY",
    "DBSIZE",
    "SELECT 1",
    "SWAPDB 0 1",
    "MOVE OURS:draft:1 1",
    "FLUSHDB",
    "FLUSHALL",
    "CONFIG GET *",
    "CONFIG SET requirepass x",
    "ACL LIST",
    "ACL SETUSER shop_api ~*",
    "ACL WHOAMI",
    "CLIENT LIST",
    "CLIENT TRACKING on BCAST",
    "COMMAND GETKEYS GET THEIRS:draft:1",
    "INFO",
    "MONITOR",
    "SLOWLOG GET",
    "SAVE",
    "BGREWRITEAOF",
    "REPLICAOF 127.0.0.1 1",
    "PSYNC ? -1",
    "MODULE LIST",
    "SHUTDOWN NOSAVE",
];

#[test]
fn on_a_server_of_its_own_a_service_reaches_nothing_of_another_tenant() {
    let Some(mut redis) = own_server() else { return };
    let of_theirs = |redis: &mut Redis| {
        redis.login("root", "root").unwrap();
        let words = [
            "GET WHO:draft:1",
            "PTTL WHO:draft:1",
            "LRANGE WHO:jobs 0 -1",
            "XRANGE WHO:feed - +",
            "KEYS WHO*",
        ];
        let read: Vec<String> =
            words.iter().map(|line| redis.run(&line.replace("WHO", BRIO)).unwrap()).collect();
        redis.login("shop_api", "api").unwrap();
        read
    };
    let before = of_theirs(&mut redis);
    let mut wrong = Vec::new();
    for line in REFUSED {
        let told = redis.run(&line.replace("OURS", ACME).replace("THEIRS", BRIO));
        // What a function does in its caller's name is worded in another way.
        let signs =
            ["NOPERM", "ACL failure", "can't run this command", "can't access at least one of the keys"];
        let refused = told.as_ref().is_err_and(|e| signs.iter().any(|sign| e.contains(sign)));
        if !refused || told.as_ref().is_err_and(|e| e.contains("secret")) {
            wrong.push(format!("{line}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(of_theirs(&mut redis), before);
    for line in [
        "GET OURS:draft:1",
        "FCALL jobs_push 1 OURS:jobs x",
        "FCALL tenant_requests_take 1 OURS:quota:requests",
    ] {
        redis.run(&line.replace("OURS", ACME)).unwrap_or_else(|e| panic!("its own: {line}: {e}"));
    }
    // A transaction is refused as a whole.
    redis.run("MULTI").unwrap();
    redis.run(&format!("PSETEX {ACME}:draft:9 9000 x")).unwrap();
    redis.run(&format!("PSETEX {BRIO}:draft:9 9000 x")).expect_err("another's");
    assert!(redis.run("EXEC").is_err_and(|e| e.contains("EXECABORT")));
    assert_eq!(redis.run(&format!("EXISTS {ACME}:draft:9")).unwrap(), "0");
}

fn note(tenant: Value, number: u32) -> Value {
    let id = json!({ "$uuid": format!("00000000-0000-4000-8000-{number:012}") });
    json!({ "tenant_id": tenant, "id": id, "title": format!("note {number}") })
}

fn uuid(id: &str) -> Value {
    json!({ "$uuid": id })
}

fn run(mongo: &Mongo, file: &str, variables: &[(&str, &str)]) {
    let folder = on_disk(&build(SHOP));
    let name = mongo.name().to_owned();
    let variables: Vec<(&str, &str)> =
        [("POLITY_DATABASE", name.as_str())].into_iter().chain(variables.iter().copied()).collect();
    mongo
        .script_file(&folder.path().join("documents").join(file), &variables)
        .unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn a_shared_collection_takes_nothing_that_is_nobodys() {
    let Some(mut mongo) = Mongo::database() else { return };
    run(&mongo, "apply.js", &[]);
    mongo.insert("notes", note(uuid(ACME), 1)).expect("a tenant's");
    mongo.insert("notes", note(uuid(BRIO), 1)).expect("the same of another");
    for (nobody, what) in [
        (Value::Null, "null"),
        (json!(ACME), "a text"),
        (json!([uuid(ACME), uuid(BRIO)]), "both"),
        (json!({ "$gt": "" }), "a filter"),
        (json!(0), "a number"),
        (json!({ "id": uuid(ACME) }), "a document"),
    ] {
        let refused = mongo.insert("notes", note(nobody, 7)).err().map(|e| e.code);
        assert!(matches!(refused, Some(121 | 2 | 52)), "{what}: {refused:?}");
    }
    let update = |mongo: &mut Mongo, change: Value| {
        let updates = json!([{ "q": { "tenant_id": uuid(ACME) }, "u": change }]);
        let told = mongo.command(json!({ "update": "notes", "updates": updates }));
        match told {
            Ok(answer) => answer["writeErrors"][0]["code"].as_i64(),
            Err(error) => Some(error.code),
        }
    };
    for change in [
        json!({ "$unset": { "tenant_id": 1 } }),
        json!({ "$set": { "tenant_id": null } }),
        json!({ "$set": { "tenant_id": ACME } }),
        json!({ "$rename": { "tenant_id": "was" } }),
    ] {
        assert_eq!(update(&mut mongo, change.clone()), Some(121), "{change}");
    }
    // Moved onto what the other has, it meets the index that the tenant leads.
    assert_eq!(update(&mut mongo, json!({ "$set": { "tenant_id": uuid(BRIO) } })), Some(11000));
    assert_eq!(mongo.find("notes", json!({ "tenant_id": uuid(BRIO) })).unwrap().len(), 1);
    for index in mongo.list(json!({ "listIndexes": "notes" })).unwrap() {
        if index["unique"] == true {
            assert_eq!(index["key"].as_object().unwrap().keys().next().unwrap(), "tenant_id", "{index}");
        }
    }
}

#[test]
fn in_a_database_of_its_own_a_service_reaches_no_other() {
    let mut other = String::new();
    let guarded = GuardedMongo::after(|mongo| {
        run(mongo, "apply.js", &[("POLITY_TENANT", "acme")]);
        run(mongo, "roles.js", &[("POLITY_TENANT", "acme"), ("SHOP_API_PASSWORD", "api")]);
        mongo.insert("notes", note(uuid(ACME), 1)).expect("its own");
        assert_eq!(mongo.insert("notes", note(uuid(BRIO), 2)).expect_err("another's").code, 121);
        other = format!("{}_other", mongo.name());
        let theirs = format!("db.getSiblingDB('{other}').notes.insertOne({{ _id: 1, title: 'secret' }});");
        mongo.script(&theirs).expect("another tenant's database");
    });
    let Some(guarded) = guarded else { return };
    let attempts = [
        "db.notes.findOne()",
        "OTHER.notes.findOne()",
        "OTHER.notes.find().toArray()",
        "OTHER.notes.countDocuments({})",
        "OTHER.notes.insertOne({ a: 1 })",
        "OTHER.notes.updateOne({}, { $set: { title: 'x' } })",
        "OTHER.notes.deleteOne({})",
        "OTHER.notes.drop()",
        "OTHER.dropDatabase()",
        "OTHER.getCollectionInfos()",
        "OTHER.createUser({ user: 'me', pwd: 'x', roles: [] })",
        "db.notes.aggregate([{ $out: { db: 'NAME', coll: 'notes' } }]).toArray()",
        "db.notes.aggregate([{ $merge: { into: { db: 'NAME', coll: 'notes' } } }]).toArray()",
        "db.createView('theirs', 'notes', [])",
        "db.grantRolesToUser('shop_api', [{ role: 'read', db: 'NAME' }])",
        "db.updateRole('shop_api', { privileges: [] })",
        "db.runCommand({ collMod: 'notes', validator: {} }).ok || fail()",
        "db.getSiblingDB('admin').getUsers()",
    ];
    let tries: String = attempts
        .iter()
        .map(|line| {
            let line = line.replace("OTHER", &format!("db.getSiblingDB('{other}')")).replace("NAME", &other);
            format!("try {{ {line}; print('done') }} catch (error) {{ print('refused', error.codeName ?? error.message) }}\n")
        })
        .collect();
    let told = guarded.script_as("shop_api", "api", &tries).expect("logs in");
    let answers: Vec<&str> = told.lines().collect();
    assert_eq!(answers.len(), attempts.len(), "{told}");
    let wrong: Vec<String> = attempts
        .iter()
        .zip(&answers)
        .filter(|(line, answer)| (**answer == "refused Unauthorized") == (**line == "db.notes.findOne()"))
        .map(|(line, answer)| format!("{line}: {answer}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
