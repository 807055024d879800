//! Tests of what rules judge and apply.

use super::{USER, governed, rule, told};

#[test]
fn what_breaks_a_rule_is_told_with_its_facts() {
    assert_eq!(told(&rule("for entity where #personal in labels\nrequire retention_max <= longest")), "");
    assert_eq!(
        told(&rule("for entity where #personal in labels\nrequire retention_max <= 1y")),
        "E0805 `core.User` breaks `house.r`"
    );
    assert_eq!(
        told(&rule("for entity\nrequire retention_max <= longest\nseverity: warning")),
        "W0805 `core.Note` breaks `house.r`"
    );
    let (_, found) =
        governed(&format!("{USER}{}", rule("for entity\nrequire retention_max <= longest")), None);
    assert_eq!(found[0].others[0].text, "`retention_max` is for ever, `longest` is 5y");
}

#[test]
fn settings_are_judged_in_every_production_environment() {
    let tls = rule("for store\nrequire encryption_in_transit != none");
    assert_eq!(told(&tls), "E0805 `main` breaks `house.r` in `prod`");
}

#[test]
fn what_is_not_said_holds_neither_way() {
    assert_eq!(told(&rule("for store\nforbid region = \"eu\"")), "");
    assert_eq!(told(&rule("for store\nforbid not (region = \"eu\")")), "");
    assert_eq!(
        told(&rule("for store where engine = redis\nforbid region is null")),
        "E0805 `cache` breaks `house.r` in `prod`"
    );
}

#[test]
fn rules_apply_what_the_source_left_open() {
    let (platform, found) = governed(
        &format!(
            "{USER}{}",
            rule("for field where #personal in labels\napply encrypted with pii searchable")
        ),
        None,
    );
    assert_eq!(found, []);
    let user = named(&platform, "User");
    let encrypted: Vec<&str> = user
        .fields()
        .filter(|(id, _)| platform.encrypted(user.id, *id).is_some())
        .map(|(_, f)| f.named.name.as_str())
        .collect();
    assert_eq!(encrypted, ["email", "face"]);
    assert_eq!(platform.applications().len(), 2);
}

