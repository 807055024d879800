//! The trail records who changed what, holds no secret, and shows what was done to it.

use polity_tests::engines::Postgres;

use super::support::{installed, person, shop};

fn verified(db: &mut Postgres) -> String {
    db.run(
        "select string_agg(concat_ws(':', verdict, entries), ' ' order by verdict) from audit.trail_verify()",
    )
    .expect("verifies")
}

fn with_entries() -> Option<(Postgres, String)> {
    let mut db = installed(&shop(), "shop")?;
    db.run("create role svc login in role shop_app").expect("a service");
    let mut service = db.session("svc").expect("logs in");
    service.batch_execute("set polity.actor = 'awa@desk-1'").expect("names the actor");
    service.batch_execute(&person(&[("first", "'Awa'")])).expect("writes");
    service
        .batch_execute("update core.people set first = 'Binta', password = '$argon2id$new'")
        .expect("changes");
    service.batch_execute("delete from core.people").expect("deletes");
    let id = db.run("select row_key ->> 'id' from audit.trail limit 1").expect("reads");
    assert_eq!(db.run("select audit.trail_seal()").expect("seals"), "3");
    Some((db, id))
}

#[test]
fn every_change_is_recorded_and_no_secret() {
    let Some((mut db, _)) = with_entries() else { return };
    assert_eq!(
        // Whoever logs in may say who acts for it, and not who it is.
        db.run("select seq, actor, login, operation, entity from audit.trail order by seq").expect("reads"),
        "1|awa@desk-1|svc|INSERT|core.people\n2|awa@desk-1|svc|UPDATE|core.people\n3|awa@desk-1|svc|DELETE|core.people"
    );
    assert_eq!(
        db.run("select fields from audit.trail where seq = 2").expect("reads"),
        "{first,full,password,updated_at,version}"
    );
    assert_eq!(
        db.run("select old ->> 'first', new ->> 'first', old ? 'last', new ? 'password' from audit.trail where seq = 2")
            .expect("reads"),
        "Awa|Binta|f|f"
    );
    assert_eq!(
        db.run("select count(*) from audit.trail where concat(old, new) ~ 'argon2id'").expect("reads"),
        "0"
    );
    assert_eq!(verified(&mut db), "ok:3");
}

#[test]
fn erased_values_leave_the_seals_whole() {
    let Some((mut db, id)) = with_entries() else { return };
    db.run(&person(&[])).expect("somebody else");
    let mut owner = db.session("shop_migrator").expect("logs in");
    let mut erase = |whom: &str| {
        owner.query_one("select audit.trail_erase($1)", &[&whom]).expect("erases").get::<_, i64>(0)
    };
    assert_eq!(erase(&format!("core.Person {id}")), 3);
    assert_eq!(erase(&id), 0, "they are gone");
    let left = "select count(*), count(salt), count(old), count(new), count(nullif(subjects, '{}')) from audit.trail";
    assert_eq!(db.run(left).expect("reads"), "4|1|0|1|1");
    db.run("select audit.trail_seal()").expect("seals");
    assert_eq!(verified(&mut db), "ok:4");
}

/// The text that a seal covers does not depend on how the writer's session shows values, nor on the judge's.
#[test]
fn no_session_changes_anything() {
    let Some((mut db, _)) = with_entries() else { return };
    db.run(
        "set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set intervalstyle = 'sql_standard'; set bytea_output = 'escape';
         set quote_all_identifiers = on; set extra_float_digits = -10",
    )
    .expect("sets");
    db.run(&person(&[])).expect("writes");
    assert_eq!(db.run("select distinct entity from audit.trail").expect("reads"), "core.people");
    let born = db.run("select new ->> 'born' from audit.trail order by seq desc limit 1").expect("reads");
    assert_eq!(born, "1990-05-01");
    assert_eq!(db.run("select audit.trail_seal()").expect("seals"), "1");
    assert_eq!(verified(&mut db), "ok:4");
}

#[test]
fn a_reader_of_the_trail_reads_and_cannot_write() {
    let Some((mut db, _)) = with_entries() else { return };
    db.run("create role judge login in role shop_audit_reader").expect("a reader");
    let mut reader = db.session("judge").expect("logs in");
    reader
        .batch_execute(
            "select * from audit.trail; select * from audit.trail_verify(); select * from audit.trail_open()",
        )
        .expect("reads");
    for forbidden in [
        "delete from audit.trail",
        "update audit.trail set new = null",
        "delete from audit.trail_seals",
        "select audit.trail_seal()",
        "select * from core.people",
    ] {
        assert!(reader.batch_execute(forbidden).is_err(), "a reader may `{forbidden}`");
    }
}
