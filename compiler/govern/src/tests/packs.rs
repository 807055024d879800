//! Each rule of each policy that comes with the compiler, by the examples of its page in `docs/policies/`: what it
//! refuses and lets pass, or where it applies something and where not. A rule without examples fails.

use super::governed_text;
use polity_model::policy::{Ask, RuleId};
use polity_text::source::PACKS;

const PAGES: &[(&str, &str)] = &[
    ("gdpr", include_str!("../../../docs/policies/gdpr.md")),
    ("pci_dss", include_str!("../../../docs/policies/pci_dss.md")),
    ("sox", include_str!("../../../docs/policies/sox.md")),
    ("hipaa", include_str!("../../../docs/policies/hipaa.md")),
    ("iso_27001", include_str!("../../../docs/policies/iso_27001.md")),
];

#[test]
fn every_rule_refuses_and_lets_pass_what_its_page_shows() {
    for (pack, text) in PACKS {
        let page = PAGES.iter().find(|(name, _)| name == pack).expect("each has a page").1;
        let key = if text.contains("parameter key:") { " { key: pii }" } else { "" };
        let (platform, found) = governed_text(&project(&format!("use policy {pack}{key}"), ""));
        assert_eq!(found, [], "{pack} alone");
        let policy = &platform.policies[0];
        let sections: Vec<&str> = page.split("\n## ").skip(1).collect();
        let titles: Vec<&str> = sections.iter().map(|s| s.lines().next().unwrap_or_default()).collect();
        let rules: Vec<&str> = policy.rules.iter().map(|r| r.named.name.as_str()).collect();
        assert_eq!(titles, rules, "the page of {pack} shows its rules in their order");
        for (at, (rule, section)) in policy.rules.iter().zip(sections).enumerate() {
            let path = format!("{pack}.{}", rule.named.name);
            assert!(!rule.cites.is_empty() && section.contains(rule.cites.as_str()), "{path} cites");
            let applies = matches!(rule.asks[..], [Ask::Apply(..)]);
            assert!(applies || !rule.help.is_empty(), "{path} has no help");
            let (yes, no) = if applies { ("Applies", "Leaves") } else { ("Breaks", "Keeps") };
            for (heading, expected) in [(yes, true), (no, false)] {
                let example = example(section, heading).unwrap_or_else(|| panic!("{path}: no ### {heading}"));
                let source = project(&format!("use policy {pack}{key}"), example);
                let (platform, found) = governed_text(&source);
                let breaks = format!("breaks `{path}`");
                let others = found.iter().filter(|d| d.is_error() && !d.message.contains("breaks `"));
                let others: Vec<&str> = others.map(|d| d.message.as_str()).collect();
                assert_eq!(others, Vec::<&str>::new(), "{path}, {heading}");
                let happened = if applies {
                    platform.applications().iter().any(|a| a.rule == RuleId { policy: 0, rule: at })
                } else {
                    found.iter().any(|d| d.message.contains(&breaks))
                };
                assert_eq!(happened, expected, "{path}, {heading}: {found:#?}");
            }
        }
    }
}

/// A field that carries both labels is encrypted for two rules of one pack, and with one key for two packs.
#[test]
fn health_data_that_is_personal_is_encrypted_once() {
    let source = project(
        "use policy gdpr { key: pii }\nuse policy hipaa { key: pii }",
        "schema core in main { entity User { id: uuid key; blood: text(3)? #health #personal; number: text(9) unique #health } }",
    );
    let (platform, found) = governed_text(&source);
    assert!(!found.iter().any(|d| d.code == polity_text::diagnostics::codes::E0803), "{found:#?}");
    let user = &platform.entities[0];
    let searchable = |(id, _)| Some(platform.encrypted(user.id, id)?.searchable);
    let fields: Vec<Option<bool>> = user.fields().map(searchable).collect();
    assert_eq!(fields, [None, Some(false), Some(true)]);
}

fn example<'p>(section: &'p str, heading: &str) -> Option<&'p str> {
    let (_, rest) = section.split_once(&format!("### {heading}\n"))?;
    let (_, rest) = rest.split_once("```polity\n")?;
    Some(rest.split_once("```")?.0)
}

/// A whole project around an example.
fn project(used: &str, example: &str) -> String {
    let store =
        if example.contains("store ") { "" } else { "store main: postgres 15 { database: \"shop\" }\n" };
    format!(
        "platform shop {{ environments: [prod] }}
{store}encryption key pii {{ algorithm: aes_256_gcm, provider: vault(\"transit/pii\"), rotate: 30d }}
encryption key other {{ algorithm: aes_256_gcm, provider: vault(\"transit/other\"), rotate: 30d }}
{used}
{example}"
    )
}
