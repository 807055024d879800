//! Clauses and words of other stores do not stand at a table.

use super::entities;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0501;

/// `shard by`, `order by`, `analyzed`, `codec`, …: nothing would come of them here.
pub(super) fn clauses(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        if let Some(shard) = &entity.shard {
            found.push(
                Diagnostic::new(E0501, shard.span, "PostgreSQL does not shard")
                    .help("`partition by hash (…) into 16` divides a table within one server"),
            );
        }
        if let Some(first) = entity.order_by.first() {
            found.push(
                Diagnostic::new(E0501, first.expr.span, "a table of PostgreSQL has no order")
                    .help("an `index (…)` with these columns gives rows in that order"),
            );
        }
        for field in &entity.fields {
            for word in &field.store_words {
                let help = if word.word == "weight" || word.word == "analyzed" {
                    "search a text with `index (…) using text language \"…\"`"
                } else {
                    "leave it out"
                };
                found.push(
                    Diagnostic::new(
                        E0501,
                        word.span,
                        format!("PostgreSQL has no `{}` of a field", word.word),
                    )
                    .help(help),
                );
            }
        }
    }
}
