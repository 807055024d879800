//! The pages about personal data.

use polity_tests::project;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use super::support::PEOPLE;

fn json(path: &str) -> Value {
    serde_json::from_str(&project::text(&project::build(PEOPLE), path)).expect("JSON")
}

#[test]
fn every_place_is_in_the_map() {
    let map = json("docs/data_map.json");
    let places = map["places"].as_array().expect("places");
    let of =
        |path: &str| places.iter().find(|place| place["path"] == path).unwrap_or_else(|| panic!("{path}"));
    assert_eq!(of("core.Invoice")["kept"], "10y after `at`, then kept without the person");
    assert_eq!(of("documents.Payout")["about"][0], "core.User");
    assert_eq!(of("cache.Signed")["stored_as"], "session:{user}:{device}");
    assert_eq!(of("core.User")["fields"][0]["labels"][0], "#personal");
    let record = json("docs/record_of_processing.json");
    assert_eq!(record["activities"].as_array().map(Vec::len), Some(places.len()));
}

/// Everything personal in the examples is used by somebody, since nobody should know anything that nobody may use.
#[test]
fn everything_personal_in_the_examples_is_used_by_somebody() {
    for name in ["ismail", "spotify-ai-agent"] {
        let text = project::text(&project::example(name), "docs/data_map.json");
        let map: Value = serde_json::from_str(&text).expect("JSON");
        let places = map["places"].as_array().expect("places");
        let idle = places.iter().filter(|place| place["used_by"].as_array().is_none_or(Vec::is_empty));
        let idle: Vec<&str> = idle.filter_map(|place| place["path"].as_str()).collect();
        assert_eq!(idle, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn the_plan_is_told_in_order() {
    insta::assert_snapshot!(project::text(&project::build(PEOPLE), "docs/erasure.md"));
}

/// Text that people write in a source reaches a page as text, not as markup.
#[test]
fn markup_in_a_remark_is_text() {
    let source = PEOPLE.replace(
        "/// Of whoever the wallet is of.",
        "/// A | B <script>alert(1)</script> [x](javascript:1) \\",
    );
    let artifacts = project::build(&source);
    for page in ["docs/data_map.md", "docs/record_of_processing.md"] {
        let page = project::text(&artifacts, page);
        assert!(page.contains("script"), "{page}");
        let markup = Parser::new_ext(&page, Options::ENABLE_TABLES).filter(|event| {
            matches!(
                event,
                Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. })
            )
        });
        assert_eq!(markup.collect::<Vec<_>>(), []);
    }
}
