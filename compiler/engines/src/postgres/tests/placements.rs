//! One platform in every place: the tables that tenants share, schemas of a tenant's own, and a database of its own.

use super::{artifacts, text};

const SOURCE: &str = include_str!("placements.polity");

const SHARED: &str = "main/schema.sql";
const ACME: &str = "main/tenants/acme/schema.sql";
const BETA: &str = "main/tenants/beta/schema.sql";

fn schemas() -> [String; 3] {
    let all = artifacts(SOURCE);
    [SHARED, ACME, BETA].map(|path| text(&all, path))
}

#[test]
fn what_is_a_tenants_own_bears_its_prefix_and_what_is_global_stays() {
    let [shared, acme, beta] = schemas();
    for named in [
        "CREATE TABLE core.buyer (",
        "CREATE TABLE public.note (",
        "nextval('core.numbers'::regclass)",
        "REFERENCES core.country (code)",
        "from core.buyer b join core.country c",
    ] {
        let own = named.replace("core.", "acme_core.").replace("public.", "acme_public.");
        let own = own.replace("acme_core.country", "core.country");
        assert!(shared.contains(named) && beta.contains(named), "{named}");
        assert!(acme.contains(&own), "{own}");
    }
    assert!(shared.contains("CREATE SCHEMA common") && !acme.contains("CREATE SCHEMA acme_common"));
}

/// A service reads both in a schema that holds what all share and what is its tenant's own.
#[test]
fn a_line_of_a_service_is_the_same_in_every_place() {
    let places = [("shop_web", "core"), ("shop_acme_web", "acme_core"), ("shop_beta_web", "core")];
    for (schema, (role, own)) in schemas().iter().zip(places) {
        assert!(schema.contains(&format!("GRANT SELECT ON core.country TO {role};")), "{role}");
        assert!(schema.contains(&format!("ON {own}.buyer TO {role};")), "{role}");
    }
}

/// Logs of erasures move with a tenant, and stores pass on what they found, by these names.
#[test]
fn an_erasure_calls_an_entity_the_same_in_every_place() {
    for schema in schemas() {
        assert!(schema.contains("'main.Note'") && !schema.contains("'public.Note'"));
    }
}

#[test]
fn a_tenant_leaves_the_schemas_of_another_tier() {
    let script = text(&artifacts(SOURCE), "main/tenants/acme/promote_from_middling.sh");
    assert!(script.contains("# Moves acme from its schemas m_acme_*\n"));
    // Nothing that all share is counted on: it stays where it is.
    let pairs = "(VALUES ('m_acme_core', 'acme_core'), ('m_acme_public', 'acme_public'))";
    assert!(script.contains(pairs), "{script}");
    for (from, to) in [("m_acme_core.buyer", "acme_core.buyer"), ("m_acme_public.note", "acme_public.note")] {
        assert!(script.contains(&format!(" FROM {from} ")) && script.contains(&format!("COPY {to} (")));
    }
}

#[test]
fn the_numbers_of_what_all_share_come_along_into_a_database() {
    let script = text(&artifacts(SOURCE), "main/tenants/beta/promote.sh");
    let pairs = "(VALUES ('common', 'common'), ('core', 'core'), ('public', 'public'))";
    assert!(script.contains(pairs), "{script}");
}
