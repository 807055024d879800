//! `where` of an index uses only what MongoDB allows there.

use crate::mongodb::lower::filter;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0609;

/// Comparisons of a field with a literal, `in`, `is null`, joined by `and` and `or`.
pub(super) fn partial_filter(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let filters =
            entity.uniques.iter().map(|u| &u.filter).chain(entity.indexes.iter().map(|i| &i.filter));
        for expr in filters.flatten() {
            if let Err(unsupported) = filter::filter(platform, entity, expr) {
                found.push(
                    Diagnostic::new(
                        E0609,
                        unsupported.span,
                        format!("MongoDB cannot limit an index by {}", unsupported.what),
                    )
                    .here("not in a partial index")
                    .help("compare fields with literals by `=`, `<`, `<=`, `>`, `>=`, `in`, `is null`, joined by `and` and `or`"),
                );
            }
        }
    }
}
