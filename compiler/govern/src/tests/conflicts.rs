//! Rules that contradict each other or themselves.

use super::{USER, governed, rule, told, told_on};
use polity_model::Date;

#[test]
fn two_rules_that_want_different_things_are_one_error() {
    let two = "policy a { rule x { for field where #personal in labels; apply encrypted with pii } }
policy b { rule y { for field where name = \"email\"; apply encrypted with other } }
";
    assert_eq!(told(two), "E0803 `a.x` and `b.y` want `core.User.email` differently");
    // The order of the two means nothing.
    let lines: Vec<&str> = two.lines().collect();
    let turned = format!("{}\n{}\n", lines[1], lines[0]);
    assert_eq!(told(&turned), "E0803 `b.y` and `a.x` want `core.User.email` differently");
}

#[test]
fn two_rules_that_no_value_satisfies_are_one_error_with_both() {
    let rules = "policy privacy { rule short { for entity where #personal in labels; require retention_max <= 3y } }
policy books { rule long { for entity where name = \"User\"; require retention_min is null or retention_min >= 7y } }
";
    assert_eq!(told(rules), "E0807 `core.User` cannot keep both `privacy.short` and `books.long`");
    let waived = format!("{rules}waive books.long on core.User until 2027-06-30\n  because \"no books\"\n");
    assert_eq!(told(&waived), "", "the one that is left is kept");
    assert_eq!(
        told_on(&waived, Some(Date { year: 2027, month: 7, day: 1 })),
        "E0807 `core.User` cannot keep both `privacy.short` and `books.long`"
    );
    assert_eq!(
        told(&rules.replace("retention_min >= 7y", "retention_min >= 3y")),
        "E0805 `core.User` breaks `books.long`",
        "three years would keep both"
    );
    assert_eq!(told(&rules.replace("name = \"User\"", "name = \"Note\"")), "", "of two things");
    let forbid = rules.replace("require retention_max <= 3y", "forbid retention_min > 3y");
    assert_eq!(told(&forbid), "E0805 `core.User` breaks `books.long`", "nothing said keeps both");
}

#[test]
fn the_parameter_with_which_both_hold_is_named_and_others_follow_from_it() {
    let rules = "policy privacy { parameter longest: duration = 3y; parameter last: duration = longest + 2mo
  rule short { for entity where #personal in labels; require retention_min <= longest and retention_max <= last } }
policy books { rule long { for entity where name = \"User\"; require retention_min is null or retention_min >= 7y } }
";
    let helps = |rules: &str| -> Vec<String> {
        let (_, found) = governed(&format!("{USER}{rules}"), None);
        found.into_iter().filter(|d| d.code.as_str() == "E0807").filter_map(|d| d.help).collect()
    };
    let [help] = &helps(rules)[..] else { panic!("{:?}", helps(rules)) };
    assert!(help.starts_with("give `longest: 7y` in `use policy privacy`, with which both hold"), "{help}");
    assert_eq!(helps(&format!("{rules}use policy privacy {{ longest: 7y }}\n")), Vec::<String>::new());
    // What is given apart from the other does not follow.
    assert_eq!(helps(&format!("{rules}use policy privacy {{ longest: 7y; last: 6y }}\n")).len(), 1);
}

#[test]
fn rules_that_want_two_values_of_one_thing_are_one_error() {
    let both = |of: &str, one: &str, other: &str| {
        told(&format!(
            "policy a {{ rule x {{ for {of}\n{one} }} }}\npolicy b {{ rule y {{ for {of}\n{other} }} }}\n"
        ))
    };
    let main = "store where name = \"main\"";
    let conflict = both(main, "require region = \"eu\"", "require region = \"us\"");
    assert_eq!(conflict, "E0807 `main` cannot keep both `a.x` and `b.y`");
    let born = "field where name = \"born\"";
    for (one, other) in [
        ("require encrypted", "forbid encrypted"),
        ("require encrypted", "require not encrypted"),
        ("forbid encrypted", "require encrypted"),
    ] {
        assert!(
            both(born, one, other).starts_with("E0807 `core.User.born` cannot keep both"),
            "{one}, {other}"
        );
    }
    assert_eq!(both(born, "require optional", "forbid encrypted"), "");
    let same = both(main, "require region = \"eu\"", "require region = \"eu\"");
    assert!(!same.contains("E0807"), "{same}");
    let out = both(main, "forbid region = \"eu\"", "forbid region = \"us\"");
    assert_eq!(out, "", "any other keeps both");
    assert_eq!(told(&rule("for encryption_key where name = \"pii\"\nrequire algorithm = aes_256_gcm")), "");
    let (_, found) = governed(&format!("{USER}{}", rule("for index\nforbid method = btree")), None);
    assert!(
        found.iter().any(|d| d.help.as_deref().is_some_and(|h| h.contains("waive house.r on core.User ")))
    );
}

#[test]
fn a_rule_that_takes_its_own_reason_away_is_an_error() {
    assert_eq!(
        told(&rule("for field where name = \"email\" and not encrypted\napply encrypted with pii")),
        "E0804 `house.r` no longer selects `core.User.email` once it is carried out"
    );
}
