//! Encrypted fields, what makes them searchable, and references that name nobody. The bytes are those of `compiler/docs/ciphertext.md`, which holds
//! the reasons and the test vectors.
//!
//! ```
//! use polity_runtime::Uuid;
//! use polity_runtime::seal::{Algorithm, Cell, DataKey, Part};
//!
//! let key = DataKey::new(Uuid::from_u128(1), Algorithm::Aes256Gcm, &[7; 32]);
//! let row = [Part::Uuid(Uuid::from_u128(4))];
//! let cell = Cell { tenant: None, entity: Uuid::from_u128(2), field: Uuid::from_u128(3), row: &row };
//! let sealed = key.seal(&cell, b"+4915112345678")?;
//! assert_eq!(key.open(&cell, &sealed)?, b"+4915112345678");
//! # Ok::<(), polity_runtime::Invalid>(())
//! ```

mod blind;
mod cell;
mod column;
mod hash;
mod keys;
mod pseudonym;
mod sealed;
#[cfg(test)]
mod tests;

use std::fmt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::ChaCha20Poly1305;

use crate::{Invalid, Uuid};

pub use blind::IndexKey;
pub use cell::{Cell, Part};
pub use column::{Column, Form, Row};
pub use hash::{BlindIndex, Pseudonym};
pub use keys::{KeyRing, Keys};
pub use pseudonym::{PseudonymKey, Pseudonymous};
pub use sealed::Sealed;

/// The number of random bytes in each ciphertext.
const NONCE: usize = 12;

/// How a key seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Aes256Gcm,
    ChaCha20Poly1305,
}

impl Algorithm {
    /// The second byte of a ciphertext.
    const fn byte(self) -> u8 {
        match self {
            Algorithm::Aes256Gcm => 1,
            Algorithm::ChaCha20Poly1305 => 2,
        }
    }
}

/// One version of an encryption key. It seals at most 2³² values, since their nonces are random (NIST SP 800-38D,
/// 8.3); who counts them rotates it before.
pub struct DataKey {
    id: Uuid,
    cipher: Cipher,
}

enum Cipher {
    Aes(Box<Aes256Gcm>),
    ChaCha(Box<ChaCha20Poly1305>),
}

impl DataKey {
    /// Takes the key's own id, one for each version, and its secret.
    #[must_use]
    pub fn new(id: Uuid, algorithm: Algorithm, secret: &[u8; 32]) -> Self {
        let cipher = match algorithm {
            Algorithm::Aes256Gcm => Cipher::Aes(Box::new(Aes256Gcm::new(secret.into()))),
            Algorithm::ChaCha20Poly1305 => Cipher::ChaCha(Box::new(ChaCha20Poly1305::new(secret.into()))),
        };
        Self { id, cipher }
    }

    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Encrypts a value for one cell; nowhere else can it be opened.
    ///
    /// # Errors
    /// Where the machine gives no random numbers, or the value or a part of the cell has 4 GiB or more.
    pub fn seal(&self, cell: &Cell<'_>, plain: &[u8]) -> Result<Sealed, Invalid> {
        let nonce = <[u8; NONCE]>::try_generate()
            .map_err(|_| Invalid::new("cannot be encrypted: the machine gives no random numbers"))?;
        self.seal_with(cell, plain, nonce)
    }

    /// Decrypts what was sealed for this cell by this version of the key.
    ///
    /// # Errors
    /// Where it was sealed by another key or for another cell, or was changed since. Which of these, none can tell.
    pub fn open(&self, cell: &Cell<'_>, sealed: &Sealed) -> Result<Vec<u8>, Invalid> {
        let refused = || Invalid::new("cannot be decrypted: another key, another cell, or changed since");
        let header = sealed::header(self.algorithm(), self.id);
        let (found, nonce, msg) = sealed.parts();
        if *found != header {
            return Err(refused());
        }
        let aad = cell.associated_data(&header)?;
        let payload = Payload { msg, aad: &aad };
        match &self.cipher {
            Cipher::Aes(cipher) => cipher.decrypt(nonce.into(), payload),
            Cipher::ChaCha(cipher) => cipher.decrypt(nonce.into(), payload),
        }
        .map_err(|_| refused())
    }

    /// A nonce must never be used twice with one key, so only tests choose one.
    fn seal_with(&self, cell: &Cell<'_>, plain: &[u8], nonce: [u8; NONCE]) -> Result<Sealed, Invalid> {
        let header = sealed::header(self.algorithm(), self.id);
        let aad = cell.associated_data(&header)?;
        let payload = Payload { msg: plain, aad: &aad };
        let sealed = match &self.cipher {
            Cipher::Aes(cipher) => cipher.encrypt((&nonce).into(), payload),
            Cipher::ChaCha(cipher) => cipher.encrypt((&nonce).into(), payload),
        }
        .map_err(|_| Invalid::new("is too long to be encrypted"))?;
        Ok(Sealed::of(&header, &nonce, &sealed))
    }

    fn algorithm(&self) -> Algorithm {
        match self.cipher {
            Cipher::Aes(_) => Algorithm::Aes256Gcm,
            Cipher::ChaCha(_) => Algorithm::ChaCha20Poly1305,
        }
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({}, [redacted])", self.id)
    }
}
