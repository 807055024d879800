//! Each step takes the locks that it says, and no stronger ones; it reads all rows and writes them anew only where it says so.

mod beside;
mod judge;
mod known;

use polity::apply::File;
use polity_engines::change::{ChangeFile, Runner};
use polity_tests::engines::Postgres;
use postgres::Client;

use super::ciphertexts;
use super::edits::{EDITS, FILLED, FIRST, ROWS};
use super::support::Lineage;
use beside::{SAYS, Sessions, has_statistics};
use judge::{Judge, resolved};
use known::Known;

/// Settings of a server on which nothing happens but what a file does.
pub const QUIET: &[&str] =
    &["autovacuum=off", "max_parallel_maintenance_workers=0", "max_parallel_workers_per_gather=0"];

/// Runs a file and watches each step. Returns what a step says and does not do, or does and does not say.
///
/// # Errors
/// The words of the server where the file fails.
pub fn run(
    server: &mut Postgres,
    migrator: &str,
    file: &ChangeFile,
    (sealed, texts): (&File, &[String]),
) -> Result<Vec<String>, String> {
    let role = if file.runs == Runner::Admin { "postgres" } else { migrator };
    let session = |server: &Postgres, role: &str| server.session(role).map_err(|said| said.to_string());
    let mut runs = session(server, role)?;
    let known = Known::of(server.client());
    if sealed.is_transaction && file.runs == Runner::Migrator {
        return whole(&mut runs, &known, file, texts).map_err(|error| format!("{error:?}"));
    }
    let has_statistics = has_statistics(server.client());
    if has_statistics {
        server.client().batch_execute(SAYS).expect("it says what it read");
    }
    let mut holds = session(server, "postgres")?;
    let sessions = Sessions { runs: &mut runs, holds: &mut holds, looks: server.client(), has_statistics };
    beside::watched(sessions, &known, file, texts)
}

/// Runs a file that is one transaction, step by step, and looks at what it holds after each: first without the statement that takes all
/// locks at once, so that each step takes its own, and nothing of it stays.
fn whole(
    runs: &mut Client,
    known: &Known,
    file: &ChangeFile,
    texts: &[String],
) -> Result<Vec<String>, postgres::Error> {
    let (before, after) = texts[0].split_once(&file.text).expect("its steps are the text");
    runs.batch_execute(&format!("BEGIN;\n{before}"))?;
    let session: i32 = runs.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let mut judge = Judge::new(known);
    for step in &file.steps {
        let sql = without_locks(&step.sql);
        let named = resolved(runs, step);
        let read = known.touched(runs);
        runs.batch_execute(sql)?;
        let now = resolved(runs, step);
        let found = now.into_iter().zip(named).map(|(now, before)| now.or(before)).zip(&step.locks);
        let said: Vec<_> = found.filter_map(|(found, lock)| Some((found?, lock.mode))).collect();
        judge.adds(&said);
        let taken = known.locks(runs, session, true);
        let shown = format!("{}: {} {}", file.name, step.object, step.does);
        judge.locks(&shown, &taken);
        // Tables that go are dropped together, by the last of their steps.
        if !sql.is_empty() {
            judge.is_taken(&shown, &said, &taken);
        }
        judge.time(&shown, step, &said, (&read, &known.touched(runs)), &taken);
    }
    runs.batch_execute(&format!("ROLLBACK;\nBEGIN;\n{before}\n{}", file.text))?;
    judge.locks(&file.name, &known.locks(runs, session, true));
    runs.batch_execute(&format!("{after}COMMIT"))?;
    Ok(judge.misses)
}

/// The statements of a step without those before it that take the locks of the whole file.
fn without_locks(sql: &str) -> &str {
    match sql.split_once("RESET ROLE;\n\n") {
        Some((locks, rest)) if locks.contains("LOCK TABLE") => rest,
        _ => sql,
    }
}

#[test]
fn each_edit_takes_the_locks_that_it_says() {
    let Some(mut server) = Postgres::server_with(QUIET) else { return };
    let edits = EDITS.iter().map(|(name, from, to)| (*name, *from, *to, ""));
    let filled = FILLED.iter().map(|(name, from, to, line, _)| (*name, *from, *to, *line));
    // Roles belong to the server: whatever takes one away comes last.
    let (last, others): (Vec<_>, Vec<_>) = edits.chain(filled).partition(|(name, ..)| *name == "no service");
    each_is_as_said(server.another(), (FIRST, ROWS), others.into_iter().chain(last));
}

#[test]
fn each_edit_of_what_is_encrypted_takes_the_locks_that_it_says() {
    let Some(mut server) = Postgres::server_with(QUIET) else { return };
    each_is_as_said(
        server.another(),
        (ciphertexts::SEALED, ciphertexts::ROWS),
        ciphertexts::EDITS.iter().copied(),
    );
}

/// Judges edits of a source, each with the line behind all others.
fn each_is_as_said<'e>(
    server: Postgres,
    (text, rows): (&str, &str),
    edits: impl Iterator<Item = (&'e str, &'e str, &'e str, &'e str)>,
) {
    let mut first = Lineage::begin(server, text);
    first.server.script_as("postgres", rows).expect("the rows are written");
    let mut failed = Vec::new();
    for (name, from, to, line) in edits {
        let second = format!("{}{line}\n", text.replacen(from, to, 1));
        if let Err(said) = is_as_said(first.twin(), &second) {
            failed.push(format!("---- {name}:\n{said}"));
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

fn is_as_said(mut lineage: Lineage, second: &str) -> Result<(), String> {
    for (name, contract) in [("second", false), ("third", true)] {
        let open = lineage.open(second)?;
        let placed = open.changes.iter().filter(|placed| placed.place == "main");
        let files: Vec<&ChangeFile> = placed.flat_map(|placed| placed.change.part(contract)).collect();
        if !lineage.seal_open(&open, name, contract) {
            continue;
        }
        let misses = all(&mut lineage, second, &files)?;
        if !misses.is_empty() {
            return Err(misses.join("\n"));
        }
    }
    lineage.same_as(second)
}

/// Runs the files of the last migration, and returns all misses.
fn all(lineage: &mut Lineage, second: &str, files: &[&ChangeFile]) -> Result<Vec<String>, String> {
    let (plan, migrator) = (lineage.plan(second), lineage.migrator());
    let last = plan.places[0].files.last().map_or(0, |file| file.number);
    let mut misses = Vec::new();
    for sealed in plan.places[0].files.iter().filter(|file| file.number == last) {
        let is_it = |file: &&&ChangeFile| sealed.name.ends_with(&format!("/{}", file.name));
        let file = files.iter().find(is_it).ok_or_else(|| format!("{} was not open", sealed.name))?;
        let texts = sealed.texts(None).map_err(|found| found.message)?;
        let found = run(&mut lineage.server, &migrator, file, (sealed, &texts));
        misses.extend(found.map_err(|said| format!("{}: {said}", file.name))?);
    }
    Ok(misses)
}
