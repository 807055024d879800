//! `cargo xtask test`: the whole workspace's tests against the real engines.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::{Result, engines, workspace};

/// True totals over all test programs; `cargo test` prints them for each program alone.
#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// Runs `cargo test --workspace`, or `cargo test` with `arguments` where there are some. The engines are started, and
/// stopped again unless they ran before. The last line printed is `N passed, N failed, N skipped`.
pub(crate) fn run(arguments: &[&str]) -> Result {
    let started = engines::ensure()?;
    let outcome = run_tests(arguments);
    if started {
        engines::run(&["down"])?;
    }
    outcome
}

fn run_tests(arguments: &[&str]) -> Result {
    let notes = workspace().join("target/test-notes");
    let (skipped, snapshots) = (notes.join("skipped"), notes.join("snapshots"));
    let _ = fs::remove_dir_all(&notes);
    fs::create_dir_all(&notes).map_err(|e| format!("cannot create {}: {e}", notes.display()))?;

    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()).args(["test", "--no-fail-fast"]);
    match arguments {
        [] => cargo.arg("--workspace"),
        some => cargo.args(some),
    };
    cargo.env("POLITY_REQUIRE_ENGINES", "1");
    cargo.env("POLITY_SKIPPED", &skipped); // where a test notes that an optional engine is missing
    cargo.env("INSTA_UPDATE", "no"); // a snapshot that differs fails; it is never written here
    cargo.env("INSTA_SNAPSHOT_REFERENCES_FILE", &snapshots); // where insta notes each snapshot that it looked at
    let (status, mut totals) = watch(cargo)?;

    let skipped: BTreeSet<String> =
        fs::read_to_string(skipped).unwrap_or_default().lines().map(str::to_owned).collect();
    for line in &skipped {
        println!("{line}");
    }
    // A test that skips itself returns early, which the test runner takes for passing.
    totals.passed -= skipped.len().min(totals.passed);
    totals.skipped += skipped.len();

    let unreferenced =
        if arguments.is_empty() && status.success() { unreferenced(&snapshots) } else { Vec::new() };
    for snapshot in &unreferenced {
        println!("no test reads the snapshot {}", snapshot.display());
    }
    totals.failed += unreferenced.len();

    println!();
    if !status.success() && totals.failed == 0 {
        return Err("the tests did not build, or one of their programs crashed; see above".to_owned());
    }
    println!("{} passed, {} failed, {} skipped", totals.passed, totals.failed, totals.skipped);
    match totals.failed {
        0 => Ok(()),
        _ => Err(String::new()), // the total has said it, and stays the last line
    }
}

/// Runs the tests, passes their output on, and adds up lines such as
/// `test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 2.19s`.
fn watch(mut cargo: Command) -> Result<(ExitStatus, Totals)> {
    let mut child = cargo.stdout(Stdio::piped()).spawn().map_err(|e| format!("cannot run cargo: {e}"))?;
    let mut totals = Totals::default();
    let output = child.stdout.take().ok_or("cargo has no output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|e| format!("cannot read what cargo prints: {e}"))?;
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
    let status = child.wait().map_err(|e| format!("cannot wait for cargo: {e}"))?;
    Ok((status, totals))
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
