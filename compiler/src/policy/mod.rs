//! Rules written once: labels flow, rules apply what the source left open, and what breaks a rule is told.
//!
//! 1. `flow`: which labels everything carries.
//! 2. `given`: the parameters of every policy in force.
//! 3. `apply`: what rules apply, in rounds, until nothing new comes. All rules of a round see the same platform,
//!    so neither files nor lines have an order.
//! 4. `judge`: what rules require and forbid, and what waivers excuse; `conflicts` tells what no value could keep.

mod apply;
mod conflicts;
mod flow;
mod given;
mod judge;
mod labelled;
mod names;
#[cfg(test)]
mod packs;
pub(crate) mod place;
pub mod reference;
mod retention;
#[cfg(test)]
mod tests;
mod truth;
mod values;

use crate::diagnostics::Diagnostic;
use crate::model::{Date, EnvironmentId, Platform};

/// Carries the policies out. Waivers are held against the day `as_of`; without one, none has run out.
pub fn govern(platform: &mut Platform, as_of: Option<Date>, found: &mut Vec<Diagnostic>) {
    platform.carried = flow::flow(platform);
    if platform.policies.is_empty() {
        platform.encrypt_computed();
        return;
    }
    let given = given::given(platform, found);
    let memo = truth::Memo::default();
    apply::apply(platform, &given, &memo, found);
    platform.encrypt_computed();
    judge::judge(platform, &given, &memo, as_of, found);
}

/// What a rule must hold in: every environment listed under `production`, or the plain settings where none is.
pub(crate) fn environments(platform: &Platform) -> Vec<Option<EnvironmentId>> {
    let production: Vec<_> =
        platform.environments.iter().filter(|e| e.production).map(|e| Some(e.id)).collect();
    if production.is_empty() { vec![None] } else { production }
}
