use std::fmt;

use super::cell::Part;
use super::hash::{HashKey, Pseudonym};
use crate::{Invalid, Uuid};

/// A reference that is stored as a keyed hash, as generated code names it: `PageView::VIEWER`. `T` is the key that it
/// refers to.
pub struct Pseudonymous<T> {
    entity: Uuid,
    field: Uuid,
    part: fn(&T) -> Result<Part<'static>, Invalid>,
}

/// The key of the pseudonyms of one kind of thing, one for each tenant.
pub struct PseudonymKey(HashKey);

impl<T> Pseudonymous<T> {
    /// Takes the ids that the platform gives what is referred to: the entity and the field of its key.
    #[must_use]
    pub const fn new(entity: u128, field: u128, part: fn(&T) -> Result<Part<'static>, Invalid>) -> Self {
        Self { entity: Uuid::from_u128(entity), field: Uuid::from_u128(field), part }
    }

    /// The key of its pseudonyms, by the root of the index keys. Everything that refers to the same thing with the same
    /// root has this key too, so its pseudonyms are the same.
    ///
    /// # Errors
    /// Those of [`PseudonymKey::derive`].
    pub fn key(&self, root: &[u8], tenant: Option<&Part<'_>>) -> Result<PseudonymKey, Invalid> {
        PseudonymKey::derive(root, tenant, self.entity, self.field, 1)
    }

    /// The pseudonym that is stored in place of `of`, the key that is referred to.
    ///
    /// # Errors
    /// Where the key has no form to be hashed in.
    pub fn pseudonym(&self, key: &PseudonymKey, of: &T) -> Result<Pseudonym, Invalid> {
        key.pseudonym(&(self.part)(of)?)
    }
}

impl PseudonymKey {
    /// Derives it from the root of the index keys, which is never a key that seals, for what is referred to: an entity
    /// and the field of its key.
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
        HashKey::derive(root, b"polity pseudonym", tenant, entity, field, version).map(Self)
    }

    /// The pseudonym of what has this key: two are equal exactly if their keys are.
    ///
    /// # Errors
    /// Where the key has 4 GiB or more.
    pub fn pseudonym(&self, of: &Part<'_>) -> Result<Pseudonym, Invalid> {
        let mut value = Vec::with_capacity(21);
        of.append(&mut value)?;
        Ok(Pseudonym::from_bytes(self.0.hash(&value)))
    }
}

impl<T> fmt::Debug for Pseudonymous<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonymous({}, {})", self.entity, self.field)
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey([redacted])")
    }
}
