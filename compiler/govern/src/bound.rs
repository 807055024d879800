//! The ways in which the ciphertexts of a platform are made, as a seal keeps them: what was sealed otherwise nobody opens.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use super::encrypted::EncryptedPlace;
use super::sealing::{Form, part};
use super::{Governed, Stored};
use polity_model::history::{SealedCiphertext, SealedModel};
use polity_model::keys::KeyScope;
use polity_model::stable_ids::as_text;
use polity_model::{Entity, Scalar, Type};

impl Stored {
    /// Returns the things of the source as they are to be sealed, with the way in which their ciphertexts are made.
    #[must_use]
    pub fn sealed_model(&self) -> SealedModel {
        let mut model = self.to_seal();
        model.ciphertexts = self.governed().ciphertexts();
        model
    }
}

impl Governed {
    /// Returns the ways in which ciphertexts are made, by the id of what is encrypted.
    #[must_use]
    pub fn ciphertexts(&self) -> BTreeMap<SmolStr, SealedCiphertext> {
        let by_clients =
            self.entities.iter().filter(|entity| self.encrypted_by_driver(entity.store).is_none());
        let places = by_clients.flat_map(|entity| {
            self.encrypted_places(entity.id).into_iter().map(move |place| (entity, place))
        });
        places
            .map(|(entity, place)| (self.ciphertext_id(entity, &place), self.bound(entity, &place)))
            .collect()
    }

    /// Returns the id of what is encrypted, as it is sealed.
    #[must_use]
    pub fn ciphertext_id(&self, entity: &Entity, place: &EncryptedPlace<'_>) -> SmolStr {
        as_text(self.stable_place_id(entity.id, place)).into()
    }

    /// Returns the way in which a ciphertext is made.
    #[must_use]
    pub fn bound(&self, entity: &Entity, place: &EncryptedPlace<'_>) -> SealedCiphertext {
        let key = &self[place.encrypted.key];
        let part_of = |id| part(self.scalar(&entity.field(id).ty));
        let row = entity.sealed_row().into_iter();
        let row = row.map(|id| format_smolstr!("{}: {}", entity.field(id).named.first_name(), part_of(id)));
        SealedCiphertext {
            path: format_smolstr!("{}.{}", self.entity_path(entity.id), place.name()),
            key: key.named.name.clone(),
            scope: match key.scope() {
                KeyScope::Platform => SmolStr::default(),
                KeyScope::Tenant => SmolStr::new_static("tenant"),
                KeyScope::Subject => SmolStr::new_static("subject"),
            },
            tenant: entity.tenant.map(|id| part_of(id).into()).unwrap_or_default(),
            row: row.collect(),
            form: self.form_of(&place.field.ty),
        }
    }

    /// Says in which way a field was sealed, and in which it is in the source, where the second does not open what the first sealed.
    #[must_use]
    pub fn sealed_otherwise(&self, entity: &Entity, place: &EncryptedPlace<'_>) -> Option<String> {
        let before = self.history.model.ciphertexts.get(&self.ciphertext_id(entity, place))?;
        let (was, is) = self.bound(entity, place).differs(before)?;
        let name = place.name();
        Some(format!(
            "`{name}` is sealed {was} in the store, and {is} in the source: nobody could open what is there"
        ))
    }

    /// The form that a value has before it is encrypted. Numbers that are written alike are read alike.
    fn form_of(&self, ty: &Type) -> SmolStr {
        match (self.sealed_form(ty), self.scalar(ty)) {
            (Form::Text, _) => SmolStr::new_static("text"),
            (Form::Bytes, _) => SmolStr::new_static("bytes"),
            (Form::Json, Some(Scalar::SmallInt)) => Scalar::Int.word().into(),
            (Form::Json, Some(scalar)) => scalar.word().into(),
            (Form::Json, None) => SmolStr::new_static("json"),
        }
    }
}
