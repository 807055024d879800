//! The files of the last seal of a store can be read.

use super::super::lower::sealed::Sealed;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1901;

/// A catalog, or what stands beside it, of another format than this version of Polity reads.
pub(super) fn unreadable_history(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let name = &store.named.name;
    for (place, sealed) in &platform.history.places {
        if place.split('/').next() != Some(name.as_str()) {
            continue;
        }
        if let Err(reason) = Sealed::read(&sealed.catalog, &sealed.state) {
            let message = format!("`history/{place}` cannot be read: {reason}");
            found.push(
                Diagnostic::new(E1901, store.named.span, message)
                    .help("use the version of Polity that sealed it, or a newer one"),
            );
        }
    }
}
