//! A collection has 64 indexes at most.

use crate::mongodb::lower::indexes;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0607;

/// <https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Number-of-Indexes-per-Collection>
const MOST: usize = 64;

/// Finds collections with too many indexes, counting those on `_id` and of keys, uniques, shard key and retention.
pub(super) fn index_count(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let all = indexes::indexes(platform, entity);
        let count = 1 + all.len();
        if let Some(first_over) = all.get(MOST - 1) {
            found.push(
                Diagnostic::new(
                    E0607,
                    first_over.span,
                    format!("`{}` has {count} indexes, one on `_id` among them", entity.named.name),
                )
                .here("the 65th")
                .note("MongoDB takes 64 a collection, and every write pays for each")
                .help("leave out those that begin like another, or split the entity"),
            );
        }
    }
}
