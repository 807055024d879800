//! Databases of the examples, described as the compiler lowered them.

use polity::source::Sources;
use polity_catalog::relational::Texts;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{Place, Platform, describe, for_major, platform, report};

/// Every place of the platform is described as it was lowered, and exactly as a second installation of it.
fn every_place_is_described(platform: &Platform, mut server: Postgres) {
    let (together, apart): (Vec<_>, Vec<_>) =
        platform.places.iter().partition(|place| place.beside || place.tenant.is_none());
    // The shared place first, then the schemas beside it, on two databases.
    let mut scratch = server.another();
    for place in &together {
        platform.install(place, &server);
        platform.install(place, &scratch);
    }
    for place in &together {
        same(platform, place, &mut server, &mut scratch);
    }
    for place in apart {
        let (mut one, mut other) = (server.another(), server.another());
        platform.install(place, &one);
        platform.install(place, &other);
        same(platform, place, &mut one, &mut other);
    }
    // A database goes before the server that it is on.
    drop(scratch);
}

fn same(platform: &Platform, place: &Place, one: &mut Postgres, other: &mut Postgres) {
    let scope = platform.scope(place);
    let live = describe(one, &scope);
    let found = report(&place.catalog, &live, Texts::Structure);
    assert!(found.is_empty(), "{}: lowered, then described:\n{found}", place.folder);
    let found = report(&live, &describe(other, &scope), Texts::Exact);
    assert!(found.is_empty(), "{}: described twice:\n{found}", place.folder);
}

#[test]
fn ismail_is_described_on_15() {
    let Some(server) = Postgres::server() else { return };
    every_place_is_described(&platform(&project::example_sources("ismail")), server);
}

#[test]
fn spotify_ai_agent_is_described_on_15() {
    let Some(server) = Postgres::server() else { return };
    let platform = platform(&project::example_sources("spotify-ai-agent"));
    assert_eq!(platform.places.len(), 5, "the shared one and those of four tenants");
    every_place_is_described(&platform, server);
}

fn is_described_on(major: u32, name: &str) {
    let Some(server) = Postgres::server_of(major) else { return };
    every_place_is_described(&platform(&for_major(name, major)), server);
}

#[test]
fn ismail_is_described_on_14() {
    is_described_on(14, "ismail");
}

#[test]
fn ismail_is_described_on_16() {
    is_described_on(16, "ismail");
}

#[test]
fn ismail_is_described_on_17() {
    is_described_on(17, "ismail");
}

#[test]
fn spotify_ai_agent_is_described_on_17() {
    is_described_on(17, "spotify-ai-agent");
}

#[test]
fn spotify_ai_agent_is_described_on_18() {
    is_described_on(18, "spotify-ai-agent");
}

/// The schema `public` is the administrator's, and the platform's owner gives rights on it to services.
fn entities_outside_of_a_schema_are_described_on(major: u32, server: Option<Postgres>) {
    let Some(server) = server else { return };
    let source = format!(
        "platform bare {{ environments: [dev] }}
store main: postgres {major} {{ database: \"bare\", extensions: [btree_gist] }}
entity Note in main {{ id: uuid key; n: int }}
service desk {{ read Note }}
"
    );
    every_place_is_described(&platform(&Sources::single("bare.polity", &source)), server);
}

#[test]
fn entities_outside_of_a_schema_are_described_on_14() {
    entities_outside_of_a_schema_are_described_on(14, Postgres::server_of(14));
}

#[test]
fn entities_outside_of_a_schema_are_described_on_15() {
    entities_outside_of_a_schema_are_described_on(15, Postgres::server());
}
