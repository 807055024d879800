//! A service writes rows, and the outbox follows: it cannot read what is in it, forge an entry or suppress one.

use super::support::{ANA, SHOP, installed, taken};

#[test]
fn no_service_reads_forges_or_takes_away_an_entry() {
    let Some(mut db) = installed(SHOP) else { return };
    let mut web = db.session("shop_web").expect("logs in");
    web.batch_execute(&format!("insert into core.people values ('{ANA}', 'Ana')")).expect("writes");
    for refused in [
        "select from polity.outbox",
        "select from polity.outbox_waiting()",
        "select polity.encode_segment('a')",
        "insert into polity.outbox (at, target, operation, subjects, message) values (now(), 'x', 'INSERT', '{}', '{}')",
        "update polity.outbox set message = '{}'",
        "delete from polity.outbox",
        "truncate polity.outbox",
        "do $$ begin lock table polity.outbox; end $$",
        "alter table core.people disable trigger user",
        "alter table core.people disable trigger zz_publish_update",
        "drop trigger zz_publish_update on core.people",
        "create trigger mine after insert on core.people for each statement execute function polity.publish_core_people()",
        "set session_replication_role = replica",
        "set role shop_relay",
        "set role shop_auditor",
        // It would leave rows without a message.
        "truncate core.people",
        "copy core.people (id) from program 'true'",
    ] {
        let error = web.batch_execute(refused).expect_err(refused);
        assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{refused}: {error}");
    }
    let entries = taken(&mut db);
    assert_eq!(entries.lines().count(), 1, "{entries}");
}

#[test]
fn no_setting_of_a_session_changes_a_message() {
    let Some(mut db) = installed(SHOP) else { return };
    let write = "insert into core.things (id, at, \"from\", long, raw, ratio) \
        values ('a:\\', '2027-01-31T10:00:00Z', '10.0.0.1', interval '1 day 1 second', decode('ff5c', 'hex'), 0.1::float8 + 0.2::float8)";
    db.run(write).expect("writes");
    let plain = taken(&mut db);
    db.run("delete from core.things").expect("empties");
    let hostile = "set TimeZone = 'Asia/Tokyo'; set DateStyle = 'German, DMY'; set IntervalStyle = 'sql_standard';
        set bytea_output = 'escape'; set extra_float_digits = -5; set search_path = pg_temp, core;
        set quote_all_identifiers = on; set polity.retain = 'on'; set polity.actor = 'x'; set xmlbinary = 'hex';
        set row_security = off; set lc_numeric = 'C'; set array_nulls = off;
        create temp table outbox (at timestamptz, target text, operation text, subjects text[], message jsonb);
        create function pg_temp.encode_segment(text) returns text language sql as 'select ''mine''';
        create function pg_temp.jsonb_build_object(text, uuid) returns jsonb language sql as 'select null::jsonb'";
    let grant = format!("grant temporary on database \"{}\" to shop_web", db.name());
    db.run(&grant).expect("grants");
    let mut web = db.session("shop_web").expect("logs in");
    web.batch_execute(hostile).expect("sets");
    web.batch_execute("set standard_conforming_strings = off").expect("sets");
    web.batch_execute(&write.replace('\\', "\\\\")).expect("writes");
    assert_eq!(taken(&mut db), plain);
    // Saying that one carries retention out hides nothing.
    web.batch_execute(&format!("insert into core.people values ('{ANA}', 'Ana')")).expect("writes");
    let entries = taken(&mut db);
    assert!(entries.contains("Ana") && entries.contains(&format!("core.Person {ANA}")), "{entries}");
}

#[test]
fn the_relay_takes_entries_and_does_nothing_else() {
    let Some(mut db) = installed(SHOP) else { return };
    db.run(&format!("insert into core.people values ('{ANA}', 'Ana')")).expect("writes");
    let mut relay = db.session("shop_relay").expect("logs in");
    for refused in [
        "select from core.people",
        "update polity.outbox set message = '{}'",
        "insert into polity.outbox (at, target, operation, subjects, message) values (now(), 'x', 'INSERT', '{}', '{}')",
        "truncate polity.outbox",
        "set role shop_auditor",
        "call polity.retain()",
    ] {
        let error = relay.batch_execute(refused).expect_err(refused);
        assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{refused}: {error}");
    }
    let waiting = "select entries, since is not null from polity.outbox_waiting()";
    assert_eq!(db.run(waiting).expect("reads"), "1|t");
    relay
        .batch_execute(
            "begin; select pg_advisory_xact_lock(hashtextextended('polity.outbox', 0));
             select id, target, message from polity.outbox order by id limit 100; delete from polity.outbox; commit",
        )
        .expect("takes");
    assert_eq!(db.run(waiting).expect("reads"), "0|f");
}
