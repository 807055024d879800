//! Random platforms on real servers: whatever refers to whatever, in circles too, objects are made in an order that a
//! server takes, and the undo leaves nothing but what `roles.sql` made.

pub mod draws;
mod fields;
pub mod install;
mod plan;
mod references;
pub mod source;
mod views;

use std::cell::RefCell;
use std::time::Duration;

use polity_tests::engines::Postgres;
use polity_tests::proof::prove;
use proptest::test_runner::TestCaseError;

use crate::describe::support::platform;
use install::{Servers, Trial};
use source::Made;

#[test]
fn proof_that_random_platforms_install_in_their_order_and_go_as_a_whole() {
    let servers = RefCell::new(Servers::default());
    prove("order", Duration::from_secs(15), &source::made(), |made| {
        let mut servers = servers.borrow_mut();
        let Some(server) = servers.of(made.major) else { return Ok(()) };
        tried(&made, server).map_err(TestCaseError::fail)
    });
}

/// Installs and undoes every place of a platform: the shared database and the schemas in it, then the databases of tenants.
fn tried(made: &Made, server: &mut Postgres) -> Result<(), String> {
    let platform = platform(&made.sources());
    let (together, apart): (Vec<_>, Vec<_>) =
        platform.places.iter().partition(|place| place.beside || place.tenant.is_none());
    let mut trial = Trial::new(&platform, server);
    for (at, place) in together.iter().enumerate() {
        if at == 1 {
            trial.again(together[0])?;
        }
        trial.there_and_back(place)?;
    }
    drop(trial);
    for place in apart {
        Trial::new(&platform, server).there_and_back(place)?;
    }
    Ok(())
}
