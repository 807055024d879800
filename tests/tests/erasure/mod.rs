//! Every place that holds something of a person is filled for two people; one is erased, and nothing is left of that one
//! and everything of the other.

mod batches;
mod everywhere;
mod examples;
mod holds;
mod offboarding;
mod papers;
mod pseudonyms;
mod random;
mod rows;
mod support;
mod tenants;
mod trial;
mod values;
mod waiting;

use std::cell::RefCell;
use std::time::Duration;

use polity_tests::proof::prove;
use proptest::prelude::TestCaseError;

#[test]
fn proof_that_no_word_of_a_person_is_left_and_every_word_of_others() {
    let Some(servers) = trial::Servers::start() else { return };
    let servers = RefCell::new(servers);
    prove("erasure", Duration::from_secs(45), &random::graphs(), |graph| {
        servers.borrow_mut().tried(&graph).map_err(TestCaseError::fail)
    });
}
