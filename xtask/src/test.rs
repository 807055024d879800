//! `cargo xtask test`: the whole workspace's tests against the real engines.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::suites::{self, Suite};
use crate::{Result, engines, scratch, workspace};

/// True totals over all suites; the test runner prints them for each alone.
#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// The totals of the suites that ran, the time of each, and those that did not end well.
#[derive(Default)]
struct Outcome {
    totals: Totals,
    /// How long each took, beside others.
    times: Vec<(Duration, String)>,
    crashed: Vec<String>,
}

/// Runs every suite of the workspace, or `cargo test` with `arguments` where there are some. The engines are started,
/// and stopped again unless they ran before. The last line printed is `N passed, N failed, N skipped`.
pub(crate) fn run(arguments: &[&str]) -> Result {
    let suites = if arguments.is_empty() { suites::all()? } else { vec![chosen(arguments)] };
    let started = engines::ensure()?;
    let outcome = run_suites(suites, arguments.is_empty());
    if started {
        engines::run(&["down"])?;
    }
    outcome
}

/// The tests that somebody asked for.
fn chosen(arguments: &[&str]) -> Suite {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()).args(["test", "--no-fail-fast"]).args(arguments).stderr(Stdio::inherit());
    Suite { name: format!("cargo test {}", arguments.join(" ")), uses_servers: true, command: cargo }
}

fn run_suites(mut suites: Vec<Suite>, are_all: bool) -> Result {
    let notes = workspace().join("target/test-notes");
    let [skipped, snapshots, proofs] = ["skipped", "snapshots", "proofs"].map(|name| notes.join(name));
    let _ = fs::remove_dir_all(&notes);
    fs::create_dir_all(&notes).map_err(|e| format!("cannot create {}: {e}", notes.display()))?;

    let memory = scratch::in_memory();
    let variables = [
        ("POLITY_REQUIRE_ENGINES", Path::new("1")),
        ("POLITY_SKIPPED", &skipped), // where a test notes that an optional engine is missing
        ("POLITY_PROOFS", &proofs),   // where a proof notes how many cases it tried
        ("INSTA_UPDATE", Path::new("no")), // a snapshot that differs fails; it is never written here
        ("INSTA_SNAPSHOT_REFERENCES_FILE", &snapshots), // where insta notes each snapshot that it looked at
    ];
    let variables = variables.into_iter().chain(memory.iter().map(|memory| ("TMPDIR", memory.as_path())));
    for suite in &mut suites {
        suite.command.envs(variables.clone());
    }
    let Outcome { mut totals, mut times, crashed } = in_two_rows(suites)?;

    let skipped: BTreeSet<String> =
        fs::read_to_string(&skipped).unwrap_or_default().lines().map(str::to_owned).collect();
    for line in &skipped {
        println!("{line}");
    }
    // A test that skips itself returns early, which the test runner takes for passing.
    totals.passed -= skipped.len().min(totals.passed);
    totals.skipped += skipped.len();

    let unreferenced = if are_all && crashed.is_empty() && totals.failed == 0 {
        unreferenced(&snapshots)
    } else {
        Vec::new()
    };
    for snapshot in &unreferenced {
        println!("no test reads the snapshot {}", snapshot.display());
    }
    totals.failed += unreferenced.len();

    times.sort_by(|a, b| b.cmp(a));
    println!("\nseconds of each suite, the longest first:");
    for (time, name) in &times {
        println!("{:>7.1}  {name}", time.as_secs_f64());
    }
    for line in fs::read_to_string(&proofs).unwrap_or_default().lines() {
        println!("proof of {line}");
    }
    println!();
    for name in &crashed {
        println!("crashed, or did not compile: {name}");
    }
    totals.failed += crashed.len();
    println!("{} passed, {} failed, {} skipped", totals.passed, totals.failed, totals.skipped);
    match totals.failed {
        0 => Ok(()),
        _ => Err(String::new()), // the total has said it, and stays the last line
    }
}

/// Runs the suites, those that use the servers one after another, and beside them those that do not: tests wait for a
/// server, for a lock or for each other, and the cores with them.
fn in_two_rows(suites: Vec<Suite>) -> Result<Outcome> {
    let outcome = Mutex::new(Outcome::default());
    let (with, without): (Vec<Suite>, Vec<Suite>) = suites.into_iter().partition(|suite| suite.uses_servers);
    let row = |suites: Vec<Suite>| suites.into_iter().try_for_each(|suite| run_suite(suite, &outcome));
    thread::scope(|scope| {
        let beside = scope.spawn(|| row(without));
        row(with)?;
        beside.join().map_err(|_| "a suite could not be run".to_owned())?
    })?;
    outcome.into_inner().map_err(|e| e.to_string())
}

/// Runs a suite, prints its output as a whole, and adds up what it says.
fn run_suite(suite: Suite, outcome: &Mutex<Outcome>) -> Result {
    let Suite { name, mut command, .. } = suite;
    let begun = Instant::now();
    let ran = command.output().map_err(|e| format!("cannot run the tests: {e}"))?;
    let mut outcome = outcome.lock().map_err(|e| e.to_string())?;
    let mut terminal = std::io::stdout().lock();
    let printed = writeln!(terminal, "\n==> {name}")
        .and_then(|()| terminal.write_all(&ran.stderr))
        .and_then(|()| terminal.write_all(&ran.stdout));
    printed.map_err(|e| format!("cannot print what the tests say: {e}"))?;
    outcome.times.push((begun.elapsed(), name.clone()));
    let failed_before = outcome.totals.failed;
    String::from_utf8_lossy(&ran.stdout).lines().for_each(|line| outcome.totals.add(line));
    if !ran.status.success() && outcome.totals.failed == failed_before {
        outcome.crashed.push(name);
    }
    Ok(())
}

impl Totals {
    /// Adds a line such as `test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 2.19s`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ").and_then(|(_, rest)| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let number: usize = number.parse().unwrap_or_default();
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// The snapshots in the workspace that no test looked at: what they held is no longer proven by anything.
fn unreferenced(list: &Path) -> Vec<PathBuf> {
    let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
    let text = fs::read_to_string(list).unwrap_or_default();
    let referenced: BTreeSet<PathBuf> = text.lines().map(|line| real(PathBuf::from(line))).collect();
    let mut found = Vec::new();
    find_snapshots(&real(workspace()), &mut found);
    found.retain(|snapshot| !referenced.contains(snapshot));
    found
}

fn find_snapshots(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                find_snapshots(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "snap") {
            found.push(path);
        }
    }
}
