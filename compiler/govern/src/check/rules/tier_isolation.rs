//! A tier says how its tenants are kept apart.

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0826;

pub fn tier_isolation(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut error = |span, message: String, help: &str| {
        found.push(Diagnostic::new(E0826, span, message).help(help));
    };
    for tier in &platform.tiers {
        let name = &tier.named.name;
        if platform.tenancy.is_none() {
            let message = format!("tier `{name}` has no tenants, since nothing says what tells them apart");
            error(tier.named.span, message, "add `tenancy by tenant_id: uuid`");
        }
        if !tier.settings.base.contains_key("isolation") {
            let message = format!("tier `{name}` does not say how its tenants are kept apart");
            error(tier.named.span, message, "add `isolation: row`, `schema` or `database`");
        }
    }
}
