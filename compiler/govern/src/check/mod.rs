//! The rules that must hold before anything is written. Only this module makes a [`Valid`], and emitters take nothing
//! else.

pub mod rules;

use crate::{Governed, Stored};
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;

/// A platform about which no error stands.
#[derive(Debug)]
pub struct Valid {
    stored: Stored,
}

impl std::ops::Deref for Valid {
    type Target = Stored;
    fn deref(&self) -> &Stored {
        &self.stored
    }
}

/// A rule: looks at the whole platform and reports what breaks it.
pub type Rule = fn(&Governed, &mut Vec<Diagnostic>);

/// A rule that one engine knows, judged for each store that runs on it.
pub type StoreRule = fn(&Stored, &Store, &mut Vec<Diagnostic>);

/// The rules that concern every store, in reading order. A rule that only one engine knows stands in the list of its
/// folder, `engines/<engine>/rules/`.
pub const RULES: &[Rule] = &[
    rules::engines::engines,
    rules::placement::placement,
    rules::settings::settings,
    rules::levels::levels,
    rules::runtime::runtime,
    rules::alerts::alerts,
    rules::charts::charts,
    rules::override_names::override_names,
    rules::first_names::first_names,
    rules::removed_things::removed_things,
    rules::removed_unknown::removed_unknown,
    rules::declassify::declassify,
    rules::contradictions::contradictions,
    rules::absent_value::absent_value,
    rules::misfit::misfit,
    rules::division::division,
    rules::refused_default::refused_default,
    rules::required_cycle::required_cycle,
    rules::unindexed_reference::unindexed_reference,
    rules::redundant_index::redundant_index,
    rules::tier_isolation::tier_isolation,
    rules::tenant_ids::tenant_ids,
    rules::tenant_names::tenant_names,
    rules::tenant_region::tenant_region,
    rules::client_enforced::client_enforced,
    rules::unkept_quota::unkept_quota,
    rules::encryption_keys::encryption_keys,
    rules::key_scope::key_scope,
    rules::encrypted_field::encrypted_field,
    rules::encrypted_member::encrypted_member,
    rules::opened_copy::opened_copy,
    rules::clear_use::clear_use,
    rules::searchable::searchable,
    rules::client_key::client_key,
    rules::encrypted_view::encrypted_view,
    rules::pseudonym::pseudonym,
    rules::pseudonym_view::pseudonym_view,
    rules::subject_key::subject_key,
    rules::unreached_person::unreached_person,
    rules::whose_data::whose_data,
    rules::looks_personal::looks_personal,
    rules::orphans::orphans,
    rules::soft_delete::soft_delete,
    rules::uncovered_copy::uncovered_copy,
    rules::renewed_entries::renewed_entries,
    rules::kept_longer::kept_longer,
    rules::erasure_ring::erasure_ring,
    rules::stuck_reference::stuck_reference,
    rules::unsealed_log::unsealed_log,
    rules::payloads_kept_longer::payloads_kept_longer,
    rules::seal_period::seal_period,
    rules::log_before::log_before,
    rules::service_lines::service_lines,
    rules::published::published,
    rules::purposes::purposes,
    rules::not_yet::not_yet,
    rules::unused::unused,
];

/// Judges the platform by every rule, and lets it pass where no error stands. The rules of a store's engine, which
/// `rules_of` gives, see everything in the form in which stores hold it.
pub fn gate(
    governed: Governed,
    rules_of: fn(&Store) -> &'static [StoreRule],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Valid> {
    for rule in RULES {
        rule(&governed, diagnostics);
    }
    let stored = Stored::of(governed);
    for store in &stored.stores {
        for rule in rules_of(store) {
            rule(&stored, store, diagnostics);
        }
    }
    diagnostics.iter().all(|d| !d.is_error()).then_some(Valid { stored })
}
