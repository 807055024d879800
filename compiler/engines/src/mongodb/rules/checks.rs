//! Checks and computed fields that a validator can judge.

use crate::mongodb::lower::aggregation;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0615;

pub(super) fn checks(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut sizes = polity_model::written_out::WrittenOut::new(platform);
    for entity in platform.entities_in(store.id) {
        if super::validator_size::is_too_large(entity, &mut sizes) {
            continue;
        }
        for (_, check) in aggregation::checks(platform, entity) {
            if let Err(unsupported) = check {
                found.push(
                    Diagnostic::new(
                        E0615,
                        unsupported.span,
                        format!("a validator of MongoDB cannot hold {}", unsupported.what),
                    )
                    .here("cannot be judged here")
                    .help("compare fields and literals by arithmetic, `round`, `matches`, `in`, `length`, `lower`, `upper`, `coalesce` or `date_trunc`"),
                );
            }
        }
    }
}
