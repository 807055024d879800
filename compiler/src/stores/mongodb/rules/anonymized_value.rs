//! An update of MongoDB can write every value that a document gets when it is anonymized.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0612;
use crate::govern::Governed;
use crate::model::Store;
use crate::stores::mongodb::aggregation::Update;
use crate::stores::mongodb::collection;

pub(super) fn anonymized_value(platform: &Governed, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id).filter(|entity| collection::is_anonymized(entity)) {
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
