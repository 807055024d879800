//! `apply.js` on a real server: it does what differs and nothing else, and says what it leaves to a person.

use std::path::Path;

use bson::Bson;
use polity_tests::engines::Mongo;
use polity_tests::project::{build, example, on_disk};
use serde_json::{Value, json};
use tempfile::TempDir;

const BEFORE: &str = r#"
platform shop { environments: [dev] }
store documents: mongodb 6 { naming: camel_case }

entity Visit in documents as "visits" {
  id:      uuid      key = uuid_v7()
  page:    text(100)
  code:    text(20)
  visitor: text(40)
  at:      timestamp = now()
  place:   geo.point?

  index by_page (page)
  index by_code (code)
  index by_visitor (visitor, at desc)
  index (place, code) using geo
  retain 90d after at
}
"#;

/// The changes of one test.
fn after(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(BEFORE.to_owned(), |source, (from, to)| {
        assert!(source.contains(from), "`{from}` is not in the source");
        source.replace(from, to)
    })
}

/// The lines that one run printed, without the last line, which is a count; or the failure of the run.
fn run(mongo: &Mongo, source: &str, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
    run_in(mongo, &on_disk(&build(source)), variables)
}

fn run_in(mongo: &Mongo, folder: &TempDir, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let printed = mongo.script_file(&folder.path().join("documents/apply.js"), variables)?;
    let mut lines: Vec<String> = printed.lines().map(str::to_owned).collect();
    lines.pop();
    Ok(lines)
}

fn visit(number: u32, change: Value) -> Value {
    let mut document = json!({
        "_id": { "$uuid": format!("00000000-0000-4000-8000-{number:012}") },
        "page": "/", "code": format!("c{number}"), "visitor": "v",
        "at": { "$date": "2126-01-02T00:00:00Z" },
    });
    let fields = document.as_object_mut().expect("a document");
    fields.extend(change.as_object().expect("fields").clone());
    document
}

#[test]
fn the_first_run_makes_everything_and_the_second_nothing() {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&build(BEFORE));
    let first = run_in(&mongo, &folder, &[]).expect("applies");
    assert_eq!(
        first,
        [
            "create `visits`",
            "build index `by_page` of `visits`",
            "build index `by_code` of `visits`",
            "build index `by_visitor` of `visits`",
            "build index `place_2dsphere_code_1` of `visits`",
            "build index `at_1` of `visits`",
        ]
    );
    assert_eq!(run_in(&mongo, &folder, &[]).expect("applies again"), Vec::<String>::new());

    let made = json!({ "listCollections": 1, "filter": { "name": "visits" } });
    let made = mongo.list(made).expect("lists").remove(0);
    assert_eq!(made["options"]["validator"], read(folder.path(), "validators/visits.json"));
    let wanted = read(folder.path(), "indexes.json");
    let indexes = mongo.list(json!({ "listIndexes": "visits" })).expect("lists");
    for index in wanted["visits"].as_array().expect("a list") {
        let found = indexes.iter().find(|i| i["name"] == index["name"]).expect("it was built");
        assert_eq!(found["key"], index["key"]);
        for (option, value) in index["options"].as_object().expect("options") {
            assert_eq!(&found[option], value, "{option} of {}", index["name"]);
        }
    }
    assert_eq!(indexes.len(), 1 + wanted["visits"].as_array().expect("a list").len());
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let Some(mut mongo) = Mongo::database() else { return };
    let said = run(&mongo, BEFORE, &[("POLITY_DRY_RUN", "1")]).expect("runs");
    assert_eq!(said[..2], ["would create `visits`", "would build index `by_page` of `visits`"]);
    assert_eq!(said.len(), 6);
    assert_eq!(mongo.list(json!({ "listCollections": 1 })).expect("lists"), Vec::<Value>::new());
}

#[test]
fn a_changed_model_changes_only_what_differs() {
    let Some(mut mongo) = Mongo::database() else { return };
    run(&mongo, BEFORE, &[]).expect("applies");
    let changed = after(&[
        ("page:    text(100)", "page:    text(50)"),
        ("by_visitor (visitor, at desc)", "by_visitor (visitor, page)"),
        ("retain 90d", "retain 30d"),
    ]);
    let steps = run(&mongo, &changed, &[]).expect("applies");
    assert_eq!(steps[..2], ["validate new documents of `visits`", "validate all documents of `visits`"]);
    assert!(steps[2].starts_with("build index `by_visitor_"), "{steps:?}");
    assert_eq!(
        steps[3..],
        [
            "drop index `by_visitor` of `visits`",
            "set expireAfterSeconds of index `at_1` of `visits` to 2592000"
        ]
    );
    assert_eq!(run(&mongo, &changed, &[]).expect("again"), Vec::<String>::new());
    assert_eq!(
        mongo.insert("visits", visit(1, json!({ "page": "x".repeat(51) }))).expect_err("51").code,
        121
    );

    // And back: the plain name is free again.
    let back = run(&mongo, BEFORE, &[]).expect("applies");
    assert!(back.contains(&"build index `by_visitor` of `visits`".to_owned()), "{back:?}");
    assert_eq!(run(&mongo, BEFORE, &[]).expect("again"), Vec::<String>::new());
}

