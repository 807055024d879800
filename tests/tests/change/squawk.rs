//! squawk, a linter of migrations that somebody else wrote, on every file of the listed edits: whatever it finds, the step declares.

use std::collections::{BTreeMap, BTreeSet};

use polity::history::open;
use polity::source::{Source, Sources};
use polity_engines::change::{ChangeFile, LockMode, Phase, Risk, Runner, Step, Time};
use polity_tests::engines::Tool;
use serde_json::Value;

use super::ciphertexts;
use super::edits::{EDITS, FILLED, FIRST, back};

/// Rules about style, each with the reason for which it is not ours.
const OF_STYLE: &[(&str, &str)] = &[
    ("prefer-text-field", "the source says how long a text may be, and a longer one is no rewrite"),
    ("prefer-robust-stmts", "each file is one transaction or one statement that may run again"),
    ("prefer-bigint-over-int", "the source says the type"),
];

/// Rules about what a statement does to those who use the table, each with what its step declares.
type Declares = fn(&Step, &ChangeFile) -> bool;
const EXPLAINED: &[(&str, Declares, &str)] = &[
    ("ban-drop-view", |_, file| file.phase.is_contract(), "the old name goes with the contract"),
    (
        "changing-column-type",
        |step, _| is_closed(step),
        "the lock, and a rewrite or a scan where there is one",
    ),
    ("adding-not-nullable-field", is_required, "a valid check says the same, so no row is read"),
    (
        "adding-foreign-key-constraint",
        |step, _| is_spread(step),
        "each partition has it, and has judged its rows",
    ),
    ("constraint-missing-not-valid", |step, _| is_spread(step), "each partition has it, or gets it"),
    (
        "disallowed-unique-constraint",
        |step, _| is_spread(step),
        "it is of the table alone, which holds no row",
    ),
    (
        "require-concurrent-index-creation",
        |step, _| is_spread(step),
        "it is of the table alone, which holds no row",
    ),
    (
        "require-concurrent-index-deletion",
        |step, _| is_closed(step),
        "another index took its place, in a moment",
    ),
    (
        "renaming-table",
        |step, _| step.does.starts_with("was "),
        "it breaks clients of before, or a window shows both",
    ),
    (
        "renaming-object",
        |step, _| step.does == "takes the place of the one before",
        "it had another name for a time",
    ),
    ("ban-drop-column", |_, file| file.phase.is_contract(), "it is the contract"),
    ("ban-drop-table", is_lost, "it is the contract, and a loss"),
    (
        "ban-drop-constraint",
        |step, _| is_closed(step),
        "the source has it no longer, or another took its place",
    ),
    ("ban-drop-default", |_, file| file.phase.is_contract(), "clients of before are gone"),
    ("ban-drop-function", |step, _| step.sql.contains("polity_fill_"), "it filled rows for a time"),
    ("ban-drop-not-null", |step, _| step.does.starts_with("may be absent"), "new clients do not write it"),
];

fn is_closed(step: &Step) -> bool {
    step.locks.iter().any(|lock| lock.mode == LockMode::AccessExclusive)
}

fn is_required(step: &Step, _: &ChangeFile) -> bool {
    is_closed(step) && step.time == Time::Instant && step.does == "is required"
}

/// Whether a step is about a partitioned table alone, and its partitions have the same by themselves.
fn is_spread(step: &Step) -> bool {
    ["is made, for its partitions to follow", "takes those of its partitions"].contains(&step.does.as_str())
}

fn is_lost(step: &Step, file: &ChangeFile) -> bool {
    file.phase.is_contract() && step.risks.iter().any(|risk| matches!(risk, Risk::Loss { .. }))
}

/// The frame that the file has in every style, as far as squawk looks at it.
const FRAME: &str = "SET lock_timeout = '2s';\nSET statement_timeout = '15min';\n";

