//! Properties that are tried on random cases: as many as CI has seconds for, or as many as
//! `cargo xtask prove NAME --cases N --seed S` asks for.
//!
//! A test that calls [`prove`] is named `proof_that_…`, so that `cargo xtask prove` finds it in its module NAME.

use std::env;
use std::fmt::Debug;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestCaseResult, TestRng, TestRunner};

/// The seed of runs that name none.
const SEED: u64 = 1;

/// The number of cases, the seed and the time limit of a run.
struct Asked {
    cases: u64,
    seed: u64,
    /// The time after which no further case begins, however many are left.
    budget: Option<Duration>,
}

impl Asked {
    /// Reads `POLITY_PROVE=NAME CASES SEED`, which `cargo xtask prove` sets; other proofs keep to their `budget`.
    fn of(name: &str, budget: Duration) -> Self {
        let text = env::var("POLITY_PROVE").unwrap_or_default();
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            [asked, cases, seed] if asked == name => Self {
                cases: cases.parse().expect("POLITY_PROVE holds a number of cases"),
                seed: seed.parse().expect("POLITY_PROVE holds a seed"),
                budget: None,
            },
            _ => Self { cases: u64::MAX, seed: SEED, budget: Some(budget) },
        }
    }
}

/// Tries `case` on random values until `budget` is used up, at least once. A case depends on the seed and its number
/// alone. Every case that fails is a miss; the first is made as small as possible and fails the test at the end.
///
/// # Panics
///
/// Panics with the smallest failing value where a case failed.
pub fn prove<S>(name: &str, budget: Duration, values: &S, case: impl Fn(S::Value) -> TestCaseResult)
where
    S: Strategy,
    S::Value: Debug,
{
    prove_each(name, budget, |_| values, |_, value| case(value)).holds();
}

/// The end of a run.
pub struct Proven {
    /// The number of cases.
    pub cases: u64,
    failure: Option<String>,
}

impl Proven {
    /// Ends the test.
    ///
    /// # Panics
    ///
    /// Panics with the smallest failing value where a case failed.
    pub fn holds(self) {
        if let Some(failure) = self.failure {
            panic!("{failure}");
        }
    }
}

/// Tries cases like [`prove`], whose values and trial may depend on their number.
pub fn prove_each<S>(
    name: &str,
    budget: Duration,
    values: impl Fn(u64) -> S,
    case: impl Fn(u64, S::Value) -> TestCaseResult,
) -> Proven
where
    S: Strategy,
    S::Value: Debug,
{
    let asked = Asked::of(name, budget);
    let begun = Instant::now();
    let (mut tried, mut misses, mut first) = (0, 0, None);
    while tried < asked.cases && (tried == 0 || asked.budget.is_none_or(|most| begun.elapsed() < most)) {
        let shrinking = if first.is_none() { 200 } else { 0 };
        let config = Config {
            cases: 1,
            max_shrink_iters: shrinking,
            max_shrink_time: 60_000, // milliseconds; a case that asks a server takes one of seconds
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, random(asked.seed, tried));
        let tried_on = |value| caught(&|value| case(tried, value), value);
        if let Err(failure) = runner.run(&values(tried), tried_on) {
            misses += 1;
            eprintln!("{name}: case {tried} fails: {failure}");
            first.get_or_insert_with(|| format!("case {tried}: {failure}"));
        }
        tried += 1;
    }
    tell(&format!("{name}: {tried} cases, seed {}, {misses} misses", asked.seed));
    let failure = first.map(|failure| {
        format!("{misses} of {tried} cases fail with seed {}; the first is {failure}", asked.seed)
    });
    Proven { cases: tried, failure }
}

/// A panic is a miss like any other, so that the cases behind it are tried too.
fn caught<V>(case: &impl Fn(V) -> TestCaseResult, value: V) -> TestCaseResult {
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(value)));
    tried.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
        Err(TestCaseError::fail(text.to_owned()))
    })
}

fn random(seed: u64, case: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&case.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// Leaves a line for `cargo xtask`, which prints those of all proofs together.
fn tell(line: &str) {
    println!("{line}");
    let Some(file) = env::var_os("POLITY_PROOFS") else { return };
    let opened = OpenOptions::new().create(true).append(true).open(file);
    let _ = opened.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
}