#[test]
fn old_documents_that_break_a_new_validator_are_left_to_a_person() {
    let Some(mut mongo) = Mongo::database() else { return };
    run(&mongo, BEFORE, &[]).expect("applies");
    mongo.insert("visits", visit(1, json!({ "page": "a long page" }))).expect("fits");
    mongo.insert("visits", visit(2, json!({}))).expect("fits");

    let changed = after(&[("page:    text(100)", "page:    text(5)")]);
    for _ in 0..2 {
        let left = run(&mongo, &changed, &[]).expect_err("something is left");
        assert!(left.contains("1 old document of `visits` must be mended"), "{left}");
        assert!(left.contains(".find({ $nor: ["), "{left}");
    }
    // New documents are judged already.
    assert_eq!(mongo.insert("visits", visit(3, json!({ "page": "too long" }))).expect_err("long").code, 121);

    let mend = json!({ "q": { "page": "a long page" }, "u": { "$set": { "page": "short" } } });
    mongo.command(json!({ "update": "visits", "updates": [mend] })).expect("mended");
    assert_eq!(run(&mongo, &changed, &[]).expect("all is well"), ["validate all documents of `visits`"]);
    assert_eq!(run(&mongo, &changed, &[]).expect("again"), Vec::<String>::new());
}

#[test]
fn an_index_becomes_unique_once_no_two_documents_are_the_same() {
    let Some(mut mongo) = Mongo::database() else { return };
    run(&mongo, BEFORE, &[]).expect("applies");
    mongo.insert("visits", visit(1, json!({ "code": "same" }))).expect("the first");
    mongo.insert("visits", visit(2, json!({ "code": "same" }))).expect("not unique yet");

    let changed = after(&[("  index by_code (code)\n", "  unique by_code (code)\n")]);
    let left = run(&mongo, &changed, &[]).expect_err("there are duplicates");
    assert!(left.contains("make index `by_code` of `visits` unique: "), "{left}");
    assert_eq!(mongo.insert("visits", visit(3, json!({ "code": "same" }))).expect_err("a third").code, 11000);

    let mend = json!({ "q": { "_id": visit(2, json!({}))["_id"] }, "limit": 1 });
    mongo.command(json!({ "delete": "visits", "deletes": [mend] })).expect("mended");
    let steps = run(&mongo, &changed, &[]).expect("all is well");
    assert_eq!(steps, ["make index `by_code` of `visits` unique"]);
    assert_eq!(run(&mongo, &changed, &[]).expect("again"), Vec::<String>::new());
}

#[test]
fn an_index_that_no_longer_expires_is_dropped_before_it_is_built() {
    let Some(mongo) = Mongo::database() else { return };
    run(&mongo, BEFORE, &[]).expect("applies");
    let changed = after(&[("  retain 90d after at\n", "  index (at)\n")]);
    let steps = run(&mongo, &changed, &[]).expect("applies");
    assert_eq!(steps, ["drop index `at_1` of `visits`", "build index `at_1` of `visits`"]);
    assert_eq!(run(&mongo, &changed, &[]).expect("again"), Vec::<String>::new());
}

#[test]
fn what_the_source_does_not_name_is_left_until_told_otherwise() {
    let Some(mut mongo) = Mongo::database() else { return };
    run(&mongo, BEFORE, &[]).expect("applies");
    mongo.command(json!({ "create": "others" })).expect("a collection of somebody else");
    let changed = after(&[("  index by_page (page)\n", "")]);
    let left = run(&mongo, &changed, &[]).expect_err("an index is left");
    assert!(left.contains("index `by_page` of `visits` is not in the source"), "{left}");
    let steps = run(&mongo, &changed, &[("POLITY_DROP_EXTRA", "1")]).expect("told so");
    assert_eq!(steps, ["drop index `by_page` of `visits`"]);
    let names = mongo.list(json!({ "listCollections": 1, "nameOnly": true })).expect("lists");
    assert!(names.iter().any(|c| c["name"] == "others"));
}

