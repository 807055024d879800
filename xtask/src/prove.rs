//! `cargo xtask prove`: a proof on as many random cases as somebody has time for, and its place in the list of proofs.

use std::fs;
use std::process::Command;
use std::time::Instant;

use crate::{Result, engines, scratch, suites, workspace};

/// The list of the largest runs, a row for each proof.
const PAGE: &str = "compiler/docs/proof.md";

/// The beginning of the table of runs.
const HEADING: &str = "| proof | commit |";

/// The part of a test's name that makes it a proof; the module before it is the proof's name.
const MARK: &str = "::proof_that_";

/// Prints the names of all proofs.
pub(crate) fn list() -> Result {
    for (name, _) in proofs()? {
        println!("{name}");
    }
    Ok(())
}

/// Runs the proof `name` on `cases` cases and writes its row in [`PAGE`], whatever came of it.
pub(crate) fn run(name: &str, cases: &str, seed: &str) -> Result {
    let number = |what: &str, text: &str| {
        text.parse::<u64>().map_err(|_| format!("`{what}` takes a whole number, not `{text}`"))
    };
    let (cases, seed) = (number("--cases", cases)?, number("--seed", seed)?);
    let proofs = proofs()?;
    let Some((_, mut command)) = proofs.into_iter().find(|(known, _)| known == name) else {
        return Err(format!("there is no proof `{name}`; `cargo xtask prove` lists them"));
    };
    let started = engines::ensure()?;
    let told = workspace().join("target/proofs");
    let _ = fs::remove_file(&told);
    if let Some(memory) = scratch::in_memory() {
        command.env("TMPDIR", memory);
    }
    command.arg("--nocapture").env("POLITY_REQUIRE_ENGINES", "1").env("INSTA_UPDATE", "no");
    command.env("POLITY_PROVE", format!("{name} {cases} {seed}")).env("POLITY_PROOFS", &told);
    let begun = Instant::now();
    let status = command.status();
    let seconds = begun.elapsed().as_secs();
    if started {
        engines::run(&["down"])?;
    }
    let status = status.map_err(|e| format!("cannot run the tests: {e}"))?;
    let text = fs::read_to_string(&told).unwrap_or_default();
    let counts = text.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    let counts: Option<[&str; 3]> =
        counts.and_then(|line| line.split(", ").collect::<Vec<_>>().try_into().ok());
    let Some([tried, _, misses]) = counts else {
        return Err(format!("the proof `{name}` ended without its counts ({status})"));
    };
    let (tried, misses) = (tried.trim_end_matches(" cases"), misses.trim_end_matches(" misses"));
    record(name, &format!("| {name} | {} | {seed} | {tried} | {misses} | {seconds} s |", commit()))?;
    if status.success() { Ok(()) } else { Err(format!("{misses} of {tried} cases fail; see above")) }
}

/// Each proof with the command that runs it.
fn proofs() -> Result<Vec<(String, Command)>> {
    let mut found = Vec::new();
    for program in suites::build()? {
        for test in program.tests()? {
            if let Some((module, _)) = test.split_once(MARK) {
                let name = module.rsplit("::").next().unwrap_or(module);
                found.push((name.to_owned(), program.run(&[&test])));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// The commit that was tried, marked where the work tree differs from it.
fn commit() -> String {
    let described = Command::new("git")
        .current_dir(workspace())
        .args(["describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"])
        .output();
    let text = described.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// Puts `row` in the place of the proof's earlier one, or at the end of the table.
fn record(name: &str, row: &str) -> Result {
    let path = workspace().join(PAGE);
    let page = fs::read_to_string(&path).map_err(|e| format!("cannot read {PAGE}: {e}"))?;
    let page = recorded(&page, name, row).ok_or_else(|| format!("there is no table of runs in {PAGE}"))?;
    fs::write(&path, page).map_err(|e| format!("cannot write {PAGE}: {e}"))
}

/// The page with this row for the proof `name` in the table of runs, below [`HEADING`].
fn recorded(page: &str, name: &str, row: &str) -> Option<String> {
    let earlier = format!("| {name} |");
    let mut lines: Vec<&str> = page.lines().collect();
    let first = lines.iter().position(|line| line.starts_with(HEADING))?;
    let rows = lines[first..].iter().take_while(|line| line.starts_with('|')).count();
    match lines[first..first + rows].iter().position(|line| line.starts_with(&earlier)) {
        Some(at) => lines[first + at] = row,
        None => lines.insert(first + rows, row),
    }
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_run_stands_once_in_the_table_of_runs() {
        let before =
            "| proof | what |\n|---|---|\n| a | is said |\n\nRuns:\n\n| proof | commit |\n|---|---|\n";
        let behind = "\n| pairs | reason |\n|---|---|\n";
        let page = format!("{before}{behind}");
        let once = super::recorded(&page, "a", "| a | 1 |").expect("there is a table");
        assert_eq!(once, format!("{before}| a | 1 |\n{behind}"));
        let twice = super::recorded(&once, "a", "| a | 2 |");
        assert_eq!(twice, Some(format!("{before}| a | 2 |\n{behind}")));
        assert_eq!(super::recorded("no table", "a", "| a |"), None);
    }
}
