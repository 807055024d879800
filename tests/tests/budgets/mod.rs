//! Whatever a source of less than a megabyte says, compiling it ends soon, in bounded memory, on a small stack.

mod child;
mod followed;
mod language;
mod sql;

use std::time::Duration;

use polity_tests::project::{build, text};
use polity_tests::proof::prove;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;

/// Sources of one shape.
struct Family {
    name: String,
    /// A source of at most so many bytes.
    source: Box<dyn Fn(usize) -> String>,
}

/// `head`, as many items as there is room for, and `tail`.
fn fill(bytes: usize, head: &str, tail: &str, item: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for i in 0.. {
        let item = item(i);
        if text.len() + item.len() + tail.len() > bytes {
            break;
        }
        text.push_str(&item);
    }
    text + tail
}

/// How large a source is: with one text of SQL that may be read, and almost all that a file may be.
const BYTES: [usize; 2] = [200_000, 999_999];

#[test]
fn columns_that_double_take_no_memory() {
    let families = sql::families();
    let family = families.iter().find(|family| family.name == sql::DOUBLING).expect("it is among them");
    assert_eq!(child::compiled(family, BYTES[0]), Ok(vec!["E0330".to_owned()]));
}

/// Two references from each entity to the one before it are twice as many ways to the person with each entity; the rows of
/// whoever is held are asked for once an entity.
#[test]
fn ways_to_a_person_that_double_are_written_once() {
    let bytes = |levels: usize| {
        let level = |i: usize| {
            let retained = if i == levels { "at: timestamp; index (at); retain 30d after at" } else { "" };
            let before = i - 1;
            format!(
                "entity E{i} {{ id: uuid key; x: -> E{before} on delete cascade; y: -> E{before} on delete cascade\n\
                 index (x); index (y); {retained} }}\n"
            )
        };
        let levels: String = (1..=levels).map(level).collect();
        let source = format!(
            "platform p {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"p\" }}\n\
             schema s in main {{\nentity E0 {{ id: uuid key; email: email #personal; subject }}\n{levels}}}\n"
        );
        text(&build(&source), "main/schema.sql").len()
    };
    let [few, many] = [12, 24].map(bytes);
    assert!(many < 3 * few, "{few} bytes for 12 entities, {many} for 24");
}

fn families() -> Vec<Family> {
    let mut all = sql::families();
    all.extend(language::families());
    all.extend(followed::families());
    all
}

#[test]
fn proof_that_no_source_takes_more_than_its_budget() {
    let families = families();
    let cases = (0..families.len(), select(&BYTES[..]));
    prove("budgets", Duration::from_secs(15), &cases, |(family, bytes)| {
        let compiled = child::compiled(&families[family], bytes);
        compiled.map(drop).map_err(|why| TestCaseError::fail(format!("{}: {why}", families[family].name)))
    });
}
