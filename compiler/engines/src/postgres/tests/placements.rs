//! One platform in every place: the tables that tenants share, schemas of a tenant's own, and a database of its own.

use super::super::lower;
use super::super::lower::database::Database;
use super::super::lower::placement::Placement;
use super::{artifacts, text};
use polity_catalog::relational;
use polity_text::source::{Source, Sources};
use polity_text::tokens;

const SOURCE: &str = include_str!("placements.polity");

const SHARED: &str = "main/schema.sql";

/// The schema of all, of the tenant `acme` and of the tenant `beta`.
fn schemas() -> [String; 3] {
    let all = artifacts(SOURCE);
    let of_tier =
        |tier: &str, tenant: &str| of_tenant(&text(&all, &format!("main/tiers/{tier}/schema.sql")), tenant);
    [text(&all, SHARED), of_tier("middle", "acme"), of_tier("large", "beta")]
}

/// The text of a tier as a tenant has it.
fn of_tenant(text: &str, tenant: &str) -> String {
    let prefix = format!("{tenant}_");
    let id = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
    let parameters = [("tenant_role", tenant), ("tenant_prefix", &prefix), ("tenant_id", id)];
    tokens::render(text, parameters).unwrap_or_else(|refused| panic!("{refused}"))
}

/// A tier is lowered once, and each of its tenants has the catalog that it would have if it were lowered alone.
#[test]
fn a_tenant_has_the_catalog_of_its_tier() {
    for (sources, tenants) in [(Sources::single("placements.polity", SOURCE), 2), (example(), 4)] {
        let (governed, mut found) = polity::govern(&sources, None);
        let stored = polity::gate(governed, crate::rules_of, &mut found).expect("it has no error");
        let mut seen = 0;
        for store in stored.stores.iter().filter(|store| store.engine == "postgres") {
            for tenant in Placement::tenants(&stored) {
                let catalog = |tenant| {
                    let database = Database::lower_in(Placement::of(&stored, store, tenant));
                    lower::lower(&database).catalog
                };
                let any = catalog(&stored[tenant.tier].any).to_json();
                let own = relational::Catalog::from_json(&stored.for_tenant(&any, tenant));
                assert_eq!(own.expect("it is a catalog"), catalog(tenant), "{}", tenant.named.name);
                seen += 1;
            }
        }
        assert_eq!(seen, tenants);
    }
}

fn example() -> Sources {
    macro_rules! files {
        ($($name:literal)*) => {
            vec![$(Source {
                path: $name.to_owned(),
                text: include_str!(concat!("../../../../../dsl-examples/spotify-ai-agent/", $name, ".polity")).into(),
            }),*]
        };
    }
    Sources::new(files!("accounts" "billing" "cache" "documents" "music" "platform" "security" "tenants"))
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
    let script = of_tenant(&text(&artifacts(SOURCE), "main/tiers/middle/promote_from_middling.sh"), "acme");
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
    let script = of_tenant(&text(&artifacts(SOURCE), "main/tiers/large/promote.sh"), "beta");
    let pairs = "(VALUES ('common', 'common'), ('core', 'core'), ('public', 'public'))";
    assert!(script.contains(pairs), "{script}");
}
