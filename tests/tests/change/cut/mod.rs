//! Runs of `polity apply` that end after any answer of the server, with the connection or with the server itself: running it again
//! ends in the same catalog, and no row is lost.

mod held;
mod wire;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use polity::apply::{Choices, Moment, Plan, Summary, apply};
use polity::live::Target;
use polity_catalog::relational::Catalog;
use polity_tests::engines::Postgres;
use polity_tests::proof::prove_each;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::edits::{EDITS, FILLED, FIRST, ROWS};
use super::locks::QUIET;
use super::support::Lineage;
use wire::Wire;

/// Edits that go together, so that one change has a file of every kind.
const TOGETHER: &[&str] = &[
    "a column with a constant default",
    "a column with a default that differs by row",
    "a column that may be longer",
    "a check",
    "another index of the same name",
    "a unique pair",
    "a table that refers to one that is there",
    "a reference",
    "an index of a partitioned table",
    "a reference of a partitioned table",
    "fewer values",
    "a service",
    "no service",
    "a schema",
];

/// The source with all of them, a field that is filled, and one that goes.
fn together() -> String {
    let mut text = FIRST.to_owned();
    for (name, from, to) in EDITS.iter().filter(|(name, ..)| TOGETHER.contains(name)) {
        assert!(text.contains(from), "{name}");
        text = text.replacen(from, to, 1);
    }
    let (_, from, to, line, _) =
        FILLED.iter().find(|one| one.0.ends_with("a value of each row")).expect("it is there");
    let text = text.replacen(from, to, 1).replacen(
        "    state: text(10) = \"new\"\n",
        "    removed state because \"a trial\"\n",
        1,
    );
    format!("{text}{line}\n")
}

