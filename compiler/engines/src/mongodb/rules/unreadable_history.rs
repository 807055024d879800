//! The files of the last seal of a store can be read.

use crate::mongodb::lower::sealed::Sealed;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1901;

/// A catalog, or what stands beside it, of another format than this version of Polity reads.
pub(super) fn unreadable_history(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let name = &store.named.name;
    let Some(place) = platform.history.places.get(name) else { return };
    if let Err(reason) = Sealed::read(&place.catalog, &place.state) {
        let message = format!("`history/{name}` cannot be read: {reason}");
        found.push(
            Diagnostic::new(E1901, store.named.span, message)
                .help("use the version of Polity that sealed it, or a newer one"),
        );
    }
}
