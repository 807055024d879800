//! The seal of `copy` covers all that `remove` takes away: nothing goes that did not arrive, or changed since.

use super::promotion::{ALL, Move, moving, told};
use super::support::{OURS, THEIRS};

pub fn of(tenant: &str) -> String {
    ALL.replace('T', tenant)
}

pub fn steps(moving: &mut Move, steps: &[&str]) {
    for step in steps {
        moving.run(step).unwrap_or_else(|e| panic!("{step}: {e}"));
    }
}

/// A step that must be refused: it says why, and every row stays where it is, in both places.
fn refused(moving: &mut Move, step: &str, why: &str) {
    let all =
        |moving: &mut Move| [moving.shared.run(&of(OURS)).unwrap(), moving.own().run(&of(OURS)).unwrap()];
    let before = all(moving);
    let said = moving.run(step).expect_err("it must be refused");
    assert!(said.contains(why), "{step}: {said}");
    assert_eq!(all(moving), before, "{step}");
    assert!(before[0].lines().count() >= 9, "{before:?}");
}

/// Whatever arrives there is spoiled, so that no copy is what it was made of.
const SPOIL: &str = "create function public.spoil() returns trigger language plpgsql as $$ begin new.note := 'x'; return new; end $$;
    create trigger spoil before insert on core.visits for each row execute function public.spoil()";

#[test]
fn a_copy_that_failed_lets_nothing_be_removed_and_may_be_made_again() {
    let Some(mut moving) = moving() else { return };
    refused(&mut moving, "remove", "the tenant is not frozen");
    steps(&mut moving, &["freeze"]);
    refused(&mut moving, "remove", "no seal of a copy that arrived");
    moving.own().run(SPOIL).unwrap();
    refused(&mut moving, "copy", "not everything arrived: core.visits");
    refused(&mut moving, "remove", "no seal of a copy that arrived");
    moving.own().run("drop trigger spoil on core.visits").unwrap();
    let before = moving.shared.run(&of(OURS)).unwrap();
    steps(&mut moving, &["copy", "remove"]);
    assert_eq!(moving.own().run(&of(OURS)).unwrap(), before);
    assert_eq!(moving.shared.run(&of(OURS)).unwrap(), "");
}

#[test]
fn a_seal_does_not_outlive_a_thaw() {
    let Some(mut moving) = moving() else { return };
    let theirs = moving.shared.run(&of(THEIRS)).unwrap();
    steps(&mut moving, &["freeze", "copy", "thaw"]);
    assert_eq!(moving.own().run(&of(OURS)).unwrap(), "", "what is given up is taken back");
    let late =
        format!("insert into core.patients (tenant_id, email, country) values ('{OURS}', 'late', 'SN')");
    moving.shared.run(&late).unwrap();
    refused(&mut moving, "remove", "the tenant is not frozen");
    steps(&mut moving, &["freeze"]);
    refused(&mut moving, "remove", "no seal of a copy that arrived");
    let before = moving.shared.run(&of(OURS)).unwrap();
    steps(&mut moving, &["copy", "remove"]);
    assert_eq!(moving.own().run(&of(OURS)).unwrap(), before);
    assert_eq!(moving.shared.run(&of(OURS)).unwrap(), "");
    assert_eq!(moving.shared.run(&of(THEIRS)).unwrap(), theirs);
}

#[test]
fn a_second_copy_is_refused_and_the_first_one_stays_good() {
    let Some(mut moving) = moving() else { return };
    steps(&mut moving, &["freeze", "copy"]);
    for _ in 0..2 {
        refused(&mut moving, "copy", "the tenant is copied there already");
    }
    let before = moving.shared.run(&of(OURS)).unwrap();
    steps(&mut moving, &["remove", "remove"]);
    assert_eq!(moving.own().run(&of(OURS)).unwrap(), before);
    for (step, why) in [
        ("freeze", "the tenant has left this place"),
        ("copy", "freeze the tenant first"),
        ("thaw", "the tenant has left this place"),
    ] {
        let said = moving.run(step).expect_err("it is over");
        assert!(said.contains(why), "{step}: {said}");
    }
    assert_eq!(moving.own().run(&of(OURS)).unwrap(), before);
}

