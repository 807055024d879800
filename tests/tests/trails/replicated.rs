//! A trail where its server is replicated: a standby that is promoted goes on with it, and a subscriber can judge what it was
//! sent.

use std::time::{Duration, Instant};

use polity_tests::engines::Postgres;

use super::support::{install, installed_with, judged, seal, shop};

const SETTINGS: &[&str] = &["max_prepared_transactions=4", "max_connections=50", "wal_level=logical"];

fn with_rows(count: u32) -> Option<Postgres> {
    let mut db = installed_with(SETTINGS)?;
    db.run(&format!("insert into core.rows (id) select generate_series(1, {count})")).expect("rows");
    Some(db)
}

/// Waits until a query says so.
fn until(db: &mut Postgres, sql: &str, said: &str) {
    let begin = Instant::now();
    loop {
        let now = db.run(sql).expect("reads");
        if now == said {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{sql}: {now}, not {said}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until a standby has all that its primary wrote.
fn caught_up(db: &mut Postgres, standby: &mut Postgres) {
    let end = db.run("select pg_current_wal_flush_lsn()").expect("reads");
    until(standby, &format!("select pg_last_wal_replay_lsn() >= '{end}'"), "t");
}

fn promote(db: Postgres, standby: &mut Postgres) {
    drop(db);
    standby.run("select pg_promote()").expect("promotes");
    until(standby, "select pg_is_in_recovery()", "f");
}

fn hash(db: &mut Postgres, number: u32) -> String {
    db.run(&format!("select encode(hash, 'hex') from audit.trail_seals where number = {number}"))
        .expect("reads")
}

#[test]
fn a_promoted_standby_goes_on_with_the_trail() {
    let Some(mut db) = with_rows(40) else { return };
    seal(&mut db);
    db.run("update core.rows set n = 1 where id <= 7").expect("changes");
    let Some(mut standby) = db.standby(SETTINGS) else { return };
    // One is prepared, and one is lost on its way.
    db.run("begin").expect("begins");
    db.run("update core.rows set n = 2 where id = 30").expect("changes");
    db.run("prepare transaction 'later'").expect("prepares");
    let mut lost = db.session("postgres").expect("logs in");
    lost.batch_execute("begin; update core.rows set n = 3 where id = 31").expect("changes");
    caught_up(&mut db, &mut standby);
    assert_eq!(judged(&mut standby), "ok 40, open 7", "a standby judges as well");
    let (before, refused) = (hash(&mut db, 1), standby.run("select audit.trail_seal()"));
    assert_eq!(refused.expect_err("it only reads").sqlstate, "25006");
    promote(db, &mut standby);

    assert_eq!(judged(&mut standby), "ok 40, open 7");
    standby.run("update core.rows set n = 4 where id <= 3").expect("changes");
    assert_eq!(seal(&mut standby), "10", "what came open, and what was written here");
    standby.run("commit prepared 'later'").expect("commits");
    assert_eq!(seal(&mut standby), "1");
    assert_eq!(seal(&mut standby), "0");
    assert_eq!(judged(&mut standby), "ok 51");
    assert_eq!(hash(&mut standby, 1), before);
    assert_eq!(standby.run("select count(distinct cluster) from audit.trail_seals").expect("reads"), "1");
    standby.run("delete from audit.trail where seq = 3").expect("an owner can");
    assert!(judged(&mut standby).contains("REMOVED: 1"));
}

/// Entries that the primary sealed and no standby got are lost, and their numbers are given once more. Whoever kept the last
/// seal sees it.
#[test]
fn a_seal_that_no_standby_got_is_missed_by_whoever_kept_it() {
    let Some(mut db) = with_rows(10) else { return };
    let Some(mut standby) = db.standby(SETTINGS) else { return };
    seal(&mut db);
    caught_up(&mut db, &mut standby);
    standby.run("alter system set primary_conninfo = ''").expect("an owner can");
    standby.run("select pg_reload_conf()").expect("reloads");
    until(&mut standby, "select count(*) from pg_stat_wal_receiver", "0");
    db.run("update core.rows set n = 1").expect("changes");
    seal(&mut db);
    let kept = hash(&mut db, 2);
    promote(db, &mut standby);
    assert_eq!(hash(&mut standby, 2), "");
    standby.run("update core.rows set n = 2 where id <= 4").expect("changes");
    assert_eq!(seal(&mut standby), "4");
    assert_eq!(judged(&mut standby), "ok 14");
    assert_ne!(hash(&mut standby, 2), kept);
}

#[test]
fn a_subscriber_judges_what_it_was_sent_and_may_go_on() {
    let Some(mut db) = with_rows(40) else { return };
    seal(&mut db);
    db.run("update core.rows set n = 1 where id <= 7").expect("changes");
    // PostgreSQL 17 was made by another initdb: it is another server.
    let Some(mut other) = Postgres::server_of(17) else { return };
    let mut subscriber = other.another();
    install(&subscriber, &shop());
    let (_, connection) = db.for_scripts("postgres").expect("psql was installed");
    db.run("create publication trail for table core.rows, audit.trail, audit.trail_seals, audit.trail_parts with (publish_via_partition_root)")
        .expect("publishes");
    subscriber
        .run(&format!("create subscription trail connection '{connection}' publication trail"))
        .expect("subscribes");
    let verdict = "select string_agg(concat_ws(' ', split_part(verdict, ' since', 1), entries), ', ' order by verdict, entries) from audit.trail_verify()";
    until(&mut subscriber, verdict, "ok 40, open 7");
    seal(&mut db);
    db.run("update core.rows set n = 2 where id <= 5").expect("changes");
    until(&mut subscriber, verdict, "ok 47, open 5");
    assert_eq!(hash(&mut subscriber, 2), hash(&mut db, 2));
    // No row that came writes an entry, and values that are erased go there as well.
    assert_eq!(subscriber.run("select count(*) from core.rows where n = 2").expect("reads"), "5");
    db.run("insert into core.people values ('aaaaaaaa-0000-4000-8000-000000000001', 'awa')")
        .expect("a person");
    until(&mut subscriber, "select count(*) from audit.trail where new ->> 'name' = 'awa'", "1");
    db.run("select audit.trail_erase('core.Person aaaaaaaa-0000-4000-8000-000000000001')").expect("erases");
    until(&mut subscriber, "select count(*) from audit.trail where new ->> 'name' = 'awa'", "0");
    until(&mut subscriber, verdict, "ok 47, open 6");
    subscriber.run("begin").expect("begins");
    subscriber.run("delete from audit.trail where seq = 3").expect("an owner can");
    assert!(judged(&mut subscriber).contains("REMOVED: 1"));
    subscriber.run("rollback").expect("takes it back");
    // Where it takes over, it seals what came open first.
    subscriber.run("drop subscription trail").expect("ends");
    subscriber.run("update core.rows set n = 3 where id <= 2").expect("changes");
    assert_eq!(seal(&mut subscriber), "6");
    assert_eq!(seal(&mut subscriber), "2");
    assert_eq!(judged(&mut subscriber), "ok 55");
    drop(subscriber);
}
