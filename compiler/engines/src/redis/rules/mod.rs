//! The rules about what Redis cannot do, or would do wrong, one a file.

mod database_number;
mod dead_letters;
mod evicted_queue;
mod flat_fields;
mod function_names;
mod glob_reach;
mod key_overlap;
mod key_pattern;
mod local_copy;
mod long_life;
mod memory_alert;
mod missing_module;
mod no_length;
mod no_password;
mod no_ttl;
mod nothing_allowed;
mod one_tag;
mod same_functions;
mod service_user;
mod service_verb;
#[cfg(test)]
mod tests;
mod unreadable_history;
mod value_size;

use polity_govern::check::StoreRule;

/// In reading order.
pub(super) const RULES: &[StoreRule] = &[
    database_number::database_number,
    key_pattern::key_pattern,
    key_overlap::key_overlap,
    missing_module::missing_module,
    no_ttl::no_ttl,
    no_length::no_length,
    nothing_allowed::nothing_allowed,
    long_life::long_life,
    evicted_queue::evicted_queue,
    flat_fields::flat_fields,
    value_size::value_size,
    local_copy::local_copy,
    dead_letters::dead_letters,
    one_tag::one_tag,
    same_functions::same_functions,
    function_names::function_names,
    memory_alert::memory_alert,
    no_password::no_password,
    service_user::service_user,
    service_verb::service_verb,
    glob_reach::glob_reach,
    unreadable_history::unreadable_history,
];
