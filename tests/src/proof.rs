//! Properties that are tried on random cases: as many as CI has seconds for, or as many as
//! `cargo xtask prove NAME --cases N --seed S` asks for.
//!
//! A test that calls [`prove`] is named `proof_that_…`, so that `cargo xtask prove` finds it in its module NAME.

use std::cell::RefCell;
use std::env;
use std::fmt::Debug;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
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
    let run = Run::begin(name, budget);
    run.goes_on(&values, &case);
    run.end()
}

/// Tries cases like [`prove_each`] on several threads, each with tools of its own.
pub fn prove_beside<S, T>(
    name: &str,
    budget: Duration,
    threads: usize,
    tools: impl Fn() -> T + Sync,
    values: impl Fn(u64) -> S + Sync,
    case: impl Fn(&mut T, u64, S::Value) -> TestCaseResult + Sync,
) -> Proven
where
    S: Strategy,
    S::Value: Debug,
{
    let run = Run::begin(name, budget);
    let goes_on = || {
        let tools = RefCell::new(tools());
        run.goes_on(&values, &|number, value| case(&mut tools.borrow_mut(), number, value));
    };
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(goes_on))));
    run.end()
}

/// The cases of a proof while they are tried.
struct Run<'n> {
    name: &'n str,
    asked: Asked,
    begun: Instant,
    /// The number of the next case.
    next: AtomicU64,
    misses: AtomicU64,
    /// The first case that failed, with its number.
    failure: Mutex<Option<(u64, String)>>,
}

impl<'n> Run<'n> {
    fn begin(name: &'n str, budget: Duration) -> Self {
        let (next, misses) = (AtomicU64::new(0), AtomicU64::new(0));
        let asked = Asked::of(name, budget);
        Self { name, asked, begun: Instant::now(), next, misses, failure: Mutex::default() }
    }

    /// Tries the next case, and those behind it, until enough were tried.
    fn goes_on<S>(&self, values: &impl Fn(u64) -> S, case: &impl Fn(u64, S::Value) -> TestCaseResult)
    where
        S: Strategy,
        S::Value: Debug,
    {
        loop {
            let is_time = self.asked.budget.is_none_or(|most| self.begun.elapsed() < most);
            let may_begin = |next: u64| next < self.asked.cases && (next == 0 || is_time);
            let next = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                may_begin(next).then_some(next + 1)
            });
            let Ok(number) = next else { return };
            self.tries(number, &values(number), case);
        }
    }

    fn tries<S>(&self, number: u64, values: &S, case: &impl Fn(u64, S::Value) -> TestCaseResult)
    where
        S: Strategy,
        S::Value: Debug,
    {
        let failure = || self.failure.lock().expect("nobody panics with it");
        let config = Config {
            cases: 1,
            max_shrink_iters: if failure().is_none() { 200 } else { 0 },
            max_shrink_time: 60_000, // milliseconds; a case that asks a server takes one of seconds
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, random(self.asked.seed, number));
        let tried_on = |value| caught(&|value| case(number, value), value);
        if let Err(found) = runner.run(values, tried_on) {
            self.misses.fetch_add(1, Ordering::Relaxed);
            eprintln!("{}: case {number} fails: {found}", self.name);
            let mut first = failure();
            if first.as_ref().is_none_or(|(earlier, _)| number < *earlier) {
                *first = Some((number, format!("case {number}: {found}")));
            }
        }
    }

    fn end(self) -> Proven {
        let (cases, misses) = (self.next.into_inner(), self.misses.into_inner());
        let (name, seed) = (self.name, self.asked.seed);
        let seconds = self.begun.elapsed().as_secs();
        println!("{name}: {cases} cases in {seconds} s");
        tell(&format!("{name}: {cases} cases, seed {seed}, {misses} misses"));
        let first = self.failure.into_inner().expect("nobody panics with it");
        let failure = first.map(|(_, failure)| {
            format!("{misses} of {cases} cases fail with seed {seed}; the first is {failure}")
        });
        Proven { cases, failure }
    }
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
