//! Random platforms that change at random, with rows: the database that is led on is what the source says, and no row that
//! fits is lost on the way.

mod edits;
mod kinds;
mod rows;
mod tenants;
mod text;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use polity::history::open;
use polity_engines::change::{ChangeFile, Phase, Risk};
use polity_tests::engines::Postgres;
use polity_tests::proof::prove_each;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::locks::{self, QUIET};
use super::support::Lineage;
use super::undo::with_admins;
use crate::order::draws::Draws;
use crate::order::install::Servers;
use crate::order::source::{Made, made};
use rows::Rows;
use tenants::Tenants;
use text::Text;

/// A platform, and the numbers that its edits are drawn from: a list for each edit, so that one can be left out.
#[derive(Clone)]
struct Pair {
    first: Made,
    edits: Vec<Vec<u16>>,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "---- the first source\n{}---- {} edits", self.first.text, self.edits.len())
    }
}

/// Counts of what occurred: kinds of edits, phases and refusals.
type Counts = BTreeMap<String, usize>;

#[test]
fn proof_that_random_changes_lead_to_what_the_source_says_and_lose_no_row() {
    let servers = RefCell::new(Servers::with(QUIET));
    let counts = RefCell::new(Counts::new());
    let proven = prove_each("pairs", Duration::from_secs(300), pairs, |number, pair| {
        let mut servers = servers.borrow_mut();
        let Some(server) = servers.of(pair.first.major) else { return Ok(()) };
        tried(number, &pair, server, &mut counts.borrow_mut()).map_err(TestCaseError::fail)
    });
    for (what, count) in counts.borrow().iter() {
        println!("{count:6} {what}");
    }
    let cases = proven.cases;
    proven.holds();
    everything_occurred(cases, &counts.borrow());
}

/// The edit that a case begins with is of the kind that follows from its number.
fn kind_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default() % kinds::KINDS.len()
}

/// Pairs whose first source has something that the first edit can change.
fn pairs(number: u64) -> impl Strategy<Value = Pair> {
    let pairs = (made(), vec(vec(any::<u16>(), 3..12), 1..6));
    let pairs = pairs.prop_map(|(first, edits)| Pair { first, edits });
    pairs.prop_filter("it has nothing of the kind", move |pair| {
        kinds::edits_of(kind_of(number), &Text::of(&pair.first.text), &pair.edits[0]).next().is_some()
    })
}

/// Everything that cases are about must have been tried, once each kind of edit was begun with.
fn everything_occurred(cases: u64, counts: &Counts) {
    let kinds = kinds::KINDS.len();
    if usize::try_from(cases).is_ok_and(|cases| cases < kinds) {
        println!("{cases} cases cannot hold {kinds} kinds of edits");
        return;
    }
    let kinds = kinds::KINDS.iter().map(|(kind, _)| format!("edit: {kind}"));
    let phases = PHASES.iter().map(|phase| format!("phase: {}", phase.word()));
    let others = ["misfits", "undone", "refused"].map(str::to_owned);
    let is_missing = |what: &String| !counts.keys().any(|known| known.starts_with(what.as_str()));
    let missing: Vec<String> = kinds.chain(phases).chain(others).filter(is_missing).collect();
    assert!(missing.is_empty(), "of {cases} cases none has: {}", missing.join(", "));
}

const PHASES: &[Phase] = &[
    Phase::Admin,
    Phase::Expand,
    Phase::Index,
    Phase::Backfill,
    Phase::Validate,
    Phase::Settle,
    Phase::Contract,
    Phase::ContractBeside,
];

/// Leads one platform to another.
fn tried(number: u64, pair: &Pair, server: &mut Postgres, counts: &mut Counts) -> Result<(), String> {
    let first = &pair.first.text;
    let mut lineage = Lineage::begin(server.another(), first);
    let mut tenants = Tenants::default();
    tenants.lead_on(&mut lineage, first)?;
    let rows = Rows::fill(&mut lineage.server);
    *counts.entry("rows".to_owned()).or_default() += rows.count();
    let Some(second) = edited(&lineage, first, number, &pair.edits, counts) else { return Ok(()) };
    let is_taken_back = pair.edits.iter().flatten().next().is_some_and(|number| number % 3 == 0);
    led(&mut lineage, rows, &mut tenants, &second, is_taken_back, counts)
        .map_err(|said| format!("{said}\n---- the second source\n{second}\n{}", lineage.migrations(&second)))
}

/// Makes each edit that the compiler takes, and returns the source that comes of them. It is asked once where it takes all of them.
fn edited(
    lineage: &Lineage,
    first: &str,
    number: u64,
    edits: &[Vec<u16>],
    counts: &mut Counts,
) -> Option<String> {
    let text = Text::of(first);
    let (kind, mut source) = kinds::edits_of(kind_of(number), &text, &edits[0]).next()?;
    let mut kinds = vec![kind];
    let more =
        |source: &str, number: usize| kinds::edit(&Text::of(source), number, &mut Draws::new(&edits[number]));
    for number in 1..edits.len() {
        if let Some((kind, edited)) = more(&source, number) {
            kinds.push(kind);
            source = edited;
        }
    }
    if let Ok(source) = accepted(lineage, source) {
        kinds.iter().for_each(|kind| *counts.entry(format!("edit: {kind}")).or_default() += 1);
        return (source != first).then_some(source);
    }
    let mut take = |source: &mut String, (kind, edited): (&str, String)| match accepted(lineage, edited) {
        Ok(edited) => {
            *source = edited;
            *counts.entry(format!("edit: {kind}")).or_default() += 1;
            true
        }
        Err(codes) => {
            *counts.entry(format!("refused: {kind}: {codes}")).or_default() += 1;
            false
        }
    };
    let mut source = first.to_owned();
    let mut begin = kinds::edits_of(kind_of(number), &text, &edits[0]).take(8);
    let _ = begin.any(|one| take(&mut source, one));
    for number in 1..edits.len() {
        if let Some(one) = more(&source, number) {
            take(&mut source, one);
        }
    }
    (source != first).then_some(source)
}

