//! Encrypted fields of records that entities hold: every place has ciphertext of its own.

use polity_runtime::Uuid;
use polity_runtime::seal::{Algorithm, Column, DataKey, Form, Part, Row, Sealed};
use polity_tests::engines::{Mongo, Postgres};
use polity_tests::project::{build, on_disk, text};
use serde_json::{Value, json};

const SHOP: &str = r#"
platform shop { environments: [dev] }

encryption key pii { provider: vault("transit/pii") }

store main: postgres 15 { database: "shop" }
store docs: mongodb 7 { naming: camel_case }

struct Geo { point_text: text(20) encrypted with pii; zone: smallint }

struct Address {
  street: text(80) encrypted with pii
  note:   text(20)? encrypted with pii
  city:   text(40)
  geo:    Geo?
  tag:    bytes? length 1..4
}

schema core in main {
  entity User as "users" {
    id:      uuid key = uuid_v7()
    home:    Address
    work:    Address?
    billing: Address? inline
    audit (insert, update, delete) into Trail
  }
  audit log Trail { retain 1y }
  view Homes as "homes" { sql "select id, home from core.users"; id: uuid; home: Address }
}

entity Person in docs as "persons" {
  id:           uuid key = uuid_v7()
  home_address: Address
}
"#;

const ADA: Uuid = Uuid::from_u128(0x1);
const BOB: Uuid = Uuid::from_u128(0x2);

/// A client in another language, which knows the ids from `encryption.json`.
struct Client {
    fields: Vec<Value>,
    key: DataKey,
}

fn client() -> Client {
    let described: Value = serde_json::from_str(&text(&build(SHOP), "encryption.json")).expect("JSON");
    let fields = described["fields"].as_array().expect("a list").clone();
    Client { fields, key: DataKey::new(Uuid::from_u128(7), Algorithm::Aes256Gcm, &[42; 32]) }
}

impl Client {
    fn described(&self, path: &str) -> &Value {
        self.fields.iter().find(|field| field["field"] == path).unwrap_or_else(|| panic!("{path}"))
    }

    fn column(&self, path: &str) -> Column<String> {
        let field = self.described(path);
        let id = |name: &str| field[name].as_str().expect("an id").parse::<Uuid>().expect("a UUID").as_u128();
        Column::new(id("entity_id"), id("field_id"), Form::text())
    }

    fn seal(&self, path: &str, id: Uuid, plain: &str) -> Sealed {
        self.column(path).seal(&self.key, &row(id), &plain.to_owned()).expect("seals")
    }

    /// Reads the text of a ciphertext in a field of a row. Gives nothing where the ciphertext is from another place.
    fn open(&self, path: &str, id: Uuid, sealed: &Value) -> Option<String> {
        let sealed: Sealed = serde_json::from_value(sealed.clone()).expect("a ciphertext");
        self.column(path).open(&self.key, &row(id), &sealed).ok()
    }

    fn home(&self, id: Uuid) -> Value {
        json!({
            "street": self.seal("core.User.home.street", id, "Rue 1"),
            "city": "Dakar",
            "geo": { "point_text": self.seal("core.User.home.geo.point_text", id, "14.7"), "zone": 1 },
        })
    }
}

fn row(id: Uuid) -> Row<'static> {
    Row { tenant: None, key: vec![Part::Uuid(id)] }
}

