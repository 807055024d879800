//! An entry of a change that an erasure or a retention makes holds no values, whoever has it carried out; and nobody can hide
//! a change of his own by saying that it is one of these.

use polity_tests::engines::Postgres;

use super::support::installed;

const AWA: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const BO: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// The operations of entries that hold a text.
fn held(db: &mut Postgres, text: &str) -> String {
    let held = format!(
        "select coalesce(string_agg(operation, ' ' order by seq), '') from audit.books where concat(old, new) like '%{text}%'"
    );
    db.run(&held).expect("reads")
}

fn booked(db: &mut Postgres, number: u32, id: &str) {
    db.run(&format!(
        "insert into core.people values ('{id}', 'awa') on conflict do nothing;
         insert into core.booked values ({number}, '{id}', 'bought')"
    ))
    .expect("fills");
}

#[test]
fn whoever_erases_no_value_is_written_once_more() {
    let erase = format!("select polity.erase_subject('{AWA}')");
    let in_batches = format!("call polity.erase_subject_in_batches('{AWA}')");
    let lifted =
        format!("select polity.hold('{AWA}', null, 'a lawsuit'); {erase}; select polity.lift('{AWA}')");
    let replayed = format!(
        "insert into polity.erasure_log (tenant, entity, subject) values ('', 'core.Person', '{AWA}'); select polity.replay_erasures()"
    );
    let as_owner = format!("set role shop_owner; {erase}");
    for (role, sql) in [
        ("shop_eraser", &erase),
        ("shop_eraser", &in_batches),
        ("shop_eraser", &lifted),
        ("shop_migrator", &erase),
        ("shop_migrator", &in_batches),
        ("shop_migrator", &as_owner),
        ("shop_migrator", &replayed),
        ("postgres", &erase),
    ] {
        let Some(mut db) = installed() else { return };
        booked(&mut db, 1, AWA);
        db.script_as(role, sql).unwrap_or_else(|e| panic!("{role}: {sql}: {e}"));
        assert_eq!(db.run("select count(*) from core.booked").expect("reads"), "0", "{role}: {sql}");
        assert_eq!(held(&mut db, "bought"), "INSERT", "{role}: {sql}");
        assert_eq!(db.run("select count(*) from polity.removing").expect("reads"), "0", "{role}: {sql}");
    }
}

/// A person may be erased in a transaction that then does something of its own.
#[test]
fn what_follows_an_erasure_in_its_transaction_is_told() {
    let Some(mut db) = installed() else { return };
    booked(&mut db, 1, AWA);
    booked(&mut db, 2, BO);
    let sql = format!(
        "begin; select polity.erase_subject('{AWA}'); set local polity.retain = 'on'; delete from core.booked where id = 2; commit"
    );
    db.script_as("shop_migrator", &sql).expect("both");
    assert_eq!(held(&mut db, "bought"), "INSERT INSERT DELETE");
    // One that failed leaves no mark either.
    booked(&mut db, 3, BO);
    let sql = "begin; savepoint a; select polity.begin_removing(); rollback to a; set local polity.retain = 'on'; delete from core.booked where id = 3; commit";
    db.script_as("shop_migrator", sql).expect("deletes");
    assert_eq!(held(&mut db, "bought"), "INSERT INSERT DELETE INSERT DELETE");
}

#[test]
fn a_service_cannot_hide_what_it_changes() {
    let Some(mut db) = installed() else { return };
    db.run("create role svc login in role shop_app").expect("a service");
    booked(&mut db, 1, AWA);
    let mut service = db.session("svc").expect("logs in");
    for attack in [
        "insert into polity.removing values (pg_current_xact_id())",
        "update polity.removing set xact = pg_current_xact_id()",
        "select * from polity.removing",
        "select polity.begin_removing()",
        "select polity.end_removing()",
        "alter function polity.is_removing() stable",
        "create or replace function polity.is_removing() returns boolean language sql return true",
    ] {
        let refused = service.batch_execute(attack).expect_err(attack);
        assert_eq!(refused.code().map(|code| code.code()), Some("42501"), "{attack}: {refused:?}");
    }
    let shadowed =
        "create temp table removing (xact xid8); insert into removing values (pg_current_xact_id())";
    let _refused_where_there_are_no_temporary_tables = service.batch_execute(shadowed);
    service
        .batch_execute("set search_path = pg_temp; set polity.retain = 'on'; update core.booked set name = 'other' where id = 1")
        .expect("changes");
    assert_eq!(held(&mut db, "bought"), "INSERT UPDATE");
    service.batch_execute("delete from core.booked where id = 1").expect("deletes");
    assert_eq!(held(&mut db, "other"), "UPDATE DELETE");
}
