//! Keys that MongoDB's own drivers can ask for, and use as the source says.

use crate::mongodb::encryption;
use polity_govern::Stored;
use polity_model::governance::{EncryptionKey, Tier};
use polity_model::keys::KeyScope;
use polity_model::{Isolation, Store, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0627;

const OF_EACH_PERSON: (&str, &str) = (
    "keep no key for each person of",
    "give the key another scope, or write `field_encryption: application_level`",
);

const OF_ALL_TENANTS: (&str, &str) = (
    "encrypt all tenants of one database with one key, not each with its own of",
    "isolate all tiers by database, or write `field_encryption: application_level`",
);

pub(super) fn driver_key(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let Some(setting) = platform.encrypted_by_driver(store.id) else { return };
    let mut seen = Vec::new();
    for entity in platform.entities_in(store.id) {
        for encrypted in platform.encrypted_places(entity.id).iter().map(|place| place.encrypted) {
            if seen.contains(&encrypted.key) {
                continue;
            }
            seen.push(encrypted.key);
            let key = &platform[encrypted.key];
            for (what, help) in faults(platform, key) {
                found.push(
                    Diagnostic::new(
                        E0627,
                        key.named.span,
                        format!("MongoDB's drivers {what} `{}`", key.named.name),
                    )
                    .also(setting.value_span, "they encrypt by this")
                    .also(encrypted.span, "with this key")
                    .help(help)
                    .edit(setting.value_span, "application_level"),
                );
            }
        }
    }
}

/// The reasons why MongoDB's drivers cannot use a key as the source says, each with the way out.
fn faults(platform: &Stored, key: &EncryptionKey) -> Vec<(&'static str, &'static str)> {
    let mut faults = Vec::new();
    let environments = platform.environments.iter().map(|environment| Some(environment.id)).chain([None]);
    let is_said = |id| key.settings.resolved(id).contains_key("provider");
    if environments.filter(|id| is_said(*id)).any(|id| encryption::kms_provider(key, id).is_none()) {
        faults.push((
            "cannot ask Vault's transit engine for",
            "use its KMIP engine, `provider: vault(\"kmip/ID\")`, or `aws_kms`; or write `field_encryption: application_level`",
        ));
    }
    if key.settings.base.contains_key("algorithm") {
        faults.push((
            "have an algorithm of their own, and none other for",
            "leave `algorithm` out, or write `field_encryption: application_level`",
        ));
    }
    let shares = |tier: &Tier| tier.isolation() != Some(Isolation::Database);
    // What a tier says of its tenants' keys.
    let says = |tier: &Tier, wanted: &str| match tier.settings.base.get("keys").map(|keys| &keys.value) {
        Some(Value::Record(keys)) => {
            matches!(keys.get(&key.named.name).map(|s| &s.value), Some(Value::Word(scope)) if scope == wanted)
        }
        _ => false,
    };
    let by_person = platform.tiers.iter().any(|tier| says(tier, "subject"));
    let mixed = platform.tiers.iter().any(|tier| says(tier, "tenant") && shares(tier));
    match key.scope() {
        _ if by_person => faults.push(OF_EACH_PERSON),
        KeyScope::Subject => faults.push(OF_EACH_PERSON),
        KeyScope::Tenant if platform.tiers.is_empty() || platform.tiers.iter().any(shares) => {
            faults.push(OF_ALL_TENANTS)
        }
        KeyScope::Platform if mixed => faults.push(OF_ALL_TENANTS),
        KeyScope::Tenant | KeyScope::Platform => {}
    }
    faults
}