#[test]
fn rows_that_stand_in_the_new_place_are_not_copied_over() {
    let Some(mut moving) = moving() else { return };
    moving.own().run(&format!("insert into core.booking (tenant_id, room, starts, ends) values ('{OURS}', 'b', '2026-01-01', '2026-01-02')")).unwrap();
    steps(&mut moving, &["freeze"]);
    refused(&mut moving, "copy", "there are rows already in core.booking");
    refused(&mut moving, "remove", "no seal of a copy that arrived");
    steps(&mut moving, &["thaw"]);
    assert_eq!(moving.own().run("select count(*) from core.booking").unwrap(), "1", "it is nobody's copy");
}

/// The freeze holds services; an administrator passes it. Each kind of change is found, in each kind of table.
#[test]
fn what_changed_after_the_copy_is_not_removed() {
    let Some(mut moving) = moving() else { return };
    steps(&mut moving, &["freeze", "copy"]);
    let patient = "select id from core.patients where email = 'second'";
    for (change, table) in [
        (
            format!("insert into core.log (tenant_id, patient, body) values ('{OURS}', ({patient}), 'late')"),
            "core.log (2 rows, copied 1)",
        ),
        (
            format!("update core.booking set room = 'c' where tenant_id = '{OURS}'"),
            "core.booking (1 rows, copied 1)",
        ),
        (format!("delete from core.booking where tenant_id = '{OURS}'"), "core.booking (0 rows, copied 1)"),
        (
            format!("update core.visits set at = at + interval '1 day' where tenant_id = '{OURS}'"),
            "core.visits",
        ),
        (format!("update audit.trail set actor = 'x' where tenant_id = '{OURS}'"), "audit.trail"),
        (format!("update audit.trail set old = '1' where tenant_id = '{OURS}'"), "audit.trail"),
    ] {
        moving.shared.run(&format!("begin; set local session_replication_role = replica; {change}")).unwrap();
        moving.shared.run("commit").unwrap();
        let said = moving.run("remove").expect_err("it changed");
        assert!(
            said.contains("it is not what was copied any more") && said.contains(table),
            "{change}: {said}"
        );
        // Begun anew, it arrives as it now is.
        steps(&mut moving, &["thaw", "freeze", "copy"]);
        assert_eq!(moving.own().run(&of(OURS)).unwrap(), moving.shared.run(&of(OURS)).unwrap(), "{change}");
    }
    steps(&mut moving, &["remove"]);
    assert_eq!(moving.shared.run(&of(OURS)).unwrap(), "");
}

#[test]
fn nothing_is_removed_that_the_new_place_has_lost_unless_it_is_told() {
    let Some(mut moving) = moving() else { return };
    steps(&mut moving, &["freeze", "copy"]);
    // What services write there is no loss.
    moving
        .own()
        .run("update core.patients set name = 'z'; insert into core.visits default values")
        .unwrap_err();
    moving
        .own()
        .run(&format!(
            "update core.patients set name = 'z'; insert into core.visits (tenant_id) values ('{OURS}')"
        ))
        .unwrap();
    moving.own().run("delete from core.booking").unwrap();
    let said = moving.run("remove").expect_err("something is gone there");
    assert!(
        said.contains("less is in the new place") && said.contains("core.booking (0 rows, copied 1)"),
        "{said}"
    );
    assert!(moving.run("thaw").unwrap_err().contains("the copy has changed since"), "clients work there");
    assert_eq!(moving.shared.run("select state from polity.frozen").unwrap(), "thawing");
    assert!(moving.run("remove").unwrap_err().contains("a thaw was begun"));
    moving.shared.run("update polity.frozen set state = 'frozen'").unwrap();
    told(moving.step("remove").with("MAY_LOSE", "on").command().output().unwrap()).expect("removes");
    assert_eq!(moving.shared.run(&of(OURS)).unwrap(), "");
    assert_eq!(moving.own().run("select count(*) from polity.seal").unwrap(), "0");
}

