//! An alert on memory has something to measure against.

use crate::redis::{in_environment, settings_anywhere};
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0712;

/// `alert memory` in a store without `max_memory`: a share of no limit is infinite, so that it would ring for ever.
pub(super) fn memory_alert(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let settings = settings_anywhere(platform, store);
    for alert in store.alerts.iter().filter(|alert| alert.metric == "memory") {
        let unlimited = settings.iter().find(|(environment, settings)| {
            let concerns = match alert.environment {
                Some(_) => *environment == alert.environment,
                None => true,
            };
            concerns && settings.get("max_memory").is_none()
        });
        let Some((environment, _)) = unlimited else { continue };
        let place = in_environment(platform, *environment);
        let message = format!("there is no `max_memory`{place} to measure against");
        let problem = Diagnostic::new(E0712, alert.span, message)
            .also(store.named.span, "the store")
            .help("add `max_memory: 2GiB`, for example");
        found.push(store.settings.saying("max_memory", "2GiB", problem));
    }
}
