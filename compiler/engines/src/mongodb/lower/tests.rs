//! A change of the source is a change of its own objects, and the order of lines is none.

use polity_catalog::Identified;
use polity_catalog::document::{Action, Catalog, Literal, ObjectId, Schema};
use polity_text::source::Sources;
use proptest::prelude::*;

use crate::Engine as _;
use crate::mongodb::MongoDb;

const HEAD: &str = r#"
platform shop { environments: [dev] }
store documents: mongodb 7 { database: "shop" }
"#;

/// Members of an entity.
const MEMBERS: &[&str] = &[
    "id: uuid key",
    "code: text(8) matches \"^[A-Z]+$\"",
    "price: decimal(12, 2)? min 0",
    "stock: { quantity: int min 0, low_mark: smallint? }",
    "seller: -> Firm as \"FIRM\" | Person as \"PERSON\"",
    "tags: text(20)[] length 0..10",
    "at: timestamp",
    "unique (code)",
    "index (tags, at desc)",
    "index found (code weight 10, tags) using text",
    "index (stock.quantity) where price > 3",
    "index (at desc) where price > 3",
    "index (at desc) where price > 5",
    "check (price < 1000)",
    "retain 30d after at",
];

const OTHERS: &[&str] =
    &["entity Firm in documents { id: uuid key }", "entity Person in documents { id: uuid key }"];

fn source(members: &[&str], others: &[&str]) -> String {
    format!("{HEAD}\n{}\nentity Product in documents {{\n{}\n}}\n", others.join("\n"), members.join("\n"))
}

/// The catalogs of a store: that of the shared database, then those of tenants, each with the tenant's name.
fn lowered(source: &str) -> Vec<(String, Catalog)> {
    let (governed, mut found) = polity::govern(&Sources::single("p.polity", source), None);
    let valid = polity::gate(governed, crate::rules_of, &mut found).unwrap_or_else(|| panic!("{found:#?}"));
    let placed = MongoDb.lower(&valid, &valid.stores[0]);
    let catalogs = placed.into_iter().map(|placed| {
        let name = placed.tenant.map_or("", |tenant| tenant.named.name.as_str());
        let polity_catalog::Catalog::Document(catalog) = placed.catalog else {
            panic!("{:?}", placed.catalog)
        };
        (name.to_owned(), catalog)
    });
    catalogs.collect()
}

fn shared(source: &str) -> Catalog {
    lowered(source).remove(0).1
}

/// The objects that differ, by identity.
fn changed(before: &Catalog, after: &Catalog) -> Vec<ObjectId> {
    let differs = |one: &Catalog, other: &Catalog| -> Vec<ObjectId> {
        one.objects().map(|object| object.id()).filter(|id| one.get(id) != other.get(id)).collect()
    };
    let mut ids = [differs(before, after), differs(after, before)].concat();
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn a_small_store_as_a_catalog() {
    let catalog = shared(&source(MEMBERS, OTHERS));
    assert_eq!(Catalog::from_json(&catalog.to_json()).expect("it was written so"), catalog);
    insta::assert_snapshot!(catalog.to_json());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// The file keeps the order of fields alone.
    #[test]
    fn the_order_of_lines_is_no_change(
        members in Just(MEMBERS.to_vec()).prop_shuffle(),
        others in Just(OTHERS.to_vec()).prop_shuffle(),
    ) {
        let (before, after) = (shared(&source(MEMBERS, OTHERS)), shared(&source(&members, &others)));
        prop_assert_eq!(changed(&before, &after), Vec::<ObjectId>::new());
        prop_assert_eq!(&before, &after);
        let lines = |catalog: &Catalog| {
            let mut lines: Vec<String> =
                catalog.to_json().lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
            lines.sort();
            lines
        };
        prop_assert_eq!(lines(&before), lines(&after));
    }
}

#[test]
fn one_more_is_one_more_object() {
    let before = shared(&source(MEMBERS, OTHERS));
    let with = |member: &'static str| shared(&source(&[&["note: text?", member], MEMBERS].concat(), OTHERS));
    let noted = with("");
    let product = || ObjectId::Collection("product".into());
    assert_eq!(changed(&before, &noted), [product()]);
    let index = |name: &str| ObjectId::Index("product".into(), name.into());
    assert_eq!(changed(&noted, &with("index (note)")), [index("note_1")]);
    assert_eq!(changed(&noted, &with("unique (note)")), [index("note_1")]);
    let checked = with("check (note != \"x\")");
    assert_eq!(changed(&noted, &checked), [product()]);
    let of = |catalog: &Catalog| catalog.collection("product").expect("it is there").clone();
    assert_eq!(of(&checked).schema, of(&noted).schema);
    assert_eq!(of(&checked).checks[1..], of(&noted).checks[..]);
    let others = [OTHERS, &["entity Apple in documents { id: uuid key; code: text; index (code) }"]].concat();
    let more = shared(&source(MEMBERS, &others));
    let apple = || "apple".into();
    assert_eq!(
        changed(&before, &more),
        [ObjectId::Collection(apple()), ObjectId::Index(apple(), "code_1".into())]
    );
}

/// The lines of a file that another has not, in their order.
fn more<'t>(before: &str, after: &'t str) -> Vec<&'t str> {
    let mut rest = before.lines().peekable();
    after.lines().filter(|line| rest.next_if_eq(line).is_none()).collect()
}

