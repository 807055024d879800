//! SQL has no place in a MongoDB store.

use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0624;

pub(super) fn views(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let views = platform.views.iter().filter(|v| v.store == store.id).map(|v| v.named.span);
    let scripts = platform.scripts.iter().filter(|s| s.store == store.id).map(|s| s.span);
    for span in views.chain(scripts) {
        found.push(
            Diagnostic::new(
                E0624,
                span,
                format!("`{}` is a MongoDB store, which knows no SQL", store.named.name),
            )
            .help("write it in a relational store, or read the collection in the client"),
        );
    }
}