#[test]
fn what_a_tier_or_a_tenant_changes_in_a_store_is_judged() {
    let broken = |tier: &str, tenant: &str, asks: &str| {
        let source = format!(
            "tenancy by tenant_id: uuid
tier small {{ isolation: database; {tier} }}
tenant acme: small {{ id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\"; {tenant} }}
{}",
            rule(&format!("for store where name = \"cache\"\nrequire {asks}"))
        );
        told(&source)
    };
    let far = "store cache { region: \"us-east-1\" }";
    assert_eq!(broken("", "", "region is null"), "");
    assert_eq!(
        broken(far, "", "region is null"),
        "E0805 `cache` breaks `house.r` in `prod` for the tier `small`"
    );
    assert_eq!(
        broken("", far, "region is null"),
        "E0805 `cache` breaks `house.r` in `prod` for the tenant `acme`"
    );
    let only = |environment: &str| broken("", &format!("in {environment} {{ {far} }}"), "region is null");
    assert_eq!(only("prod"), "E0805 `cache` breaks `house.r` in `prod` for the tenant `acme`");
    assert_eq!(only("dev"), "", "no law asks about it");
}

#[test]
fn a_security_code_is_known_by_many_names() {
    let pack = |name: &str| {
        let source = format!(
            "use policy pci_dss {{ key: pii }}\nschema core in main {{ entity P {{ id: uuid key; {name}: text(64) }} }}\n"
        );
        let (_, found) = governed(&source, None);
        found.iter().any(|d| d.message.contains("breaks `pci_dss.no_security_code_by_name`"))
    };
    for name in [
        "cvv",
        "cvvs",
        "cvc2",
        "card_cvv",
        "cvv_number",
        "cvv2_hash",
        "cvc_encrypted",
        "security_number",
        "verification_value",
        "card_security_code",
        "csc",
    ] {
        assert!(pack(name), "{name}");
    }
    for name in
        ["cvv_result", "cvv_checked", "social_security_number", "verification_code", "cavity", "csc_id"]
    {
        assert!(!pack(name), "{name}");
    }
}

#[test]
fn what_takes_a_row_along_bounds_how_long_it_lives() {
    let lives = |user: &str, reference: &str, retain: &str, asked: &str| {
        let source = format!(
            "schema core in main {{
  entity User {{ id: uuid key; at: timestamp; gone: timestamp?; subject; index (at); index (gone); {user} }}
  entity Invoice {{ id: uuid key; by: {reference}; at: timestamp; index (by); index (at); {retain} }}
  entity Line {{ id: uuid key; of: -> Invoice on delete cascade; total: int #financial; index (of) }}
}}
policy house {{ rule r {{ for entity where #financial in labels
  require {asked} }} }}
"
        );
        let (_, found) = governed(&source, None);
        let broken: Vec<_> = found.iter().filter(|d| d.message.contains("breaks")).collect();
        assert!(broken.len() == found.iter().filter(|d| d.is_error()).count(), "{found:?}");
        broken.is_empty()
    };
    let cascade = "-> User on delete cascade";
    assert!(lives("retain 1y after at", cascade, "", "retention_min = 1y and retention_max < 13mo"));
    assert!(lives(
        "retain 9y after at",
        cascade,
        "retain 2y after at",
        "retention_min = 2y and retention_max < 25mo"
    ));
    assert!(lives(
        "retain 2y after at",
        cascade,
        "retain 9y after at",
        "retention_min = 2y and retention_max < 25mo"
    ));
    assert!(lives("", cascade, "", "retention_min is null and not retention_max < 900y"), "nothing says so");
    assert!(!lives("", cascade, "", "retention_bounded") && lives("", cascade, "", "ends_with_subject"));
    let optional = "-> User? on delete cascade";
    assert!(lives("retain 1y after at", optional, "", "retention_min = 1y and not retention_bounded"));
    assert!(lives("retain 1y after at", optional, "", "not retention_max < 900y"), "it may refer to nobody");
    for keeps in ["-> User on delete restrict", "-> User unchecked"] {
        assert!(lives("retain 1y after at", keeps, "", "retention_min is null and not ends_with_subject"));
    }
    let stays = "retain 1y after at then anonymize";
    assert!(lives(stays, cascade, "", "retention_min is null"), "who is anonymized takes nothing along");
    assert!(lives(stays, cascade, "", "not ends_with_subject and not erased"), "nor when erased");
    assert!(lives("retain 1y after gone", cascade, "", "retention_max < 13mo and not retention_bounded"));
    assert!(
        lives(
            "retain 1y after gone",
            cascade,
            "retain 5y after at",
            "retention_max > 5y and retention_bounded"
        ),
        "a bound that comes beats one that may not"
    );
    assert!(lives("", "-> User? on delete set null", "", "not erased"));
}

#[test]
fn a_rule_that_leaves_searchable_out_does_not_refuse_it() {
    let two = "policy a { rule x { for field where name = \"email\"; apply encrypted with pii } }
policy b { rule y { for field where name = \"email\"; apply encrypted with pii searchable } }
";
    for source in [two.to_owned(), two.lines().rev().map(|line| format!("{line}\n")).collect()] {
        let (platform, found) = governed(&format!("{USER}{source}"), None);
        assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
        let email = platform.encrypted(named(&platform, "User").id, polity_model::FieldId(1));
        assert!(email.unwrap().searchable);
    }
}

#[test]
fn what_references_lead_to_is_not_encrypted_by_a_rule() {
    let source = "schema core in main {
  entity Person { id: uuid key; email: email unique #personal }
  entity Order { id: uuid key; by: -> Person.email; index (by) }
}
policy a { rule x { for field where #personal in labels; apply encrypted with pii } }
";
    let (platform, _) = governed(source, None);
    assert!(platform.applications().is_empty());
}

#[test]
fn rules_see_what_other_rules_applied() {
    let chain = "policy z { rule late { for field where #secret in labels; apply encrypted with pii } }
policy a { rule early { for field where name = \"born\"; apply #secret } }
";
    let (platform, found) = governed(&format!("{USER}{chain}"), None);
    let errors: Vec<_> = found.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let user = named(&platform, "User");
    let (born, _) = user.fields().find(|(_, f)| f.named.name == "born").unwrap();
    assert!(
        platform.encrypted(user.id, born).is_some(),
        "the label that one rule applied is the other's reason"
    );
}

#[test]
fn parameters_must_be_given_in_their_type() {
    let policy = "policy p { parameter key: encryption_key; rule r { for field where #personal in labels; apply encrypted with key } }\n";
    assert_eq!(told(policy), "E0802 policy `p` needs its parameter `key`");
    assert_eq!(
        told(&format!("{policy}use policy p {{ key: 5y }}\n")),
        "E0802 parameter `key` is an encryption key"
    );
    assert_eq!(told(&format!("{policy}use policy p {{ key: pii }}\n")), "");
}

#[test]
fn months_and_days_are_compared_by_their_mean_length() {
    assert_eq!(told(&rule("for entity where name = \"User\"\nrequire retention_min = 24mo")), "");
    assert_eq!(
        told(&rule("for entity where name = \"User\"\nrequire retention_min between 730d and 731d")),
        ""
    );
}

#[test]
fn a_pattern_that_nobody_can_read_is_told() {
    let rules = "policy house {\n parameter names: text = \"^[a-z]+$\"\n \
                 rule r { for service\nrequire not (name matches names) }\n\
                 }\nservice API { read core.User }\n";
    let rules = rules.replace("service API", "service api_1");
    assert_eq!(told(&rules), "");
    let said = told(&rules.replace("^[a-z]+$", "^[a-z+$"));
    assert!(said.starts_with("E0802 the pattern of parameter `names` has "), "{said}");
    let given = told(&format!("{rules}use policy house {{ names: \"(\" }}\n"));
    assert!(given.starts_with("E0802 the pattern of parameter `names` has "), "{given}");
}

fn named<'p>(platform: &'p crate::Governed, name: &str) -> &'p polity_model::Entity {
    platform.entities.iter().find(|entity| entity.named.name == name).expect("the entity is there")
}
