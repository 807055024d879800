//! Sessions that are ended within a statement that runs beside clients, while it waits for one of them.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use polity::apply::{Moment, Plan};
use polity_tests::engines::Postgres;
use postgres::Client;

use super::super::locks::QUIET;
use super::{CHOICES, Trial, applied};

/// A transaction of a client that keeps builds of indexes waiting, and batches behind the first.
const HOLDS: &str = "BEGIN;
LOCK TABLE core.\"user\", core.\"order\", core.visit IN ROW EXCLUSIVE MODE;
SELECT FROM core.\"user\" ORDER BY id OFFSET 1500 LIMIT 1 FOR UPDATE;
SELECT FROM core.visit ORDER BY id, at OFFSET 1200 LIMIT 1 FOR UPDATE";

const WAITS: &str =
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    AND application_name = 'polity'";

#[test]
fn a_session_that_is_ended_within_a_statement_is_gone_on_with() {
    let Some(mut server) = Postgres::server_with(QUIET) else { return };
    let trial = Trial::new(&mut server);
    let plan: &Plan = &trial.plan;
    let files: Vec<(String, bool)> =
        plan.places[0].files.iter().map(|file| (file.name.clone(), file.is_transaction)).collect();
    let beside = files.iter().filter(|(_, is_transaction)| !is_transaction).count();
    let (migrator, url) = (trial.lineage.migrator(), trial.lineage.server.url("postgres"));
    let mut ended: Vec<String> = Vec::new();
    let begun = Instant::now();
    // A run goes on to the next file that waits; those that wait for nobody run through.
    loop {
        assert!(begun.elapsed() < Duration::from_secs(120), "it goes on and on: {ended:?}");
        let holds = Mutex::new(trial.lineage.server.session("postgres").expect("logs in"));
        let ran = Mutex::new(ended.last().cloned().unwrap_or_default());
        let looks = trial.lineage.server.session("postgres").expect("logs in");
        let is_done = thread::scope(|scope| {
            let runs = scope.spawn(|| {
                applied(plan, &migrator, &url, CHOICES, &|moment| {
                    let Moment::File { file, .. } = moment else { return };
                    file.clone_into(&mut ran.lock().expect("nobody panics"));
                    let next =
                        files.iter().position(|(name, _)| name == file).and_then(|at| files.get(at + 1));
                    let mut holds = holds.lock().expect("nobody panics");
                    let _ = holds.batch_execute("ROLLBACK");
                    if next.is_some_and(|(name, is_transaction)| !is_transaction && !ended.contains(name)) {
                        holds.batch_execute(HOLDS).expect("holds");
                    }
                })
            });
            let killed = end_the_first_that_waits(looks, || runs.is_finished());
            holds.lock().expect("nobody panics").batch_execute("ROLLBACK").expect("lets go");
            let done = runs.join().expect("it ends");
            if !killed {
                let summary = done.unwrap_or_else(|said| panic!("{said}"));
                assert_eq!((summary.left, summary.failed), (0, 0));
            }
            !killed
        });
        if is_done {
            break;
        }
        let last = ran.into_inner().expect("nobody panics");
        let at = files.iter().position(|(name, _)| *name == last).map_or(0, |at| at + 1);
        ended.push(files[at].0.clone());
    }
    println!("cut: within {} of {beside} files that are no transaction: {ended:?}", ended.len());
    assert!(ended.iter().any(|file| file.contains("_index_")), "{ended:?}");
    assert!(ended.iter().any(|file| file.contains("_backfill_")), "{ended:?}");
    trial.ends_well().unwrap_or_else(|said| panic!("{said}"));
}

/// Ends the first session that waits for a lock; whether there was one before all was done.
fn end_the_first_that_waits(mut looks: Client, is_done: impl Fn() -> bool) -> bool {
    while !is_done() {
        if let Some(row) = looks.query(WAITS, &[]).expect("answers").first() {
            let session: i32 = row.get(0);
            looks.query("SELECT pg_terminate_backend($1)", &[&session]).expect("ends");
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}
