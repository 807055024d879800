//! Rows that name a person by a keyed hash: the stores take nothing else there, the hashes are equal where the person is
//! the same, and once the person is erased nothing leads from them to anybody.

use polity::artifact::Artifacts;
use polity_runtime::Uuid;
use polity_runtime::seal::{Part, Pseudonymous};
use polity_runtime::stored::Stored as _;
use polity_tests::engines::{Mongo, Postgres};
use polity_tests::project::{build, compile, on_disk, text};
use serde_json::{Value, json};

use super::support::{ANA, BEN, Person, left};

const VIEWS: &str = include_str!("views.polity");

/// A client that knows `encryption.json` and the root, and makes the pseudonyms that a field holds.
struct Client {
    described: Value,
}

impl Client {
    fn of(artifacts: &Artifacts) -> Self {
        Self { described: serde_json::from_str(&text(artifacts, "encryption.json")).expect("JSON") }
    }

    fn pseudonym(&self, field: &str, of: &Person) -> Vec<u8> {
        let fields = self.described["pseudonyms"].as_array().expect("pseudonyms");
        let field = fields.iter().find(|it| it["field"] == field).expect("the field");
        let said = (&field["of"], &field["form"], &field["key"]);
        assert_eq!(said, (&json!("core.User.id"), &json!("uuid"), &json!("pii")));
        let id = |name: &str| -> u128 {
            field[name].as_str().expect("text").parse::<Uuid>().expect("a UUID").as_u128()
        };
        let column = Pseudonymous::<Uuid>::new(id("entity_id"), id("field_id"), |key| Ok(Part::Uuid(*key)));
        let key = column.key(&[9; 32], None).expect("a root of 32 bytes");
        let person = of.id(0).parse().expect("a UUID");
        column.pseudonym(&key, &person).expect("hashes").as_bytes().to_vec()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Both persons saw a page, and Ana shared another one that Ben saw.
fn pages() -> Option<(Postgres, Client)> {
    let artifacts = build(VIEWS);
    let mut db = Postgres::server()?;
    for (role, file) in [("postgres", "main/roles.sql"), ("views_migrator", "main/schema.sql")] {
        db.script_as(role, &text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let client = Client::of(&artifacts);
    for person in [ANA, BEN] {
        let sql =
            format!("insert into core.users values ('{}', '{}@example.org')", person.id(0), person.name);
        db.run(&sql).expect("a person");
        see(&mut db, "a", &hex(&client.pseudonym("core.PageView.viewer", &person))).expect("sees");
    }
    let [ana, ben] = [ANA, BEN].map(|who| hex(&client.pseudonym("core.PageView.shared", &who)));
    see(&mut db, "b", &ben).expect("sees");
    db.run(&format!("update core.page_views set shared = '\\x{ana}' where page = 'b'")).expect("shares");
    Some((db, client))
}

fn see(db: &mut Postgres, page: &str, viewer: &str) -> Result<String, String> {
    told(db, &format!("insert into core.page_views (page, viewer) values ('{page}', '\\x{viewer}')"))
}

/// Runs a statement. Gives its result, or the SQLSTATE and the constraint of its refusal.
fn told(db: &mut Postgres, sql: &str) -> Result<String, String> {
    db.run(sql).map_err(|e| format!("{} {}", e.sqlstate, e.constraint.unwrap_or_default()))
}

#[test]
fn equal_persons_are_equal_and_counted_once() {
    let Some((mut db, client)) = pages() else { return };
    let ana = client.pseudonym("core.PageView.viewer", &ANA);
    assert_eq!(ana, client.pseudonym("core.PageView.shared", &ANA), "wherever it stands");
    assert_ne!(ana, client.pseudonym("core.PageView.viewer", &BEN));
    assert_eq!(
        see(&mut db, "a", &hex(&ana)).expect_err("refused"),
        "23505 page_views_page_viewer_key",
        "she saw it already"
    );
    assert_eq!(db.run("select * from core.readers order by 1").expect("counts"), "a|2\nb|1");
    let found = db.run(&format!("select page from core.page_views where shared = '\\x{}'", hex(&ana)));
    assert_eq!(found.expect("finds"), "b");
}

#[test]
fn keys_in_the_clear_are_refused() {
    let Some((mut db, client)) = pages() else { return };
    let hash = client.pseudonym("core.PageView.viewer", &ANA);
    let key = ANA.id(0);
    for (value, refusal) in [
        (format!("uuid '{key}'"), "42804 "),
        (format!("uuid_send('{key}')"), "23514 page_views_viewer_length"),
        (format!("'{key}'"), "23514 page_views_viewer_length"),
        (format!("'\\x{}'", hex(&hash[1..])), "23514 page_views_viewer_length"),
        (format!("'\\x{}00'", hex(&hash)), "23514 page_views_viewer_length"),
        ("null".to_owned(), "23502 "),
    ] {
        let sql = format!("update core.page_views set viewer = {value}");
        assert_eq!(told(&mut db, &sql).expect_err("refused"), refusal, "{value}");
    }
    // Nothing is checked against the persons: a hash that is of nobody goes in.
    see(&mut db, "c", &"00".repeat(32)).expect("bytes like any other");
}

#[test]
fn the_row_stays_and_nothing_leads_from_it_to_the_person() {
    let Some((mut db, client)) = pages() else { return };
    let rows = "select page, viewer, shared from core.page_views order by 1, 2";
    let before = db.run(rows).expect("reads");
    let ana = hex(&client.pseudonym("core.PageView.viewer", &ANA));
    assert_eq!(before.matches(&ana).count(), 2, "{before}");
    let shown = db.script_as("views_eraser", &format!("select polity.export_subject('{}')", ANA.id(0)));
    assert!(!shown.expect("exports").contains("page_views"), "nobody finds them");
    db.script_as("views_eraser", &format!("select polity.erase_subject('{}')", ANA.id(0))).expect("erases");
    assert_eq!(db.run(rows).expect("reads"), before);
    assert_eq!(left(&mut db, "ana@"), Vec::<String>::new());
    let key = left(&mut db, &ANA.id(0));
    assert!(key.iter().all(|row| row.starts_with("polity.erasure_log")), "{key:?}");
    assert_eq!(key.len(), 1);
    // No row of any table has both the hash and the key.
    assert!(left(&mut db, &ana).iter().all(|row| !row.contains(&ANA.id(0))));
    let both = left(&mut db, &BEN.id(0));
    assert_eq!(both.len(), 1, "{both:?}");
}

#[test]
fn documents_take_the_hash_and_nothing_else() {
    let artifacts = build(VIEWS);
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&artifacts);
    mongo.script_file(&folder.path().join("documents/apply.js"), &[]).expect("applies");
    let client = Client::of(&artifacts);
    let like = |n: u32, by: Value| json!({ "_id": { "$uuid": ANA.id(n) }, "page": "a", "by": by });
    let [ana, ben] = [ANA, BEN].map(|who| binary(&client.pseudonym("documents.Like.by", &who)));
    mongo.insert("likes", like(1, ana.clone())).expect("a hash");
    mongo.insert("likes", like(2, ben)).expect("of another");
    mongo.insert("likes", like(3, ana.clone())).expect_err("the same person again");
    for (n, clear) in [
        (4, json!({ "$uuid": ANA.id(0) })),
        (5, json!(ANA.id(0))),
        (6, binary(&client.pseudonym("documents.Like.by", &ANA)[1..])),
    ] {
        mongo.insert("likes", like(n, clear)).expect_err("no pseudonym");
    }
    assert_eq!(mongo.find("likes", json!({ "by": ana })).expect("finds").len(), 1);
}

fn binary(bytes: &[u8]) -> Value {
    let mut base64 = Vec::new();
    bytes.to_vec().store(&mut serde_json::Serializer::new(&mut base64)).expect("base64");
    json!({ "$binary": { "base64": serde_json::from_slice::<String>(&base64).expect("text"), "subType": "00" } })
}

#[test]
fn the_papers_say_so() {
    let artifacts = build(VIEWS);
    let erasure: Value = serde_json::from_str(&text(&artifacts, "docs/erasure.json")).expect("JSON");
    let steps = erasure["people"][0]["steps"].as_array().expect("steps");
    let kept: Vec<&str> = steps
        .iter()
        .filter(|step| step["action"] == "keep")
        .map(|step| step["place"].as_str().expect("text"))
        .collect();
    assert_eq!(kept, ["documents.Like", "core.PageView", "core.PageView"]);
    let remains = erasure["remains"].to_string();
    assert!(remains.contains("root of the pseudonyms of pii"), "{remains}");
    let record = text(&artifacts, "docs/record_of_processing.json");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let activities = record["activities"].as_array().expect("activities");
    let of = activities.iter().find(|it| it["place"] == "core.PageView").expect("the place");
    assert_eq!(of["data_subjects"], json!(["core.User"]));
    assert_eq!(of["categories"], json!(["pseudonym"]));
}

#[test]
fn what_is_personal_beside_a_hash_needs_another_way_to_the_person() {
    let source = VIEWS.replace("    page:   text(40)\n", "    page:   text(40)\n    ip: inet #personal\n");
    let found = compile(&source).diagnostics;
    let codes: Vec<String> = found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect();
    assert_eq!(codes, ["E0851"]);
}