#[test]
fn a_database_is_named_by_the_environment_or_the_caller() {
    let Some(mut mongo) = Mongo::database() else { return };
    let source = BEFORE
        .replace("environments: [dev]", "environments: [dev, prod]")
        .replace("naming: camel_case }", "naming: camel_case; in prod { database: \"local_\" } }");
    let error = run(&mongo, &source, &[("POLITY_DATABASE", "admin")]).expect_err("MongoDB's own");
    assert!(error.contains("is a database of MongoDB's own"), "{error}");
    let other = format!("{}_other", mongo.name());
    run(&mongo, &source, &[("POLITY_DATABASE", &other), ("POLITY_ENVIRONMENT", "prod")]).expect("applies");
    assert_eq!(mongo.list(json!({ "listCollections": 1 })).expect("lists"), Vec::<Value>::new());
    let drop = format!(
        "db.getSiblingDB('{other}').visits.getIndexes().length + ' ' + db.getSiblingDB('{other}').dropDatabase().ok"
    );
    assert_eq!(mongo.script(&format!("print({drop})")), Ok("6 1".to_owned()));
    let error =
        run(&mongo, &source, &[("POLITY_ENVIRONMENT", "production")]).expect_err("no such environment");
    assert!(error.contains("there is no environment `production`"), "{error}");
}

#[test]
fn a_shard_key_is_left_where_the_server_is_no_mongos() {
    let Some(mongo) = Mongo::database() else { return };
    let source = BEFORE
        .replace("naming: camel_case", "topology: sharded { shards: 2 }")
        .replace("retain 90d", "shard by (visitor, id)\n  unique (visitor, id)\n  retain 90d")
        .replace("uuid      key = uuid_v7()", "uuid = uuid_v7()")
        .replace("place:   geo.point?", "place:   geo.point?\n  key (visitor, id)")
        .replace("\n  unique (visitor, id)", "");
    let left = run(&mongo, &source, &[]).expect_err("no mongos");
    assert!(
        left.contains(r#"`visits` is to be sharded by {"visitor":1,"id":1}, but this server is no mongos"#),
        "{left}"
    );
}

/// The server that tests run on has no text indexes; ISMAIL has two, and all the rest.
#[test]
fn ismail_applies_but_for_its_text_indexes() {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&example("ismail"));
    let here = mongo.name().to_owned();
    for _ in 0..2 {
        let left = run_in(&mongo, &folder, &[("POLITY_DATABASE", &here)]).expect_err("text indexes are left");
        let left: Vec<&str> = left.lines().filter(|line| line.starts_with("  - ")).collect();
        assert_eq!(left.len(), 2, "{left:#?}");
        assert!(left.iter().all(|line| line.contains("text indexes are not supported")), "{left:#?}");
    }
    let collections = mongo.list(json!({ "listCollections": 1 })).expect("lists");
    assert_eq!(collections.len(), 8);
    for collection in collections {
        let name = collection["name"].as_str().expect("a name");
        let wanted = read(folder.path(), &format!("validators/{name}.json"));
        assert_eq!(collection["options"]["validator"], wanted, "{name}");
    }
}

/// MongoDB keeps the fields of a text index among its weights, sorted, and adds versions. This is what it lists.
/// <https://www.mongodb.com/docs/manual/reference/command/listIndexes/>
#[test]
fn a_text_index_as_mongodb_lists_it_is_known_again() {
    let Some(mongo) = Mongo::database() else { return };
    let source = BEFORE.replace(
        "index by_page (page)",
        "index by_page (visitor, page weight 3) using text language \"french\"",
    );
    let source = source.replace("  index by_code (code)\n", "");
    let folder = on_disk(&build(&source));
    let script = folder.path().join("documents/apply.js");
    let text = std::fs::read_to_string(&script).expect("it was written");
    let compare = r#"
        const wanted = read("indexes.json").visits.find((index) => index.name === "by_page");
        const listed = (weights) => ({
          v: 2, key: { _fts: "text", _ftsx: 1 }, name: "by_page", weights, default_language: "french",
          language_override: "_textLanguage", textIndexVersion: 3,
        });
        print(same(definition(listed({ page: 3, visitor: 1 })), definition(wanted)));
        print(same(definition(listed({ page: 4, visitor: 1 })), definition(wanted)));
        print(same(definition(listed({ page: 3 })), definition(wanted)));
    "#;
    std::fs::write(&script, text.replace("\nmain();\n", compare)).expect("the folder is ours");
    assert_eq!(mongo.script_file(&script, &[]), Ok("true\nfalse\nfalse".to_owned()));
}

/// A file below `documents/`, in relaxed Extended JSON as the server's answers are.
fn read(folder: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join("documents").join(name)).expect("it was written");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    Bson::try_from(value).expect("Extended JSON").into_relaxed_extjson()
}
