//! A MongoDB-compatible server: validators take ciphertext and no text, and what is unique is so by its blind index.

use polity_runtime::Uuid;
use polity_runtime::stored::Stored as _;
use polity_tests::engines::Mongo;
use polity_tests::project::{build, on_disk};
use serde_json::{Value, json};

use super::support::{ADA, BOB, CLINIC, Client, EMAIL, PHONE, client};

fn letters() -> Option<(Mongo, Client)> {
    let mongo = Mongo::database()?;
    let folder = on_disk(&build(CLINIC));
    mongo.script_file(&folder.path().join("docs/apply.js"), &[]).expect("applies");
    Some((mongo, client()))
}

fn binary(bytes: &[u8]) -> Value {
    let mut base64 = Vec::new();
    bytes.to_vec().store(&mut serde_json::Serializer::new(&mut base64)).expect("base64");
    json!({ "$binary": { "base64": serde_json::from_slice::<String>(&base64).expect("text"), "subType": "00" } })
}

fn letter(client: &Client, id: Uuid, reply_to: &str) -> Value {
    json!({
        "_id": { "$uuid": id.to_string() },
        "replyTo": binary(&client.seal(id, EMAIL, reply_to)),
        "replyToBx": binary(&client.blind(EMAIL, reply_to)),
        "body": binary(&client.seal(id, PHONE, "Dear all")),
        "pages": binary(&client.seal(id, PHONE, "[]")),
        "read": false,
    })
}

#[test]
fn ciphertext_goes_in_is_found_by_its_blind_index_and_opens() {
    let Some((mut mongo, client)) = letters() else { return };
    for (id, who) in [(ADA, "ada@example.org"), (BOB, "bob@example.org")] {
        mongo.insert("letters", letter(&client, id, who)).expect("a letter");
    }
    let found =
        mongo.find("letters", json!({ "replyToBx": binary(&client.blind(EMAIL, "bob@example.org")) }));
    let [found] = &found.expect("finds")[..] else { panic!("one") };
    let base64 = &found["replyTo"]["$binary"]["base64"];
    let sealed: polity_runtime::seal::Sealed = serde_json::from_value(base64.clone()).expect("a ciphertext");
    assert_eq!(client.open(BOB, EMAIL, sealed.as_bytes()).as_deref(), Some("bob@example.org"));
    assert_eq!(client.open(ADA, EMAIL, sealed.as_bytes()), None, "another document");
}

#[test]
fn text_in_clear_is_refused_and_so_is_a_second_one_of_what_is_unique() {
    let Some((mut mongo, client)) = letters() else { return };
    mongo.insert("letters", letter(&client, ADA, "ada@example.org")).expect("a letter");
    let short = &client.seal(BOB, EMAIL, "")[..45];
    for (field, value) in [
        ("replyTo", json!("bob@example.org")),
        ("body", json!("Dear Bob")),
        ("pages", json!(["a", "b"])),
        ("replyTo", binary(short)),
        ("replyToBx", json!("bob@example.org")),
        ("replyToBx", binary(&[0; 31])),
        ("code", json!("X1")),
        ("replyToBx", Value::Null),
    ] {
        let mut document = letter(&client, BOB, "bob@example.org");
        document[field] = value.clone();
        let refused = mongo.insert("letters", document).expect_err("refused");
        assert_eq!(refused.code, 121, "{field}: {value}: {refused}");
    }
    let again = mongo.insert("letters", letter(&client, BOB, "ada@example.org")).expect_err("a second one");
    assert_eq!(again.code, 11000, "{again}");
    // Where the condition holds only, and never for what is absent.
    let coded = |id: u128, read: bool| {
        let id = Uuid::from_u128(id);
        let mut document = letter(&client, id, &format!("{id}@example.org"));
        document["code"] = binary(&client.seal(id, PHONE, "C1"));
        document["codeBx"] = binary(&client.blind(PHONE, "C1"));
        document["read"] = json!(read);
        document
    };
    for (id, read) in [(11, false), (12, false), (13, true)] {
        mongo.insert("letters", coded(id, read)).expect("at most one was read");
    }
    assert_eq!(mongo.insert("letters", coded(14, true)).expect_err("a second one").code, 11000);
}
