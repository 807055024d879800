//! MongoDB takes ciphertext where GDPR asks for it, each tenant by its own, and lets services do what they were given.

use polity_tests::engines::Mongo;
use polity_tests::project::{example, on_disk};
use serde_json::{Value as Json, json};

use super::support::{NAME, PERSON, Sealer, WAVES, uuid};

fn binary(bytes: &[u8]) -> Json {
    json!({ "$binary": { "base64": base64(bytes), "subType": "00" } })
}

fn id(text: &str) -> Json {
    json!({ "$uuid": text })
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().chain([&0, &0]).take(3).fold(0_usize, |n, byte| n << 8 | usize::from(*byte));
        for i in 0..4 {
            out.push(if i <= chunk.len() { char::from(DIGITS[all >> (18 - 6 * i) & 63]) } else { '=' });
        }
    }
    out
}

fn conversation(title: Json, tenant: Option<&str>) -> Json {
    let mut document = json!({
        "id": id(PERSON),
        "user_id": id(PERSON),
        "title": title,
        "started_at": { "$date": "2026-01-01T00:00:00Z" },
        "updated_at": { "$date": "2026-01-01T00:00:00Z" },
    });
    if let Some(tenant) = tenant {
        document["tenant_id"] = id(tenant);
    }
    document
}

#[test]
fn conversations_are_sealed_and_belong_to_a_tenant() {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&example(NAME));
    let database = mongo.name().to_owned();
    // This server has no text indexes; everything else is done.
    let said =
        mongo.script_file(&folder.path().join("documents/apply.js"), &[("POLITY_DATABASE", &database)]);
    let said = said.unwrap_or_else(|said| said);
    let left: Vec<&str> = said.lines().skip_while(|line| !line.starts_with("left for")).skip(1).collect();
    assert!(left.iter().all(|line| line.contains("text indexes are not supported")), "{said}");
    let sealer = Sealer::new();
    let row = [uuid(PERSON)];
    let sealed = sealer.seal("documents.Conversation.title", WAVES, &row, "Ideas for summer".as_bytes());
    let title = || binary(sealed.as_bytes());
    for (what, document) in [
        ("in the clear", conversation(json!("Ideas for summer"), Some(WAVES))),
        ("shorter than any ciphertext", conversation(binary(b"Ideas for summer"), Some(WAVES))),
        ("nobody's", conversation(title(), None)),
    ] {
        assert!(mongo.insert("conversations", document).is_err(), "{what}: accepted");
    }
    mongo.insert("conversations", conversation(title(), Some(WAVES))).unwrap();
    assert!(mongo.insert("conversations", conversation(title(), Some(WAVES))).is_err(), "twice");
    assert_eq!(mongo.find("conversations", json!({})).unwrap().len(), 1);
}
