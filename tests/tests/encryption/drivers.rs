//! Encryption by MongoDB's own drivers: the maps, the scripts and the validators, as far as a server without their
//! libraries can show.

use polity_tests::engines::{Mongo, Tool};
use polity_tests::project::{build, on_disk, text};
use serde_json::{Value, json};
use tempfile::TempDir;

const MAIL: &str = r#"
platform mail {
  environments: [dev, prod]
  production: [prod]
}

encryption key pii {
  rotate: 30d
  provider: file("pii.key")
  in prod { provider: aws_kms("alias/pii") }
}
encryption key cards { provider: vault("kmip/5f3c1e5c") }

store docs: mongodb 7 { naming: camel_case; field_encryption: csfle }

enum Mood { calm, angry }

entity Letter in docs as "letters" {
  id:       uuid       key = uuid_v7()
  /// Where the answer goes.
  reply_to: email      unique encrypted with pii searchable
  code:     text(20)?  encrypted with pii searchable
  pin:      text(4)    length 4..4 encrypted with cards
  mood:     Mood?      encrypted with pii
  pages:    text(80)[] length 1..9 encrypted with pii
  small:    bytes      length 1..4 encrypted with pii
  first:    text(30)   encrypted with pii
  loud:     text(30)   computed (upper(first))
  read:     bool       = false
}

service desk { read docs.Letter; write docs.Letter }
"#;

fn queryable() -> String {
    MAIL.replace("csfle", "queryable_encryption").replace("unique encrypted", "encrypted")
}

fn json_of(source: &str, path: &str) -> Value {
    serde_json::from_str(&text(&build(source), path)).expect("JSON")
}

/// A ciphertext as MongoDB's drivers mark it.
fn sealed(content: &str) -> Value {
    json!({ "$binary": { "base64": content, "subType": "06" } })
}

fn letter(number: u32) -> Value {
    let mut letter =
        json!({ "_id": { "$uuid": format!("00000000-0000-4000-8000-{number:012}") }, "read": false });
    for field in ["replyTo", "pin", "pages", "small", "first", "loud"] {
        letter[field] = sealed(&format!("AQ{number:02}"));
    }
    letter
}

fn applied(source: &str) -> Option<(Mongo, TempDir)> {
    let mongo = Mongo::database()?;
    let folder = on_disk(&build(source));
    mongo.script_file(&folder.path().join("docs/apply.js"), &[]).expect("applies");
    Some((mongo, folder))
}

/// A data key as `data_keys.js` makes one, but for its secret.
fn data_key(mongo: &mut Mongo, name: &str, number: u32) {
    let id = json!({ "$uuid": format!("00000000-0000-4000-8000-{number:012}") });
    mongo.insert("__keyVault", json!({ "_id": id, "keyAltNames": [name] })).expect("a key");
}

#[test]
fn a_schema_map_says_how_each_field_is_encrypted() {
    let map = json_of(MAIL, "docs/schema_map.json");
    let properties = &map["letters"]["properties"];
    let how = |field: &str| {
        let encrypt = &properties[field]["encrypt"];
        let algorithm =
            encrypt["algorithm"].as_str().expect("an algorithm").rsplit('-').next().expect("its end");
        format!("{} {algorithm} {}", encrypt["keyAltName"].as_str().expect("a key"), encrypt["bsonType"])
    };
    for (field, wanted) in [
        ("replyTo", "pii Deterministic \"string\""),
        ("code", "pii Deterministic \"string\""),
        ("pin", "cards Random \"string\""),
        ("mood", "pii Random \"string\""),
        ("pages", "pii Random \"array\""),
        ("small", "pii Random \"binData\""),
        ("loud", "pii Random \"string\""),
    ] {
        assert_eq!(how(field), wanted, "{field}");
    }
    assert_eq!(properties["read"], Value::Null, "it is in the clear");
}

#[test]
fn encrypted_fields_have_a_key_each_and_say_what_may_be_asked() {
    let map = json_of(&queryable(), "docs/encrypted_fields.json");
    let fields = map["letters"]["fields"].as_array().expect("a list");
    assert_eq!(
        fields[0],
        json!({
            "path": "replyTo", "bsonType": "string", "keyAltName": "pii/letters.replyTo",
            "queries": { "queryType": "equality" },
        })
    );
    assert_eq!(fields[2], json!({ "path": "pin", "bsonType": "string", "keyAltName": "cards/letters.pin" }));
    let mut keys: Vec<_> = fields.iter().map(|field| field["keyAltName"].to_string()).collect();
    keys.dedup();
    assert_eq!(keys.len(), 8);
    // A schema that judged them would refuse what the driver makes of them; what it adds is let in.
    let validator = json_of(&queryable(), "docs/validators/letters.json");
    let properties = &validator["$jsonSchema"]["properties"];
    assert_eq!(properties["pages"], json!({ "description": "The driver encrypts it with `pii`." }));
    assert_eq!(properties["__safeContent__"], json!({ "bsonType": "array" }));
    assert_eq!(validator["$expr"], Value::Null);
}

