//! Rules that report what PostgreSQL cannot do, or would do to somebody's harm, before it does: one rule a file, in the
//! order of the reference.

mod clauses;
mod computed;
mod constant_text;
mod counted_label;
mod doubled;
mod extensions;
mod global_reference;
mod immutable;
mod index_method;
mod jsonb_members;
mod outliving_referrer;
mod overlap_class;
mod partition_column;
mod partition_key;
mod record_size;
mod referenced_partitions;
mod refresh;
mod register;
mod resealed;
mod reserved_name;
mod retention_index;
mod scoped_figures;
mod scoped_fragment;
mod scoped_index;
mod scoped_numbers;
mod scoped_script;
mod service_rights;
mod service_role;
mod spread_otherwise;
mod storage_parameter;
mod tenancy_version;
mod uncastable;
mod unenforced_reference;
mod unfilled;
mod unique_terms;
mod unmanaged;
mod unreadable_history;

use polity_govern::Stored;
use polity_govern::check::StoreRule;
use polity_model::{Entity, Store};

pub(super) const RULES: &[StoreRule] = &[
    clauses::clauses,
    record_size::record_size,
    reserved_name::reserved_name,
    extensions::extensions,
    computed::computed,
    immutable::immutable,
    constant_text::constant_text,
    jsonb_members::jsonb_members,
    partition_column::partition_column,
    partition_key::partition_key,
    retention_index::retention_index,
    crate::anonymize::anonymize,
    referenced_partitions::referenced_partitions,
    outliving_referrer::outliving_referrer,
    index_method::index_method,
    overlap_class::overlap_class,
    unique_terms::unique_terms,
    unreadable_history::unreadable_history,
    unenforced_reference::unenforced_reference,
    storage_parameter::storage_parameter,
    refresh::refresh,
    service_role::service_role,
    service_rights::service_rights,
    tenancy_version::tenancy_version,
    global_reference::global_reference,
    scoped_index::scoped_index,
    scoped_numbers::scoped_numbers,
    scoped_script::scoped_script,
    scoped_fragment::scoped_fragment,
    scoped_figures::scoped_figures,
    counted_label::counted_label,
    // Last, for it lowers what no rule refused.
    register::register,
];

fn entities<'p>(platform: &'p Stored, store: &Store) -> impl Iterator<Item = &'p Entity> {
    platform.entities_in(store.id)
}
