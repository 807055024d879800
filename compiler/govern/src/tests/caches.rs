//! Caches that say what they hold: each member is a field of the source, with its type and its labels.

use super::governed;

const STORES: &str = "struct Place { street: text(40) #personal; zip: text? }
struct Card { email: email; code: text }
struct Wrong { email: text(3) }
schema core in main {
  entity User {
    id: uuid key
    email: email #personal
    name: text(80)
    nick: text(20)?
    size: int
    home: Place
    work: Place inline
    code: text(8)
    tags: text(10)[]
    kin: -> User? on delete set null
    index (kin)
  }
}
";

fn cached(value: &str) -> (Vec<String>, String) {
    let source = format!(
        "{STORES}keyspace K in cache from core.User {{ pattern \"k:{{id}}\"; value {value}; ttl 1m }}"
    );
    let (platform, found) = governed(&source, None);
    let errors = found.iter().filter(|found| found.is_error());
    let codes = errors.map(|found| found.code.to_string()).collect();
    let carried = platform.labels_of_keyspace(platform.keyspaces[0].id);
    let names: Vec<&str> = carried.iter().map(|carried| platform[carried.label].name.as_str()).collect();
    (codes, names.join(" "))
}

#[test]
fn what_a_cache_says_that_it_holds_carries_the_labels_of_its_source() {
    for (value, labels) in [
        ("json { email: email }", "personal"),
        ("hash { email: text }", "personal"),
        ("stream { email: email }", "personal"),
        ("json { email: email as \"mail\" }", "personal"),
        ("json { email: bytes }", "personal"),
        ("json { home: { street: text(40) } }", "personal"),
        ("json { home: Place }", "personal"),
        ("json { work: { zip: text? } }", "personal"),
        ("Card", "personal"),
        ("list of Card", "personal"),
        ("text", "personal"),
        ("list of text", "personal"),
        ("sorted set of text by int", "personal"),
        ("counter", "personal"),
        ("json { size: int }", ""),
        ("hash { name: text(80), size: int? }", ""),
        ("json { tags: text[], kin: uuid? }", ""),
    ] {
        assert_eq!(cached(value), (Vec::new(), labels.to_owned()), "{value}");
    }
}

#[test]
fn what_a_cache_holds_is_a_field_of_its_source() {
    for value in [
        "json { mail: email }",
        "json { nope: int }",
        "json { size: text }",
        "json { size: bigint }",
        "hash { name: text(3) }",
        "json { nick: text(20) }",
        "json { home: { street: text(3) } }",
        "json { home: { steet: text(40) } }",
        "json { home: text }",
        "json { kin: int? }",
        "json { tags: text(2)[] }",
        "json { name: email }",
        "Wrong",
        "list of Wrong",
        "stream { nope: int }",
    ] {
        assert_eq!(cached(value).0, ["E0847"], "{value}");
    }
}
