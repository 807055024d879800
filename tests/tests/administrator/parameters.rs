//! Parameters of a tenant's own database: some are a superuser's to set, who is asked for those, and once.

use polity_tests::project;

use super::support::{ADMINISTRATOR, Rented};

const PLATFORM: &str = r#"
platform mall { environments: [dev, prod] }
store main: postgres 15 { database: "mall" }
tenancy by tenant_id: uuid
tier large {
  isolation: database
  store main { settings: { work_mem: 64MiB, log_min_duration_statement: 250ms, log_statement: ddl, timezone: "Africa/Dakar" } }
}
tenant acme: large {
  id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10"
  in prod { store main { settings: { log_statement: none } } }
}
schema core in main { entity Note { id: uuid key = uuid_v7() } }
"#;

fn a_superuser_is_asked_once_on(major: u32) {
    let artifacts = project::build(&PLATFORM.replace("postgres 15", &format!("postgres {major}")));
    let Some(rented) = Rented::of(major) else { return };
    let mut db = rented.database();
    let roles = project::text(&artifacts, "main/tenants/acme/roles.sql");
    let said = db.script_as(ADMINISTRATOR, &roles).expect_err("two are a superuser's to set");
    let asked: Vec<&str> = said.lines().filter(|line| line.starts_with("ALTER ")).collect();
    let name = db.name().to_owned();
    let expected = [
        format!("ALTER DATABASE {name} SET log_min_duration_statement = '250ms';"),
        format!("ALTER DATABASE {name} SET log_statement = 'ddl';"),
    ];
    assert_eq!(asked, expected, "{said}");
    for line in &expected {
        db.run(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
    db.script_as(ADMINISTRATOR, &roles).expect("they are set");
    // What an environment changes is asked for as well, and what is set otherwise does not pass for it.
    let quotas = project::text(&artifacts, "main/tenants/acme/quotas-prod.sql");
    let said = db.script_as(ADMINISTRATOR, &quotas).expect_err("it is another value");
    assert!(said.contains("SET log_statement = 'none';") && !said.contains("SET log_min"), "{said}");
    db.run(&format!("alter database {name} set log_statement = 'none'")).expect("a superuser may");
    db.script_as(ADMINISTRATOR, &quotas).expect("it is set");
    drop(db);
}

#[test]
fn a_superuser_is_asked_once_on_15() {
    a_superuser_is_asked_once_on(15);
}

#[test]
fn a_superuser_is_asked_once_on_17() {
    a_superuser_is_asked_once_on(17);
}
