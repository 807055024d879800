//! Runs that are killed, and runs at once.

use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use polity::apply::{Choices, Moment, Plan, apply};
use polity::live::Target;

use super::{Run, Trial, sealed, second};

/// A program that is killed between two files, or within one that is no transaction, leaves nothing that the next does not mend.
#[test]
fn a_killed_run_is_gone_on_with() {
    let Some(mut trial) = Trial::new() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut left = 6;
    for stop in [1, 2, 1] {
        let ended = trial.child(folder.path(), stop).wait().expect("it ends");
        assert!(!ended.success(), "it was killed");
        left -= stop;
    }
    trial.leads_on(left);
    trial.seal(&second(), "second");
    // Within a file that builds an index, which waits for whoever may see rows of before.
    let mut holds = trial.client("shop");
    holds
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM core.country")
        .expect("reads");
    let mut child = trial.child(folder.path(), usize::MAX);
    let begin = Instant::now();
    let builds = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%INDEX CONCURRENTLY%' AND pid <> pg_backend_pid()";
    while trial.rows(builds) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "no index is built");
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let second = thread::scope(|scope| {
        let second = scope.spawn(|| trial.apply());
        thread::sleep(Duration::from_secs(1));
        holds.batch_execute("COMMIT").expect("ends");
        second.join().expect("it ends")
    });
    let summary = second.0.unwrap_or_else(|refused| panic!("{refused:#?}"));
    assert_eq!((summary.left, summary.failed), (0, 0), "{:#?}", second.1);
    trial.is_as_sealed();
    assert_eq!(trial.rows("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), 0);
}

/// Both names of a column hold the same in every row, wherever a run is killed.
#[test]
fn a_killed_run_keeps_both_names_of_a_column() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    let rows = "INSERT INTO core.country VALUES ('SN') ON CONFLICT DO NOTHING;
        INSERT INTO acme_core.buyer (tenant_id, id, country, called)
        SELECT 'aaaaaaaa-0000-4000-8000-000000000001', gen_random_uuid(), 'SN', 'n' || n FROM generate_series(1, 2500) n";
    trial.client("shop").batch_execute(rows).expect("the rows are written");
    let second: String = second()
        .lines()
        .filter(|line| !line.starts_with("accept break"))
        .map(|line| format!("{line}\n"))
        .collect();
    trial.seal(&second, "second");
    let folder = tempfile::tempdir().expect("a folder");
    let left = |trial: &Trial| {
        let dry = Choices { at_once: 1, stop_after: 1, dry_run: true, record: false };
        trial.apply_with(None, &dry, &|_| {}).0.expect("it is valid").files
    };
    let all = left(&trial);
    for stopped in 1..all {
        trial.child(folder.path(), 1).wait().expect("it ends");
        assert_eq!(left(&trial), all - stopped);
    }
    assert_eq!(trial.apply().0.expect("it goes on").left, 0);
    assert_eq!(trial.rows("SELECT count(*) FROM acme_core.buyer WHERE named = called"), 2500);
    trial.history = sealed(&second, "third", &trial.history, true);
    assert_eq!(trial.apply().0.expect("it goes on").left, 0);
    trial.is_as_sealed();
    assert_eq!(trial.rows("SELECT count(named) FROM acme_core.buyer"), 2500);
}

const CHILD: &str = "POLITY_APPLY_CHILD";

impl Trial {
    /// A process that applies what was sealed, and kills itself after so many files.
    fn child(&self, folder: &std::path::Path, stop: usize) -> std::process::Child {
        std::fs::write(folder.join("shop.polity"), &self.text).expect("writes");
        for (path, text) in &self.history {
            let path = folder.join("history").join(path);
            std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("makes a folder");
            std::fs::write(path, text).expect("writes");
        }
        let value = format!("{}\n{stop}\n{}", self.url, folder.display());
        let mut child = Command::new(std::env::current_exe().expect("it has a path"));
        child.args(["--exact", "change::apply::killed::child", "--nocapture"]).env(CHILD, value);
        child.spawn().expect("it starts")
    }
}

/// The process that [`Trial::child`] begins; a test only in name.
#[test]
fn child() {
    let Ok(value) = std::env::var(CHILD) else { return };
    let mut lines = value.lines();
    let mut next = || lines.next().expect("it has three lines").to_owned();
    let (url, stop, folder) = (next(), next().parse::<usize>().expect("it is a number"), next());
    let project = polity::io::read::read_project(folder.as_ref()).expect("it is there");
    let (valid, found) = polity::history::sealed(&project.sources, None);
    let plan = Plan::of(&valid.unwrap_or_else(|| panic!("{found:#?}")), "main").expect("it was sealed");
    let target = |user: &str| Target::read(&url).expect("it is a URL").database("shop").as_login(user);
    let ran = Mutex::new(0);
    let choices = Choices { at_once: 1, stop_after: 1, dry_run: false, record: false };
    let done = apply(&plan, &target("shop_migrator"), Some(&target("chief")), &choices, &|moment| {
        let mut ran = ran.lock().expect("one thread at a time");
        *ran += usize::from(matches!(moment, Moment::File { .. }));
        if *ran == stop {
            let kill = format!("kill -s KILL {}", std::process::id());
            let _ = Command::new("sh").args(["-c", &kill]).status();
        }
    });
    panic!("nobody killed it: {done:?}");
}

#[test]
fn of_two_at_once_the_later_one_waits() {
    let Some(trial) = Trial::new() else { return };
    let runs: Vec<Run> = thread::scope(|scope| {
        let runs = [(), ()].map(|()| scope.spawn(|| trial.apply()));
        runs.into_iter().map(|run| run.join().expect("it ends")).collect()
    });
    let files: usize = runs.iter().map(|(done, _)| done.as_ref().expect("it ends well").files).sum();
    assert_eq!(files, 6, "{runs:#?}");
    let waits = |(_, moments): &&Run| {
        let named = |moment: &Moment| matches!(moment, Moment::Waits { holder, .. } if holder.starts_with("session ") && holder.ends_with('`'));
        moments.iter().any(named)
    };
    assert_eq!(runs.iter().filter(waits).count(), 1, "{runs:#?}");
    trial.is_as_sealed();
}
