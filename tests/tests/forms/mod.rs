//! Forms of values have one definition: what one store takes, in a column, within jsonb or in a document, the others and the
//! client take and read back.

mod members;
mod stores;
mod texts;

use std::cell::RefCell;
use std::time::Duration;

use polity_tests::proof::prove;
use proptest::prelude::*;

use stores::{FORMS, Stores};

#[test]
fn proof_that_what_one_place_takes_all_take() {
    let Some(stores) = Stores::open() else { return };
    let stores = RefCell::new(stores);
    prove("forms", Duration::from_secs(6), &prop::collection::vec(texts::text(), 6), |texts| {
        let mut stores = stores.borrow_mut();
        let different: Vec<String> = FORMS
            .iter()
            .flat_map(|form| texts.iter().map(move |text| (form, text)))
            .filter(|(form, text)| !(form.name == "three" && is_cut(text)))
            .filter_map(|(form, text)| stores.differ(form, text))
            .collect();
        prop_assert!(different.is_empty(), "{different:#?}");
        Ok(())
    });
}

/// Whether only blanks at its end are too many, which PostgreSQL cuts off in a column (PostgreSQL, "Character Types").
fn is_cut(text: &str) -> bool {
    text.chars().count() > 3 && text.trim_end_matches(' ').chars().count() <= 3
}

/// Texts that some engine or other takes for what they are not.
#[test]
fn what_is_no_value_is_refused_everywhere() {
    let Some(mut stores) = Stores::open() else { return };
    let mut wrong = Vec::new();
    for (name, good, bad) in texts::KNOWN {
        let form = FORMS.iter().find(|form| form.name == *name).expect("a form");
        for (text, right) in good.iter().map(|text| (text, true)).chain(bad.iter().map(|text| (text, false)))
        {
            wrong.extend(stores.differ(form, text));
            if stores.takes(form, text) != right {
                wrong.push(format!("{name}: {text:?} is {}", if right { "refused" } else { "taken" }));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