fn users() -> Option<(Postgres, Client)> {
    let mut db = Postgres::server()?;
    let artifacts = build(SHOP);
    for (role, file) in [("postgres", "main/roles.sql"), ("shop_migrator", "main/schema.sql")] {
        db.script_as(role, &text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let client = client();
    for id in [ADA, BOB] {
        let sql = format!("insert into core.users (id, home) values ('{id}', '{}')", client.home(id));
        db.run(&sql).expect("a user");
    }
    Some((db, client))
}

/// Runs a statement. Gives its result, or the SQLSTATE and the constraint of its refusal.
fn told(db: &mut Postgres, sql: &str) -> Result<String, String> {
    db.run(sql).map_err(|e| format!("{} {}", e.sqlstate, e.constraint.unwrap_or_default()))
}

fn read(db: &mut Postgres, from: &str, id: Uuid) -> Value {
    let found =
        db.run(&format!("select to_jsonb(t)->'home' from {from} t where id = '{id}'")).expect("reads");
    serde_json::from_str(&found).expect("JSON")
}

#[test]
fn it_says_where_each_stands() {
    let client = client();
    let place = |path: &str| {
        let field = client.described(path);
        (field["name"].clone(), field["members"].clone())
    };
    assert_eq!(place("core.User.home.street"), (json!("home"), json!(["street"])));
    assert_eq!(place("core.User.home.geo.point_text"), (json!("home"), json!(["geo", "point_text"])));
    assert_eq!(place("core.User.billing.street"), (json!("billing_street"), Value::Null));
    assert_eq!(place("core.User.billing.geo.point_text"), (json!("billing_geo"), json!(["point_text"])));
    assert_eq!(
        place("docs.Person.home_address.geo.point_text"),
        (json!("homeAddress"), json!(["geo", "pointText"]))
    );
    let mut ids: Vec<_> = client.fields.iter().map(|field| field["field_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 12, "three of a record, in four places");
}

#[test]
fn whoever_holds_such_a_record_leaves_its_key_to_the_client() {
    let artifacts = build(SHOP);
    for (file, new) in [("rust/src/core.rs", "NewUser"), ("rust/src/docs.rs", "NewPerson")] {
        let rust = text(&artifacts, file);
        let new = rust.split_once(&format!("pub struct {new} {{")).expect("what `new` needs").1;
        assert!(new.starts_with("\n    pub id: "), "{file}: {new:.200}");
    }
}

#[test]
fn what_is_sealed_is_stored_and_opens_in_its_place_alone() {
    let Some((mut db, client)) = users() else { return };
    for from in ["core.users", "core.homes"] {
        let home = read(&mut db, from, ADA);
        assert_eq!(
            client.open("core.User.home.street", ADA, &home["street"]).as_deref(),
            Some("Rue 1"),
            "{from}"
        );
    }
    // The server cannot know; the client does.
    db.run(&format!(
        "update core.users set work = home;
         update core.users a set home = b.home from core.users b where a.id = '{ADA}' and b.id = '{BOB}'"
    ))
    .expect("they are records like any other");
    let moved = read(&mut db, "core.users", ADA);
    let point = &moved["geo"]["point_text"];
    assert_eq!(client.open("core.User.home.geo.point_text", ADA, point), None, "from another row");
    assert_eq!(
        client.open("core.User.home.geo.point_text", BOB, point).as_deref(),
        Some("14.7"),
        "not harmed"
    );
    let work = db.run(&format!("select work from core.users where id = '{BOB}'")).expect("reads");
    let work: Value = serde_json::from_str(&work).expect("JSON");
    assert_eq!(client.open("core.User.work.street", BOB, &work["street"]), None, "from another field");
    assert_eq!(client.open("core.User.home.street", BOB, &work["street"]).as_deref(), Some("Rue 1"));
    let trail = db.run("select new from core.trail order by seq limit 1").expect("reads");
    assert!(trail.contains("Dakar") && !trail.contains("Rue 1"), "{trail}");
}

#[test]
fn text_in_clear_is_refused_and_so_is_what_cannot_be_a_ciphertext() {
    let Some((mut db, client)) = users() else { return };
    let sealed = |plain: &str| json!(client.seal("core.User.home.street", ADA, plain));
    let short = json!(sealed("").as_str().expect("base64")[..60]);
    for (member, value, refusal) in [
        ("street", json!("Rue 1"), "users_home_shape"),
        ("street", json!("x".repeat(70)), "users_home_shape"),
        ("street", json!({ "in": "clear" }), "users_home_shape"),
        ("street", Value::Null, "users_home_shape"),
        ("street", short, "users_home_street_length"),
        ("street", sealed(&"x".repeat(400)), "users_home_street_length"),
        ("note", json!("ring twice"), "users_home_note_length"),
        ("note", json!("ring ".repeat(20)), "users_home_shape"),
        ("geo", json!({ "point_text": "1".repeat(64), "zone": 1 }), "users_home_shape"),
        // Five bytes; four are eight characters of base64.
        ("tag", json!("AAAAAAAAAAAA"), "users_home_tag_length"),
    ] {
        let mut home = client.home(ADA);
        home[member] = value.clone();
        let sql = format!("update core.users set home = '{home}' where id = '{ADA}'");
        assert_eq!(
            told(&mut db, &sql).expect_err("refused"),
            format!("23514 {refusal}"),
            "{member}: {value}"
        );
    }
    for (member, value) in [("note", Value::Null), ("note", sealed("ring twice")), ("tag", json!("AAAAAA=="))]
    {
        let mut home = client.home(ADA);
        home[member] = value.clone();
        db.run(&format!("update core.users set home = '{home}' where id = '{ADA}'")).expect("taken");
    }
    let inline = |street: &str| {
        format!("update core.users set billing_city = 'Dakar', billing_street = {street} where id = '{ADA}'")
    };
    assert_eq!(told(&mut db, &inline("'Rue 1'")).expect_err("refused"), "23514 users_billing_street_sealed");
    let sealed = client.seal("core.User.billing.street", ADA, "Rue 1");
    let digits: String = sealed.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    db.run(&inline(&format!("'\\x{digits}'"))).expect("a column of its own");
}

fn binary(sealed: &Sealed) -> Value {
    json!({ "$binary": { "base64": sealed, "subType": "00" } })
}

#[test]
fn documents_hold_bytes_in_their_records() {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&build(SHOP));
    mongo.script_file(&folder.path().join("docs/apply.js"), &[]).expect("applies");
    let client = client();
    let [street, point] = ["docs.Person.home_address.street", "docs.Person.home_address.geo.point_text"];
    let person = |id: Uuid| {
        json!({
            "_id": { "$uuid": id.to_string() },
            "homeAddress": {
                "street": binary(&client.seal(street, id, "Rue 1")),
                "city": "Dakar",
                "geo": { "pointText": binary(&client.seal(point, id, "14.7")), "zone": 1 },
            },
        })
    };
    mongo.insert("persons", person(ADA)).expect("a person");
    let found = mongo.find("persons", json!({})).expect("finds");
    let stored = |member: &Value| member["$binary"]["base64"].clone();
    let home = &found[0]["homeAddress"];
    assert_eq!(client.open(street, ADA, &stored(&home["street"])).as_deref(), Some("Rue 1"));
    assert_eq!(client.open(street, BOB, &stored(&home["street"])), None, "another document");
    assert_eq!(client.open(street, ADA, &stored(&home["geo"]["pointText"])), None, "another path");
    assert_eq!(client.open("core.User.home.street", ADA, &stored(&home["street"])), None, "another entity");
    for (place, value) in [
        ("/homeAddress/street", json!("Rue 1")),
        ("/homeAddress/geo/pointText", json!("14.7")),
        ("/homeAddress/street", json!({ "$binary": { "base64": "UnVlIDE=", "subType": "00" } })),
        ("/homeAddress/street", binary(&client.seal(street, BOB, &"x".repeat(400)))),
    ] {
        let mut document = person(BOB);
        *document.pointer_mut(place).expect("there") = value.clone();
        let refused = mongo.insert("persons", document).expect_err("refused");
        assert_eq!(refused.code, 121, "{place}: {value}: {refused}");
    }
}

/// The pack seals a whole record where the source leaves it open, and none whose labelled fields it seals itself.
#[test]
fn a_pack_finds_in_place_what_it_asks_for() {
    let source = |street: &str| {
        format!(
            r#"platform shop {{ environments: [dev] }}
encryption key pii {{ provider: vault("transit/pii"); rotate: 30d }}
store main: postgres 15 {{
  database: "shop"
  region: "eu-west-1"
  encryption: {{ at_rest: aes_256_gcm, in_transit: tls_1_3 }}
  backup: {{ every: 1d, retain: 30d }}
}}
use policy gdpr {{ key: pii }}
schema core in main {{
  entity User as "users" {{
    id:   uuid key
    home: {{ street: text(80) #personal {street}, city: text(40) }}
    gone: timestamp
    subject
    index (gone)
    retain 1y after gone
    audit (insert, update, delete) into Trail
  }}
  audit log Trail {{ retain 1y }}
}}
"#
        )
    };
    for (street, sealed, protected) in [
        ("", "core.User.home", "encrypted with pii"),
        ("encrypted with pii", "core.User.home.street", "home.street encrypted with pii"),
    ] {
        let artifacts = build(&source(street));
        let json = |file: &str| serde_json::from_str::<Value>(&text(&artifacts, file)).expect("JSON");
        let fields = json("encryption.json")["fields"].clone();
        assert_eq!(fields.as_array().map(Vec::len), Some(1), "{fields}");
        assert_eq!(fields[0]["field"], sealed);
        let map = text(&artifacts, "docs/data_map.json");
        assert!(map.contains(&format!("\"{protected}\"")), "{map}");
    }
}
