//! Indexes of every kind, on the server that has them all: text and hashed ones are refused by the server that the
//! other tests run on. This one lacks `collMod`, validators of lists with a schema for each position, as those of
//! GeoJSON have, and compound geo indexes; so the collections are there before, and their validators are left to a
//! person. What it lacks the other server shows.

use std::path::Path;

use polity_tests::engines::Mongo;
use polity_tests::project::{build, example, on_disk};
use serde_json::{Value, json};
use tempfile::TempDir;

const SHOP: &str = r#"
platform shop { environments: [dev] }
store documents: mongodb 6 { naming: camel_case }

enum Status { open, closed as "CLOSED" }

entity Product in documents as "products" {
  id:          uuid      key = uuid_v7()
  sku:         text(32)
  ean:         text(13)?
  merchant_id: uuid
  title:       text(200)
  about:       { long_text: text, tags: text(20)[] }
  status:      Status    = open
  price:       decimal(12, 2)
  place:       geo.point
  gone_at:     timestamp?

  unique by_sku (sku)
  unique by_ean (ean)
  unique by_title (merchant_id, title) where status = open
  index search (title weight 10, about.long_text, about.tags weight 5) using text language "french"
  index by_merchant (merchant_id) using hash
  index by_place (place) using geo
  index by_price (status, price desc) where status != closed
  retain 30d after gone_at
}

entity Note in documents as "notes" {
  id:    uuid     key = uuid_v7()
  title: text(80)
  index words (title) using text
}
"#;

/// The steps on indexes that one run did and the lines about what it left, without the count of its steps.
fn run(mongo: &Mongo, source: &str) -> (Vec<String>, Vec<String>) {
    run_in(mongo, &on_disk(&build(source)))
}

fn run_in(mongo: &Mongo, folder: &TempDir) -> (Vec<String>, Vec<String>) {
    let variables = [("POLITY_DATABASE", mongo.name())];
    let printed = mongo.script_file(&folder.path().join("documents/apply.js"), &variables);
    let printed = printed.unwrap_or_else(|left| left);
    let lines: Vec<String> = printed.lines().map(str::to_owned).collect();
    let (left, done) = lines.into_iter().partition(|line| line.starts_with("  - "));
    let is_step = |line: &String| line.starts_with("build index") || line.starts_with("drop index");
    (Vec::into_iter(done).filter(is_step).collect(), left)
}

fn with_collections(names: &[&str]) -> Option<Mongo> {
    let mut mongo = Mongo::second_opinion()?;
    for name in names {
        mongo.command(json!({ "create": name })).expect("created");
    }
    Some(mongo)
}

/// Each index of `indexes.json` is there as it is written, and no other.
fn assert_there(mongo: &mut Mongo, folder: &Path) {
    for (collection, wanted) in indexes_json(folder).as_object().expect("collections") {
        let wanted = wanted.as_array().expect("a list");
        let found = mongo.list(json!({ "listIndexes": collection })).expect("lists");
        assert_eq!(found.len(), 1 + wanted.len(), "{collection}: {found:#?}");
        for index in wanted {
            let found = found.iter().find(|found| found["name"] == index["name"]);
            let found = found.unwrap_or_else(|| panic!("no {index} in {collection}"));
            assert_eq!(found["key"], index["key"]);
            for (option, value) in index["options"].as_object().expect("options") {
                assert_eq!(&found[option], value, "{option} of {index}");
            }
        }
    }
}

fn indexes_json(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("documents/indexes.json")).expect("it was written");
    serde_json::from_str(&text).expect("JSON")
}

fn product(number: u32, change: Value) -> Value {
    let mut document = json!({
        "_id": format!("p{number}"), "sku": format!("s{number}"), "merchantId": format!("m{number}"),
        "title": format!("title {number}"), "about": { "longText": "", "tags": [] }, "status": "open",
        "price": { "$numberDecimal": "1.50" },
        "place": { "type": "Point", "coordinates": [-17.4, 14.7] },
    });
    let fields = document.as_object_mut().expect("a document");
    fields.extend(change.as_object().expect("fields").clone());
    document
}

