//! A tier says once, for every environment, how its tenants are kept apart.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0826;
use crate::model::Platform;

/// What decides where data stands, so that no environment may differ in it.
const FIXED: &[&str] = &["isolation", "prefix", "id"];

pub fn tier_isolation(platform: &Platform, found: &mut Vec<Diagnostic>) {
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
    let layers =
        platform.tiers.iter().map(|t| &t.settings).chain(platform.tenants.iter().map(|t| &t.settings));
    for (_, overlay) in layers.flat_map(|layers| &layers.environments) {
        for (name, setting) in overlay.iter().filter(|(name, _)| FIXED.contains(&name.as_str())) {
            let message = format!("`{name}` is the same in every environment");
            error(setting.name_span, message, "say it outside of `in ENVIRONMENT`");
        }
    }
}