/// Accepts every risk of a change; the codes of errors where it is none.
fn accepted(lineage: &Lineage, mut source: String) -> Result<String, String> {
    for _ in 0..8 {
        let (_, found) = open(&lineage.sources(&source), None);
        let errors: Vec<_> = found.iter().filter(|one| one.is_error()).collect();
        if errors.is_empty() {
            return Ok(source);
        }
        let lines: Vec<String> = errors
            .iter()
            .filter(|one| one.code.as_str() == "E1906")
            .filter_map(|one| Some(one.help.as_deref()?.split('`').nth(1)?.replace('…', "it is tried")))
            .collect();
        if lines.len() < errors.len() {
            let mut codes: Vec<&str> = errors.iter().map(|one| one.code.as_str()).collect();
            codes.sort_unstable();
            codes.dedup();
            return Err(codes.join(" "));
        }
        for line in lines {
            if !source.contains(&line) {
                source = format!("{source}{line}\n");
            }
        }
    }
    Err("acceptances without end".to_owned())
}

/// Leads a database with rows on; on the way back once, where it is said.
fn led(
    lineage: &mut Lineage,
    mut rows: Rows,
    tenants: &mut Tenants,
    second: &str,
    is_taken_back: bool,
    counts: &mut Counts,
) -> Result<(), String> {
    let first = lineage.sealed();
    let is_sealed = part(lineage, &mut rows, second, false, counts)?;
    if is_sealed {
        lineage.same_as_sealed()?;
    }
    if is_sealed && is_taken_back {
        *counts.entry("undone".to_owned()).or_default() += 1;
        let led = lineage.sealed();
        // Values of new columns, which somebody could have written, may go.
        lineage
            .undo(second, 2, "SET polity.undo_may_lose = on;")
            .map_err(|said| format!("the undo: {said}"))?;
        lineage.equal_but_for_order("taken back", &with_admins(&first, &led))?;
        rows.are_there(&mut lineage.server).map_err(|said| format!("taken back: {said}"))?;
        lineage.forget(2);
        lineage.migrate(second).map_err(|said| format!("again, once it was taken back: {said}"))?;
    }
    if is_sealed {
        tenants.lead_on(lineage, second)?;
    }
    if part(lineage, &mut rows, second, true, counts)? {
        tenants.lead_on(lineage, second)?;
    }
    *counts.entry("files of tenants".to_owned()).or_default() += tenants.files;
    lineage.same_as(second)?;
    tenants.same_as(lineage, second)
}

/// Leads a database to what new clients need, or to the end: first against rows that do not fit, then without them. Whether there
/// was anything to do.
fn part(
    lineage: &mut Lineage,
    rows: &mut Rows,
    second: &str,
    contract: bool,
    counts: &mut Counts,
) -> Result<bool, String> {
    let open = lineage.open(second)?;
    let main = open.changes.iter().filter(|placed| placed.place == "main");
    let files: Vec<&ChangeFile> = main.flat_map(|placed| placed.change.part(contract)).collect();
    for file in &files {
        *counts.entry(format!("phase: {}", file.phase.word())).or_default() += 1;
    }
    let misfits = misfits(&files, &mut lineage.server)?;
    if !lineage.seal_open(&open, if contract { "contract" } else { "second" }, contract) {
        return Ok(false);
    }
    if !misfits.is_empty() {
        *counts.entry("misfits".to_owned()).or_default() += 1;
        if lineage.migrate(second).is_ok() {
            return Err(format!("rows do not fit, and nothing stops: {misfits:?}"));
        }
        rows.are_there(&mut lineage.server)?;
        *rows = rows.without(&mut lineage.server, &misfits);
    }
    let strayed = locks::run(lineage, second, &files);
    let strayed = strayed.map_err(|said| format!("{} of its tables emptied: {said}", misfits.len()))?;
    if !strayed.is_empty() {
        return Err(strayed.join("\n"));
    }
    rows.are_there(&mut lineage.server)?;
    Ok(true)
}

/// Returns the tables with rows that do not fit, by the queries of the plan.
fn misfits(files: &[&ChangeFile], server: &mut Postgres) -> Result<Vec<String>, String> {
    let mut tables = Vec::new();
    for step in files.iter().flat_map(|file| &file.steps) {
        for risk in &step.risks {
            let Risk::Misfits { count } = risk else { continue };
            let answer = server.run(count).map_err(|said| format!("{count}: {said}"))?;
            if answer != "0" {
                tables.push(step.locks.first().map(|lock| lock.table.clone()).unwrap_or_default());
            }
        }
    }
    Ok(tables)
}
