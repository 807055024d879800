//! Whatever works for every tenant proves that no row is hidden from it: where one is, it refuses, and does not find less.

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ADMINISTRATOR, Rented};
use crate::tenancy_attacks::promotion::promote;
use crate::tenancy_attacks::schemas::{TIERS, install};
use crate::tenancy_attacks::support::{CLINIC, OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, rows};

const MIGRATOR: &str = "clinic_migrator";

fn clinic() -> Option<(Artifacts, Postgres)> {
    let artifacts = project::build(&format!("{CLINIC}{TIERS}"));
    let db = Postgres::server()?;
    for folder in ["main", "main/tenants/acme", "main/tenants/beta"] {
        install(&db, &artifacts, folder);
    }
    db.script_as(MIGRATOR, &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    db.script_as(MIGRATOR, &rows(THEIRS, THEIR_PATIENT, "theirs")).expect("fills");
    Some((artifacts, db))
}

/// Ways to hide rows, each with the table, and how it is mended.
const HIDING: &[(&str, &str, &str)] = &[
    ("drop policy every_row on core.patients", "core.patients", EVERY),
    ("alter policy every_row on core.patients using (deleted_at is null)", "core.patients", EVERY),
    ("alter policy every_row on core.patients with check (name is null)", "core.patients", EVERY),
    ("alter policy every_row on core.patients to clinic_eraser", "core.patients", EVERY),
    (
        "drop policy every_row on core.patients; create policy every_row on core.patients for select to clinic_maintenance using (true)",
        "core.patients",
        EVERY,
    ),
    (
        "create policy narrow on core.patients as restrictive using (true)",
        "core.patients",
        "drop policy narrow on core.patients",
    ),
    (
        "drop policy every_row on core.room_new",
        "core.room_new",
        "create policy every_row on core.room_new to clinic_maintenance using (true) with check (true)",
    ),
    (
        "drop policy every_row on acme_core.patients",
        "acme_core.patients",
        "create policy every_row on acme_core.patients to clinic_maintenance using (true) with check (true)",
    ),
    (
        "drop policy every_row on polity.frozen",
        "polity.frozen",
        "create policy every_row on polity.frozen to clinic_maintenance using (true) with check (true)",
    ),
];

const EVERY: &str = "drop policy if exists every_row on core.patients;
    create policy every_row on core.patients to clinic_maintenance using (true) with check (true)";

#[test]
fn nothing_goes_on_where_a_row_is_hidden() {
    let Some((artifacts, mut db)) = clinic() else { return };
    let calls = [
        ("clinic_cron", "call polity.retain()".to_owned()),
        ("clinic_cron", "select polity.create_partitions()".to_owned()),
        ("clinic_cron", "select polity.refresh_figures_countries()".to_owned()),
        (
            "clinic_eraser",
            format!("select polity.erase_tenant('{}')", "dddddddd-0000-4000-8000-000000000004"),
        ),
        ("clinic_eraser", "select polity.replay_erasures()".to_owned()),
        (MIGRATOR, "select polity.require_every_row()".to_owned()),
        (MIGRATOR, project::text(&artifacts, "main/migrations/U0001__initial.sql")),
        ("postgres", project::text(&artifacts, "main/tenants/beta/offboard.sql")),
    ];
    let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
    let before = db.run(COUNTS).expect("counts");
    for (damage, table, mended) in HIDING {
        db.run(damage).unwrap_or_else(|e| panic!("{damage}: {e}"));
        for (role, call) in &calls {
            let said = db.script_as(role, call).expect_err(damage);
            assert!(
                said.contains("42501") && said.contains(&format!("every row of {table}")),
                "{damage}: {said}"
            );
        }
        for step in ["freeze", "copy", "thaw", "remove"] {
            let said = promote(&script, step, (&db, MIGRATOR), (&db, MIGRATOR)).expect_err(damage);
            assert!(said.contains(&format!("every row of {table}")), "{step}: {damage}: {said}");
        }
        assert_eq!(db.run(COUNTS).expect("counts"), before, "{damage}");
        db.run(mended).unwrap_or_else(|e| panic!("{mended}: {e}"));
        for (role, call) in &calls[..6] {
            db.script_as(role, call).unwrap_or_else(|e| panic!("after {mended}: {call}: {e}"));
        }
    }
    // A trail is erased by the role that writes it.
    db.run("alter policy auditor on audit.trail using (false)").expect("hides");
    let erase = format!("select audit.trail_erase('{OUR_PATIENT}', '{OURS}')");
    let said =
        db.script_as(MIGRATOR, &format!("set role clinic_owner; {erase}")).expect_err("it would find none");
    assert!(said.contains("clinic_auditor does not see every row of audit.trail"), "{said}");
    db.run("alter policy auditor on audit.trail using (true)").expect("shows");
    db.script_as(MIGRATOR, &format!("set role clinic_owner; {erase}")).expect("erases");
    // Nor where the migrator is no member of maintenance any more.
    db.run("revoke clinic_maintenance from clinic_migrator").expect("revokes");
    let said = promote(&script, "freeze", (&db, MIGRATOR), (&db, MIGRATOR)).expect_err("it sees nothing");
    assert!(said.contains("every row of"), "{said}");
}

const COUNTS: &str = "select (select count(*) from core.patients), (select count(*) from core.visits), (select count(*) from audit.trail),
    (select count(*) from polity.frozen), (select count(*) from pg_class where relrowsecurity)";

/// A partition that is made ahead is closed to all but maintenance, which reads it by itself.
#[test]
fn partitions_that_are_made_ahead_show_maintenance_every_row() {
    let Some(mut rented) = Rented::of(17) else { return };
    let artifacts = project::build(&format!("{CLINIC}{TIERS}").replace("postgres 15", "postgres 17"));
    let mut db = rented.database();
    rented.install(&mut db, &artifacts, "main", MIGRATOR);
    db.script_as(MIGRATOR, &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    db.script_as(ADMINISTRATOR, "create role web login in role clinic_app").expect("a service");
    let partition = db.run("select tableoid::regclass from core.visits limit 1").expect("there is one");
    let count = format!("select count(*) from {partition}");
    assert_eq!(db.script_as(MIGRATOR, &count).unwrap(), "1");
    assert_eq!(db.script_as(MIGRATOR, &format!("set role clinic_owner; {count}")).unwrap(), "0");
    assert!(db.script_as("web", &count).unwrap_err().contains("permission denied"));
    drop(db);
}