#[test]
fn every_kind_of_index_is_built_once() {
    let Some(mut mongo) = with_collections(&["products", "notes"]) else { return };
    let folder = on_disk(&build(SHOP));
    let (done, left) = run_in(&mongo, &folder);
    let built = |name: &str| format!("build index `{name}` of `products`");
    let of_products =
        ["by_sku", "by_ean", "by_title", "search", "by_merchant", "by_place", "by_price", "goneAt_1"];
    let of_notes = "build index `words` of `notes`".to_owned();
    let expected: Vec<String> = std::iter::once(of_notes).chain(of_products.map(built)).collect();
    assert_eq!(done, expected);
    assert!(left.iter().all(|line| line.contains("validate new documents of")), "{left:#?}");
    assert_there(&mut mongo, folder.path());
    assert_eq!(run_in(&mongo, &folder).0, Vec::<String>::new(), "the second run finds all in order");
}

#[test]
fn indexes_json_is_what_the_command_takes() {
    let Some(mut mongo) = with_collections(&["products", "notes"]) else { return };
    let folder = on_disk(&build(SHOP));
    for (collection, indexes) in indexes_json(folder.path()).as_object().expect("collections") {
        let indexes: Vec<Value> = indexes.as_array().expect("a list").iter().map(flat).collect();
        mongo.command(json!({ "createIndexes": collection, "indexes": indexes })).expect("built");
    }
    assert_there(&mut mongo, folder.path());
}

/// An index as `createIndexes` takes it, the options beside the key.
fn flat(index: &Value) -> Value {
    let mut flat = index["options"].as_object().expect("options").clone();
    flat.insert("name".to_owned(), index["name"].clone());
    flat.insert("key".to_owned(), index["key"].clone());
    Value::Object(flat)
}

#[test]
fn indexes_do_what_they_are_for() {
    let Some(mut mongo) = with_collections(&["products", "notes"]) else { return };
    run(&mongo, SHOP);
    mongo.insert("products", product(1, json!({ "title": "Les chevaux du lac" }))).expect("the first");
    let bag = json!({ "title": "Sac", "about": { "longText": "en cuir de cheval", "tags": ["rose"] } });
    mongo.insert("products", product(2, bag)).expect("the second");
    mongo.insert("products", product(3, json!({ "ean": "1" }))).expect("the third");

    let ids = |found: Vec<Value>| -> Vec<String> {
        let mut ids: Vec<String> =
            found.iter().map(|d| d["_id"].as_str().expect("a text").to_owned()).collect();
        ids.sort();
        ids
    };
    let mut find = |filter: Value| ids(mongo.find("products", filter).expect("found"));
    assert_eq!(find(json!({ "$text": { "$search": "rose" } })), ["p2"], "a list is searched");
    assert_eq!(find(json!({ "$text": { "$search": "cuir" } })), ["p2"], "a nested text is searched");
    assert_eq!(find(json!({ "$text": { "$search": "lac" } })), ["p1"]);
    assert_eq!(find(json!({ "$text": { "$search": "absent" } })), Vec::<String>::new());
    assert_eq!(find(json!({ "merchantId": "m3" })), ["p3"], "a hashed index finds what is equal");
    let mut code = |number: u32, change: Value| {
        mongo.insert("products", product(number, change)).map_or_else(|error| error.code, |()| 0)
    };
    assert_eq!(code(4, json!({ "sku": "s1" })), 11000, "unique");
    assert_eq!(code(5, json!({ "ean": "1" })), 11000, "unique where it is there");
    assert_eq!(code(6, json!({})), 0, "what is absent is no duplicate");
    let same = |status: &str| json!({ "merchantId": "m1", "title": "Les chevaux du lac", "status": status });
    assert_eq!(code(7, same("CLOSED")), 0, "beyond the partial index");
    assert_eq!(code(8, same("open")), 11000, "within it");
}