/// A sum of all rows of before, by the columns that stay.
const SUM: &str = "SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
    SELECT concat_ws(',', 'u', id, email, nickname, born) FROM core.\"user\"
    UNION ALL SELECT concat_ws(',', 'o', id, \"user\", amount, placed) FROM core.\"order\"
    UNION ALL SELECT concat_ws(',', 'v', id, at, \"user\") FROM core.visit) AS lines (line)";

/// A database with rows, whose migrations to another source are sealed and did not run.
struct Trial {
    lineage: Lineage,
    plan: Rc<Plan>,
    /// The catalog that the source has.
    catalog: Rc<Catalog>,
    sum: String,
}

impl Trial {
    fn new(server: &mut Postgres) -> Self {
        let mut lineage = Lineage::begin(server.another(), FIRST);
        lineage.server.script_as("postgres", ROWS).expect("the rows are written");
        let sum = lineage.server.run(SUM).expect("reads");
        let record = Choices { at_once: 1, stop_after: 1, dry_run: false, record: true };
        let (plan, url) = (lineage.plan(FIRST), lineage.server.url("postgres"));
        applied(&plan, &lineage.migrator(), &url, &record, &|_| {}).expect("it is known what ran");
        let second = together();
        for (name, contract) in [("second", false), ("third", true)] {
            assert!(lineage.seal(&second, name, contract).expect("it is valid"), "{name}");
        }
        let plan = Rc::new(lineage.plan(&second));
        let catalog = Rc::new(lineage.lowered(&second));
        Self { lineage, plan, catalog, sum }
    }

    fn twin(&mut self) -> Self {
        let (plan, catalog) = (Rc::clone(&self.plan), Rc::clone(&self.catalog));
        Self { lineage: self.lineage.twin(), plan, catalog, sum: self.sum.clone() }
    }

    /// Applies what was sealed by a way to the server.
    fn apply(&self, url: &str) -> Result<Summary, String> {
        applied(&self.plan, &self.lineage.migrator(), url, CHOICES, &|_| {})
    }

    /// Applies it to the end, and holds the database against the source and the rows of before.
    fn ends_well(mut self) -> Result<(), String> {
        let summary = self.apply(&self.lineage.server.url("postgres"))?;
        if (summary.left, summary.failed) != (0, 0) {
            return Err(format!("{summary:?}"));
        }
        self.lineage.equal("lowered, then described", &self.catalog)?;
        let invalid =
            self.lineage.server.run("SELECT count(*) FROM pg_index WHERE NOT indisvalid").expect("reads");
        if invalid != "0" {
            return Err(format!("{invalid} indexes are invalid"));
        }
        match self.lineage.server.run(SUM).expect("reads") == self.sum {
            true => Ok(()),
            false => Err("rows of before differ".to_owned()),
        }
    }
}

fn applied(
    plan: &Plan,
    migrator: &str,
    url: &str,
    choices: &Choices,
    observe: &(dyn Fn(&Moment) + Sync),
) -> Result<Summary, String> {
    let target = |user: &str| Target::read(url).expect("it is a URL").as_login(user);
    let done = apply(plan, &target(migrator), Some(&target("postgres")), choices, observe);
    done.map_err(|found| found.message)
}

#[test]
fn proof_that_a_connection_which_is_cut_after_any_answer_is_gone_on_with() {
    let Some(mut server) = Postgres::server_with(QUIET) else { return };
    let mut trial = Trial::new(&mut server);
    let answers = all_answers(&mut trial);
    let trial = RefCell::new(trial);
    // Spread over all answers, however far it gets.
    let spread = |number: u64| 1 + usize::try_from(number).unwrap_or_default() * stride(answers) % answers;
    let proven = prove_each(
        "cut",
        Duration::from_secs(45),
        |number| Just(spread(number)),
        |_, most| {
            let trial = trial.borrow_mut().twin();
            let wire = Wire::to(&trial.lineage.server, most, || {});
            let first = trial.apply(&wire.url(trial.lineage.server.name()));
            prop_assert!(wire.is_cut(), "the answer {most} comes: {first:?}");
            let said = |said| TestCaseError::fail(format!("cut at the answer {most} of {answers}: {said}"));
            trial.ends_well().map_err(said)
        },
    );
    println!("cut: a run has {answers} answers");
    proven.holds();
}

#[test]
fn a_server_that_dies_after_an_answer_is_gone_on_with() {
    let Some(mut server) = Postgres::server_with(QUIET) else { return };
    let mut trial = Trial::new(&mut server);
    let answers = all_answers(&mut trial);
    for most in (1..=answers).step_by(answers.div_ceil(8)) {
        let mut twin = trial.twin();
        let dies = server.end();
        let wire = Wire::to(&twin.lineage.server, most, dies);
        let first = twin.apply(&wire.url(twin.lineage.server.name()));
        assert!(wire.is_cut(), "the answer {most} comes: {first:?}");
        server.again();
        trial.lineage.server.reconnect();
        twin.lineage.server.reconnect();
        twin.ends_well().unwrap_or_else(|said| panic!("dead at the answer {most} of {answers}: {said}"));
    }
}

const CHOICES: &Choices = &Choices { at_once: 1, stop_after: 1, dry_run: false, record: false };

/// How often a server answers until everything ran.
fn all_answers(trial: &mut Trial) -> usize {
    let twin = trial.twin();
    let wire = Wire::to(&twin.lineage.server, usize::MAX, || {});
    let summary = twin.apply(&wire.url(twin.lineage.server.name())).expect("it runs");
    assert_eq!((summary.left, summary.failed), (0, 0));
    wire.answers()
}

/// A step that leads to each number below another once.
fn stride(of: usize) -> usize {
    let divides = |a: usize, b: usize| {
        std::iter::successors(Some((a, b)), |(a, b)| (*b > 0).then(|| (*b, a % b)))
            .last()
            .map_or(1, |(a, _)| a)
    };
    (of * 5 / 8..of).find(|step| divides(*step, of) == 1).unwrap_or(1)
}
