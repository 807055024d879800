//! Keyed hashes, and the rules that make them.

use super::{USER, governed, labels, rule, told};

const HASHED: &str = "schema core in main {
  entity Person { phone: phone key #personal; face: bytes #biometric; }
  entity Seen #personal { id: uuid key; who: -> Person pseudonymous with pii; also: -> Person; \
    kept: -> Person pseudonymous with pii #personal; index (also); }
  view Who { sql \"select who from core.seen\"; who: -> Person; }
}
";

#[test]
fn a_keyed_hash_drops_what_is_personal_and_flows_there_and_no_more() {
    let (platform, _) = governed(HASHED, None);
    assert_eq!(labels(&platform, "core.Seen.who"), "");
    assert_eq!(labels(&platform, "core.Seen.also"), "personal");
    assert_eq!(labels(&platform, "core.Seen.kept"), "personal", "what is written beside it stays");
    assert!(platform.labels_of_column(platform.views[0].id, polity_model::FieldId(0)).is_empty());
    // A label with other parents than `personal` is no part of it.
    let other = HASHED.replace("phone key #personal", "phone key #financial");
    let (platform, _) = governed(&other, None);
    assert_eq!(labels(&platform, "core.Seen.who"), "financial");
}

#[test]
fn a_rule_makes_pseudonyms_of_references_that_bear_it() {
    let apply = rule("for field where reference\napply pseudonymous with pii");
    let (platform, found) = governed(&format!("{USER}{apply}"), None);
    assert_eq!(found.iter().filter(|d| d.is_error()).count(), 0, "{found:#?}");
    let note = platform.entities.iter().find(|e| e.named.name == "Note").unwrap();
    assert_eq!(platform.references(note.id).count(), 0);
    let hashed = platform.pseudonymous(note.id, polity_model::FieldId(1)).unwrap();
    let user = platform.entities.iter().find(|e| e.named.name == "User").unwrap();
    assert!(hashed.by_rule && hashed.of() == Some((user.id, user.key[0])));
    // A second rule may say the same, and no other key.
    let both = |key: &str| {
        told(&format!(
            "{apply}policy b {{\n rule r {{\nfor field where reference\napply pseudonymous with {key}\n}}\n}}\n"
        ))
    };
    assert_eq!(both("pii"), "");
    assert_eq!(both("other"), "E0803 `house.r` and `b.r` want `core.Note.user` differently");
    assert_eq!(
        told(&rule("for field\napply pseudonymous with pii\nrequire not pseudonymous or reference")),
        ""
    );
    // It takes its own reason away where that is who the row is of.
    let circular = rule("for field where reference and entity.reaches_subject\napply pseudonymous with pii");
    let subject = USER.replace("retain 2y after at }", "retain 2y after at; subject }");
    let (_, found) = governed(&format!("{subject}{circular}"), None);
    let codes: Vec<String> = found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect();
    assert_eq!(codes, ["E0804"]);
}

#[test]
fn a_parameter_of_a_policy_is_the_key_of_pseudonyms() {
    let policy = "policy p {\n parameter key: encryption_key\n \
         rule r {\n for field where reference\n apply pseudonymous with key\n }\n}\nuse policy p { key: other }\n";
    let (platform, found) = governed(&format!("{USER}{policy}"), None);
    assert_eq!(found.iter().filter(|d| d.is_error()).count(), 0, "{found:#?}");
    let (_, _, hashed) = platform.pseudonyms().next().unwrap();
    assert_eq!(platform[hashed.key.unwrap()].named.name, "other");
}
