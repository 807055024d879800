use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

use super::cell::{Part, append};
use crate::stored::Stored;
use crate::{Invalid, Uuid};

/// The key of one field's blind index, one for each tenant.
pub struct IndexKey(Hmac<Sha256>);

impl IndexKey {
    /// Derives it from the root of the index keys, which is never a key that seals.
    ///
    /// # Errors
    /// Where the root has fewer than 32 bytes.
    pub fn derive(
        root: &[u8],
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
        append(&mut info, b"polity blind index")?;
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

    /// The blind index of a value in its canonical form: two values have the same one exactly if they are equal.
    #[must_use]
    pub fn index(&self, canonical: &[u8]) -> BlindIndex {
        BlindIndex(self.0.clone().chain_update(canonical).finalize().into_bytes().into())
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey([redacted])")
    }
}

/// What `<field>_bx` holds. It shows nothing in `Debug`: with its key, few guesses tell a phone number from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlindIndex([u8; 32]);

impl BlindIndex {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex([redacted])")
    }
}

impl Serialize for BlindIndex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_vec().store(serializer)
    }
}

impl<'de> Deserialize<'de> for BlindIndex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Vec::<u8>::load(deserializer)?;
        let bytes = bytes.try_into().map_err(|_| serde::de::Error::custom("must be 32 bytes"))?;
        Ok(Self(bytes))
    }
}
