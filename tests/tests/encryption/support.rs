//! A clinic, and a client that seals for it.

use polity_runtime::Uuid;
use polity_runtime::seal::{Algorithm, Cell, DataKey, IndexKey, Part, Sealed};

pub const CLINIC: &str = include_str!("clinic.polity");

/// The ids that a sealed platform would have given.
const ENTITY: Uuid = Uuid::from_u128(0xe1);
pub const PHONE: Uuid = Uuid::from_u128(0xf1);
pub const EMAIL: Uuid = Uuid::from_u128(0xf2);

pub const ADA: Uuid = Uuid::from_u128(0x1);
pub const BOB: Uuid = Uuid::from_u128(0x2);

pub struct Client {
    key: DataKey,
}

pub fn client() -> Client {
    Client { key: DataKey::new(Uuid::from_u128(7), Algorithm::Aes256Gcm, &[42; 32]) }
}

impl Client {
    pub fn seal(&self, row: Uuid, field: Uuid, plain: &str) -> Vec<u8> {
        self.key.seal(&cell(field, &[Part::Uuid(row)]), plain.as_bytes()).expect("seals").as_bytes().to_vec()
    }

    /// Reads the text of a ciphertext in a cell. Gives nothing where the ciphertext is from another cell.
    pub fn open(&self, row: Uuid, field: Uuid, stored: &[u8]) -> Option<String> {
        let sealed = Sealed::try_from(stored.to_vec()).expect("a ciphertext");
        let plain = self.key.open(&cell(field, &[Part::Uuid(row)]), &sealed).ok()?;
        Some(String::from_utf8(plain).expect("text"))
    }

    pub fn blind(&self, field: Uuid, canonical: &str) -> Vec<u8> {
        let key = IndexKey::derive(&[9; 32], None, ENTITY, field, 1).expect("a root of 32 bytes");
        key.index(canonical.as_bytes()).as_bytes().to_vec()
    }
}

fn cell<'a>(field: Uuid, row: &'a [Part<'a>]) -> Cell<'a> {
    Cell { tenant: None, entity: ENTITY, field, row }
}
