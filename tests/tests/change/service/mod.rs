//! Clients of before and of now work through every step of a change: between any two files they write and read, and a transaction of
//! each is open while a file runs, which does not wait where it says so. Whatever they read is what they wrote.

mod client;

use std::thread;
use std::time::{Duration, Instant};

use polity_engines::change::{ChangeFile, LockMode};
use polity_tests::engines::Postgres;
use postgres::Client as Session;

use super::edits::{EDITS, FILLED, FIRST, ROWS};
use super::locks::QUIET;
use super::support::Lineage;
use client::{Client, TABLES};

/// The first source with a service that writes all tables.
fn first() -> String {
    let tables =
        ["User", "Order", "Visit", "Note"].map(|name| format!("  read core.{name}\n  write core.{name}\n"));
    format!("{FIRST}service teller {{\n{}}}\n", tables.concat())
}

/// Nobody may write people again, of whom clients of before do.
const REFUSED: &[&str] = &["rows that are only added"];

#[test]
fn clients_of_before_and_of_now_work_through_each_edit() {
    let Some(mut server) = Postgres::server_with(QUIET) else { return };
    let first = first();
    let mut lineage = Lineage::begin(server.another(), &first);
    lineage.server.script_as("postgres", ROWS).expect("the rows are written");
    let edits = EDITS.iter().map(|(name, from, to)| (*name, *from, *to, ""));
    let filled = FILLED.iter().map(|(name, from, to, line, _)| (*name, *from, *to, *line));
    let (mut failed, mut told) = (Vec::new(), Told::default());
    let edits = edits.chain(filled).filter(|(name, ..)| !REFUSED.contains(name));
    // Roles belong to the server: whatever takes one away comes last.
    let (last, others): (Vec<_>, Vec<_>) = edits.partition(|(name, ..)| *name == "no service");
    for (name, from, to, line) in others.into_iter().chain(last) {
        let second = format!("{}{line}\n", first.replacen(from, to, 1));
        if let Err(said) = served(lineage.twin(), &second, &mut told) {
            failed.push(format!("---- {name}:\n{said}"));
        }
    }
    println!("service: {told:?}");
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

/// Counts of what occurred.
#[derive(Debug, Default)]
struct Told {
    files: usize,
    /// Files during which a transaction was open that had written.
    open: usize,
    /// The files that waited for its end, since they build beside it or change the same row.
    waited: usize,
    rows: usize,
}

/// Leads a database on while clients use it.
fn served(mut lineage: Lineage, second: &str, told: &mut Told) -> Result<(), String> {
    let mut before = Client::of("before", &lineage.sealed(), 1);
    let mut now = Client::of("now", &lineage.lowered(second), 5001);
    for contract in [false, true] {
        let open = lineage.open(second)?;
        let placed = open.changes.iter().filter(|placed| placed.place == "main");
        let files: Vec<&ChangeFile> = placed.flat_map(|placed| placed.change.part(contract)).collect();
        if !lineage.seal_open(&open, if contract { "third" } else { "second" }, contract) {
            continue;
        }
        let mut client = if contract { &mut now } else { &mut before };
        run(&lineage, second, &files, client, told)?;
        lineage.has_run(second);
        // Both work until the contract.
        if !contract {
            turn(&lineage, client).map_err(|said| format!("at the end of the first part: {said}"))?;
            client = &mut now;
            turn(&lineage, client)?;
        }
        turn(&lineage, client)?;
    }
    turn(&lineage, &mut now)?;
    told.rows += before.count() + now.count();
    lineage.same_as(second)
}

/// Runs the files of the last migration, each while a transaction of a client is open.
fn run(
    lineage: &Lineage,
    second: &str,
    files: &[&ChangeFile],
    client: &mut Client,
    told: &mut Told,
) -> Result<(), String> {
    let plan = lineage.plan(second);
    let last = plan.places[0].files.last().map_or(0, |file| file.number);
    for sealed in plan.places[0].files.iter().filter(|file| file.number == last) {
        let is_it = |file: &&&ChangeFile| sealed.name.ends_with(&format!("/{}", file.name));
        let file = files.iter().find(is_it).ok_or_else(|| format!("{} was not open", sealed.name))?;
        let mut texts = sealed.texts(None).map_err(|found| found.message)?;
        if sealed.is_transaction && !sealed.by_admin {
            texts = vec![format!("BEGIN;\n{}\nCOMMIT", texts.concat())];
        }
        let role = if sealed.by_admin { "postgres".to_owned() } else { lineage.migrator() };
        let runs = lineage.server.session(&role).map_err(|said| said.to_string())?;
        let in_file = |said| format!("{}: {said}", file.name);
        turn(lineage, client).map_err(in_file)?;
        across(lineage, file, runs, &texts, client, told).map_err(in_file)?;
        turn(lineage, client).map_err(in_file)?;
    }
    Ok(())
}

/// Runs a file while a transaction of a client is open.
fn across(
    lineage: &Lineage,
    file: &ChangeFile,
    mut runs: Session,
    texts: &[String],
    client: &mut Client,
    told: &mut Told,
) -> Result<(), String> {
    let mut session = teller(lineage)?;
    let mut looks = lineage.server.session("postgres").map_err(|said| said.to_string())?;
    let number: i32 = runs.query_one("SELECT pg_backend_pid()", &[]).expect("answers").get(0);
    session.batch_execute("BEGIN").expect("begins");
    let tables: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    let locked = |name: &str| {
        let of = file.steps.iter().flat_map(|step| &step.locks);
        let is_of = |table: &str| table.replace('"', "") == format!("core.{name}");
        of.filter(|lock| is_of(&lock.table)).map(|lock| lock.mode).max()
    };
    // Whoever refers to people locks them as well.
    let may_write =
        |name: &str| locked(name) < Some(LockMode::Share) && locked("user") < Some(LockMode::AccessExclusive);
    let mut has_written = false;
    for name in &tables {
        if may_write(name) {
            client.insert(&mut session, name)?;
            client.update(&mut session, name)?;
            has_written = true;
        } else if locked(name) < Some(LockMode::AccessExclusive) {
            client.read(&mut session, name)?;
        }
    }
    told.files += 1;
    told.open += usize::from(has_written);
    let (mut waited, mut is_open) = (false, true);
    let done = thread::scope(|scope| {
        let runs = scope.spawn(move || {
            texts.iter().try_for_each(|text| runs.batch_execute(text)).map_err(|error| format!("{error:?}"))
        });
        let begun = Instant::now();
        while !runs.is_finished() {
            if is_open && is_waiting(&mut looks, number) {
                waited = true;
                finish(client, &mut session, &tables)?;
                is_open = false;
            }
            if begun.elapsed() > Duration::from_secs(60) {
                return Err("it does not end".to_owned());
            }
            thread::sleep(Duration::from_millis(2));
        }
        runs.join().expect("it ends")
    });
    if is_open {
        finish(client, &mut session, &tables)?;
    }
    told.waited += usize::from(waited);
    done?;
    if waited && file.phase.is_transaction() {
        return Err("it waits for a client that has no lock which it says to need".to_owned());
    }
    Ok(())
}

/// Ends the transaction of a client, which goes on in it before.
fn finish(client: &mut Client, session: &mut Session, tables: &[&str]) -> Result<(), String> {
    for name in tables {
        client.read(session, name)?;
    }
    session.batch_execute("COMMIT").map_err(|error| error.to_string())
}

fn is_waiting(looks: &mut Session, session: i32) -> bool {
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)";
    looks.query_one(waits, &[&session]).expect("locks can be read").get(0)
}

/// A client writes and reads every table.
fn turn(lineage: &Lineage, client: &mut Client) -> Result<(), String> {
    let mut session = teller(lineage)?;
    for (name, _) in TABLES {
        client.insert(&mut session, name)?;
        client.read(&mut session, name)?;
        client.update(&mut session, name)?;
        client.read(&mut session, name)?;
    }
    Ok(())
}

/// A session of the service.
fn teller(lineage: &Lineage) -> Result<Session, String> {
    let mut session = lineage.server.session("postgres").map_err(|said| said.to_string())?;
    session
        .batch_execute("SET ROLE shop_teller; SET lock_timeout = '5s'")
        .map_err(|error| error.to_string())?;
    Ok(session)
}
