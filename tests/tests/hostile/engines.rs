//! The contents of real engines after they were given the files of a hostile platform.

use std::process::Command;

use polity::artifact::Artifacts;
use polity_tests::engines::{Mongo, Postgres, Redis};
use polity_tests::project::{on_disk, text};
use serde_json::{Value, json};

use super::platform::{THINGS, Texts};

/// The longest identifier of PostgreSQL in bytes; a longer one is stored under a shortened name, with a warning.
const LONGEST: usize = 63;

/// `server` is one that the tests share; each platform gets a database of its own there.
pub fn postgres(server: &mut Postgres, artifacts: &Artifacts, texts: &Texts) {
    let mut db = server.another();
    db.script(&text(artifacts, "main/roles.sql")).unwrap_or_else(|e| panic!("roles.sql: {e}"));
    db.script_as("rough_migrator", &text(artifacts, "main/schema.sql"))
        .unwrap_or_else(|e| panic!("schema.sql: {e}"));
    for i in 0..THINGS {
        table(&mut db, texts, i);
    }
    let conf = text(artifacts, "main/postgresql.conf");
    assert_eq!(setting(server, &conf, "log_line_prefix"), texts.get("prefix"));
    // The undo finds everything by the same names.
    let undo =
        format!("SET polity.undo_may_lose = on;\n{}", text(artifacts, "main/migrations/U0001__initial.sql"));
    db.script_as("rough_migrator", &undo).unwrap_or_else(|e| panic!("undo: {e}"));
    let left = db.run("select count(*) from pg_attribute where attname like 'mark_'").expect("reads");
    assert_eq!(left, "0");
}

fn table(db: &mut Postgres, texts: &Texts, i: usize) {
    let docs = texts.docs(&format!("docs{i}"));
    let found = db
        .client()
        .query_one(
            "select n.nspname::text, c.relname::text, a.attname::text, obj_description(c.oid, 'pg_class'),
                    col_description(c.oid, 3),
                    (select x.relname::text from pg_index join pg_class x on x.oid = indexrelid
                      where indrelid = c.oid and indkey::text = '2 6'),
                    format('%I.%I', n.nspname, c.relname), quote_ident(a.attname)
               from pg_class c
               join pg_namespace n on n.oid = c.relnamespace
               join pg_attribute mark on mark.attrelid = c.oid and mark.attname = $1
               join pg_attribute a on a.attrelid = c.oid and a.attnum = 3
              where c.relkind = 'r'",
            &[&format!("mark{i}")],
        )
        .expect("the table is there");
    for (at, wanted) in [
        (0, texts.get("schema")),
        (1, texts.of("table", i)),
        (2, texts.of("column", i)),
        (5, texts.of("index", i)),
    ] {
        let stored: String = found.get(at);
        if wanted.len() <= LONGEST {
            assert_eq!(stored, wanted);
        } else {
            assert!(stored.len() <= LONGEST, "{stored}");
        }
    }
    for at in [3, 4] {
        let comment: Option<String> = found.get(at);
        assert_eq!(comment.unwrap_or_default(), docs);
    }

    let (table, column): (String, String) = (found.get(6), found.get(7));
    db.run(&format!("insert into {table} (id) values (1)")).expect("defaults");
    let row = &db.rows(&format!("select b, j ->> 'k', word from {table}")).expect("reads")[0];
    let wanted = ["default", "json", "value"].map(|place| Some(texts.of(place, i).to_owned()));
    assert_eq!(row.as_slice(), wanted);
    let wrong = db.run(&format!("insert into {table} (id, word) values (2, 'other')")).expect_err("no value");
    assert_eq!(wrong.sqlstate, "23514");

    let forbidden = texts.of("check", i);
    let insert = format!("insert into {table} (id, c, {column}) values ($1, $2, $3)");
    let refused = db.client().execute(&insert, &[&3, &forbidden, &""]).expect_err("the check");
    assert_eq!(refused.code().map(|c| c.code()), Some("23514"));

    // Unique only where the condition holds.
    let condition = texts.of("condition", i);
    let allowed = format!("{forbidden}.");
    let other = format!("{condition}.");
    for (id, a) in [(4, &other), (5, &other), (6, &condition.to_owned())] {
        db.client().execute(&insert, &[&id, &allowed, a]).expect("not yet twice");
    }
    let twice = db.client().execute(&insert, &[&7, &allowed, &condition]).expect_err("twice");
    assert_eq!(twice.code().map(|c| c.code()), Some("23505"));
}

