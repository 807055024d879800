//! What Redis cannot do, or would do wrong, one rule a file.

mod database_number;
mod key_overlap;
mod key_pattern;
mod missing_module;
mod no_length;
mod no_ttl;
mod nothing_allowed;

use crate::stores::StoreRule;

/// In reading order.
pub(super) const RULES: &[StoreRule] = &[
    database_number::database_number,
    key_pattern::key_pattern,
    key_overlap::key_overlap,
    missing_module::missing_module,
    no_ttl::no_ttl,
    no_length::no_length,
    nothing_allowed::nothing_allowed,
];
