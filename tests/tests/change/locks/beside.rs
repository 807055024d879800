//! Files that run beside clients, each statement by itself: somebody holds locks for which they wait, and others for which they do not.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use polity_engines::change::{ChangeFile, LockMode};
use postgres::Client;

use super::judge::{Judge, resolved};
use super::known::{Known, Oid};

/// The sessions that a file is watched with.
pub struct Sessions<'s> {
    /// The session that runs the file.
    pub runs: &'s mut Client,
    /// Another that holds locks.
    pub holds: &'s mut Client,
    /// One more that looks on.
    pub looks: &'s mut Client,
    /// Whether sessions can be asked to say what they read.
    pub has_statistics: bool,
}

/// Returns how a file does not keep to what it says.
pub fn watched(
    sessions: Sessions<'_>,
    known: &Known,
    file: &ChangeFile,
    texts: &[String],
) -> Result<Vec<String>, String> {
    let Sessions { runs, holds, looks, has_statistics: says } = sessions;
    let mut judge = Judge::new(known);
    let mut said = Vec::new();
    for step in &file.steps {
        let found = resolved(looks, step).into_iter().zip(&step.locks);
        said.extend(found.filter_map(|(found, lock)| Some((found?, lock.mode))));
    }
    judge.adds(&said);
    let session: i32 = runs.query_one("SELECT pg_backend_pid()", &[]).expect("answers").get(0);
    let before = known.ever_touched(looks);
    let is_patient = file.text.contains(" CONCURRENTLY ");
    hold(holds, known, &judge, &said, is_patient);
    let asked = thread::scope(|scope| {
        let runs = scope.spawn(move || {
            let done = texts.iter().try_for_each(|text| runs.batch_execute(text));
            // Others see what it read once it says so.
            let words = if says { SAYS } else { "" };
            done.and_then(|()| runs.batch_execute(words)).map_err(|error| format!("{error:?}"))
        });
        let mut taken = BTreeMap::new();
        let mut is_held = true;
        let mut waits: Option<Instant> = None;
        while !runs.is_finished() {
            let mut locks = |granted| match is_patient {
                true => known.locks_on_tables(looks, session, granted),
                false => known.locks(looks, session, granted),
            };
            let (asked, granted) = (locks(false), locks(true));
            for (relation, mode) in asked.iter().chain(&granted) {
                let strongest = taken.entry(*relation).or_insert(*mode);
                *strongest = (*mode).max(*strongest);
            }
            if !asked.is_empty() && is_held {
                is_held = false;
                holds.batch_execute("ROLLBACK TO waits").expect("lets go");
            } else if is_waiting(looks, session) {
                // Whoever builds beside others waits until they end; nobody else waits for them.
                let since = *waits.get_or_insert_with(Instant::now);
                if since.elapsed() > if is_patient { MOMENT } else { Duration::from_secs(1) } {
                    holds.batch_execute("ROLLBACK").expect("lets go");
                }
            } else {
                waits = None;
            }
            thread::sleep(MOMENT);
        }
        holds.batch_execute("ROLLBACK").expect("lets go");
        runs.join().expect("it ends").map(|()| taken)
    })?;
    let shown = format!("{}: {}", file.name, file.steps.first().map_or("", |step| &step.does));
    judge.locks(&shown, &asked);
    judge.is_taken(&shown, &said, &asked);
    let after = known.ever_touched(looks);
    if let ([step], true) = (&file.steps[..], says) {
        judge.time(&shown, step, &said, (&before, &after), &asked);
    }
    Ok(judge.misses)
}

/// The time between two looks.
const MOMENT: Duration = Duration::from_millis(2);

/// Lets others see what a session read.
pub const SAYS: &str = "SELECT pg_stat_force_next_flush()";

/// Whether sessions can be asked to say what they read; servers before 15 tell it in their own time.
pub fn has_statistics(looks: &mut Client) -> bool {
    let version: String = looks.query_one("SHOW server_version_num", &[]).expect("answers").get(0);
    version.as_str() >= "150000"
}

fn is_waiting(looks: &mut Client, session: i32) -> bool {
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)";
    looks.query_one(waits, &[&session]).expect("locks can be read").get(0)
}

/// Takes locks for which a file need not wait that keeps to what it says, then some for which it must.
fn hold(holds: &mut Client, known: &Known, judge: &Judge<'_>, said: &[(Oid, LockMode)], is_patient: bool) {
    holds.batch_execute("BEGIN").expect("begins");
    for (relation, known) in known.relations.iter().filter(|(_, relation)| relation.is_table) {
        let mode = match judge.said_of(*relation) {
            _ if is_patient => "ROW EXCLUSIVE",
            None => "SHARE UPDATE EXCLUSIVE",
            Some(LockMode::ShareUpdateExclusive) => "ROW EXCLUSIVE",
            Some(LockMode::Share) => "SHARE",
            Some(LockMode::ShareRowExclusive) => "ROW SHARE",
            Some(LockMode::AccessExclusive) => continue,
        };
        lock(holds, &known.name, mode);
    }
    holds.batch_execute("SAVEPOINT waits").expect("begins");
    for (whole, mode) in said {
        let mode = match mode {
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share | LockMode::ShareRowExclusive => "ROW EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS SHARE",
        };
        for (relation, part) in &known.relations {
            if part.is_table && known.is_of(*relation, *whole) {
                lock(holds, &part.name, mode);
            }
        }
    }
}

fn lock(holds: &mut Client, table: &str, mode: &str) {
    holds.batch_execute(&format!("LOCK TABLE ONLY {table} IN {mode} MODE")).expect("locks");
}
