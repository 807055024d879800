//! The suite that is emitted for the user's own database: it passes where the guards stand, and fails where one does
//! not.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{CLINIC, Clinics, OUR_PATIENT, OURS, clinics, installed, rows};

/// The lines that pgTAP prints, one for each test.
fn run(clinics: &Clinics) -> Vec<String> {
    run_after(clinics, "")
}

/// The lines that pgTAP prints after the statements `damage`, which the suite undoes with all else.
fn run_after(clinics: &Clinics, damage: &str) -> Vec<String> {
    let suite = project::text(&project::build(CLINIC), "main/tests/tenancy.sql");
    let (before, after) = suite.split_once("\nBEGIN;\n").expect("it is one transaction");
    let suite = format!("{before}\nBEGIN;\n{damage};\n{after}");
    let said = clinics.db.script(&suite).expect("the suite runs");
    said.lines().map(str::to_owned).collect()
}

fn failed(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).filter(|line| line.starts_with("not ok")).collect()
}

#[test]
fn it_passes_on_what_was_emitted() {
    let Some(mut clinics) = clinics() else { return };
    let before = clinics.of_theirs();
    let lines = run(&clinics);
    assert_eq!(failed(&lines), [""; 0]);
    let passed = lines.iter().filter(|line| line.starts_with("ok ")).count();
    assert!(passed > 50, "{}", lines.join("\n"));
    assert_eq!(clinics.of_theirs(), before, "nothing of it remains");
}

/// Where there is nothing to try it with it says so, instead of passing.
#[test]
fn it_says_what_it_has_not_tried() {
    let Some(db) = installed(&project::build(CLINIC)) else { return };
    let suite = project::text(&project::build(CLINIC), "main/tests/tenancy.sql");
    let said = |db: &Postgres| -> Vec<String> {
        db.script(&suite).expect("the suite runs").lines().map(str::to_owned).collect()
    };
    let lines = said(&db);
    assert_eq!(failed(&lines), [""; 0]);
    let skips =
        |lines: &[String], what: &str| lines.iter().any(|line| line.contains("SKIP") && line.contains(what));
    assert!(skips(&lines, "there are rows of 0 tenants"), "{}", lines.join("\n"));
    assert!(skips(&lines, "core.patients holds no row of another tenant"), "{}", lines.join("\n"));
    db.script_as("clinic_migrator", &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    assert!(skips(&said(&db), "there are rows of 1 tenants"));
}

#[test]
fn it_fails_where_a_guard_is_gone() {
    let Some(clinics) = clinics() else { return };
    for (damage, test) in [
        ("drop policy tenant_guard on core.patients", "has the restrictive guard"),
        ("alter table core.visits disable row level security", "reads its rows and no others"),
        ("alter table core.booking no force row level security", "every table and every partition"),
        ("grant select on core.room_new to clinic_app", "partitions are closed"),
        ("drop trigger aa_require_tenant on core.visits", "and nothing to write"),
        ("grant update on core.room to clinic_app", "do not write whose"),
        (
            "grant truncate on core.log to clinic_app; alter table core.log disable trigger append_only",
            "is not emptied",
        ),
        ("alter table core.patients add constraint by_hand unique (email)", "every unique constraint"),
        ("alter function polity.current_tenant() immutable", "never folded"),
        ("grant clinic_owner to clinic_app", "become a role"),
        ("alter role clinic_app bypassrls", "bypasses anything"),
        ("alter role clinic_cron createrole", "bypasses anything"),
        ("create role mine bypassrls in role clinic_app", "bypasses anything"),
        ("drop policy every_row on core.booking", "the migrator sees every row"),
        (
            "create policy mine on core.room_new to clinic_app using (true)",
            "partitions are closed to all but maintenance",
        ),
        // A view said again by the migrator, who sees every row, or without whose sight it has.
        (
            "drop view core.names; create view core.names as select id, name from core.patients;
             alter view core.names owner to clinic_migrator; grant select on core.names to clinic_app",
            "core.names shows a tenant what its tables do",
        ),
        ("alter view core.names reset (security_invoker)", "core.names is judged by policies"),
        ("alter view figures.busy owner to clinic_migrator", "figures.busy shows a tenant what its tables do"),
        ("grant select on figures.countries_rows to clinic_app", "its stored rows are open to no service"),
        (
            "create or replace view figures.countries as select * from figures.countries_rows",
            "figures.countries is judged",
        ),
        ("drop rule no_merge on core.patients", "core.patients: MERGE counts nobody"),
        ("alter table core.patients no force row level security; alter table core.patients disable row level security", "core.patients: COPY FROM is refused"),
        ("grant pg_execute_server_program to clinic_app", "nor is it copied to a program"),
        ("create unique index by_hand on core.patients (email)", "core.patients: nothing unique tells"),
        (
            "create unique index by_hand on core.patients (email)",
            "core.patients: nothing unique tells of another tenant's rows, to who writes ON CONFLICT neither",
        ),
        (
            "alter table core.patients add constraint by_hand unique (id);
             alter table core.log drop constraint log_tenant_id_patient_fkey,
                 add constraint by_hand foreign key (patient) references core.patients (id)",
            "core.log refers to core.patients by tenant_id, patient: to a row of another tenant is to nothing",
        ),
        (
            "create policy mine on core.patients to clinic_app using (true); drop policy tenant_guard on core.patients;
             create policy mine on core.log to clinic_app using (true); drop policy tenant_guard on core.log",
            "core.log refers to core.patients by tenant_id, patient: a join finds",
        ),
        (
            "create function core.tell() returns trigger language plpgsql as $$ begin
                 raise exception 'bbbbbbbb-0000-4000-8000-000000000002 has it'; end $$;
             grant execute on function core.tell() to clinic_app;
             create trigger tell before insert on core.room for each row execute function core.tell()",
            "core.room: nor does an error name another tenant",
        ),
        (
            "create or replace function polity.current_tenant() returns uuid language sql stable
                 as $$ select 'bbbbbbbb-0000-4000-8000-000000000002'::uuid $$",
            "core.patients: nor with a setting that is no tenant",
        ),
        ("alter function polity.current_tenant() immutable", "core.patients: a prepared statement forgets"),
        ("create sequence core.drawn; grant select on sequence core.drawn to clinic_app", "reads or sets a sequence"),
        (
            "grant update (tenant_id) on core.patients to clinic_app; drop policy tenant_guard on core.patients;
             drop policy tenant on core.patients; create policy tenant on core.patients to clinic_app using (true)",
            "core.patients: nor does the right to it move a row",
        ),
    ] {
        let lines = run_after(&clinics, damage);
        let failed = failed(&lines);
        assert!(failed.iter().any(|line| line.contains(test)), "{damage}: {failed:#?}");
    }
    assert_eq!(failed(&run(&clinics)), [""; 0], "all of it was undone");
}
