//! The rules about what MongoDB cannot do, one a file, each an error with the way out.

mod anonymized_value;
mod checks;
mod clauses;
mod driver_copy;
mod driver_field;
mod driver_key;
mod geo_index;
mod hashed_index;
mod index_columns;
mod index_count;
mod index_methods;
mod index_settings;
mod moved_field;
mod names;
mod nesting;
mod parallel_arrays;
mod partial_filter;
mod queryable_store;
mod resealed;
mod retention;
mod same_index;
mod service_part;
mod service_view;
mod shard_unique;
mod sharding;
mod stored_names;
mod text_fields;
mod text_indexes;
mod ttl_compound;
mod ttl_field;
mod unfilled;
mod unreadable_history;
mod validator_size;
mod views;

#[cfg(test)]
mod tests;

use super::lower::indexes::column_type;
use super::lower::{MAX_DEPTH, collection};
use polity_govern::Stored;
use polity_govern::check::StoreRule;
use polity_model::Entity;
use polity_model::entity::Column;
use polity_model::expr::ExprKind;

/// In reading order: names and settings, documents, indexes, sharding, retention, services,
/// encryption, change.
pub(super) const RULES: &[StoreRule] = &[
    names::names,
    stored_names::stored_names,
    nesting::nesting,
    validator_size::validator_size,
    checks::checks,
    clauses::clauses,
    views::views,
    index_methods::index_methods,
    index_columns::index_columns,
    index_settings::index_settings,
    index_count::index_count,
    same_index::same_index,
    parallel_arrays::parallel_arrays,
    partial_filter::partial_filter,
    text_indexes::text_indexes,
    text_fields::text_fields,
    geo_index::geo_index,
    hashed_index::hashed_index,
    sharding::sharding,
    shard_unique::shard_unique,
    ttl_field::ttl_field,
    ttl_compound::ttl_compound,
    retention::retention,
    crate::anonymize::anonymize,
    anonymized_value::anonymized_value,
    service_part::service_part,
    service_view::service_view,
    driver_field::driver_field,
    driver_key::driver_key,
    queryable_store::queryable_store,
    driver_copy::driver_copy,
    unreadable_history::unreadable_history,
    unfilled::unfilled,
    moved_field::moved_field,
    resealed::resealed,
];

/// Whether an index would hold several values of one document for this column.
fn is_multikey(platform: &Stored, entity: &Entity, column: &Column) -> bool {
    matches!(&column.expr.kind, ExprKind::Field(path)
        if collection::reach(platform, &entity.fields, path).through_list)
}
