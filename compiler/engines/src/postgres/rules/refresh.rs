//! A materialized view is refreshed without locking its readers out.

use super::super::lower::views::identity;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0502;

/// `REFRESH … CONCURRENTLY` tells the rows apart by a unique index.
pub(super) fn refresh(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for view in platform.views.iter().filter(|view| view.store == store.id) {
        if view.materialized.is_some() && identity(view).is_none() {
            found.push(
                Diagnostic::new(
                    W0502,
                    view.named.span,
                    format!(
                        "nothing tells the rows of `{}` apart, so each refresh locks its readers out",
                        view.named.name
                    ),
                )
                .help("group by columns that the view shows"),
            );
        }
    }
}
