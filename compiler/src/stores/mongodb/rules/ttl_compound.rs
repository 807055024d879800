//! An index by which documents expire has one field.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0603;
use crate::govern::Governed;
use crate::model::Store;
use crate::model::entity::IndexMethod;
use crate::stores::mongodb::indexes;

/// <https://www.mongodb.com/docs/manual/core/index-ttl/#restrictions>
pub(super) fn ttl_compound(platform: &Governed, store: &Store, found: &mut Vec<Diagnostic>) {
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
