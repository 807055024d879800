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

/// The record says purposes, recipients and transfers as the source does, and asks a person for the rest by name.
#[test]
fn the_record_says_what_the_source_says() {
    let source = "platform shop { environments: [dev] }
        store main: postgres 15 { database: \"shop\", encryption: { at_rest: aes_256_gcm } }
        purpose orders \"Carrying out | orders\" basis contract
        schema core in main {
          entity User { id: uuid key = uuid_v7(); email: email #personal; subject; purpose orders }
          entity Visit { id: uuid key = uuid_v7(); user: -> User; from: inet #personal; index (user) }
        }
        service api {
          read core.User
          purpose orders
          recipient \"Parcels Ltd\" transfer to \"US\" under \"standard contractual clauses\"
        }
        service reports { read core.Visit }";
    let artifacts = project::build(source);
    let record: Value =
        serde_json::from_str(&project::text(&artifacts, "docs/record_of_processing.json")).expect("JSON");
    assert_eq!(record["purposes"][0]["article"], "Art. 6(1)(b)");
    assert_eq!(record["activities"][0]["purposes"], serde_json::json!(["orders"]));
    assert_eq!(
        record["recipients"],
        serde_json::json!([{ "service": "api", "name": "Parcels Ltd", "country": "US",
            "under": "standard contractual clauses" }])
    );
    let open = record["to_be_added"].to_string();
    assert!(
        open.contains("(b) the purposes of core.Visit") && open.contains("whom reports pass data on"),
        "{open}"
    );
    // Nothing that is generated encrypts a disk.
    assert_eq!(record["stores"][0]["asked"], serde_json::json!(["encrypted at rest (aes_256_gcm)"]));
    let page = project::text(&artifacts, "docs/record_of_processing.md");
    assert!(page.contains(r"| orders | Carrying out \| orders | contract (Art. 6(1)(b)) |"), "{page}");
    let nobody = source.replace("service reports { read", "service reports { recipient none; read");
    let page = project::text(&project::build(&nobody), "docs/record_of_processing.md");
    assert!(!page.contains("(d)"), "{page}");
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
