//! The trail records who changed what, holds no secret, and shows what was done to it.

use polity_tests::engines::Postgres;

use super::support::{installed, person, shop};

fn verified(db: &mut Postgres) -> String {
    db.run(
        "select string_agg(concat_ws(':', seq, entry, payload), ' ' order by seq) from audit.trail_verify()",
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
        db.run("select old ->> 'first', new ->> 'first', old ? 'last', new ? 'password' from audit.trail_payload where seq = 2")
            .expect("reads"),
        "Awa|Binta|f|f"
    );
    assert_eq!(
        db.run("select count(*) from audit.trail_payload where concat(old, new) ~ 'argon2id'")
            .expect("reads"),
        "0"
    );
    assert_eq!(verified(&mut db), "1:ok:ok 2:ok:ok 3:ok:ok");
}

#[test]
fn erased_values_leave_the_chain_whole() {
    let Some((mut db, id)) = with_entries() else { return };
    db.run(&person(&[])).expect("somebody else");
    let mut owner = db.session("shop_migrator").expect("logs in");
    let erased = owner.query_one("select audit.trail_erase($1)", &[&id]).expect("erases").get::<_, i64>(0);
    assert_eq!(erased, 3);
    assert_eq!(verified(&mut db), "1:ok:erased 2:ok:erased 3:ok:erased 4:ok:ok");
}

#[test]
fn tampering_shows() {
    let Some((mut db, _)) = with_entries() else { return };
    let mut after = |sql: &str| {
        db.run("begin").expect("begins");
        db.run(sql).expect("an owner can");
        let shown = verified(&mut db);
        db.run("rollback").expect("takes it back");
        shown
    };
    assert_eq!(
        after("update audit.trail_payload set new = '{}' where seq = 2"),
        "1:ok:ok 2:ok:TAMPERED 3:ok:ok"
    );
    assert_eq!(after("update audit.trail set actor = 'x' where seq = 2"), "1:ok:ok 2:TAMPERED:ok 3:ok:ok");
    assert_eq!(after("update audit.trail set login = 'x' where seq = 2"), "1:ok:ok 2:TAMPERED:ok 3:ok:ok");
    assert_eq!(after("delete from audit.trail where seq = 2"), "1:ok:ok 3:GAP:ok");
    assert_eq!(after("delete from audit.trail where seq = 3"), "1:ok:ok 2:ok:ok 3:MISSING");
}

/// The text that an entry's hash covers does not depend on how the writer's session shows values.
#[test]
fn the_writers_session_changes_nothing() {
    let Some((mut db, _)) = with_entries() else { return };
    db.run(
        "set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set intervalstyle = 'sql_standard'; set bytea_output = 'escape'",
    )
    .expect("sets");
    db.run(&person(&[])).expect("writes");
    assert_eq!(verified(&mut db), "1:ok:ok 2:ok:ok 3:ok:ok 4:ok:ok");
}

#[test]
fn a_reader_of_the_trail_reads_and_cannot_write() {
    let Some((mut db, _)) = with_entries() else { return };
    db.run("create role judge login in role shop_audit_reader").expect("a reader");
    let mut reader = db.session("judge").expect("logs in");
    reader.batch_execute("select * from audit.trail; select * from audit.trail_verify()").expect("reads");
    for forbidden in
        ["delete from audit.trail", "update audit.trail_payload set new = null", "select * from core.people"]
    {
        assert!(reader.batch_execute(forbidden).is_err(), "a reader may `{forbidden}`");
    }
}
