//! A tenant goes from shared tables into schemas of its own and on into a database; what runs on a schedule runs, a
//! tenant is erased, and the suite of attacks passes.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ADMINISTRATOR, Rented, run_as};
use crate::tenancy_attacks::promotion::{ALL, promote};
use crate::tenancy_attacks::schemas::{TIERS, in_schemas};
use crate::tenancy_attacks::support::{CLINIC, OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, rows};

const MIGRATOR: &str = "clinic_migrator";
const OWN_MIGRATOR: &str = "clinic_acme_migrator";

fn clinic(major: u32, tiers: &str) -> polity::artifact::Artifacts {
    project::build(&format!("{CLINIC}{tiers}").replace("postgres 15", &format!("postgres {major}")))
}

fn of(tenant: &str) -> String {
    ALL.replace("= 'T'", &format!("= '{tenant}'"))
}

fn shared(rented: &mut Rented, major: u32) -> Postgres {
    let mut db = rented.database();
    rented.install(&mut db, &clinic(major, TIERS), "main", MIGRATOR);
    db.script_as(MIGRATOR, &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    db.script_as(MIGRATOR, &rows(THEIRS, THEIR_PATIENT, "theirs")).expect("fills");
    let old = format!(
        "select polity.add_partition('core.visits', 'visits', '2024_01', 'at', 'timestamptz', '2024-01-01 00:00+00', '2024-02-01 00:00+00', '');
         insert into core.visits (tenant_id, at, note) values ('{OURS}', '2024-01-05 10:00Z', 'old');
         insert into core.visits (tenant_id, at, note) values ('{THEIRS}', '2024-01-05 10:00Z', 'old');"
    );
    db.script_as(MIGRATOR, &old).expect("fills an old partition");
    db.script_as("clinic_cron", "select audit.trail_seal()").expect("seals");
    db
}

fn goes_all_the_way_on(major: u32) {
    let Some(mut rented) = Rented::of(major) else { return };
    let mut db = shared(&mut rented, major);
    let (before, others) = (db.run(&of(OURS)).unwrap(), db.run(&of(THEIRS)).unwrap());
    assert!(before.lines().count() >= 7, "{before}");

    let artifacts = clinic(major, TIERS);
    rented.install(&mut db, &artifacts, "main/tenants/acme", MIGRATOR);
    let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
    for step in ["freeze", "copy"] {
        promote(&script, step, (&db, MIGRATOR), (&db, MIGRATOR)).unwrap_or_else(|e| panic!("{step}: {e}"));
    }
    assert_eq!(db.run(&in_schemas("acme_", &of(OURS))).unwrap(), before, "every row is there, as it was");
    promote(&script, "remove", (&db, MIGRATOR), (&db, MIGRATOR)).expect("removes");
    assert_eq!(db.run(&of(OURS)).unwrap(), "");
    assert_eq!(db.run(UNFORCED).unwrap(), "", "every table is closed again");

    let promoted = clinic(major, &TIERS.replace("acme: premium", "acme: enterprise"));
    let mut own = rented.database();
    rented.install(&mut own, &promoted, "main/tenants/acme", OWN_MIGRATOR);
    let script = project::text(&promoted, "main/tenants/acme/promote_from_premium.sh");
    for step in ["freeze", "copy", "thaw", "freeze", "copy"] {
        promote(&script, step, (&db, MIGRATOR), (&own, OWN_MIGRATOR))
            .unwrap_or_else(|e| panic!("{step}: {e}"));
    }
    assert_eq!(own.run(&of(OURS)).unwrap(), before);
    promote(&script, "remove", (&db, MIGRATOR), (&own, OWN_MIGRATOR)).expect("removes");
    assert_eq!(own.run(UNFORCED).unwrap(), "", "every table is closed again");
    assert_eq!(db.run("select nspname from pg_namespace where nspname like 'acme%'").unwrap(), "");
    assert_eq!(db.run(&of(THEIRS)).unwrap(), others);
    assert_eq!(own.run("select distinct verdict from audit.trail_verify()").unwrap(), "ok");
    assert_eq!(rented.asked, [""; 0], "btree_gist is trusted");
    drop(own);
    drop(db);
}

const UNFORCED: &str = "select oid::regclass from pg_class where relrowsecurity and not relforcerowsecurity";

#[test]
fn a_tenant_goes_all_the_way_on_15() {
    goes_all_the_way_on(15);
}

#[test]
fn a_tenant_goes_all_the_way_on_17() {
    goes_all_the_way_on(17);
}

/// Retention and erasure reach the rows of every tenant, and services those of one.
fn is_kept_and_erased_on(major: u32) {
    let Some(mut rented) = Rented::of(major) else { return };
    let mut db = shared(&mut rented, major);
    db.script_as(MIGRATOR, "insert into core.patients (tenant_id, email, country, deleted_at) select tenant_id, 'gone', 'SN', now() - interval '31 days' from core.patients")
        .expect("two that are over age");
    let count = "select count(*) from core.patients";
    assert_eq!(db.script_as(MIGRATOR, count).unwrap(), "4", "the migrator sees every row");
    run_as(&db, "clinic_cron", &clinic(major, TIERS), "main/maintenance.sql");
    assert_eq!(db.script_as(MIGRATOR, count).unwrap(), "2", "one of each was over age");
    assert_eq!(db.script_as(MIGRATOR, "select sum(people) from figures.countries_rows").unwrap(), "4");
    let partition = "select count(distinct tenant_id) from core.visits_2024_01";
    assert_eq!(db.script_as(MIGRATOR, partition).unwrap(), "2", "and what stands in a partition");
    assert_eq!(db.script_as(MIGRATOR, &format!("set role clinic_owner; {count}")).unwrap(), "0");
    db.script_as(ADMINISTRATOR, "create role web login in role clinic_app").expect("a service");
    let as_tenant = |sql: &str| db.script_as("web", &format!("begin; select polity.enter('{OURS}'); {sql}"));
    assert_eq!(as_tenant(count).unwrap(), "\n1");
    let refused = db.script_as("web", "delete from core.room").expect_err("no tenant is set");
    assert!(refused.contains("no tenant is set"), "{refused}");
    db.script_as("clinic_eraser", &format!("select polity.erase_tenant('{OURS}')")).expect("erases");
    assert_eq!(db.run(&of(OURS)).unwrap(), "");
    assert!(!db.run(&of(THEIRS)).unwrap().is_empty());
    drop(db);
}

#[test]
fn rows_of_every_tenant_are_kept_and_erased_on_15() {
    is_kept_and_erased_on(15);
}

#[test]
fn rows_of_every_tenant_are_kept_and_erased_on_17() {
    is_kept_and_erased_on(17);
}

/// pgTAP is there for 15 alone.
#[test]
fn the_suite_of_attacks_passes() {
    let Some(mut rented) = Rented::of(15) else { return };
    let db = shared(&mut rented, 15);
    let suite = project::text(&clinic(15, TIERS), "main/tests/tenancy.sql");
    let said = db.script_as(ADMINISTRATOR, &suite).expect("the suite runs");
    let failed: Vec<&str> = said.lines().filter(|line| line.starts_with("not ok")).collect();
    assert_eq!(failed, [""; 0]);
    assert!(said.lines().filter(|line| line.starts_with("ok ")).count() > 100, "{said}");
    // It tries the tables with rows of both, so the administrator sees them.
    assert!(said.contains("core.patients holds rows of another tenant"), "{said}");
    drop(db);
}
