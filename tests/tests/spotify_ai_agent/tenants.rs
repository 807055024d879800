//! The suite that comes with the database, run on it; and what tenants' configuration says of their keys.

use polity_tests::engines::Postgres;
use polity_tests::overlay::yaml;
use polity_tests::project::{example, text};
use serde_json::json;

use super::support::{MARKET, NAME, Sealer, VOSS, WAVES, install, installed, person, session, within};

fn failed(db: &Postgres, suite: &str) -> Vec<String> {
    let said = db.script(suite).expect("the suite runs");
    assert!(said.lines().filter(|line| line.starts_with("ok ")).count() > 100, "{said}");
    said.lines().filter(|line| line.starts_with("not ok")).map(str::to_owned).collect()
}

#[test]
fn no_tenant_sees_or_touches_what_is_anothers() {
    let files = example(NAME);
    let Some(mut db) = installed(&files) else { return };
    db.run(MARKET).unwrap();
    let sealer = Sealer::new();
    let mut accounts = session(&db, "accounts_api");
    for (tenant, id) in
        [(WAVES, "0197a000-0000-7000-8000-000000000001"), (VOSS, "0197a000-0000-7000-8000-000000000002")]
    {
        within(&mut accounts, tenant, &person(&sealer, tenant, id, "a@example.org")).unwrap();
    }
    assert_eq!(failed(&db, &text(&files, "main/tests/tenancy.sql")), [""; 0]);
}

#[test]
fn nor_in_a_database_of_its_own() {
    let files = example(NAME);
    for tenant in ["spotify_premium", "universal_archive"] {
        let Some(db) = Postgres::server() else { return };
        let folder = format!("main/tenants/{tenant}");
        install(&db, &files, &folder, &format!("spotify_ai_agent_{tenant}_migrator"));
        assert_eq!(failed(&db, &text(&files, &format!("{folder}/tests/tenancy.sql"))), [""; 0]);
    }
}

#[test]
fn nor_in_schemas_of_its_own() {
    let files = example(NAME);
    let Some(db) = installed(&files) else { return };
    for tenant in ["north_agency", "soundbridge"] {
        let folder = format!("main/tenants/{tenant}");
        install(&db, &files, &folder, "spotify_ai_agent_migrator");
        assert_eq!(failed(&db, &text(&files, &format!("{folder}/tests/tenancy.sql"))), [""; 0]);
    }
    assert_eq!(failed(&db, &text(&files, "main/tests/tenancy.sql")), [""; 0]);
}

#[test]
fn a_tier_says_whose_a_key_is() {
    let files = example(NAME);
    let scopes = |file: &str| {
        let said = yaml(&text(&files, file));
        let keys = &said["encryption"]["application_level"]["keys"];
        json!([keys["pii"]["scope"], keys["cards"]["scope"]])
    };
    for (tenant, scope) in [
        ("demo_studio", json!(["platform", "platform"])),
        ("indie_waves", json!(["platform", "platform"])),
        ("north_agency", json!(["tenant", "platform"])),
        ("spotify_premium", json!(["tenant", "tenant"])),
    ] {
        let file = format!("tenants/{tenant}/tier/security_config.yml");
        assert_eq!(scopes(&file), scope, "{tenant}");
        let said = yaml(&text(&files, &file));
        for key in [
            "tenant_isolation",
            "load_balancing",
            "encryption",
            "monitoring",
            "caching",
            "authentication",
            "gdpr_compliance",
        ] {
            assert!(said[key].is_object(), "{tenant} says nothing of {key}");
        }
    }
    // Each says what its tier promises, and every law that is in force.
    for tier in ["free", "standard", "premium", "enterprise"] {
        let said = yaml(&text(&files, &format!("tenants/{tier}_tier_template.yml")));
        for key in ["encryption", "authentication", "caching", "gdpr_compliance", "sox_compliance"] {
            assert!(said[key].is_object(), "{tier} says nothing of {key}");
        }
        for store in ["main", "documents", "cache"] {
            for key in ["tenant_isolation", "load_balancing", "encryption", "monitoring"] {
                assert!(said["stores"][store][key].is_object(), "{tier} says nothing of {key} in {store}");
            }
        }
    }
}