fn with_record(source: &str) -> String {
    let field = "  from: { street: text(80) as \"st\" encrypted with pii, city: text(40)? }?\n  read:";
    source.replace("  read:", field)
}

#[test]
fn a_field_of_a_record_is_named_by_its_path() {
    let map = json_of(&with_record(MAIL), "docs/schema_map.json");
    let from = &map["letters"]["properties"]["from"];
    assert_eq!(from["bsonType"], "object");
    assert_eq!(
        from["properties"],
        json!({ "st": { "encrypt": {
            "keyAltName": "pii", "algorithm": "AEAD_AES_256_CBC_HMAC_SHA_512-Random", "bsonType": "string",
        } } })
    );
    let map = json_of(&with_record(&queryable()), "docs/encrypted_fields.json");
    let path = map["letters"]["fields"].as_array().expect("a list").last().expect("the last");
    assert_eq!(
        *path,
        json!({ "path": "from.st", "bsonType": "string", "keyAltName": "pii/letters.from.st" })
    );
    let rust = text(&build(&with_record(MAIL)), "rust/src/docs.rs");
    assert!(rust.contains("pub street: String"), "the client sees it in the clear: {rust}");
    let Some((mut mongo, _)) = applied(&with_record(MAIL)) else { return };
    let mut letter = letter(1);
    letter["from"] = json!({ "st": "Rue 1" });
    assert_eq!(mongo.insert("letters", letter.clone()).expect_err("in the clear").code, 121);
    letter["from"] = json!({ "st": sealed("AQ01"), "city": "Dakar" });
    mongo.insert("letters", letter).expect("ciphertext");
}

#[test]
fn no_blind_index_is_brought_in_and_the_client_sees_what_is_in_the_clear() {
    for source in [MAIL.to_owned(), queryable()] {
        let artifacts = build(&source);
        for (path, content) in artifacts.iter() {
            let content = String::from_utf8_lossy(content);
            assert!(!content.contains("replyToBx") && !content.contains("reply_to_bx"), "{path}");
        }
        assert!(text(&artifacts, "rust/src/docs.rs").contains("pub reply_to: polity_runtime::Email"));
    }
}

#[test]
fn a_server_takes_what_drivers_encrypt_and_refuses_text() {
    let Some((mut mongo, _)) = applied(MAIL) else { return };
    mongo.insert("letters", letter(1)).expect("ciphertext");
    for (field, value) in [
        ("replyTo", json!("a@b.example")),
        ("pages", json!(["a"])),
        ("loud", json!("A")),
        ("code", json!("C1")),
    ] {
        let mut document = letter(2);
        document[field] = value;
        assert_eq!(mongo.insert("letters", document).expect_err("in the clear").code, 121, "{field}");
    }
    // Equal values are equal ciphertexts.
    let mut again = letter(3);
    again["replyTo"] = sealed("AQ01");
    assert_eq!(mongo.insert("letters", again).expect_err("a second one").code, 11000);
}

#[test]
fn data_keys_are_made_where_they_are_missing_and_the_map_gets_their_ids() {
    let Some((mut mongo, folder)) = applied(MAIL) else { return };
    let script = folder.path().join("docs/data_keys.js");
    let said = mongo.script_file(&script, &[("POLITY_DRY_RUN", "1")]).expect("says what it would do");
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "would keep the names of data keys apart",
            "would make data key `pii`",
            "would make data key `cards`",
            "3 steps to do",
        ]
    );
    data_key(&mut mongo, "pii", 1);
    let said = mongo.script_file(&script, &[("POLITY_DRY_RUN", "1")]).expect("says what is left to do");
    assert!(!said.contains("`pii`") && said.contains("`cards`"), "{said}");
    data_key(&mut mongo, "cards", 2);
    let file = folder.path().join("map.json");
    let said = mongo.script_file(&script, &[("POLITY_MAP", file.to_str().expect("UTF-8"))]).expect("writes");
    assert!(said.starts_with("keep the names of data keys apart\nwrite "), "{said}");
    let map: Value = serde_json::from_slice(&std::fs::read(file).expect("written")).expect("JSON");
    let encrypt = &map[format!("{}.letters", mongo.name())]["properties"]["pin"]["encrypt"];
    assert_eq!(encrypt["keyId"][0]["$binary"]["subType"], "04", "{map}");
    assert_eq!(encrypt["keyAltName"], Value::Null);
    // Two of one name would each encrypt a part.
    let twice = mongo.insert(
        "__keyVault",
        json!({ "_id": { "$oid": "6b01216aebf9c520c62df5ec" }, "keyAltNames": ["pii"] }),
    );
    assert_eq!(twice.expect_err("a second one").code, 11000);
}

/// A driver with the library that encrypts for all of them, and the map as `data_keys.js` hands it to a driver.
struct Driver {
    python: Tool,
    mongo: Mongo,
    folder: TempDir,
}

