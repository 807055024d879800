//! Writers wait for nobody, and one that takes long delays only its own entries.

use std::thread;

use postgres::Client;

use super::support::{judged, seal, with_rows};

#[test]
fn sixteen_at_once_and_one_that_takes_long() {
    let Some(mut db) = with_rows(20) else { return };
    assert_eq!(seal(&mut db), "20");
    let mut long = db.session("svc").expect("logs in");
    long.batch_execute("begin; update core.rows set n = n + 1 where id = 20").expect("begins");
    let mut sealer = db.session("shop_cron").expect("logs in");
    let writers: Vec<_> = (0..16).map(|seed| (seed, db.session("svc").expect("logs in"))).collect();
    let writers: Vec<_> =
        writers.into_iter().map(|(seed, client)| thread::spawn(move || write(seed, client))).collect();
    let mut sealed: i64 = 0;
    while !writers.iter().all(thread::JoinHandle::is_finished) {
        sealed += one_seal(&mut sealer);
    }
    let written: i64 = writers.into_iter().map(|writer| writer.join().expect("ends")).sum();
    sealed += one_seal(&mut sealer);
    // The one who is still at it keeps nobody from being sealed.
    assert_eq!(sealed, written);
    assert_eq!(judged(&mut db), format!("ok {}", 20 + written));
    long.batch_execute("commit").expect("ends");
    assert_eq!(judged(&mut db), format!("ok {}, open 1", 20 + written));
    assert_eq!(seal(&mut db), "1");
    assert_eq!(judged(&mut db), format!("ok {}", 21 + written));
    let deadlocks = "select sum(deadlocks) from pg_stat_database";
    assert_eq!(db.run(deadlocks).expect("reads"), "0");
}

fn one_seal(sealer: &mut Client) -> i64 {
    sealer.query_one("select audit.trail_seal(200)", &[]).expect("seals").get::<_, i64>(0).max(0)
}

/// Changes two hot rows a transaction, the lower first; every fifth gives up, and every third does it in a savepoint.
/// Returns how many entries it leaves.
fn write(seed: u32, mut client: Client) -> i64 {
    let mut left = 0;
    for turn in 0..40 {
        let first = (seed * 7 + turn * 3) % 18 + 1;
        let (begin, end) = match turn % 15 {
            n if n % 5 == 0 => ("begin;", "rollback"),
            n if n % 3 == 0 => ("begin; savepoint a;", "release a; commit"),
            _ => ("begin;", "commit"),
        };
        let sql = format!(
            "{begin} update core.rows set n = n + 1 where id = {first}; update core.rows set n = n - 1 where id = {}; {end}",
            first + 1
        );
        client.batch_execute(&sql).expect("no deadlock");
        left += if end == "rollback" { 0 } else { 2 };
    }
    left
}

#[test]
fn what_is_under_way_is_sealed_when_it_has_ended() {
    let Some(mut db) = with_rows(30) else { return };
    seal(&mut db);
    let mut long = db.session("svc").expect("logs in");
    let change = |id: u32| format!("update core.rows set n = n + 1 where id = {id}");
    long.batch_execute(&format!("begin; {}", change(1))).expect("begins");
    db.run(&format!("begin; {}", change(2))).expect("begins");
    db.run(&format!("savepoint a; {}", change(3))).expect("goes on");
    db.run("prepare transaction 'later'").expect("prepares");
    for id in 5..8 {
        db.run(&change(id)).expect("changes");
    }
    assert_eq!(seal(&mut db), "3", "those that have ended");
    db.run(&change(9)).expect("changes");
    long.batch_execute("commit").expect("ends");
    assert_eq!(seal(&mut db), "2", "the one of before, and the long one");
    db.run("begin").expect("begins");
    db.run(&change(10)).expect("changes");
    db.run("rollback").expect("gives up");
    assert_eq!(seal(&mut db), "0");
    db.run("commit prepared 'later'").expect("ends");
    assert_eq!(seal(&mut db), "2", "one of them in a savepoint");
    assert_eq!(judged(&mut db), "ok 37");
    assert_eq!(seal(&mut db), "0");
    assert_eq!(db.run("select entries, since is null from audit.trail_open()").expect("reads"), "0|t");
}

