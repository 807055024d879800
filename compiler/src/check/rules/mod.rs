//! The rules that concern every store, one a file.

pub mod alerts;
pub mod charts;
pub mod clear_use;
pub mod client_enforced;
pub mod client_key;
pub mod declassify;
pub mod encrypted_field;
pub mod encrypted_view;
pub mod encryption_keys;
pub mod engines;
pub mod key_scope;
pub mod not_yet;
pub mod override_names;
pub mod placement;
pub mod redundant_index;
pub mod required_cycle;
pub mod searchable;
pub mod settings;
pub mod tenant_ids;
pub mod tenant_names;
pub mod tier_isolation;
pub mod unindexed_reference;
