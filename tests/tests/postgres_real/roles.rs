//! The application may read and write rows, and nothing more.

use super::support::{installed, person, shop};
use polity_tests::project::build;

#[test]
fn a_service_can_do_its_work_and_no_harm() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    db.run("create role svc login in role shop_app").expect("a service");
    let mut service = db.session("svc").expect("logs in");
    let mut run = |sql: &str| {
        service
            .batch_execute(sql)
            .map_err(|e| e.as_db_error().map_or(String::new(), |e| e.code().code().to_owned()))
    };

    run(&person(&[])).expect("writes a person");
    run("update core.people set first = 'Binta'").expect("changes one");
    run("select id, balance from core.people").expect("reads");
    run("insert into core.purchases (buyer, amount) select id, 5 from core.people")
        .expect("through the parent");
    run("insert into core.booking (room, starts, ends) values ('a', '2026-01-01', '2026-01-03')")
        .expect("a sequence");
    run("insert into core.visit default values").expect("an identity");
    run("select * from figures.countries; select * from figures.rich").expect("views");
    run("insert into core.note (person, body) select id, 'x' from core.people").expect("appends");
    run("delete from core.booking").expect("deletes");

    for forbidden in [
        "truncate core.people cascade",
        "update core.people set id = gen_random_uuid()",
        "update core.people set created_at = now()",
        "update core.note set body = 'y'",
        "delete from core.note",
        "create table core.mine (n int)",
        "create table public.mine (n int)",
        "create temp table mine (n int)",
        "create schema mine",
        "alter table core.people drop column first",
        "drop table core.people",
        "create trigger t before insert on core.people for each row execute function polity.append_only()",
        "create table x (p uuid references core.people)",
        "select * from audit.trail",
        "select * from audit.trail_seals",
        "select * from audit.trail_parts",
        "update audit.trail set old = null",
        "delete from audit.trail_parts",
        "select audit.trail_seal()",
        "call audit.trail_seal_all()",
        "select * from audit.trail_open()",
        "select audit.trail_write('INSERT', 'x', '{}', '{}', '{}', null, null)",
        "select audit.trail_erase('x')",
        "select * from audit.trail_verify()",
        "select polity.create_partitions()",
        "call polity.retain()",
        "refresh materialized view figures.countries",
        "set role shop_owner",
        "set role shop_migrator",
        "select pg_terminate_backend(1)",
        "lock core.people in access exclusive mode",
    ] {
        match run(forbidden) {
            // To lock a table one needs the right to delete from it, which a service has (PostgreSQL's reference, LOCK).
            Ok(()) if forbidden.starts_with("lock") => {}
            Ok(()) => panic!("a service may `{forbidden}`"),
            Err(code) => assert!(["42501", "25P01", "3F000"].contains(&code.as_str()), "{forbidden}: {code}"),
        }
    }
    let partition = db
        .run(
            "select inhrelid::regclass from pg_inherits where inhparent = 'core.purchases'::regclass limit 1",
        )
        .expect("there is one");
    let mut service = db.session("svc").expect("logs in");
    assert!(service.batch_execute(&format!("select * from {partition}")).is_err(), "partitions are closed");
}

#[test]
fn the_scheduler_may_only_call_the_functions() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    let mut cron = db.session("shop_cron").expect("logs in");
    cron.batch_execute("select polity.create_partitions()").expect("creates");
    cron.batch_execute("call polity.retain()").expect("retains");
    cron.batch_execute("select polity.refresh_figures_countries()").expect("refreshes");
    for forbidden in [
        "select * from core.people",
        "delete from core.people",
        "select polity.drop_partition_past('core.purchases', interval '0')",
        "select polity.add_partition('core.purchases', 'x', 'y', 'at', 'timestamptz', 'a', 'b', '')",
    ] {
        assert!(cron.batch_execute(forbidden).is_err(), "the scheduler may `{forbidden}`");
    }
    assert_eq!(
        db.run("select count(*) from pg_roles where rolname = 'shop_owner' and rolcanlogin").expect("reads"),
        "0"
    );
}

/// The owner of everything is not the owner of the schema `public`, and gives rights on it all the same.
#[test]
fn a_service_reaches_an_entity_outside_of_a_schema() {
    let artifacts = build(
        "platform bare { environments: [dev] }
store main: postgres 15 { database: \"bare\" }
entity Note in main { id: uuid key; n: int }
service desk { read Note }
",
    );
    let Some(db) = installed(&artifacts, "bare") else { return };
    let mut desk = db.session("bare_desk").expect("logs in");
    desk.batch_execute("select id, n from public.note").expect("reads");
    let refused = desk.batch_execute("insert into public.note values (gen_random_uuid(), 1)");
    assert!(refused.is_err(), "it may not write");
}
