//! Encryption keys as their settings describe them.

use super::config::Value;
use super::governance::EncryptionKey;
use super::{KeyId, Platform};
use polity_text::source::Span;

/// The owner of a key: the platform, each tenant or each person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyScope {
    Platform,
    Tenant,
    Subject,
}

impl Platform {
    /// The key that is meant where none is named.
    #[must_use]
    pub fn only_key(&self) -> Option<KeyId> {
        match &self.encryption_keys[..] {
            [key] => Some(key.id),
            _ => None,
        }
    }
}

impl EncryptionKey {
    /// One for all where nothing is said. Environments do not differ in it, or ciphertexts would.
    #[must_use]
    pub fn scope(&self) -> KeyScope {
        match self.word("scope") {
            Some("tenant") => KeyScope::Tenant,
            Some("subject") => KeyScope::Subject,
            _ => KeyScope::Platform,
        }
    }

    /// `aes_256_gcm` where nothing is said.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        self.word("algorithm").unwrap_or("aes_256_gcm")
    }

    fn word(&self, setting: &str) -> Option<&str> {
        match &self.settings.base.get(setting)?.value {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }
}

impl Platform {
    /// Where it is said that a key is one for each person: by the key itself, by a tier or by a tenant.
    #[must_use]
    pub fn said_of_persons(&self, key: &EncryptionKey) -> Option<Span> {
        if key.scope() == KeyScope::Subject {
            return Some(key.named.span);
        }
        let tiers = self.tiers.iter().map(|tier| &tier.settings);
        tiers.chain(self.tenants.iter().map(|tenant| &tenant.settings)).find_map(|layers| {
            let overlays = layers.environments.iter().map(|(_, overlay)| overlay);
            std::iter::once(&layers.base).chain(overlays).find_map(|record| {
                let Value::Record(keys) = &record.get("keys")?.value else { return None };
                let said = keys.get(&key.named.name)?;
                matches!(&said.value, Value::Word(word) if word == "subject").then_some(said.value_span)
            })
        })
    }
}
