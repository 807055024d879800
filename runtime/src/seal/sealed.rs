use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Algorithm, NONCE};
use crate::stored::Stored;
use crate::{Invalid, Uuid};

/// The layout's version: the first byte.
const VERSION: u8 = 1;
/// Version, algorithm, key id.
const HEADER: usize = 2 + 16;
/// The length of the tag that both algorithms put behind the encrypted bytes.
const TAG: usize = 16;

/// An encrypted value, as a store holds it. `Debug` shows its key and its length.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// How many bytes longer it is than what it holds.
    pub const OVERHEAD: usize = HEADER + NONCE + TAG;

    /// Which version of which key opens it.
    #[must_use]
    pub fn key_id(&self) -> Uuid {
        let mut id = [0; 16];
        id.copy_from_slice(&self.0[2..HEADER]);
        Uuid::from_bytes(id)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn of(header: &[u8; HEADER], nonce: &[u8; NONCE], sealed: &[u8]) -> Self {
        Self([header.as_slice(), nonce, sealed].concat())
    }

    /// Header, nonce, and the encrypted bytes with their tag. That it is long enough, `try_from` saw to.
    pub(super) fn parts(&self) -> (&[u8; HEADER], &[u8; NONCE], &[u8]) {
        let split = self.0.split_first_chunk().and_then(|(header, rest)| {
            let (nonce, sealed) = rest.split_first_chunk()?;
            Some((header, nonce, sealed))
        });
        split.unwrap_or((&[0; HEADER], &[0; NONCE], &[]))
    }
}

pub(super) fn header(algorithm: Algorithm, key: Uuid) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[0] = VERSION;
    header[1] = algorithm.byte();
    header[2..].copy_from_slice(key.as_bytes());
    header
}

impl TryFrom<Vec<u8>> for Sealed {
    type Error = Invalid;

    /// Reads what a store holds; whether it can be opened, only its key knows.
    fn try_from(bytes: Vec<u8>) -> Result<Self, Invalid> {
        if bytes.len() < Self::OVERHEAD {
            return Err(Invalid::new("must be a ciphertext: it is too short"));
        }
        if bytes[0] != VERSION || !matches!(bytes[1], 1 | 2) {
            return Err(Invalid::new("must be a ciphertext of a known version and algorithm"));
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({}, {} bytes)", self.key_id(), self.0.len())
    }
}

/// As `bytes`: base64 in formats that people read.
impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.store(serializer)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<u8>::load(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}
