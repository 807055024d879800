//! A collection has one text index at most.

use polity_govern::Stored;
use polity_model::Store;
use polity_model::entity::IndexMethod;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0601;

/// <https://www.mongodb.com/docs/manual/core/indexes/index-types/index-text/text-index-restrictions/>
pub(super) fn text_indexes(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let mut texts =
            entity.indexes.iter().filter(|i| i.method.is_some_and(|(method, _)| method == IndexMethod::Text));
        let Some(first) = texts.next() else { continue };
        for second in texts {
            found.push(
                Diagnostic::new(
                    E0601,
                    second.span,
                    format!("`{}` has a second text index", entity.named.name),
                )
                .here("MongoDB takes one a collection")
                .also(first.span, "the first")
                .help("put the fields of both into one, each with its `weight`"),
            );
        }
    }
}
