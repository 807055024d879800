//! What is unique holds one value.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0618;
use crate::model::{Platform, Store};

/// A unique index over a list lets no element appear in two documents, and lets it appear twice in one: not what
/// `unique` says.
pub(super) fn unique_lists(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        for unique in &entity.uniques {
            for column in unique.columns.iter().filter(|c| super::is_multikey(platform, entity, c)) {
                found.push(
                    Diagnostic::new(E0618, column.expr.span, "a list cannot be unique in MongoDB")
                        .here("a list")
                        .note("each element would be unique over all documents, not the list as a whole")
                        .help("store the elements in a collection of their own, with a unique field"),
                );
            }
        }
    }
}