impl Driver {
    fn of(source: &str) -> Option<Self> {
        let python = Tool::python()?;
        let (mongo, folder) = applied(source)?;
        let master: Vec<u8> = (0..96).collect();
        std::fs::write(folder.path().join("master"), master).expect("the folder is ours");
        let driver = Self { python, mongo, folder };
        driver.does("keys", &["pii", "cards"]).expect("makes data keys");
        let map = driver.path("map.json");
        let script = driver.folder.path().join("docs/data_keys.js");
        driver.mongo.script_file(&script, &[("POLITY_MAP", &map)]).expect("writes the map");
        Some(driver)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn does(&self, what: &str, rest: &[&str]) -> Result<String, String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/driver_encryption.py");
        let (url, master) = (self.mongo.url(), self.path("master"));
        let arguments = [&[script, what, &url, self.mongo.name(), &master], rest].concat();
        self.python.run(&arguments)
    }

    fn insert(&self, number: u32, mut document: Value) -> Result<String, String> {
        document["_id"] = json!({ "$uuid": format!("00000000-0000-4000-8000-{number:012}") });
        self.does("insert", &[&self.path("map.json"), &document.to_string()])
    }

    fn find(&self, field: &str, value: &str) -> Value {
        let found = self.does("find", &[&self.path("map.json"), field, value]).expect("finds");
        serde_json::from_str(&found).expect("JSON")
    }
}

/// A letter in the clear, as a service hands it to its driver.
fn clear(reply_to: &str) -> Value {
    json!({
        "replyTo": reply_to, "code": "C1", "pin": "0042", "mood": "calm", "pages": ["one", "two"],
        "small": { "$binary": { "base64": "AQID", "subType": "00" } }, "first": "Grüße", "loud": "GRÜSSE", "read": false,
    })
}

#[test]
fn a_driver_encrypts_by_the_map_what_the_validator_asks_for() {
    let Some(mut driver) = Driver::of(MAIL) else { return };
    driver.insert(1, clear("a@b.example")).expect("the validator takes it");
    driver.insert(2, clear("c@d.example")).expect("another one");
    let stored = driver.mongo.find("letters", json!({ "read": false })).expect("reads");
    for field in ["replyTo", "code", "pin", "mood", "pages", "small", "first", "loud"] {
        assert_eq!(stored[0][field]["$binary"]["subType"], "06", "{field}: {stored:?}");
    }
    // Equal where it is sought, and never else.
    assert_eq!(stored[0]["code"], stored[1]["code"]);
    assert_ne!(stored[0]["pin"], stored[1]["pin"]);
    assert_eq!(driver.find("replyTo", "c@d.example"), json!([clear("c@d.example")]));
    assert_eq!(driver.find("replyTo", "nobody@d.example"), json!([]));
    let twice = driver.insert(3, clear("a@b.example")).expect_err("it is unique");
    assert!(twice.contains("E11000"), "{twice}");
}

#[test]
fn a_driver_finds_what_to_encrypt_in_a_record() {
    let Some(mut driver) = Driver::of(&with_record(MAIL)) else { return };
    let mut letter = clear("a@b.example");
    letter["from"] = json!({ "st": "Rue 1", "city": "Dakar" });
    driver.insert(1, letter.clone()).expect("the validator takes it");
    let stored = driver.mongo.find("letters", json!({})).expect("reads");
    assert_eq!(stored[0]["from"]["st"]["$binary"]["subType"], "06", "{stored:?}");
    assert_eq!(stored[0]["from"]["city"], "Dakar");
    assert_eq!(driver.find("replyTo", "a@b.example"), json!([letter]));
}

#[test]
fn a_collection_waits_for_its_data_keys() {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&build(&queryable()));
    let apply = folder.path().join("docs/apply.js");
    let said = mongo.script_file(&apply, &[]).expect_err("leaves it");
    assert!(said.contains("run data_keys.js first"), "{said}");
    // One without encryption is never encrypted later.
    mongo.command(json!({ "create": "letters" })).expect("by hand");
    let fields = json_of(&queryable(), "docs/encrypted_fields.json");
    for (i, field) in fields["letters"]["fields"].as_array().expect("a list").iter().enumerate() {
        data_key(&mut mongo, field["keyAltName"].as_str().expect("a name"), i as u32);
    }
    let said = mongo.script_file(&apply, &[]).expect_err("leaves it");
    assert!(said.contains("encrypts other fields than the source says"), "{said}");
}

#[test]
fn services_read_the_data_keys_that_they_need() {
    let roles = text(&build(MAIL), "docs/roles.js");
    assert!(roles.contains("\"__keyVault\": \"find\""), "{roles}");
}

#[test]
fn secrets_are_named_and_never_written() {
    let script = text(&build(MAIL), "docs/data_keys.js");
    for part in
        ["\"file\": \"pii.key\"", "\"key\": \"alias/pii\"", "\"keyId\": \"5f3c1e5c\"", "`pii` every 30d"]
    {
        assert!(script.contains(part), "{part}: {script}");
    }
}
