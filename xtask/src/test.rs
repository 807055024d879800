//! `cargo xtask test`: the whole workspace's tests against the real engines.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use crate::suites::{self, Suite};
use crate::{Result, engines, scratch, workspace};

/// True totals over all suites; the test runner prints them for each alone.
#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    skipped: usize,
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
    cargo.current_dir(workspace()).args(["test", "--no-fail-fast"]).args(arguments);
    Suite { name: format!("cargo test {}", arguments.join(" ")), command: cargo }
}

fn run_suites(suites: Vec<Suite>, are_all: bool) -> Result {
    let notes = workspace().join("target/test-notes");
    let [skipped, snapshots, proofs] = ["skipped", "snapshots", "proofs"].map(|name| notes.join(name));
    let _ = fs::remove_dir_all(&notes);
    fs::create_dir_all(&notes).map_err(|e| format!("cannot create {}: {e}", notes.display()))?;

    let memory = scratch::in_memory();
    let mut totals = Totals::default();
    let mut times = Vec::new();
    let mut crashed = Vec::new();
    for Suite { name, mut command } in suites {
        println!("\n==> {name}");
        command.env("POLITY_REQUIRE_ENGINES", "1");
        command.env("POLITY_SKIPPED", &skipped); // where a test notes that an optional engine is missing
        command.env("POLITY_PROOFS", &proofs); // where a proof notes how many cases it tried
        if let Some(memory) = &memory {
            command.env("TMPDIR", memory); // what tests write goes with them
        }
        command.env("INSTA_UPDATE", "no"); // a snapshot that differs fails; it is never written here
        command.env("INSTA_SNAPSHOT_REFERENCES_FILE", &snapshots); // where insta notes each snapshot that it looked at
        let begun = Instant::now();
        let failed_before = totals.failed;
        let status = watch(command, &mut totals)?;
        times.push((begun.elapsed(), name.clone()));
        if !status.success() && totals.failed == failed_before {
            crashed.push(name);
        }
    }

    let skipped: BTreeSet<String> =
        fs::read_to_string(skipped).unwrap_or_default().lines().map(str::to_owned).collect();
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
    for line in fs::read_to_string(proofs).unwrap_or_default().lines() {
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

/// Runs a suite, passes its output on, and adds up lines such as
/// `test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 2.19s`.
fn watch(mut command: Command, totals: &mut Totals) -> Result<ExitStatus> {
    let spawned = command.stdout(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|e| format!("cannot run the tests: {e}"))?;
    let output = child.stdout.take().ok_or("the tests have no output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|e| format!("cannot read what the tests print: {e}"))?;
        let mut terminal = std::io::stdout();
        let _ = terminal.write_all(&line).and_then(|()| terminal.write_all(b"\n"));
        let line = String::from_utf8_lossy(&line);
        let Some((_, counts)) = line.split_once("test result: ").and_then(|(_, rest)| rest.split_once(". "))
        else {
            continue;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let number: usize = number.parse().unwrap_or_default();
            match what {
                "passed" => totals.passed += number,
                "failed" => totals.failed += number,
                "ignored" => totals.skipped += number,
                _ => {}
            }
        }
    }
    child.wait().map_err(|e| format!("cannot wait for the tests: {e}"))
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
