//! Ids, names and every file of history, which stay once they were sealed.

use std::collections::BTreeMap;

use polity::history::open;
use polity::source::{Source, Sources};
use polity_tests::engines::Postgres;

use super::support::Lineage;

const FIRST: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  entity User {
    id: uuid key = uuid_v4()
    phone: text(20)?
    note: text(80)?
    index (phone)
    check (phone != note)
  }
}
schema people in main { entity Other { id: uuid key = uuid_v4() } }
";

/// The sources of a platform of which these files were sealed.
fn after(text: &str, history: &BTreeMap<String, String>) -> Sources {
    let file = |(path, text): (&String, &String)| Source { path: path.clone(), text: text.as_str().into() };
    Sources::single("test.polity", text).with_history(history.iter().map(file).collect())
}

/// Seals everything that is open.
fn sealed(text: &str, name: &str, history: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let (open, found) = open(&after(text, history), None);
    open.unwrap_or_else(|| panic!("{found:#?}")).sealed(name, false)
}

/// The ids of an entity and of a field of it.
fn ids(text: &str, history: &BTreeMap<String, String>, entity: &str, field: &str) -> (u128, u128) {
    let (governed, found) = polity::govern(&after(text, history), None);
    assert!(found.iter().all(|one| !one.is_error()), "{found:#?}");
    let platform = &governed;
    let entity =
        platform.entities.iter().find(|one| platform.entity_path(one.id) == entity).expect("it is there");
    let at = entity.fields.iter().position(|one| one.named.name == field).expect("it is there");
    let field = polity_model::FieldId(at as u32);
    (platform.stable_id(entity.id), platform.stable_field_id(entity.id, field))
}

/// Ciphertexts are bound to these ids, so nothing that is renamed, moved or told no longer may change them.
#[test]
fn ids_stay_whatever_things_are_called() {
    let mut history = sealed(FIRST, "initial", &BTreeMap::new());
    let first = ids(FIRST, &history, "core.User", "phone");
    let step = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let renamed = step(FIRST, "entity User", "entity Customer was User");
    let renamed = step(&renamed, "phone: text(20)?", "mobile: text(20)? was phone");
    let renamed = renamed.replace("(phone", "(mobile");
    history = sealed(&renamed, "renamed", &history);
    let told_no_longer = step(&step(&renamed, " was User", ""), " was phone", "");
    assert_eq!(ids(&told_no_longer, &history, "core.Customer", "mobile"), first);
    history = sealed(&told_no_longer, "again", &history);
    let again = step(&told_no_longer, "entity Customer", "entity Client was Customer");
    history = sealed(&again, "third", &history);
    let again = step(&again, " was Customer", "");
    assert_eq!(ids(&again, &history, "core.Client", "mobile"), first);
    // Another place, by the whole path, and another name of the platform.
    let client = &again
        [again.find("  entity Client").expect("it is there")..again.find("schema people").expect("too")];
    let client = client.trim_end().trim_end_matches('}').trim_end();
    let moved = step(&again, client, "  entity Left { id: uuid key = uuid_v4() }");
    let there = client.replace("entity Client", "entity Client was \"core.Client\"");
    let moved = step(
        &moved,
        "{ entity Other { id: uuid key = uuid_v4() } }",
        &format!("{{\n  entity Other {{ id: uuid key = uuid_v4() }}\n{there}\n}}"),
    );
    let moved = step(&moved, "platform shop", "platform store");
    assert_eq!(ids(&moved, &history, "people.Client", "mobile"), first);
    // What is new and called as something was has ids of its own.
    let new = step(
        &again,
        "schema people",
        "schema extra in main { entity User { id: uuid key = uuid_v4() } }\nschema people",
    );
    let new = step(
        &new,
        "  entity Client",
        "  entity User {\n    id: uuid key = uuid_v4()\n    phone: text(20)?\n  }\n  entity Client",
    );
    let other = ids(&new, &history, "core.User", "phone");
    assert_ne!(other.0, first.0);
    assert_ne!(other.1, first.1);
    history = sealed(&new, "fourth", &history);
    assert_eq!(ids(&new, &history, "core.User", "phone"), other);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let history = sealed(FIRST, "initial", &BTreeMap::new());
    assert_eq!(history, sealed(FIRST, "initial", &BTreeMap::new()));
    let second = FIRST.replace("note: text(80)?", "note: text(90)?");
    assert_eq!(sealed(&second, "second", &history), sealed(&second, "second", &history));
}

