//! The suite that is emitted for the user's own database: it passes where the guards stand, and fails where one does
//! not.

use polity_tests::project;

use super::support::{CLINIC, Clinics, clinics};

/// What pgTAP says, one line a test.
fn run(clinics: &Clinics) -> Vec<String> {
    let suite = project::text(&project::build(CLINIC), "main/tests/tenancy.sql");
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

#[test]
fn it_fails_where_a_guard_is_gone() {
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
        ("alter role clinic_app bypassrls", "bypass nothing"),
    ] {
        let Some(mut clinics) = clinics() else { return };
        clinics.db.run(damage).unwrap_or_else(|e| panic!("{damage}: {e}"));
        let lines = run(&clinics);
        let failed = failed(&lines);
        assert!(failed.iter().any(|line| line.contains(test)), "{damage}: {failed:#?}");
    }
}
