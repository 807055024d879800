//! Several at once: entries of one row are in the order of its changes, and what is not committed is not there.

use std::thread;

use postgres::Client;

use super::support::{SHOP, installed, taken};

#[test]
fn two_writers_of_one_row_publish_in_their_order() {
    let Some(mut db) = installed(SHOP) else { return };
    db.run("insert into core.things (id, small) values ('a', 0)").expect("writes");
    taken(&mut db);
    let writer = |mut client: Client| {
        thread::spawn(move || {
            for _ in 0..40 {
                client
                    .batch_execute("begin; update core.things set small = small + 1 where id = 'a'; select pg_sleep(0.001); commit")
                    .expect("writes");
            }
        })
    };
    let writers: Vec<_> = (0..3).map(|_| writer(db.session("shop_web").expect("logs in"))).collect();
    writers.into_iter().for_each(|writer| writer.join().expect("ends"));
    let seen = db
        .run("select message ->> 'small' from polity.outbox where message ? 'small' order by id")
        .expect("reads");
    let expected: Vec<String> = (1..=120).map(|number| number.to_string()).collect();
    assert_eq!(seen.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_not_committed_is_not_published() {
    let Some(mut db) = installed(SHOP) else { return };
    let mut web = db.session("shop_web").expect("logs in");
    web.batch_execute("begin; insert into core.things (id) values ('a')").expect("writes");
    assert_eq!(taken(&mut db), "");
    web.batch_execute("savepoint s; insert into core.things (id) values ('b'); rollback to s; commit")
        .expect("ends");
    let entries = taken(&mut db);
    assert!(entries.starts_with("INSERT|things:a:") && entries.lines().count() == 1, "{entries}");
    web.batch_execute("begin; update core.things set small = 1; rollback").expect("gives up");
    assert_eq!(taken(&mut db), "");
}
