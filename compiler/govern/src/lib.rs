//! Everything that follows from a platform: labels flow, rules apply what the source left open, what breaks a rule is told,
//! and what services may and what an erasure reaches is derived.
//!
//! | file | does |
//! |---|---|
//! | `governed` | a platform with the conclusions about it |
//! | `flow`, `labels` | which labels everything carries |
//! | `given` | the parameters of every policy in force |
//! | `apply` | what rules apply, in rounds, until nothing new comes. All rules of a round see the same platform, so neither files nor lines have an order |
//! | `effects` | what rules added, and with it the words that hold in the end |
//! | `references` | the references that stores can follow, and those that are keyed hashes |
//! | `encrypted` | the places of an entity that are encrypted |
//! | `bound` | the ways in which ciphertexts are made, as a seal keeps them |
//! | `ciphertext` | the lines that need a field in the clear |
//! | `judge`, `conflicts` | what rules require and forbid, what waivers excuse, and what no value could keep |
//! | `access` | the privileges of services, spelled out |
//! | `erasure` | every place that leads to a person |
//! | `stored`, `sealing` | a governed platform in the form in which its stores hold it |
//! | `check` | the rules of every store, and the gate that makes a [`check::Valid`] |

pub mod access;
mod apply;
mod bound;
pub mod check;
mod ciphertext;
mod conflicts;
mod effects;
pub mod encrypted;
pub mod erasure;
mod flow;
mod given;
pub mod governed;
mod judge;
mod kept;
mod labelled;
pub mod labels;
mod names;
pub mod place;
pub mod reference;
mod references;
mod retention;
pub mod sealing;
pub mod stored;
mod subject;
#[cfg(test)]
mod tests;
mod truth;
mod until_anonymized;
mod values;
pub mod within;

use polity_model::{Date, EnvironmentId, Platform};
use polity_text::diagnostics::Diagnostic;

pub use effects::Holder;
pub use governed::Governed;
pub use stored::Stored;

/// Derives what follows from a platform, and carries its policies out. Waivers are held against the day `as_of`; without
/// one, none has run out.
pub fn govern(platform: Platform, as_of: Option<Date>, found: &mut Vec<Diagnostic>) -> Governed {
    let mut governed = Governed::open(platform);
    governed.decided.labels = flow::flow(&governed);
    if governed.policies.is_empty() {
        governed.encrypt_computed();
    } else {
        let given = given::given(&governed, found);
        let memo = truth::Memo::default();
        apply::apply(&mut governed, &given, &memo, found);
        governed.encrypt_computed();
        judge::judge(&governed, &given, &memo, as_of, found);
    }
    governed.settle();
    governed
}

/// The environments in which a rule must hold: every one listed under `production`, or the plain settings where none is.
pub fn environments(platform: &Platform) -> Vec<Option<EnvironmentId>> {
    let production: Vec<_> =
        platform.environments.iter().filter(|e| e.production).map(|e| Some(e.id)).collect();
    if production.is_empty() { vec![None] } else { production }
}
