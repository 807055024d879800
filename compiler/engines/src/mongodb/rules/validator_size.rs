//! A validator fits into one command of 16 MiB.

use polity_govern::Stored;
use polity_model::written_out::{WrittenOut, counted};
use polity_model::{Entity, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0622;

/// Every record is written out at each place that holds it, and a field takes some 150 bytes: this many are about
/// half of what MongoDB takes in one command.
const MOST_FIELDS: u64 = 50_000;

/// Records that hold others many times, level by level, would grow without end.
pub(super) fn validator_size(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut sizes = WrittenOut::new(platform);
    for entity in platform.entities_in(store.id) {
        let fields = sizes.entity(entity);
        if fields > MOST_FIELDS {
            found.push(
                Diagnostic::new(
                    E0622,
                    entity.named.span,
                    format!("the validator of `{}` would be larger than MongoDB takes", entity.named.name),
                )
                .here(format!("{} fields, each record counted wherever it stands", counted(fields)))
                .help("store the inner records in collections of their own, with references to them"),
            );
        }
    }
}

/// Whether nobody should follow the records of an entity one by one.
pub(super) fn is_too_large(entity: &Entity, sizes: &mut WrittenOut<'_>) -> bool {
    sizes.entity(entity) > MOST_FIELDS
}
