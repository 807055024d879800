//! A cache holds the ciphertext of its source, which opens by the cell that it came from.

use polity_runtime::seal::Sealed;
use polity_tests::engines::Redis;
use polity_tests::project::{build, text};
use serde_json::{Value, json};

use super::support::{ADA, BOB, CLINIC, PHONE, client};

#[test]
fn a_cached_record_is_ciphertext_of_the_form_that_is_described() {
    let artifacts = build(CLINIC);
    let keyspaces: Value = serde_json::from_str(&text(&artifacts, "cache/keyspaces.json")).expect("JSON");
    let described = &keyspaces["keyspaces"][0]["value"]["properties"];
    let Some(mut redis) = Redis::fresh() else { return };
    let client = client();
    let sealed = Sealed::try_from(client.seal(ADA, PHONE, "+491510000000001")).expect("a ciphertext");
    let record = json!({ "id": ADA, "ward": BOB, "active": true, "phone": sealed });
    let phone = record["phone"].as_str().expect("base64");
    let limit = |name: &str| described["phone"][name].as_u64().expect("a limit") as usize;
    assert_eq!(described["phone"]["contentEncoding"], "base64");
    assert_eq!(phone.len(), limit("maxLength"), "a longer phone number there is not");
    assert!(limit("minLength") > 46, "characters of base64, not bytes");

    let key = format!("patient:{ADA}");
    redis.command(&["SET", &key, &record.to_string(), "EX", "900"]).expect("caches");
    let cached = redis.command(&["GET", &key]).expect("reads");
    assert!(!cached.contains("+4915"), "{cached}");
    let cached: Value = serde_json::from_str(&cached).expect("JSON");
    let sealed: Sealed = serde_json::from_value(cached["phone"].clone()).expect("a ciphertext");
    assert_eq!(client.open(ADA, PHONE, sealed.as_bytes()).as_deref(), Some("+491510000000001"));
}