#[test]
fn a_field_is_few_lines_more() {
    let files = |field| {
        let members = [&MEMBERS[..3], &[field], &MEMBERS[3..]].concat();
        (shared(&source(MEMBERS, OTHERS)).to_json(), shared(&source(&members, OTHERS)).to_json())
    };
    let (before, after) = files("weight: decimal(6, 3) = 1");
    let added = more(&before, &after);
    assert_eq!(after.lines().count(), before.lines().count() + added.len(), "nothing else changed");
    insta::assert_snapshot!(added.join("\n"), @r#"
    "weight": {
      "required": true,
      "schema": {
        "type": "decimal",
        "description": "The client fills in its default.",
        "minimum": "-999.999",
        "maximum": "999.999",
        "multiple_of": 0.001
      }
    },
    "#);
    assert!(added.len() <= 12, "{}", added.len());
}

const TENANTS: &str = r#"
platform shop { environments: [dev] }
store documents: mongodb 7 { database: "shop" }
tenancy by tenant_id: uuid
tier small { isolation: row; accept client_enforced in documents because "the repository puts the tenant into every filter" }
tier large { isolation: database; prefix: "{tenant}_" }
tenant ours:   large { id: "aaaaaaaa-0000-4000-8000-00000000000a" }
tenant theirs: small { id: "bbbbbbbb-0000-4000-8000-00000000000b" }
entity Visit in documents { id: uuid key; page: text }
global entity Country in documents { id: uuid key; name: text; note: text }
global entity City in documents { id: uuid key }
service desk { read Visit; read Country (id, name); write Country; write City }
"#;

#[test]
fn a_tenants_database_takes_its_own_documents_and_is_read_where_others_are_shared() {
    let catalogs = lowered(TENANTS);
    let names: Vec<&str> = catalogs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["", "ours"], "who shares a database has none");
    let [(_, shared), (_, own)] = catalogs.as_slice() else { panic!("{catalogs:#?}") };
    let role = ObjectId::Role("shop_desk".into());
    assert_eq!(changed(shared, own), [ObjectId::Collection("visit".into()), role]);

    let schema = |catalog: &Catalog| -> Schema {
        catalog.collection("visit").expect("it is there").schema.properties["tenant_id"].schema.clone()
    };
    let id = Literal::Uuid { uuid: "aaaaaaaa-0000-4000-8000-00000000000a".into() };
    assert_eq!(schema(own), Schema { allowed: [id].into(), ..schema(shared) });

    let may = |catalog: &Catalog| {
        let role = catalog.role("shop_desk").expect("it is there").clone();
        let mut lines: Vec<String> = role
            .privileges
            .iter()
            .map(|(name, actions)| {
                let actions: Vec<&str> = actions.iter().map(|action: &Action| action.name()).collect();
                format!("{name} {}", actions.join(" "))
            })
            .collect();
        lines.sort();
        lines
    };
    let view = "country_for_desk find";
    assert_eq!(may(shared), ["city insert update", "country insert update", view, "visit find"]);
    assert_eq!(may(own), [view, "visit find"]);
}

#[test]
fn indexes_of_the_same_keys_are_told_apart_by_what_they_are() {
    let names = |indexes: &[&str]| -> Vec<String> {
        let members: Vec<&str> =
            ["id: uuid key", "price: int", "at: timestamp"].iter().chain(indexes).copied().collect();
        let catalog = shared(&source(&members, &[]));
        let names = catalog.objects().filter_map(|object| match object.id() {
            ObjectId::Index(_, name) => Some(name.to_string()),
            _ => None,
        });
        names.collect()
    };
    let (one, other) = ("index (at) where price > 3", "index (at) where price > 5");
    assert_eq!(names(&[one]), ["at_1"]);
    let both = names(&[one, other]);
    assert!(both.iter().all(|name| name.starts_with("at_1_") && name.len() == 13), "{both:?}");
    assert_eq!(both, names(&[other, one]));
    // A name in the source stays, and the other gives way.
    let named = names(&["index at_1 (price)", one]);
    assert!(named.len() == 2 && named[0] == "at_1" && named[1].starts_with("at_1_"), "{named:?}");
}
