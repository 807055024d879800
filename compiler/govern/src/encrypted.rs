//! Everything encrypted that an entity keeps: fields of its own, and those of the records that its fields hold.

use super::Governed;
use polity_model::entity::Encrypted;
use polity_model::stable_ids::StableId;
use polity_model::{EntityId, Field, FieldId, StructId, TypeKind};

/// No store has room for a record of more (E0521, E0622).
const MOST: usize = 50_000;

/// One of them, with the way to it.
#[derive(Debug, Clone)]
pub struct EncryptedPlace<'p> {
    /// The field of the entity.
    pub root: FieldId,
    /// The fields of records that lead on from there, the encrypted one last; none where it is the entity's own.
    pub members: Vec<(StructId, FieldId)>,
    /// All of them, the entity's first and the encrypted one last.
    pub way: Vec<&'p Field>,
    pub field: &'p Field,
    pub encrypted: &'p Encrypted,
}

impl EncryptedPlace<'_> {
    /// As the source names it within its entity: `phone`, `address.street`.
    #[must_use]
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.way.iter().map(|field| field.named.name.as_str()).collect();
        names.join(".")
    }

    #[must_use]
    pub fn is_member(&self) -> bool {
        !self.members.is_empty()
    }
}

impl Governed {
    /// The encrypted places of an entity, in the order of the source. A field that is encrypted as a whole is one
    /// place, whatever stands in it; a field inside of a list or a map is none.
    #[must_use]
    pub fn encrypted_places(&self, entity: EntityId) -> Vec<EncryptedPlace<'_>> {
        let mut found = Vec::new();
        if self.encryption_keys.is_empty() {
            return found;
        }
        for (root, field) in self[entity].fields() {
            let encrypted = self.encrypted(entity, root);
            self.places_in(root, encrypted, &mut Vec::new(), &mut vec![field], &mut found);
        }
        found
    }

    fn places_in<'p>(
        &'p self,
        root: FieldId,
        encrypted: Option<&'p Encrypted>,
        members: &mut Vec<(StructId, FieldId)>,
        way: &mut Vec<&'p Field>,
        found: &mut Vec<EncryptedPlace<'p>>,
    ) {
        let Some(field) = way.last().copied().filter(|_| found.len() < MOST) else { return };
        if let Some(encrypted) = encrypted {
            found.push(EncryptedPlace { root, members: members.clone(), way: way.clone(), field, encrypted });
            return;
        }
        let TypeKind::Struct(record) = field.ty.kind else { return };
        if !self[record].encrypts {
            return;
        }
        for (i, member) in self[record].fields.iter().enumerate() {
            members.push((record, FieldId(i as u32)));
            way.push(member);
            self.places_in(root, member.declared.encrypted.as_ref(), members, way, found);
            members.pop();
            way.pop();
        }
    }

    /// The id of an encrypted place: in a record, of the whole path, so that each place has its own.
    #[must_use]
    pub fn stable_place_id(&self, entity: EntityId, place: &EncryptedPlace<'_>) -> StableId {
        let names: Vec<&str> = place.way.iter().map(|field| field.named.first_name().as_str()).collect();
        self.stable_path_id(entity, &names.join("."))
    }
}