#[test]
fn squawk_finds_nothing_that_a_step_does_not_declare() {
    let Some(squawk) = Tool::squawk() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut files: BTreeMap<String, (String, ChangeFile)> = BTreeMap::new();
    for (edit, file) in changed() {
        if file.runs != Runner::Migrator {
            continue;
        }
        let path = folder.path().join(format!("{:04}_{}", files.len(), file.name)).display().to_string();
        let steps: String = file.steps.iter().map(|step| step.sql.as_str()).collect();
        std::fs::write(&path, format!("{FRAME}{steps}")).expect("the folder is ours");
        files.insert(path, (edit, file));
    }
    let (mut unexplained, mut met) = (Vec::new(), BTreeSet::new());
    for in_transaction in [true, false] {
        let mut arguments = vec!["--reporter=json", "--pg-version=15"];
        arguments.extend(in_transaction.then_some("--assume-in-transaction"));
        let of_kind = files.iter().filter(|(_, (_, file))| file.phase.is_transaction() == in_transaction);
        arguments.extend(of_kind.map(|(path, _)| path.as_str()));
        // It fails where it finds something.
        let found = squawk.run(&arguments).unwrap_or_else(|said| said);
        let found = found.lines().find(|line| line.starts_with('[')).unwrap_or_else(|| panic!("{found}"));
        let found: Vec<Value> = serde_json::from_str(found).expect("it is a list");
        for one in &found {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            let (edit, file) = &files[&text("file")];
            let rule = text("rule_name");
            let step = step_at(file, one["line"].as_u64().unwrap_or_default() as usize);
            if let Some((style, _)) = OF_STYLE.iter().find(|(style, _)| *style == rule) {
                met.insert(*style);
                continue;
            }
            match EXPLAINED.iter().find(|(known, ..)| *known == rule) {
                Some((known, declares, _)) if declares(step, file) => drop(met.insert(*known)),
                _ => unexplained.push(format!(
                    "{edit}: {}: {rule}: {}\n{step:?}\n{}",
                    file.name,
                    text("message"),
                    step.sql
                )),
            }
        }
    }
    assert!(unexplained.is_empty(), "{}\n{}", unexplained.len(), unexplained.join("\n"));
    let known = OF_STYLE.iter().map(|(rule, _)| *rule).chain(EXPLAINED.iter().map(|(rule, ..)| *rule));
    let unmet: Vec<_> = known.filter(|rule| !met.contains(rule)).collect();
    assert!(unmet.is_empty(), "{unmet:?} are never found");
}

/// The step that a line of its file, counted from 0, belongs to.
fn step_at(file: &ChangeFile, line: usize) -> &Step {
    let mut end = FRAME.lines().count();
    for step in &file.steps {
        end += step.sql.matches('\n').count();
        if line < end {
            return step;
        }
    }
    file.steps.last().expect("a file has steps")
}

/// Edits that call something otherwise, which the list has none of.
const RENAMED: &[(&str, &str, &str, &str)] =
    &[("an entity called otherwise", "entity Note {", "entity Memo was Note {", "")];

/// The files of every edit, there and to the end, and back from where that took something.
fn changed() -> Vec<(String, ChangeFile)> {
    let first = history(FIRST);
    let edits = EDITS.iter().map(|(name, from, to)| (*name, *from, *to, ""));
    let filled = FILLED.iter().map(|(name, from, to, line, _)| (*name, *from, *to, *line));
    let mut files = Vec::new();
    for (name, from, to, line) in edits.chain(filled).chain(RENAMED.iter().copied()) {
        let second = format!("{}{line}\n", FIRST.replacen(from, to, 1));
        led(name, &first, &second, &mut files);
    }
    let sealed = history(ciphertexts::SEALED);
    for (name, from, to, line) in ciphertexts::EDITS {
        let second = format!("{}{line}\n", ciphertexts::SEALED.replacen(from, to, 1));
        led(name, &sealed, &second, &mut files);
    }
    for (name, from, to) in EDITS {
        if ["a column that may be absent", "a table"].contains(name) {
            led(name, &history(&FIRST.replacen(from, to, 1)), &back(FIRST, to), &mut files);
        }
    }
    assert!(files.iter().any(|(_, file)| file.phase == Phase::ContractBeside), "every phase is there");
    files
}

/// The history of a platform that was sealed once.
fn history(text: &str) -> BTreeMap<String, String> {
    let (open, found) = open(&Sources::single("test.polity", text), None);
    open.unwrap_or_else(|| panic!("{found:#?}")).sealed("initial", false)
}

fn led(name: &str, history: &BTreeMap<String, String>, text: &str, files: &mut Vec<(String, ChangeFile)>) {
    let file = |(path, text): (&String, &String)| Source { path: path.clone(), text: text.as_str().into() };
    let sources = Sources::single("test.polity", text).with_history(history.iter().map(file).collect());
    let (open, found) = open(&sources, None);
    let open = open.unwrap_or_else(|| panic!("{name}: {found:#?}"));
    let placed = open.changes.into_iter().flat_map(|placed| placed.change.files);
    files.extend(placed.map(|file| (name.to_owned(), file)));
}
