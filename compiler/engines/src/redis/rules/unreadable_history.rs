//! The files of the last seal of a store can be read.

use polity_catalog::keyed::Catalog;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1901;

/// A catalog of another format than this version of Polity reads.
pub(super) fn unreadable_history(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let name = &store.named.name;
    let Some(place) = platform.history.places.get(name) else { return };
    if let Err(reason) = Catalog::from_json(&place.catalog) {
        let message = format!("`history/{name}` cannot be read: catalog.json: {reason}");
        found.push(
            Diagnostic::new(E1901, store.named.span, message)
                .help("use the version of Polity that sealed it, or a newer one"),
        );
    }
}
