//! Hashes with a key, of which only who has the key can tell what they are of.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

use super::cell::{Part, append};
use crate::stored::Stored;
use crate::{Invalid, Uuid};

/// The key of one kind of hash, of one tenant and one field.
pub(super) struct HashKey(Hmac<Sha256>);

impl HashKey {
    /// Derives it from the root of such keys, which is never a key that seals.
    pub(super) fn derive(
        root: &[u8],
        purpose: &[u8],
        tenant: Option<&Part<'_>>,
        entity: Uuid,
        field: Uuid,
        version: u32,
    ) -> Result<Self, Invalid> {
        let refused = |_| Invalid::new("must be a secret of 32 bytes or more");
        if root.len() < 32 {
            return Err(refused(()));
        }
        let mut info = Vec::with_capacity(96);
        append(&mut info, purpose)?;
        match tenant {
            Some(tenant) => tenant.append(&mut info)?,
            None => append(&mut info, &[])?,
        }
        append(&mut info, entity.as_bytes())?;
        append(&mut info, field.as_bytes())?;
        append(&mut info, &version.to_be_bytes())?;
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, root).expand(&info, &mut key).map_err(|_| refused(()))?;
        Ok(Self(Hmac::new_from_slice(&key).map_err(|_| refused(()))?))
    }

    pub(super) fn hash(&self, value: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(value).finalize().into_bytes().into()
    }
}

/// A type of its own for each kind of hash, so that no two are mistaken for each other.
macro_rules! keyed_hash {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.to_vec().store(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let bytes = Vec::<u8>::load(deserializer)?;
                let bytes = bytes.try_into().map_err(|_| serde::de::Error::custom("must be 32 bytes"))?;
                Ok(Self(bytes))
            }
        }
    };
}

keyed_hash! {
    /// The keyed hash that `<field>_bx` holds. `Debug` does not show it: with its key, few guesses tell a phone number
    /// from it.
    BlindIndex
}

keyed_hash! {
    /// The keyed hash that a `pseudonymous` reference holds. `Debug` does not show it: anyone who has its key can tell
    /// whether it is the pseudonym of a given key.
    Pseudonym
}
