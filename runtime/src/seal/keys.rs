use super::{DataKey, Sealed};
use crate::{Invalid, Uuid};

/// A source of the versions of a key, which finds the one that sealed a value.
pub trait Keys {
    fn version(&self, id: Uuid) -> Option<&DataKey>;

    /// The version that opens a ciphertext.
    ///
    /// # Errors
    /// Where it is not among them.
    fn opening(&self, sealed: &Sealed) -> Result<&DataKey, Invalid> {
        self.version(sealed.key_id()).ok_or_else(|| {
            Invalid::new("cannot be decrypted: the version of the key that sealed it is not there")
        })
    }
}

/// The versions of one key: the newest seals, and each opens what it sealed.
#[derive(Debug)]
pub struct KeyRing {
    newest: DataKey,
    older: Vec<DataKey>,
}

impl KeyRing {
    #[must_use]
    pub fn new(newest: DataKey, older: Vec<DataKey>) -> Self {
        Self { newest, older }
    }

    /// The version that seals from now on.
    #[must_use]
    pub fn newest(&self) -> &DataKey {
        &self.newest
    }

    /// Makes a new version the newest, which the one before stays beside.
    pub fn rotate(&mut self, to: DataKey) {
        self.older.push(std::mem::replace(&mut self.newest, to));
    }
}

impl Keys for KeyRing {
    fn version(&self, id: Uuid) -> Option<&DataKey> {
        std::iter::once(&self.newest).chain(&self.older).find(|key| key.id() == id)
    }
}

/// A key with a single version.
impl Keys for DataKey {
    fn version(&self, id: Uuid) -> Option<&DataKey> {
        (self.id() == id).then_some(self)
    }
}
