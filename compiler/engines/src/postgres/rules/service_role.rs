//! A service logs in as a role of its own.

use super::super::lower::placement::Placement;
use super::super::lower::services::{reserved, role_name};
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0841;

/// A service whose role would be one of the platform's own, or another service's.
pub(super) fn service_role(platform: &Stored, _store: &Store, found: &mut Vec<Diagnostic>) {
    let reserved = reserved(platform);
    let mut taken: Vec<(smol_str::SmolStr, polity_text::source::Span)> = Vec::new();
    let databases = || std::iter::once(None).chain(Placement::tenants(platform).map(Some));
    let logins =
        platform.services.iter().flat_map(|service| databases().map(move |tenant| (service, tenant)));
    for (service, tenant) in logins {
        let (role, span) = (role_name(platform, tenant, service), service.named.span);
        let first = taken.iter().find(|(other, _)| *other == role).map(|(_, span)| *span);
        if reserved.contains(&role) || first.is_some() {
            let message =
                format!("service `{}` would log in as `{role}`, which is taken", service.named.name);
            let mut diagnostic = Diagnostic::new(E0841, span, message)
                .note("a role of the platform's own would give the service rights that no line of it says")
                .help("rename the service");
            if let Some(first) = first {
                diagnostic = diagnostic.also(first, "the other service");
            }
            if !found.iter().any(|known| known.code == E0841 && known.primary == diagnostic.primary) {
                found.push(diagnostic);
            }
        }
        taken.push((role, span));
    }
}
