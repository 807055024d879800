//! Encryption keys as their settings describe them.

use super::config::Value;
use super::governance::EncryptionKey;
use super::{KeyId, Platform};

/// Whom each key is of.
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
