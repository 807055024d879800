//! The engines are what the other tests take them for.

use polity_tests::engines::{Mongo, Postgres, Redis, RedisCluster, Tool};
use serde_json::json;

#[test]
fn postgres_has_its_extensions_and_names_the_violated_constraint() {
    let Some(mut db) = Postgres::database() else { return };
    assert!(db.run("show server_version").expect("runs").starts_with("15."));
    db.run("create extension postgis; create extension pgtap; create extension pgcrypto; create extension citext")
        .expect("the extensions are there");
    assert_eq!(db.run("select st_dwithin('point(0 0)', 'point(0 1)', 2), null").expect("runs"), "t|");

    db.run("create table t (n int constraint positive check (n > 0))").expect("creates");
    let error = db.run("insert into t values (0)").expect_err("the check refuses it");
    assert_eq!((error.sqlstate.as_str(), error.constraint.as_deref()), ("23514", Some("positive")));
    let error = db.script("select 1;\nselect nothing;").expect_err("there is no such column");
    assert!(error.contains(":2: ERROR:  42703"), "{error}");
}

#[test]
fn a_postgres_server_of_its_own_has_roles_and_scheduled_jobs() {
    let Some(mut db) = Postgres::server_with(&["timezone=Asia/Tokyo"]) else { return };
    assert_eq!(db.run("show timezone").expect("runs"), "Asia/Tokyo");
    db.script(
        "create role guest login; create extension pg_cron; select cron.schedule('0 3 * * *', 'select 1');",
    )
    .expect("pg_cron works in this database");
    let mut guest = db.session("guest").expect("logs in");
    let error = guest.batch_execute("create table t ()").expect_err("the public schema is closed");
    assert_eq!(error.code().map(|code| code.code()), Some("42501"));
    let other = db.another();
    assert_eq!(other.script_as("guest", "select current_database()").expect("runs"), other.name());
}

#[test]
fn redis_loads_its_configuration_and_its_users() {
    let Some(mut plain) = Redis::fresh() else { return };
    assert_eq!(plain.run("SET greeting hello EX 10"), Ok("OK".to_owned()));
    assert_eq!(plain.run("MGET greeting missing"), Ok("hello\n(nil)".to_owned()));
    assert!(plain.run("INCR greeting").expect_err("not a number").starts_with("ERR value is not an integer"));

    let files = [
        ("redis.conf", "maxmemory 50mb\nport 6379\naclfile /etc/redis/users.acl\n"),
        ("users.acl", "user default on nopass ~* &* +@all\nuser app on >secret ~app:* +get +set\n"),
    ];
    let mut redis = Redis::with_files(&files).expect("Redis is there").expect("it starts");
    assert_eq!(redis.run("CONFIG GET maxmemory"), Ok("maxmemory\n52428800".to_owned()));
    redis.login("app", "secret").expect("the user is known");
    assert_eq!(redis.run("SET app:1 x"), Ok("OK".to_owned()));
    assert!(redis.run("DEL app:1").expect_err("not allowed").starts_with("NOPERM"));

    let refused = Redis::with_files(&[("redis.conf", "maxmemory lots\n")]).expect("Redis is there");
    assert!(refused.err().expect("it does not start").contains("maxmemory lots"));
}

#[test]
fn the_redis_cluster_refuses_commands_across_slots() {
    let Some(cluster) = RedisCluster::shared() else { return };
    assert_eq!(cluster.command(&["MSET", "{engines}:a", "1", "{engines}:b", "2"]), Ok("OK".to_owned()));
    let error = cluster.command(&["MSET", "engines:a", "1", "engines:b", "2"]).expect_err("two slots");
    assert!(error.starts_with("CROSSSLOT"), "{error}");
}

