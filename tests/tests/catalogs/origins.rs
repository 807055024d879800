//! Objects of two catalogs are one where they come from the same thing of the source.

use std::collections::BTreeSet;

use polity::Sources;
use polity_catalog::origins::{Origins, Part};
use polity_catalog::relational::{self, Texts};
use polity_catalog::{Catalog, Identified};
use polity_tests::project::valid;

const BEFORE: &str = r#"
platform shop { environments: [dev] }
store main: postgres 16 { database: "shop" }
encryption key pii { provider: file("keys/pii.key") }
struct Place { street: text(80); city: text(80) }
schema core in main {
  sequence numbers from 1
  entity Buyer { id: uuid key; phone: phone encrypted with pii searchable; home: Place inline; at: timestamp = now() as "made" }
  entity Visit { id: uuid key; of: -> Buyer as "buyer" | Shop as "shop" }
  entity Shop { id: uuid key }
}
"#;

fn lowered(source: &str) -> (relational::Catalog, Origins) {
    let valid = valid(&Sources::single("shop.polity", source));
    let store = &valid.stores[0];
    let placed = polity_engines::engine_of(store).lower(&valid, store).remove(0);
    let Catalog::Relational(catalog) = placed.catalog else { panic!("it is PostgreSQL") };
    (catalog, placed.origins)
}

#[test]
fn every_column_of_the_source_has_the_origin_of_its_part() {
    let (catalog, origins) = lowered(BEFORE);
    for (object, path, part) in [
        ("table core.buyer", "core.Buyer", Part::Whole),
        ("column core.buyer.phone", "core.Buyer.phone", Part::Whole),
        ("column core.buyer.phone_bx", "core.Buyer.phone", Part::BlindIndex),
        ("column core.buyer.home_street", "core.Buyer.home.street", Part::Whole),
        ("column core.visit.of", "core.Visit.of", Part::Whole),
        ("column core.visit.of_type", "core.Visit.of", Part::Arm),
        ("sequence core.numbers", "core.numbers", Part::Whole),
    ] {
        let origin = origins.get(object).unwrap_or_else(|| panic!("{object}: {origins:#?}"));
        assert_eq!((origin.path.as_str(), origin.part), (path, part));
    }
    let named: Vec<String> = catalog.objects().map(|object| object.id().to_string()).collect();
    assert!(
        origins.iter().all(|(object, _)| named.iter().any(|name| name == object)),
        "each is of an object"
    );
    let ids: BTreeSet<_> = origins.iter().map(|(_, o)| (&o.id, o.part)).collect();
    assert_eq!(ids.len(), origins.iter().count(), "no two objects are one");
    let text = serde_json::to_string(&origins).expect("writes");
    assert_eq!(serde_json::from_str::<Origins>(&text).expect("reads"), origins);
}

#[test]
fn what_is_renamed_is_one_object_and_what_takes_its_old_name_is_another() {
    let after = BEFORE
        .replace("entity Buyer {", "entity Buyer as \"customers\" {")
        .replace("at: timestamp = now() as \"made\"", "at: timestamp as \"seen\"; by: text(9) as \"made\"");
    let (before, after) = (lowered(BEFORE), lowered(&after));
    let told = before.0.differences_by_origin(&after.0, Texts::Exact, (&before.1, &after.1));
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    for expected in [
        "table core.buyer: is table core.customers in the second",
        "column core.buyer.made: is column core.customers.seen in the second",
        "column core.buyer.home_city: is column core.customers.home_city in the second",
        "column core.buyer.made: value is {\"default\":\"now()\"} in the first and nothing in the second",
        "column core.customers.made: only in the second",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}\n{told:#?}");
    }
    assert!(
        !told.iter().any(|line| line.contains("column core.buyer") && line.contains("only in")),
        "{told:#?}"
    );
    let by_name = before.0.differences(&after.0, Texts::Exact);
    assert!(by_name.iter().any(|one| one.to_string() == "table core.buyer: only in the first"));
}