#[test]
fn one_job_seals_and_the_others_leave() {
    let Some(mut db) = with_rows(5) else { return };
    let mut first = db.session("shop_cron").expect("logs in");
    first.batch_execute("begin").expect("begins");
    let sealed: i64 = first.query_one("select audit.trail_seal()", &[]).expect("seals").get(0);
    assert_eq!((sealed, seal(&mut db)), (5, "-1".to_owned()));
    // Whoever locks what anybody may lock keeps nobody from sealing.
    first.batch_execute("commit").expect("ends");
    db.run("update core.rows set n = 7").expect("changes");
    let mut other = db.session("svc").expect("logs in");
    other.batch_execute("begin; select pg_advisory_xact_lock(1)").expect("locks");
    assert_eq!(seal(&mut db), "5");
    // A session that reads an older moment does not see the last seal, and makes none beside it.
    db.run("update core.rows set n = 8").expect("changes");
    first
        .batch_execute("begin isolation level serializable; select audit.trail_last_seal()")
        .expect("begins");
    assert_eq!(seal(&mut db), "5");
    let beside = first.query_one("select audit.trail_seal()", &[]).expect_err("there is one");
    assert_eq!(beside.code().expect("a code").code(), "23505");
    assert_eq!(judged(&mut db), "ok 15");
}

/// Wherever the job is killed, all of a seal is there or nothing, and the next one goes on.
#[test]
fn a_job_that_is_killed_leaves_nothing_half_done() {
    let Some(mut db) = with_rows(10) else { return };
    for (at, fires, number) in [
        ("audit.trail_parts", "before insert", 1),
        ("audit.trail_parts", "after insert", 1),
        ("audit.trail_seals", "before insert", 1),
        ("audit.trail_seals", "after insert", 1),
    ] {
        db.run(&format!(
            "create function public.stop() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return null; end $$;
             create trigger stop {fires} on {at} for each statement execute function public.stop()"
        ))
        .expect("a place to stop at");
        let mut job = db.session("shop_cron").expect("logs in");
        let job = thread::spawn(move || job.batch_execute("call audit.trail_seal_all()").is_err());
        let sleeping = "select pid from pg_stat_activity where wait_event = 'PgSleep'";
        while db.run(sleeping).expect("reads").is_empty() {
            thread::yield_now();
        }
        db.run(&format!("select pg_terminate_backend(pid) from ({sleeping}) at")).expect("kills");
        assert!(job.join().expect("ends"), "{fires} on {at}: it was killed");
        db.run(&format!("drop trigger stop on {at}; drop function public.stop()")).expect("is taken away");
        let held =
            "select (select count(*) from audit.trail_seals), (select count(*) from audit.trail_parts)";
        assert_eq!(db.run(held).expect("reads"), format!("{0}|{0}", number - 1), "{fires} on {at}");
        assert_eq!(judged(&mut db), "ok 0, open 10", "{fires} on {at}");
    }
    // Killed between two seals, what was sealed stays so.
    let mut job = db.session("shop_cron").expect("logs in");
    let job = thread::spawn(move || job.batch_execute("call audit.trail_seal_all()").is_err());
    while db.run("select count(*) from audit.trail_seals").expect("reads") == "0" {
        thread::yield_now();
    }
    db.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop_cron'")
        .expect("kills");
    assert!(job.join().expect("ends"));
    assert_eq!(judged(&mut db), "ok 10");
    db.run("update core.rows set n = 7").expect("changes");
    assert_eq!(seal(&mut db), "10");
    assert_eq!(judged(&mut db), "ok 20");
}

/// A seal ends with a whole transaction, however large that is.
#[test]
fn a_seal_is_rounded_up_to_a_transaction() {
    let Some(mut db) = with_rows(50) else { return };
    db.run("update core.rows set n = 1 where id = 1").expect("changes");
    let sealed =
        |db: &mut polity_tests::engines::Postgres| db.run("select audit.trail_seal(5)").expect("seals");
    assert_eq!([sealed(&mut db), sealed(&mut db), sealed(&mut db)], ["50", "1", "0"]);
    assert_eq!(judged(&mut db), "ok 51");
}
