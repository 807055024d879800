//! The output of `polity explain` about a code, and about a thing of the platform.

use std::fs;

use super::{folder, polity};

#[test]
fn explain_prints_the_page_of_a_code() {
    let dir = folder();
    for arguments in ["explain E0101", "explain e0101"] {
        let run = polity(&dir, arguments);
        assert_eq!(run.code, 0);
        assert_eq!(run.out, include_str!("../../../text/errors/E0101.md"));
    }
    let unknown = polity(&dir, "explain E0011");
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""));
    assert!(unknown.err.contains("there is no code `E0011`\n  help: did you mean `E01"), "{unknown:?}");
}

#[test]
fn explain_says_what_holds_of_a_thing_and_why() {
    let dir = folder();
    fs::create_dir(dir.path().join("shop")).expect("it is ours");
    fs::write(dir.path().join("shop/shop.polity"), include_str!("../fixtures/explained.polity"))
        .expect("it is ours");
    let mut told = String::new();
    for path in
        ["core.User.email", "core.Order.by", "core.User", "core.Recent", "cache.Session", "main.core.Order"]
    {
        let run = polity(&dir, &format!("explain {path} shop"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{path}");
        told.push_str(&run.out);
        told.push_str("\n----\n\n");
    }
    insta::assert_snapshot!("explained", told);
    let json = polity(&dir, "explain core.User.email shop --format json");
    insta::assert_snapshot!("explained_json", json.out);
    let unknown = polity(&dir, "explain core.User.emial shop");
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean `core.User.email`?"), "{unknown:?}");
}

/// A row that stays without the person keeps some of its fields, which the words about the row alone would hide.
#[test]
fn explain_says_what_becomes_of_one_field_of_a_row_that_stays() {
    let dir = folder();
    fs::create_dir(dir.path().join("shop")).expect("it is ours");
    let source = "platform shop { environments: [dev] }\nstore main: postgres 15 { database: \"shop\" }\n\
                  schema core in main { entity User { id: uuid key; email: email? #personal; plan: text(9)\n\
                  left: timestamp?\n subject; index (left)\n retain 1y after left then anonymize } }\n";
    fs::write(dir.path().join("shop/shop.polity"), source).expect("it is ours");
    for (field, fate) in [
        ("id", "the row stays without the person, and its key with it"),
        ("plan", "and this value with it: it has no label of its own"),
        ("email", "it is the person: the row stays, without the person"),
    ] {
        let run = polity(&dir, &format!("explain core.User.{field} shop"));
        assert!(run.code == 0 && run.out.contains(fate), "{field}: {run:?}");
    }
}
