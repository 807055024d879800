//! A service logs in as a user of its own.

use crate::redis::rights::user_name;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0841;

/// A service whose user would be one that every store has.
pub(in super::super) fn service_user(platform: &Stored, _store: &Store, found: &mut Vec<Diagnostic>) {
    for service in &platform.services {
        if !["app", "maintenance", "monitor", "replica", "sentinel", "operator"]
            .contains(&service.named.name.as_str())
        {
            continue;
        }
        let message = format!(
            "service `{}` would log in as `{}`, which is taken",
            service.named.name,
            user_name(platform, service)
        );
        let diagnostic = Diagnostic::new(E0841, service.named.span, message)
            .note("a user of the platform's own would give the service rights that no line of it says")
            .help("rename the service");
        if !found.iter().any(|known| known.code == E0841 && known.primary == diagnostic.primary) {
            found.push(diagnostic);
        }
    }
}