#[test]
fn nothing_is_removed_where_the_new_place_cannot_be_asked_or_is_another() {
    let Some(mut moving) = moving() else { return };
    steps(&mut moving, &["freeze", "copy"]);
    let before = moving.shared.run(&of(OURS)).unwrap();
    let (_, elsewhere) = moving.shared.for_scripts("clinic_migrator").unwrap();
    for (to, why) in [
        ("host=/nowhere dbname=x", "connection to server"),
        ("", "TO"),
        (&format!("{elsewhere} dbname=template1"), "schema \"polity\" does not exist"),
        (&elsewhere, "no seal of a copy that arrived"),
    ] {
        let said =
            told(moving.step("remove").with("TO", to).command().output().unwrap()).expect_err("not there");
        assert!(said.contains(why), "{to}: {said}");
        assert_eq!(moving.shared.run(&of(OURS)).unwrap(), before, "{to}");
    }
    // A thaw needs it too, or to be told that it is no more.
    let thaw = |moving: &Move, to: &str| told(moving.step("thaw").with("TO", to).command().output().unwrap());
    assert!(thaw(&moving, "host=/nowhere dbname=x").is_err());
    assert_eq!(moving.shared.run("select count(*) from polity.frozen").unwrap(), "1");
    thaw(&moving, "").expect("thaws");
    assert_eq!(
        moving
            .shared
            .run("select (select count(*) from polity.frozen), (select count(*) from polity.seal)")
            .unwrap(),
        "0|0"
    );
    assert!(moving.run("remove").unwrap_err().contains("the tenant is not frozen"));
}

/// Days pass between copy and remove, in which retention goes on: for the others where it was, and for all in the new place.
#[test]
fn retention_waits_for_the_frozen_but_for_whole_partitions() {
    let Some(mut moving) = moving() else { return };
    moving
        .shared
        .run(&format!(
            "update core.patients set deleted_at = now() - interval '31 days' where email in ('second', 'theirs@example.org');
             select polity.add_partition('core.visits', 'visits', '2019_01', 'at', 'timestamptz', '2019-01-01 00:00+00', '2019-02-01 00:00+00', '');
             insert into core.visits (tenant_id, at, note) values ('{OURS}', '2019-01-05', 'old'), ('{THEIRS}', '2019-01-05', 'old')"
        ))
        .unwrap();
    steps(&mut moving, &["freeze", "copy"]);
    moving.shared.run("delete from core.log where body = 'theirs'").unwrap_err();
    moving.shared.run("call polity.retain()").unwrap();
    moving.own().run("call polity.retain()").unwrap();
    let due = "select (select count(*) from core.patients where deleted_at is not null), (select count(*) from core.visits where at < '2020-01-01')";
    assert_eq!(
        moving.shared.run(due).unwrap(),
        "1|0",
        "the frozen one's waits, and a partition is everybody's"
    );
    assert_eq!(moving.own().run(due).unwrap(), "0|0");
    steps(&mut moving, &["remove"]);
    assert_eq!(moving.shared.run(&of(OURS)).unwrap(), "");
}

#[test]
fn both_shells_do_the_same() {
    for shell in ["dash", "bash"] {
        let Some(mut moving) = moving() else { return };
        let run = |moving: &Move, step: &'static str| {
            let mut step = moving.step(step);
            step.shell = shell;
            told(step.command().output().expect("both are installed"))
        };
        assert!(run(&moving, "").unwrap_err().contains("usage"));
        assert!(run(&moving, "remove").is_err(), "{shell}");
        assert!(run(&moving, "copy").unwrap_err().contains("nothing was copied"), "{shell}");
        for step in ["freeze", "freeze", "copy", "thaw", "thaw", "freeze"] {
            run(&moving, step).unwrap_or_else(|e| panic!("{shell} {step}: {e}"));
        }
        moving.own().run(SPOIL).unwrap();
        assert!(run(&moving, "copy").unwrap_err().contains("not everything arrived"), "{shell}");
        assert!(run(&moving, "remove").unwrap_err().contains("no seal"), "{shell}");
        moving.own().run("drop trigger spoil on core.visits").unwrap();
        run(&moving, "copy").expect("copies");
        assert!(run(&moving, "copy").is_err(), "{shell}");
        let before = moving.shared.run(&of(OURS)).unwrap();
        run(&moving, "remove").expect("removes");
        assert_eq!(moving.own().run(&of(OURS)).unwrap(), before, "{shell}");
        assert_eq!(moving.shared.run(&of(OURS)).unwrap(), "", "{shell}");
    }
}
