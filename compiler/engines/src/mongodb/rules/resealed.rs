//! Ciphertexts that are made otherwise than those which were sealed.

use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1913;

/// A field with another key, another row or another form: documents that are there hold what nobody could open.
pub(super) fn resealed(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    if !platform.history.places.contains_key(&store.named.name) {
        return;
    }
    for entity in platform.entities_in(store.id) {
        for place in platform.encrypted_places(entity.id) {
            let Some(message) = platform.governed().sealed_otherwise(entity, &place) else { continue };
            found.push(Diagnostic::new(E1913, place.field.named.span, message).help(
                "keep it as it was sealed, and write a field of another name beside it, which clients fill; this one is `removed` later",
            ));
        }
    }
}
