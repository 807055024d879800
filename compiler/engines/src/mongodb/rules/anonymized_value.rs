//! An update of MongoDB can write every value that a document gets when it is anonymized.

use crate::mongodb::lower::aggregation::Update;
use crate::mongodb::lower::collection;
use polity_govern::Stored;
use polity_model::{Entity, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0612;

pub(super) fn anonymized_value(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let is_anonymized = |entity: &&Entity| collection::is_anonymized(platform, entity);
    for entity in platform.entities_in(store.id).filter(is_anonymized) {
        for unsupported in Update::anonymizing(platform, entity, &[]).unsupported {
            found.push(
                Diagnostic::new(
                    E0612,
                    unsupported.span,
                    format!("an update of MongoDB cannot hold {}", unsupported.what),
                )
                .here("cannot be written when a document is anonymized")
                .help("write a literal, or make it of fields, `uuid_v4()` and `now()`"),
            );
        }
    }
}