/// Every file, edited, missing, added or out of order, is named.
#[test]
fn history_is_never_edited() {
    let history = sealed(FIRST, "initial", &BTreeMap::new());
    let said = |history: &BTreeMap<String, String>| {
        let found = polity::check(&after(FIRST, history), None);
        found
            .iter()
            .filter(|one| one.code.as_str() == "E1901")
            .map(|one| one.message.clone())
            .collect::<Vec<_>>()
    };
    assert!(said(&history).is_empty());
    for path in history.keys() {
        let mut edited = history.clone();
        edited.entry(path.clone()).and_modify(|text| text.push(' '));
        assert!(said(&edited).iter().any(|line| line.contains(path)), "{path} edited: {:?}", said(&edited));
        let mut missing = history.clone();
        missing.remove(path);
        assert!(
            said(&missing).iter().any(|line| line.contains(path)),
            "{path} missing: {:?}",
            said(&missing)
        );
    }
    let mut stray = history.clone();
    stray.insert("main/V0002__stray/20_expand.sql".to_owned(), String::new());
    assert!(said(&stray).iter().any(|line| line.contains("V0002__stray")));
    let mut renumbered = history.clone();
    for (path, text) in &history {
        if let Some(rest) = path.strip_prefix("main/V0001__initial/") {
            renumbered.remove(path);
            renumbered.insert(format!("main/V0007__initial/{rest}"), text.clone());
        }
    }
    assert!(said(&renumbered).len() >= 2);
}

/// A catalog that a later version sealed is no reason to begin anew.
#[test]
fn a_catalog_of_another_format_is_an_error() {
    let mut history = sealed(FIRST, "initial", &BTreeMap::new());
    let catalog = history.get_mut("main/V0001__initial/catalog.json").expect("it was sealed");
    *catalog = catalog.replacen("\"format\": 1", "\"format\": 9", 1);
    history.remove("checksums");
    let files = history.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let sums = polity_model::history::checksums(files);
    history.insert("checksums".to_owned(), sums);
    let found = polity::check(&after(FIRST, &history), None);
    let said = found.iter().find(|one| one.code.as_str() == "E1901").expect("it is refused");
    assert!(said.message.contains("format 9"), "{}", said.message);
}

/// A forged history, with sums that are right, gives no store a name that the source could not.
#[test]
fn a_name_in_a_history_holds_nothing_that_nobody_sees() {
    for (file, from, to) in [
        ("main/V0001__initial/catalog.json", "\"type\": \"", "\"type\": \"\\n"),
        ("main/V0001__initial/catalog.json", "\"name\": \"phone\"", "\"name\": \"phone\\u202e\""),
        ("model.json", "\"stored\": \"phone\"", "\"stored\": \"phone\\u200b\""),
    ] {
        let mut history = sealed(FIRST, "initial", &BTreeMap::new());
        let text = history.get_mut(file).expect("it was sealed");
        assert!(text.contains(from), "{from}: {text}");
        *text = text.replacen(from, to, 1);
        history.remove("checksums");
        let files = history.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let sums = polity_model::history::checksums(files);
        history.insert("checksums".to_owned(), sums);
        let found = polity::check(&after(FIRST, &history), None);
        let codes: Vec<&str> = found.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["E1901"], "{from}: {found:#?}");
        assert!(found[0].message.contains("nobody sees"), "{}", found[0].message);
    }
}

/// Two branches that seal change the first line of `checksums`, which no merge can do without a conflict.
#[test]
fn two_branches_that_seal_conflict() {
    let base = sealed(FIRST, "initial", &BTreeMap::new());
    let branch = |name: &str, to: &str| sealed(&FIRST.replace("note: text(80)?", to), name, &base);
    let (one, other) = (branch("one", "note: text(90)?"), branch("other", "note: text(99)?"));
    let first = |history: &BTreeMap<String, String>| history["checksums"].lines().next().map(str::to_owned);
    assert!(first(&base) != first(&one) && first(&base) != first(&other) && first(&one) != first(&other));
}

/// Indexes and constraints keep the names that they were sealed with, in new installations too.
#[test]
fn what_stands_on_a_renamed_column_keeps_its_name() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let insert = "insert into core.\"user\" (phone) values ('1'), ('2')";
    lineage.server.run(insert).expect("inserts");
    let renamed =
        FIRST.replace("phone: text(20)?", "mobile: text(20)? was phone").replace("(phone", "(mobile");
    let renamed = renamed.replace("entity User", "entity Customer was User");
    lineage.lead_to(&renamed, "renamed").unwrap_or_else(|said| panic!("{said}"));
    let names = "select string_agg(name, ' ' order by name) from (
        select indexrelid::regclass::text as name from pg_index where indrelid = 'core.customer'::regclass
        union all select conname from pg_constraint where conrelid = 'core.customer'::regclass and contype = 'c') all_names";
    let expected = "core.user_phone_idx core.user_pkey user_phone_note_check";
    assert_eq!(lineage.server.run(names).expect("reads"), expected);
    assert_eq!(
        lineage
            .server
            .run("select string_agg(mobile, ' ' order by mobile) from core.customer")
            .expect("reads"),
        "1 2"
    );
    // A new installation of today's source is the same.
    let compiled = polity::compile(&lineage.sources(&renamed), &polity::Options::default());
    let artifacts = compiled.artifacts.expect("it is valid");
    let fresh = lineage.server.another();
    for (role, path) in [("postgres", "main/roles.sql"), ("shop_migrator", "main/schema.sql")] {
        fresh
            .script_as(role, &polity_tests::project::text(&artifacts, path))
            .unwrap_or_else(|said| panic!("{said}"));
    }
    let mut fresh = fresh;
    assert_eq!(fresh.run(names).expect("reads"), expected);
}
