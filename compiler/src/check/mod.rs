//! What must hold before anything is written. Only this module makes a [`Valid`], and emitters take nothing else.

pub mod rules;

use crate::diagnostics::Diagnostic;
use crate::model::Platform;
use crate::stores;

/// A platform about which no error stands.
#[derive(Debug)]
pub struct Valid {
    platform: Platform,
}

impl std::ops::Deref for Valid {
    type Target = Platform;
    fn deref(&self) -> &Platform {
        &self.platform
    }
}

/// A rule: looks at the whole platform and reports what breaks it.
pub type Rule = fn(&Platform, &mut Vec<Diagnostic>);

/// The rules that concern every store, in reading order. What only one engine knows stands in its own list
/// ([`stores::Engine::rules`]).
pub const RULES: &[Rule] = &[
    rules::engines::engines,
    rules::placement::placement,
    rules::settings::settings,
    rules::alerts::alerts,
    rules::charts::charts,
    rules::override_names::override_names,
    rules::declassify::declassify,
    rules::required_cycle::required_cycle,
    rules::unindexed_reference::unindexed_reference,
    rules::redundant_index::redundant_index,
    rules::tier_isolation::tier_isolation,
    rules::tenant_ids::tenant_ids,
    rules::tenant_names::tenant_names,
    rules::client_enforced::client_enforced,
    rules::not_yet::not_yet,
];

/// Judges the platform by every rule, and lets it pass where no error stands.
pub fn gate(platform: Platform, diagnostics: &mut Vec<Diagnostic>) -> Option<Valid> {
    for rule in RULES {
        rule(&platform, diagnostics);
    }
    for store in &platform.stores {
        if let Some(engine) = stores::find(&store.engine) {
            for rule in engine.rules() {
                rule(&platform, store, diagnostics);
            }
        }
    }
    diagnostics.iter().all(|d| !d.is_error()).then_some(Valid { platform })
}
