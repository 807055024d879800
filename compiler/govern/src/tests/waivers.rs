//! Tests of what waivers excuse, and until when.

use super::{rule, told, told_on};
use polity_model::Date;

#[test]
fn waivers_excuse_until_their_last_day() {
    let broken = rule("for entity where #personal in labels\nrequire retention_max <= 1y");
    let waived =
        format!("{broken}waive house.r on core.User until 2027-06-30\n  because \"ten years by law\"\n");
    let day = |day| Some(Date { year: 2027, month: 6, day });
    assert_eq!(told_on(&waived, day(30)), "");
    assert_eq!(
        told_on(&waived, Some(Date { year: 2027, month: 7, day: 1 })),
        "E0805 `core.User` breaks `house.r`"
    );
    let kept = waived.replace("<= 1y", "<= 5y");
    assert_eq!(told(&kept), "W0807 the waiver excuses nothing");
}

#[test]
fn waivers_name_whatever_a_rule_is_for() {
    let declared = "tenancy by tenant_id: uuid\n\
         tier small { isolation: row }\n\
         tenant acme: small { id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\" }\n\
         encryption key main { algorithm: aes_256_gcm, rotate: 30d, scope: platform, provider: vault(\"a\") }\n\
         service acme_api { read core.User, core.User (id) }\n";
    for (subject, asks, name, wrong) in [
        ("platform", "require name = \"other\"", "shop", "ship"),
        ("tier", "require name = \"other\"", "small", "smal"),
        ("tenant", "require name = \"other\"", "acme", "acne"),
        ("service", "require unused_privileges = 0", "acme_api", "acme"),
        // A store has this name as well: what the rule is for decides.
        ("encryption_key where name = \"main\"", "require name = \"other\"", "main", "mian"),
        ("store where name = \"main\"", "require name = \"other\"", "main", "mian"),
    ] {
        let broken = format!("{declared}{}", rule(&format!("for {subject}\n{asks}")));
        assert_eq!(told(&broken), format!("E0805 `{name}` breaks `house.r`"));
        let waive =
            |name: &str| format!("{broken}waive house.r on {name} until 2027-06-30\n  because \"so\"\n");
        assert_eq!(told(&waive(name)), "", "{subject}");
        let unknown = told(&waive(wrong));
        assert!(
            unknown.starts_with("E0201 there is no ") && unknown.contains(&format!("`{wrong}`\n")),
            "{unknown}"
        );
    }
}
