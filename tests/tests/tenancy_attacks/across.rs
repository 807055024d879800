//! A service that works across tenants: it reads what every tenant has, and writes as one tenant or not at all.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::schemas::{TIERS, install};
use super::support::{CLINIC, OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, query, rows};

const SERVICES: &str = "
service web { read core.*, core.Names, figures.Busy, write core.Patient (email, country, name), delete core.Patient }
/// Answers questions of every clinic.
service support { across tenants, read core.*, core.Names, figures.Busy, write core.Patient (email, country, name), delete core.Patient }
";

#[test]
fn it_reads_every_tenant_and_writes_the_one_it_enters() {
    let services = SERVICES.replace("across tenants, ", "across tenants; ");
    let artifacts = project::build(&format!("{CLINIC}{TIERS}{services}"));
    let Some(mut db) = Postgres::server() else { return };
    install(&db, &artifacts, "main");
    install(&db, &artifacts, "main/tenants/acme");
    db.script_as("clinic_migrator", &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    db.script_as("clinic_migrator", &rows(THEIRS, THEIR_PATIENT, "theirs")).expect("fills");
    let mut support = db.session("clinic_support").expect("logs in");
    assert_eq!(query(&mut support, "select count(*) from core.patients").unwrap(), ["2"]);
    assert_eq!(query(&mut support, "select count(*) from core.names").unwrap(), ["2"]);
    assert_eq!(query(&mut support, "select count(*) from figures.busy").unwrap(), ["0"]);
    let mut attempt = |enter: &str, sql: &str| {
        let result = query(&mut support, &format!("begin; {enter}{sql}"));
        support.batch_execute("rollback").unwrap();
        result.map(|rows| rows.last().cloned().unwrap_or_default()).map_err(|(code, _)| code)
    };
    let (ours, refused) = (format!("select polity.enter('{OURS}');"), Err("42501".to_owned()));
    assert_eq!(attempt(&ours, "select visits from figures.busy").as_deref(), Ok("1"));
    for sql in [
        "update core.patients set name = 'x'",
        "delete from core.patients",
        "insert into core.patients (email, country) values ('n', 'SN')",
    ] {
        assert_eq!(attempt("", sql), refused, "{sql}");
    }
    // As a tenant it writes that tenant's rows, though it sees the others'.
    assert_eq!(
        attempt(&ours, "with w as (update core.patients set name = 'x' returning 1) select count(*) from w")
            .as_deref(),
        Ok("1")
    );
    assert_eq!(
        attempt(&ours, "with w as (delete from core.patients returning 1) select count(*) from w").as_deref(),
        Ok("1")
    );
    assert_eq!(attempt(&ours, "insert into core.patients (email, country) values ('n', 'SN'); select count(*) from core.patients").as_deref(), Ok("3"));
    let another =
        format!("insert into core.patients (tenant_id, email, country) values ('{THEIRS}', 'n', 'SN')");
    for sql in [
        another.as_str(),
        "update core.patients set tenant_id = tenant_id",
        "truncate core.patients",
        "set role clinic_owner",
        "set role clinic_app",
        "select from acme_core.patients",
    ] {
        assert_eq!(attempt(&ours, sql), refused, "{sql}");
    }
    // What somebody adds by hand widens nothing.
    db.run("create policy by_hand on core.patients using (true) with check (true)").unwrap();
    assert_eq!(
        attempt(&ours, "with w as (delete from core.patients returning 1) select count(*) from w").as_deref(),
        Ok("1")
    );
    db.run("drop policy by_hand on core.patients").unwrap();
    let bypass = "select count(*) from pg_roles where rolbypassrls and rolname in ('clinic_support', 'clinic_operator')";
    assert_eq!(db.run(bypass).unwrap(), "0");

    // The others still see one tenant, and cannot become it.
    let mut web = db.session("clinic_web").expect("logs in");
    assert_eq!(query(&mut web, "select count(*) from core.patients").unwrap(), ["0"]);
    assert_eq!(query(&mut web, "set role clinic_operator").unwrap_err().0, "42501");
    let suite = project::text(&artifacts, "main/tests/tenancy.sql");
    let failed = |db: &Postgres| -> Vec<String> {
        let said = db.script(&suite).expect("the suite runs");
        said.lines().filter(|line| line.starts_with("not ok")).map(str::to_owned).collect()
    };
    assert_eq!(failed(&db), [""; 0]);
    db.run("grant clinic_operator to clinic_web").unwrap();
    assert!(failed(&db).iter().any(|line| line.contains("nobody else reads the rows of every tenant")));

    let acme = db.session("clinic_acme_support").expect("a tenant apart has a service of its own");
    drop(acme);
    let shown = project::text(&artifacts, "tenants/standard_tier_template.yml");
    assert!(shown.contains("services_across_tenants:\n- support"), "{shown}");
    assert!(!project::text(&artifacts, "tenants/acme/tier/security_config.yml").contains("across"));
}
