//! An index by which documents expire has one field.

use crate::mongodb::lower::indexes;
use polity_govern::Stored;
use polity_model::Store;
use polity_model::entity::IndexMethod;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0603;

/// <https://www.mongodb.com/docs/manual/core/index-ttl/#restrictions>
pub(super) fn ttl_compound(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        for index in entity.indexes.iter().filter(|i| indexes::expire_after(i).is_some()) {
            let is_plain = index.method.is_none_or(|(method, _)| method == IndexMethod::Btree);
            if index.columns.len() < 2 && is_plain {
                continue;
            }
            let what = if is_plain { "several fields" } else { "another method than btree" };
            found.push(
                Diagnostic::new(E0603, index.span, "documents cannot expire by this index")
                    .here(format!("it has {what}"))
                    .note("MongoDB expires documents by a plain index on one field only")
                    .help("write `retain DURATION after FIELD`, and the index without `expire_after`"),
            );
        }
    }
}
