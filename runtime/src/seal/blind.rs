use std::fmt;

use super::cell::Part;
use super::hash::{BlindIndex, HashKey};
use crate::{Invalid, Uuid};

/// The key of one field's blind index, one for each tenant.
pub struct IndexKey(HashKey);

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
        HashKey::derive(root, b"polity blind index", tenant, entity, field, version).map(Self)
    }

    /// The blind index of a value in its canonical form: two values have the same one exactly if they are equal.
    #[must_use]
    pub fn index(&self, canonical: &[u8]) -> BlindIndex {
        BlindIndex::from_bytes(self.0.hash(canonical))
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey([redacted])")
    }
}
