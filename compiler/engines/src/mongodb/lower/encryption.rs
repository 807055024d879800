//! MongoDB's own encryption, where a store asks for it with `field_encryption`: what it is that drivers encrypt.

use smol_str::{SmolStr, format_smolstr};

use super::{collection, types};
use polity_catalog::document::{BsonType, EncryptedField, Schema};
use polity_govern::encrypted::EncryptedPlace;
use polity_govern::{Holder, Stored};
use polity_model::entity::Field;
use polity_model::{Entity, FieldId, StoreId, Value};

/// The collection of the data keys, which a master key encrypts. It stands in the database of what they encrypt, so
/// that each tenant with a database has keys of its own.
pub(in crate::mongodb) const KEY_VAULT: &str = "__keyVault";

/// The field that Queryable Encryption puts into every document, and finds it by.
pub(super) const SAFE_CONTENT: &str = "__safeContent__";

/// Which of MongoDB's own ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mongodb) enum Mode {
    Csfle,
    Queryable,
}

pub(in crate::mongodb) fn mode(platform: &Stored, store: StoreId) -> Option<Mode> {
    match &platform.encrypted_by_driver(store)?.value {
        Value::Word(word) if word == "csfle" => Some(Mode::Csfle),
        Value::Word(word) if word == "queryable_encryption" => Some(Mode::Queryable),
        _ => None,
    }
}

/// Whether the server sees of a field only what a driver made of it.
pub(in crate::mongodb) fn is_hidden(platform: &Stored, store: StoreId, holder: Holder, id: FieldId) -> bool {
    platform.encrypted(holder, id).is_some() && mode(platform, store).is_some()
}

/// Whether a driver encrypts anything of an entity.
pub(in crate::mongodb) fn encrypts(platform: &Stored, entity: &Entity) -> bool {
    !platform.encrypted_places(entity.id).is_empty()
}

/// The BSON type of a field, which a driver must know; `None` where the field may hold any type.
pub(in crate::mongodb) fn bson_type(platform: &Stored, entity: &Entity, field: &Field) -> Option<BsonType> {
    types::schema(platform, entity.store, &field.ty, &field.constraints).bson_type
}

/// The name by which a data key is found. Queryable Encryption wants one of its own for every field.
pub(in crate::mongodb) fn key_name(
    platform: &Stored,
    mode: Mode,
    entity: &Entity,
    place: &EncryptedPlace<'_>,
) -> SmolStr {
    let key = &platform[place.encrypted.key].named.name;
    match mode {
        Mode::Csfle => key.clone(),
        Mode::Queryable => {
            let path = collection::encrypted_path(platform, entity, place).join(".");
            format_smolstr!("{key}/{}.{path}", entity.named.stored)
        }
    }
}

/// The schema of a field that a driver encrypts. Queryable Encryption wants none for it.
pub(super) fn ciphertext(mode: Mode) -> Schema {
    match mode {
        Mode::Csfle => Schema::of(BsonType::BinData),
        Mode::Queryable => Schema::default(),
    }
}

/// The fields of an entity that Queryable Encryption encrypts.
pub(super) fn searchable_fields(platform: &Stored, entity: &Entity) -> Vec<EncryptedField> {
    if mode(platform, entity.store) != Some(Mode::Queryable) {
        return Vec::new();
    }
    let field = |place: &EncryptedPlace<'_>| EncryptedField {
        path: collection::encrypted_path(platform, entity, place).join(".").into(),
        bson_type: bson_type(platform, entity, place.field),
        key: key_name(platform, Mode::Queryable, entity, place),
        searchable: place.encrypted.searchable,
    };
    platform.encrypted_places(entity.id).iter().map(field).collect()
}
