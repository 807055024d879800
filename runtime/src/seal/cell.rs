use std::borrow::Cow;

use serde::Serialize;

use crate::{Invalid, Uuid};

/// Where a value belongs. The ids are those that a sealed platform gives its things once and for ever, so renaming
/// one, or moving its table, changes no cell. A copy in another store names the cell that the value came from.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    /// The tenant's key, where the entity is scoped to tenants.
    pub tenant: Option<Part<'a>>,
    pub entity: Uuid,
    pub field: Uuid,
    /// The key of the row, without the tenant, in the order of its declaration.
    pub row: &'a [Part<'a>],
}

/// One field of a key, in a form of its own for each type, so that no two keys look alike.
#[derive(Debug, Clone)]
pub enum Part<'a> {
    Uuid(Uuid),
    /// Every whole number.
    Integer(i64),
    /// Text, as it is stored; every other type in its form in JSON.
    Text(Cow<'a, str>),
    /// Bytes, and the twelve of an `object_id`.
    Bytes(Cow<'a, [u8]>),
}

impl Cell<'_> {
    /// The bytes that a ciphertext of this cell is bound to; every part has its length in front, so that none runs into
    /// the next.
    pub(super) fn associated_data(&self, header: &[u8]) -> Result<Vec<u8>, Invalid> {
        let mut data = Vec::with_capacity(128);
        append(&mut data, header)?;
        match &self.tenant {
            Some(tenant) => tenant.append(&mut data)?,
            None => append(&mut data, &[])?,
        }
        append(&mut data, self.entity.as_bytes())?;
        append(&mut data, self.field.as_bytes())?;
        self.row.iter().try_for_each(|part| part.append(&mut data))?;
        Ok(data)
    }
}

impl Part<'_> {
    /// A text, or the text of any other type's form in JSON.
    ///
    /// # Errors
    /// Where the value has no form in JSON.
    pub fn text(value: &impl Serialize) -> Result<Part<'static>, Invalid> {
        let json = serde_json::to_value(value).map_err(|_| Invalid::new("cannot be written as JSON"))?;
        Ok(Part::Text(Cow::Owned(match json {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        })))
    }

    /// A byte for the type, then the value.
    pub(super) fn append(&self, data: &mut Vec<u8>) -> Result<(), Invalid> {
        let (tag, value): (u8, &[u8]) = match self {
            Part::Uuid(uuid) => (1, uuid.as_bytes()),
            Part::Integer(number) => (2, &number.to_be_bytes()),
            Part::Text(text) => (3, text.as_bytes()),
            Part::Bytes(bytes) => (4, bytes),
        };
        append_all(data, &[&[tag], value])
    }
}

/// The length in four bytes, the highest first, then the bytes.
pub(super) fn append(data: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Invalid> {
    append_all(data, &[bytes])
}

fn append_all(data: &mut Vec<u8>, pieces: &[&[u8]]) -> Result<(), Invalid> {
    let length = u32::try_from(pieces.iter().map(|piece| piece.len()).sum::<usize>())
        .map_err(|_| Invalid::new("must be shorter than 4 GiB"))?;
    data.extend(length.to_be_bytes());
    pieces.iter().for_each(|piece| data.extend(*piece));
    Ok(())
}
