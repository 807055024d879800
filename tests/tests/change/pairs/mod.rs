//! Random platforms that change at random, with rows: the database that is led on is what the source says, and no row that
//! fits is lost on the way.

mod course;
mod edits;
mod home;
mod kinds;
mod rows;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use polity_engines::change::Phase;
use polity_tests::engines::Postgres;
use polity_tests::proof::prove_beside;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::locks::QUIET;
use super::support::Lineage;
use crate::order::draws::Draws;
use crate::order::install::Servers;
use crate::order::source::{Made, made};
use course::Course;
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
    let all = Mutex::new(Counts::new());
    let tools = || Servers::with(QUIET);
    let proven = prove_beside("pairs", BUDGET, 2, tools, pairs, |servers, number, pair| {
        let Some(server) = servers.of(pair.first.major) else { return Ok(()) };
        let mut counts = Counts::new();
        let done = tried(number, &pair, server, &mut counts).map_err(TestCaseError::fail);
        let mut all = all.lock().expect("nobody panics with it");
        counts.into_iter().for_each(|(what, count)| *all.entry(what).or_default() += count);
        done
    });
    let counts = all.into_inner().expect("nobody panics with it");
    for (what, count) in &counts {
        println!("{count:6} {what}");
    }
    let cases = proven.cases;
    proven.holds();
    everything_occurred(cases, &counts);
}

/// The time after which CI begins no further case.
const BUDGET: Duration = Duration::from_secs(300);

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
    let others = ["misfits of all", "misfits of tenants", "undone of all", "undone of tenants", "refused"];
    let others = others.map(str::to_owned);
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
    let lineage = Lineage::begin_sealed(server.another(), first);
    let mut course = Course::begin(lineage, first, counts)?;
    let Some(second) = edited(&course.lineage, first, number, &pair.edits, counts) else { return Ok(()) };
    let is_taken_back = pair.edits.iter().flatten().next().is_some_and(|number| number % 3 == 0);
    led(&mut course, &second, is_taken_back, counts).map_err(|said| {
        format!("{said}\n---- the second source\n{second}\n{}", course.lineage.migrations(&second))
    })
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
        let read = lineage.read(&source);
        let errors: Vec<_> = read.found().iter().filter(|one| one.is_error()).collect();
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

/// Leads databases with rows on; on the way back once, where it is said.
fn led(course: &mut Course, second: &str, is_taken_back: bool, counts: &mut Counts) -> Result<(), String> {
    if course.part(second, false, counts)? {
        course.are_as_sealed()?;
        if is_taken_back {
            course.back_and_forth(second, counts)?;
        }
    }
    course.part(second, true, counts)?;
    course.are_as_said(second)
}
