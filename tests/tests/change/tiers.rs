//! Tenants with schemas and databases of their own are led on by the text of their tier.

use std::collections::BTreeMap;

use polity::history::open;
use polity::source::{Source, Sources};
use polity_catalog::relational::Texts;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::Lineage;
use crate::describe::support::{Place, Platform, describe, platform, report};

pub const FIRST: &str = "platform shop { environments: [dev] }
tenancy by tenant_id: uuid
tier small { isolation: row }
tier middle { isolation: schema }
tier large { isolation: database }
tenant acme: middle { id: \"aaaaaaaa-0000-4000-8000-000000000001\" }
tenant beta: large { id: \"bbbbbbbb-0000-4000-8000-000000000002\" }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  global entity Country { code: text(2) key }
  entity Buyer {
    id: uuid key
    country: -> Country on delete restrict
    called: text(40)?
    index (country)
  }
}
service web {
  read core.*
  write core.Buyer
}
";

/// Seals what is open of a source.
pub fn sealed(
    text: &str,
    name: &str,
    history: &BTreeMap<String, String>,
    contract: bool,
) -> BTreeMap<String, String> {
    let (open, found) = open(&after(text, history), None);
    open.unwrap_or_else(|| panic!("{found:#?}")).sealed(name, contract)
}

pub fn after(text: &str, history: &BTreeMap<String, String>) -> Sources {
    let file = |(path, text): (&String, &String)| Source { path: path.clone(), text: text.as_str().into() };
    Sources::single("test.polity", text).with_history(history.iter().map(file).collect())
}

/// Runs the migrations of a place whose number is at least this one: the administrator's, then those of its migrator.
fn migrate(platform: &Platform, place: &Place, db: &Postgres, from: &str) {
    for (folder, role) in [("admin/", "postgres"), ("migrations/", place.migrator.as_str())] {
        let folder = format!("{}/{folder}", place.folder);
        let is_of = |path: &str| {
            path.strip_prefix(&folder)
                .is_some_and(|file| !file.contains('/') && file.ends_with(".sql") && file >= from)
        };
        for (path, _) in platform.artifacts.iter().filter(|(path, _)| is_of(path)) {
            let done = db.script_as(role, &project::text(&platform.artifacts, path));
            done.unwrap_or_else(|said| panic!("{path}: {said}"));
        }
    }
}

#[test]
fn every_place_is_led_on() {
    let Some(mut shared) = Postgres::server() else { return };
    let mut apart = shared.another();
    let mut history = sealed(FIRST, "initial", &BTreeMap::new(), false);
    for place in ["main", "main/middle", "main/large"] {
        assert!(history.contains_key(&format!("{place}/V0001__initial/catalog.json")), "{place}");
    }
    let mut all = |history: &BTreeMap<String, String>, text: &str, from: &str| {
        let platform = platform(&after(text, history));
        assert_eq!(platform.places.len(), 3);
        for place in &platform.places {
            let is_apart = place.tenant.as_deref() == Some("beta");
            migrate(&platform, place, if is_apart { &apart } else { &shared }, from);
        }
        for place in &platform.places {
            let is_apart = place.tenant.as_deref() == Some("beta");
            let live = describe(if is_apart { &mut apart } else { &mut shared }, &platform.scope(place));
            let found = report(&place.catalog, &live, Texts::Structure);
            assert!(found.is_empty(), "{}: lowered, then described:\n{found}", place.folder);
        }
    };
    all(&history, FIRST, "V0001");
    // A renamed column, a new one with an index, and a table: names keep what was sealed in every place.
    let second = FIRST
        .replace("called: text(40)?", "named: text(40)? was called\n    email: email?\n    index (email)")
        .replace("service web", "accept break on core.Buyer.named because \"a trial\"\nservice web")
        .replace("  entity Buyer", "  entity Visit {\n    id: uuid key\n    of: -> Buyer on delete cascade\n    index (of)\n  }\n  entity Buyer");
    history = sealed(&second, "second", &history, false);
    all(&history, &second, "V0002");
    let told = second
        .replace(" was called", "")
        .replace("accept break on core.Buyer.named because \"a trial\"\n", "");
    let (open, found) = open(&after(&told, &history), None);
    assert!(
        found.is_empty() && open.is_some_and(|open| open.is_empty(false) && open.is_empty(true)),
        "{found:#?}"
    );
}

/// A reference between tables in which policies decide who sees a row is held against the rows of every tenant.
#[test]
fn a_reference_is_judged_by_the_rows_of_every_tenant() {
    let Some(server) = Postgres::server() else { return };
    let first = "platform shop { environments: [dev] }
tenancy by tenant_id: uuid
tier small { isolation: row }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  entity Buyer { id: uuid key }
  entity Visit {
    id: uuid key
    of: uuid
    index (of)
  }
}
";
    let mut lineage = Lineage::begin(server, first);
    let tenants = ["aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"];
    for tenant in tenants {
        let insert = format!(
            "insert into core.buyer (id, tenant_id) values ('{tenant}', '{tenant}');
             insert into core.visit (id, of, tenant_id) values ('{tenant}', '{tenant}', '{tenant}')"
        );
        lineage.server.run(&insert).expect("inserts");
    }
    let [one, other] = tenants;
    lineage
        .server
        .run(&format!("update core.visit set of = '{one}' where tenant_id = '{other}'"))
        .expect("updates");
    let second = first.replace("of: uuid", "of: -> Buyer on delete cascade")
        + "accept scan on core.Visit because \"a trial\"\n";
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    let refused = lineage.migrate(&second).expect_err("a buyer of another tenant is none");
    assert!(refused.contains("23503"), "{refused}");
    lineage.server.run("update core.visit set of = tenant_id").expect("updates");
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
    let rows = lineage.server.run("select count(*) from core.visit").expect("reads");
    assert_eq!(rows, "2");
}