/// A parameter as the server reads it from a configuration file.
fn setting(server: &mut Postgres, conf: &str, name: &str) -> String {
    let folder = server.run("show data_directory").expect("reads");
    std::fs::write(format!("{folder}/postgresql.conf"), conf).expect("a server of ours");
    let rows = server
        .client()
        .query(
            "select name, setting, error from pg_file_settings where sourcefile like '%/postgresql.conf'",
            &[],
        )
        .expect("reads");
    let found = rows.iter().find(|row| row.get::<_, Option<&str>>(0) == Some(name));
    let found = found.unwrap_or_else(|| panic!("no {name} in\n{conf}"));
    found.get::<_, Option<String>>(1).expect("it has a value")
}

pub fn mongo(artifacts: &Artifacts, texts: &Texts) {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(artifacts);
    let here = mongo.name().to_owned();
    let script = folder.path().join("documents/apply.js");
    let again = |mongo: &Mongo| mongo.script_file(&script, &[("POLITY_DATABASE", &here)]);
    again(&mongo).unwrap_or_else(|e| panic!("apply.js: {e}"));
    let second = again(&mongo).unwrap_or_else(|e| panic!("apply.js: {e}"));
    assert_eq!(second.lines().count(), 1, "the second run changes nothing: {second}");

    let made = mongo.list(json!({ "listCollections": 1 })).expect("lists");
    for i in 0..THINGS {
        let (name, field, value) = (texts.of("collection", i), texts.of("field", i), texts.of("value", i));
        let docs = texts.docs(&format!("docs{i}"));
        let collection = made.iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("no {name:?}"));
        let schema = &collection["options"]["validator"]["$jsonSchema"];
        let documented = |schema: &Value| schema["description"].as_str().unwrap_or_default().to_owned();
        assert_eq!(documented(&schema["properties"][field]), docs);
        assert_eq!(documented(schema), docs);
        assert_eq!(schema["properties"]["word"]["enum"][0], value);
        mongo.insert(name, json!({ "_id": 1, field: docs, "word": value })).expect("it is allowed");
        let found = mongo.find(name, json!({ "word": value })).expect("finds");
        assert_eq!(found[0][field], json!(docs));
        for wrong in [json!({ "_id": 2, "word": "other" }), json!({ "_id": 2, "c": texts.of("check", i) })] {
            assert_eq!(mongo.insert(name, wrong).expect_err("refused").code, 121);
        }
    }
}

pub fn redis(artifacts: &Artifacts, texts: &Texts) {
    let folder = on_disk(artifacts);
    let script = folder.path().join("cache/scripts/passwords.sh");
    let mut passwords = Command::new("sh");
    passwords.arg(script).arg(folder.path().join("cache/users.acl"));
    for user in ["APP", "MAINTENANCE", "MONITOR", "OPERATOR"] {
        passwords.env(format!("ROUGH_{user}_PASSWORD"), "word");
    }
    let acl = passwords.output().expect("a shell");
    assert!(acl.status.success(), "{}", String::from_utf8_lossy(&acl.stderr));
    let acl = String::from_utf8(acl.stdout).expect("UTF-8");
    let conf = text(artifacts, "cache/redis.conf");
    let Some(started) = Redis::with_files(&[("redis.conf", &conf), ("users.acl", &acl)]) else { return };
    let mut redis = started.unwrap_or_else(|e| panic!("redis.conf or users.acl: {e}"));
    redis.login("rough_maintenance", "word").expect("logs in");
    let library = text(artifacts, "cache/scripts/rough.lua");
    redis.command(&["FUNCTION", "LOAD", &library]).unwrap_or_else(|e| panic!("rough.lua: {e}"));
    redis.login("rough_app", "word").expect("logs in");

    for i in 0..THINGS {
        let key = format!("x{i}:{}:1:{}", percent_encoded(texts.of("value", i)), texts.of("pattern", i));
        let put = redis.command(&["FCALL", &format!("k{i}_put"), "1", &key, "text", texts.of("default", i)]);
        put.unwrap_or_else(|e| panic!("{key:?}: {e}"));
        let left: u64 = redis.command(&["PTTL", &key]).expect("its own key").parse().expect("a number");
        assert!((3_590_000..=3_600_000).contains(&left), "{left}");
        assert_eq!(redis.command(&["HGET", &key, "text"]).expect("reads"), texts.of("default", i));
        let other = format!("{key}.");
        assert!(redis.command(&["HGET", &other, "text"]).is_err(), "the user may read {other:?} too");
    }
    let channel = texts.get("channel");
    redis.command(&["PUBLISH", channel, "hello"]).unwrap_or_else(|e| panic!("{channel:?}: {e}"));
    assert!(redis.command(&["PUBLISH", &format!("{channel}."), "hello"]).is_err());
}

/// A value in a key, as the client writes it.
fn percent_encoded(value: &str) -> String {
    let mut out = String::new();
    for c in value.chars() {
        match c {
            ':' | '%' | '{' | '}' | '*' | '?' | '[' | ']' | '\\' => {
                out.push_str(&format!("%{:02X}", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out
}
