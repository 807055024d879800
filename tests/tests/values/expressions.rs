//! Expressions come to the same in PostgreSQL and in MongoDB.

use polity_tests::engines::{Mongo, Postgres};
use polity_tests::project::{build, on_disk, text};
use serde_json::{Value as Json, json};

use super::EXPRESSIONS;

/// The fields of a row: `a b s z d t u flag`, and what is computed of them, in their order.
const ROWS: &[(&str, &str)] = &[
    ("-7|2|30000|30000|1.005| x ||true", "3||0|7|1.01|1|0.25|1.20|x|-7|5|60000|-3|-1| x |1"),
    ("7|2|-30000|-30000|-2.5|x|u|true", "1|7|0|7|-2.50|-3|-0.63|-2.98|x|2|7|-60000|3|1|u|1"),
    ("0|9|0|0|999.995|x||false", "2||0|0|1000.00|1000|250.00|1189.99|x|0|5|0|0|0|x|1"),
    ("-2|5|1|-1|-0.015|y||false", "3||-2|2|-0.02|0|0.00|-0.02|y|-2|5|0|0|-2|y|1"),
];

const FIELDS: &[&str] = &["a", "b", "s", "z", "d", "t", "u", "flag"];
const COMPUTED: &[&str] = &[
    "chosen", "maybe", "guarded", "size", "two", "none", "fourth", "share", "bare", "low", "high", "small",
    "quotient", "rest", "first", "count",
];

#[test]
fn postgresql_computes_what_the_reference_says() {
    let artifacts = build(EXPRESSIONS);
    let Some(mut db) = Postgres::server() else { return };
    db.script(&text(&artifacts, "main/roles.sql")).expect("roles");
    db.script_as("sums_migrator", &text(&artifacts, "main/schema.sql")).expect("the schema");
    for (id, (given, computed)) in ROWS.iter().enumerate() {
        let values: Vec<String> = given
            .split('|')
            .map(|value| if value.is_empty() { "null".to_owned() } else { format!("'{value}'") })
            .collect();
        let columns = FIELDS.join(", ");
        db.run(&format!("insert into core.row (id, {columns}) values ({id}, {})", values.join(", ")))
            .expect("a row");
        let found = db.run(&format!("select {} from core.row where id = {id}", COMPUTED.join(", ")));
        assert_eq!(found.expect("reads"), *computed, "{given}");
    }
    // Texts have the order of their code points: `zé` is behind `zz`.
    let refused =
        db.run("insert into core.row (id, a, b, s, z, d, t, flag) values (9, 1, 1, 1, 1, 1, 'zé', true)");
    assert_eq!(refused.expect_err("too great").constraint.as_deref(), Some("row_ordered"));
}

/// A validator takes a document with what PostgreSQL computes, and none with anything else.
#[test]
fn mongodb_holds_documents_to_the_same() {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&build(EXPRESSIONS));
    let script = folder.path().join("docs/apply.js");
    mongo.script_file(&script, &[("POLITY_DATABASE", mongo.name())]).expect("the collections");
    for (id, (given, computed)) in ROWS.iter().enumerate() {
        let mut document = json!({ "_id": id });
        for (name, value) in
            FIELDS.iter().zip(given.split('|')).chain(COMPUTED.iter().zip(computed.split('|')))
        {
            if !value.is_empty() {
                document[*name] = bson(name, value);
            }
        }
        mongo.insert("rows", document.clone()).unwrap_or_else(|e| panic!("{given}: {e}"));
        for name in COMPUTED.iter().filter(|name| document.get(**name).is_some()) {
            let mut other = document.clone();
            other["_id"] = json!(100);
            other[*name] = match &document[*name] {
                Json::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
                Json::String(text) => json!(format!("{text}!")),
                _ => json!({ "$numberDecimal": "4.44" }),
            };
            assert!(mongo.insert("rows", other).is_err(), "{given}: another {name}");
        }
    }
}

fn bson(name: &str, value: &str) -> Json {
    match name {
        "d" | "two" | "none" | "fourth" | "share" => json!({ "$numberDecimal": value }),
        "t" | "u" | "bare" | "first" => json!(value),
        "flag" => json!(value == "true"),
        _ => json!(value.parse::<i64>().expect("a number")),
    }
}
