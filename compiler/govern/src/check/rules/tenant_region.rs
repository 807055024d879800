//! A tenant that shares a store stands where the store does.

use super::client_enforced::holds_scoped;
use crate::Governed;
use polity_model::{Record, Setting, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0819;
use polity_text::source::Span;

/// Said once for each place where the region is written, whatever the environments.
pub fn tenant_region(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let environments = || std::iter::once(None).chain(platform.environments.iter().map(|e| Some(e.id)));
    for tenant in platform.tenants.iter().filter(|tenant| !platform[tenant.tier].is_apart()) {
        let mut told: Vec<Span> = Vec::new();
        for environment in environments() {
            let settings = platform.tenant_settings(tenant, environment);
            let Some((setting, wanted)) = region(&settings) else { continue };
            for store in platform.stores.iter().filter(|store| holds_scoped(platform, store)) {
                let shared = platform.settings_of(store.id, environment);
                let Some((stands, held)) = region(&shared).filter(|(_, held)| *held != wanted) else {
                    continue;
                };
                if told.contains(&setting.value_span) {
                    continue;
                }
                told.push(setting.value_span);
                found.push(
                    Diagnostic::new(
                        E0819,
                        setting.value_span,
                        format!(
                            "tenant `{}` would be in `{wanted}`, and shares `{}` in `{held}`",
                            tenant.named.name, store.named.name
                        ),
                    )
                    .also(stands.value_span, "the store stands here")
                    .help("leave `region` out, or give the tenant a tier with `isolation: database`"),
                );
            }
        }
    }
}

fn region(settings: &Record) -> Option<(&Setting, &str)> {
    let setting = settings.get("region")?;
    match &setting.value {
        Value::Text(region) | Value::Word(region) => Some((setting, region)),
        _ => None,
    }
}
