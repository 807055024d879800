use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{BlindIndex, Cell, DataKey, IndexKey, Keys, Part, Sealed};
use crate::stored::Stored;
use crate::{Invalid, Uuid};

/// An encrypted field, as generated code names it: `User::PHONE`. It seals values of `T` for the rows of its entity.
pub struct Column<T> {
    entity: Uuid,
    field: Uuid,
    form: Form<T>,
    check: fn(&T) -> Result<(), Invalid>,
}

/// The row that a ciphertext is bound to.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// The tenant's key, where the entity is scoped to tenants.
    pub tenant: Option<Part<'a>>,
    /// The key, without the tenant, in the order of its declaration.
    pub key: Vec<Part<'a>>,
}

/// How a value becomes the bytes that are encrypted.
pub struct Form<T> {
    write: fn(&T) -> Result<Vec<u8>, Invalid>,
    read: fn(Vec<u8>) -> Result<T, Invalid>,
}

impl<T> Column<T> {
    /// Takes the ids that the platform gives the entity and the field.
    #[must_use]
    pub const fn new(entity: u128, field: u128, form: Form<T>) -> Self {
        Self { entity: Uuid::from_u128(entity), field: Uuid::from_u128(field), form, check: |_| Ok(()) }
    }

    /// Holds what is sealed to the limits of the source, since no store can.
    #[must_use]
    pub const fn checked(self, check: fn(&T) -> Result<(), Invalid>) -> Self {
        let Self { entity, field, form, check: _ } = self;
        Self { entity, field, form, check }
    }

    /// Encrypts a value for one row; in no other row, and as no other field, can it be opened.
    ///
    /// # Errors
    /// Where the value breaks a limit of the source, and those of [`DataKey::seal`].
    pub fn seal(&self, key: &DataKey, row: &Row<'_>, value: &T) -> Result<Sealed, Invalid> {
        (self.check)(value)?;
        key.seal(&self.cell(row), &(self.form.write)(value)?)
    }

    /// Decrypts the value of a row by the version of the key that sealed it.
    ///
    /// # Errors
    /// Those of [`Keys::opening`] and [`DataKey::open`], and where what was encrypted is no such value.
    pub fn open(&self, keys: &impl Keys, row: &Row<'_>, sealed: &Sealed) -> Result<T, Invalid> {
        (self.form.read)(keys.opening(sealed)?.open(&self.cell(row), sealed)?)
    }

    /// The key of its blind index: one for each tenant, by the root of the index keys.
    ///
    /// # Errors
    /// Those of [`IndexKey::derive`].
    pub fn index_key(&self, root: &[u8], tenant: Option<&Part<'_>>) -> Result<IndexKey, Invalid> {
        IndexKey::derive(root, tenant, self.entity, self.field, 1)
    }

    /// The blind index by which equal values are found. Bring text into one form before: it decides what is equal.
    ///
    /// # Errors
    /// Where the value has no form to be hashed in.
    pub fn index(&self, key: &IndexKey, value: &T) -> Result<BlindIndex, Invalid> {
        Ok(key.index(&(self.form.write)(value)?))
    }

    fn cell<'r>(&self, row: &'r Row<'r>) -> Cell<'r> {
        Cell { tenant: row.tenant.clone(), entity: self.entity, field: self.field, row: &row.key }
    }
}

impl<T: Serialize + DeserializeOwned> Form<T> {
    /// Its text in UTF-8, of what is one text.
    #[must_use]
    pub const fn text() -> Self {
        Self {
            write: |value| match serde_json::to_value(value) {
                Ok(Value::String(text)) => Ok(text.into_bytes()),
                _ => Err(Invalid::new("is no text")),
            },
            read: |bytes| {
                let text = String::from_utf8(bytes).map_err(|_| Invalid::new("is no text"))?;
                serde_json::from_value(Value::String(text)).map_err(|_| Invalid::new("is no such text"))
            },
        }
    }

    /// Its JSON.
    #[must_use]
    pub const fn json() -> Self {
        Self {
            write: |value| serde_json::to_vec(value).map_err(|_| Invalid::new("cannot be written as JSON")),
            read: |bytes| serde_json::from_slice(&bytes).map_err(|_| Invalid::new("is no such JSON")),
        }
    }
}

impl<T: Stored> Form<T> {
    /// Its JSON as stores write it, where that is not `serde`'s own.
    #[must_use]
    pub const fn stored() -> Self {
        Self {
            write: |value| {
                let json = value.store(serde_json::value::Serializer);
                json.map(|json| json.to_string().into_bytes())
                    .map_err(|_| Invalid::new("cannot be written as JSON"))
            },
            read: |bytes| {
                T::load(&mut serde_json::Deserializer::from_slice(&bytes))
                    .map_err(|_| Invalid::new("is no such JSON"))
            },
        }
    }
}

impl Form<Vec<u8>> {
    /// As they are.
    #[must_use]
    pub const fn bytes() -> Self {
        Self { write: |value| Ok(value.clone()), read: Ok }
    }
}

impl<T> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Column({}, {})", self.entity, self.field)
    }
}
