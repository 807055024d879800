//! Pairs of schemas that users of other tools care about, each led from the older to the newer by way of the catalog alone.

mod mutants;
mod pairs;
mod rows;
mod tried;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use polity_tests::engines::Postgres;

use pairs::Pair;
use tried::{Bench, Outcome, tried};

/// Returns the outcomes of pairs, which two servers share.
fn outcomes(pairs: &[Pair]) -> Option<Vec<(&Pair, Outcome)>> {
    let half = pairs.len().div_ceil(2).max(1);
    let servers = [Postgres::server_of(17)?, Postgres::server_of(17)?];
    let outcomes = thread::scope(|scope| {
        let threads: Vec<_> = pairs
            .chunks(half)
            .zip(servers)
            .map(|(some, server)| {
                scope.spawn(move || {
                    let mut bench = Bench::of(server);
                    some.iter().map(|pair| (pair, tried(pair, &mut bench))).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("it ends")).collect()
    });
    Some(outcomes)
}

#[test]
fn pairs_of_our_own_are_led_on() {
    let ours = pairs::of_ours();
    let Some(outcomes) = outcomes(&ours) else { return };
    for (pair, outcome) in outcomes {
        match outcome {
            Outcome::Held { renames, rows } => {
                assert!(rows > 0 || pair.seed.is_empty(), "{}: it has rows", pair.name);
                assert!(
                    renames >= pair.renamed.things.len() + pair.renamed.values.len(),
                    "{}: {renames} renames",
                    pair.name
                );
            }
            other => panic!("{}: {other:?}", pair.name),
        }
    }
}

#[test]
fn pairs_of_other_tools_are_led_on() {
    let Some(all) = pairs::of_others() else {
        println!("skipped: there is no `../shared/pairs` beside the project");
        return;
    };
    let Some(outcomes) = outcomes(&all) else { return };
    let (mut reasons, mut missed) = (BTreeMap::<String, usize>::new(), Vec::new());
    let mut held: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    let (mut with_rows, mut renamed) = (0, BTreeSet::new());
    for (pair, outcome) in &outcomes {
        let reason = match outcome {
            Outcome::Apart(reason) => reason.clone(),
            Outcome::Held { renames, rows } => {
                held.entry(pair.of_both()).or_insert(true);
                with_rows += usize::from(*rows > 0);
                if *renames > 0 && pair.says_rename {
                    renamed.insert(&pair.name);
                }
                "holds".to_owned()
            }
            Outcome::Missed(said) => {
                held.insert(pair.of_both(), false);
                missed.push(format!("==== {}\n{said}", pair.name));
                "is missed".to_owned()
            }
        };
        *reasons.entry(reason).or_default() += 1;
    }
    for (reason, count) in &reasons {
        println!("{count:6} {reason}");
    }
    let held = held.values().filter(|held| **held).count();
    println!(
        "{held} pairs hold, with mirrors counted once; {with_rows} of them with rows; {} renames",
        renamed.len()
    );
    if let Some(file) = std::env::var_os("POLITY_PAIRS_MISSED") {
        std::fs::write(file, missed.join("\n")).expect("the file is ours");
    }
    assert!(held >= 500, "{held} hold; the misses are\n{}", missed.join("\n"));
}
