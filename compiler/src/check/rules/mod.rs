//! The rules that concern every store, one a file.

pub mod alerts;
pub mod charts;
pub mod client_enforced;
pub mod declassify;
pub mod engines;
pub mod not_yet;
pub mod override_names;
pub mod placement;
pub mod redundant_index;
pub mod required_cycle;
pub mod settings;
pub mod tenant_ids;
pub mod tenant_names;
pub mod tier_isolation;
pub mod unindexed_reference;