#[test]
fn a_changed_index_takes_the_place_of_the_old_one() {
    let Some(mut mongo) = with_collections(&["products", "notes"]) else { return };
    run(&mongo, SHOP);
    mongo.insert("products", product(1, json!({ "title": "lac" }))).expect("there is one to index");

    // A collection takes one text index, so the old one must go first.
    for (from, to) in [
        ("title weight 10", "title weight 20"),
        ("language \"french\"", "language \"english\""),
        (", about.tags weight 5", ""),
        ("title weight 10, about.long_text", "about.long_text, title weight 10"),
    ] {
        let changed = SHOP.replace(from, to);
        let folder = on_disk(&build(&changed));
        let is_same = from.starts_with("title weight 10, "); // the order of its fields means nothing
        let expected: &[&str] = if is_same {
            &[]
        } else {
            &["drop index `search` of `products`", "build index `search` of `products`"]
        };
        assert_eq!(run_in(&mongo, &folder).0, expected, "{to}");
        if !is_same {
            assert_there(&mut mongo, folder.path());
        }
        assert_eq!(run_in(&mongo, &folder).0, Vec::<String>::new(), "{to} again");
        run(&mongo, SHOP);
    }

    // Any other is built beside the old one, which goes then.
    for (name, from, to) in [
        ("by_merchant", "(merchant_id) using hash", "(merchant_id, sku)"),
        ("by_price", "(status, price desc)", "(price, status)"),
    ] {
        let changed = SHOP.replace(from, to);
        let (done, _) = run(&mongo, &changed);
        let [built, dropped] = done.as_slice() else { panic!("{name}: {done:#?}") };
        assert!(built.starts_with(&format!("build index `{name}_")), "{built}");
        assert_eq!(*dropped, format!("drop index `{name}` of `products`"));
        assert_eq!(run(&mongo, &changed).0, Vec::<String>::new(), "{name} again");
        run(&mongo, SHOP);
    }
}

/// All but three collections, whose validators hold what this server does not know; the main server takes all eight.
#[test]
fn ismail_has_its_text_indexes() {
    let Some(mut mongo) = Mongo::second_opinion() else { return };
    let folder = on_disk(&example("ismail"));
    for is_first in [true, false] {
        let (done, left) = run_in(&mongo, &folder);
        assert_eq!(done.len(), if is_first { 14 } else { 0 }, "{done:#?}");
        assert_eq!(left.len(), 3, "{left:#?}");
        let unknown = ["items must be a document", "additionalProperties must be a bool"];
        assert!(left.iter().all(|line| unknown.iter().any(|why| line.ends_with(why))), "{left:#?}");
    }
    let mut wanted = indexes_json(folder.path());
    let indexes = wanted.as_object_mut().expect("collections");
    indexes.retain(|name, _| !["user_profiles", "analytics_events", "analytics_reports"].contains(&&**name));
    assert_eq!(indexes.len(), 5);
    for (collection, wanted) in indexes {
        let found = mongo.list(json!({ "listIndexes": collection })).expect("lists");
        for index in wanted.as_array().expect("a list") {
            let found = found.iter().find(|found| found["name"] == index["name"]).expect("it was built");
            assert_eq!(found["key"], index["key"]);
        }
    }
    let texts = ["products", "cms_contents"].map(|name| {
        let indexes = mongo.list(json!({ "listIndexes": name })).expect("lists");
        indexes.iter().filter(|index| index["weights"].is_object()).count()
    });
    assert_eq!(texts, [1, 1]);
    let missing = mongo.find("products", json!({ "$text": { "$search": "sac" } })).expect("it is searched");
    assert_eq!(missing, Vec::<Value>::new());
}