#[test]
fn mongo_enforces_a_schema_and_runs_scripts() {
    let Some(mut mongo) = Mongo::database() else { return };
    let schema = json!({ "bsonType": "object", "required": ["n"], "properties": { "_id": {}, "n": { "bsonType": "int" } } });
    mongo.command(json!({ "create": "c", "validator": { "$jsonSchema": schema } })).expect("creates");
    mongo.insert("c", json!({ "_id": 1, "n": 3 })).expect("the document fits");
    assert_eq!(mongo.insert("c", json!({ "n": "three" })).expect_err("a string").code, 121);
    assert_eq!(mongo.insert("c", json!({ "_id": 1, "n": 4 })).expect_err("a duplicate").code, 11000);
    assert_eq!(mongo.find("c", json!({})).expect("finds"), [json!({ "_id": 1, "n": 3 })]);
    assert_eq!(mongo.script("db.c.createIndex({ n: 1 }); print(db.c.countDocuments())"), Ok("1".to_owned()));
    assert_eq!(mongo.list(json!({ "listIndexes": "c" })).expect("lists").len(), 2);
    assert!(
        mongo
            .script("nonsense()")
            .expect_err("there is no such function")
            .contains("nonsense is not defined")
    );
}

/// Whatever those before it did, and however they ended.
#[test]
fn a_script_finds_mongosh_as_new() {
    let Some(mongo) = Mongo::database() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("script.js");
    let write = |end: &str| {
        let script = r#"
            const found = [typeof here, process.env.HERE, process.env.GIVEN, process.exitCode];
            globalThis.here = process.env.HERE = "here";
            process.exitCode = 4;
            print(EJSON.stringify(found), db.getName(), __filename, db.c.countDocuments());
        "#;
        std::fs::write(&file, format!("{script}{end}")).expect("the folder is ours");
    };
    let given = [("GIVEN", "two\u{2028}\n\"lines\"")];
    write("");
    let line = mongo.script_file_alone(&file, &given).expect("runs");
    for (end, error) in [
        ("quit(3)", Some("")),
        ("quit()", Some("")),
        ("nonsense()", Some("ReferenceError: nonsense is not defined")),
        ("process.exit(5)", Some("")),
        ("quit(0)", None),
        ("process.exit(0)", None),
        ("", None),
    ] {
        write(end);
        let told = error.map_or(Ok(line.clone()), |error| Err(format!("{line}\n{error}")));
        assert_eq!(mongo.script_file(&file, &given), told, "{end}");
    }
}

#[test]
fn a_second_mongo_has_text_indexes() {
    let Some(mut mongo) = Mongo::second_opinion() else { return };
    mongo.insert("c", json!({ "title": "real engines" })).expect("inserts");
    let script =
        "db.c.createIndex({ title: 'text' }); print(db.c.find({ $text: { $search: 'engines' } }).itcount())";
    assert_eq!(mongo.script(script), Ok("1".to_owned()));
}

#[test]
fn tools_tell_good_from_bad() {
    if let Some(promtool) = Tool::promtool() {
        let rules = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0, for: 5m}\n";
        assert!(
            promtool
                .judge(&["check", "rules"], "r.yml", rules)
                .expect("good rules")
                .contains("1 rules found")
        );
        promtool
            .judge(&["check", "rules"], "r.yml", &rules.replace("5m", "5 minutes"))
            .expect_err("a bad duration");
    }
    if let Some(yamllint) = Tool::yamllint() {
        yamllint.judge(&["--strict"], "a.yml", "---\na: 1\n").expect("good YAML");
        yamllint.judge(&["--strict"], "a.yml", "---\na: 1\na: 2\n").expect_err("a key twice");
    }
    if let Some(kubernetes) = Tool::kubernetes_validate() {
        let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n";
        let check = ["--kubernetes-version", "1.33", "--strict"];
        kubernetes.judge(&check, "a.yml", manifest).expect("a good manifest");
        kubernetes.judge(&check, "a.yml", &manifest.replace("data", "dota")).expect_err("no such field");
    }
}

#[test]
fn helm_renders_a_chart_and_judges_its_values() {
    let Some(helm) = Tool::helm() else { return };
    let chart = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/chart");
    assert!(helm.chart("lint", &chart, &[]).expect("a good chart").contains("0 chart(s) failed"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let values = folder.path().join("values.yaml");
    std::fs::write(&values, "replicas: 3\n").expect("writes");
    assert!(helm.chart("template", &chart, &[&values]).expect("renders").contains("\"replicas\": 3"));
}
