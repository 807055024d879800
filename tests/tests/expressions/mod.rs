//! An expression means the same in PostgreSQL, in MongoDB and in the generated crate, or is refused when it is built: a table of
//! those whose meaning is easily lost, and random ones.

mod client;
mod held;
mod random;
mod table;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use polity_tests::proof::prove;
use proptest::prelude::*;

use held::{Held, Question, Row, Stores};

/// At most one in so many is refused, of those that are made at random.
const REFUSED: usize = 10;

#[test]
fn proof_that_expressions_mean_the_same_in_every_store() {
    let Some(stores) = Stores::open() else { return };
    let stores = RefCell::new(stores);
    let (asked, refused) = (RefCell::new(0), RefCell::new(BTreeMap::<String, usize>::new()));
    prove("expressions", Duration::from_secs(8), &random::asked(), |(questions, rows)| {
        let mut stores = stores.borrow_mut();
        let answers = stores.ask(&questions, &rows);
        *asked.borrow_mut() += questions.len();
        for why in answers.refused.into_values() {
            *refused.borrow_mut().entry(why).or_default() += 1;
        }
        prop_assert!(answers.different.is_empty(), "{:#?}", answers.different);
        Ok(())
    });
    let (asked, refused) = (asked.into_inner(), refused.into_inner());
    // What the table says belongs to the crate as well.
    let known = Held::of_table();
    let answers = client::ask(known.iter().chain(&stores.into_inner().held));
    println!(
        "expressions: the client computes {} of {}, and was asked {} times",
        answers.carried, answers.all, answers.rows
    );
    assert!(answers.different.is_empty(), "{:#?}", answers.different);
    assert!(answers.carried > 15, "the client computes only {}", answers.carried);
    println!("expressions: refused of {asked}: {refused:#?}");
    // Of a handful nothing follows.
    assert!(asked < 100 || refused.values().sum::<usize>() * REFUSED <= asked, "{asked}: {refused:#?}");
}

#[test]
fn expressions_have_the_values_that_the_reference_says() {
    let Some(mut stores) = Stores::open() else { return };
    let questions: Vec<Question> =
        table::TABLE.iter().map(|(ty, expr, _)| Question { ty, expr: (*expr).to_owned() }).collect();
    // Each is asked about its own rows.
    let rows: Vec<Row> = table::TABLE
        .iter()
        .enumerate()
        .flat_map(|(of, (.., rows))| rows.iter().map(move |(given, value)| Row::of(of, given, value)))
        .collect();
    let answers = stores.ask(&questions, &rows);
    assert!(answers.refused.is_empty(), "{:#?}", answers.refused);
    assert!(answers.different.is_empty(), "{:#?}", answers.different);
}

#[test]
fn what_documents_hold_otherwise_is_refused() {
    for (fields, expr) in table::REFUSED {
        let source = format!(
            "platform p {{ environments: [dev] }}\nstore docs: mongodb 7 {{}}\n\
             entity E in docs {{ id: int key; {fields}; check held ({expr}) }}\n"
        );
        let found = polity_tests::project::compile(&source).diagnostics;
        let codes: Vec<String> = found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect();
        assert_eq!(codes, ["E0615"], "{expr}: {found:#?}");
    }
}
