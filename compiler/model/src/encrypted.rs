//! Everything encrypted that an entity keeps: fields of its own, and those of the records that its fields hold.

use super::entity::Encrypted;
use super::types::Struct;
use super::{EntityId, Field, FieldId, Platform, StructId, Type, TypeKind};

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

impl Platform {
    /// The encrypted places of an entity, in the order of the source. A field that is encrypted as a whole is one
    /// place, whatever stands in it; a field inside of a list or a map is none.
    #[must_use]
    pub fn encrypted_places(&self, entity: EntityId) -> Vec<EncryptedPlace<'_>> {
        let mut found = Vec::new();
        if self.encryption_keys.is_empty() {
            return found;
        }
        for (root, field) in self[entity].fields() {
            self.places_in(root, &mut Vec::new(), &mut vec![field], &mut found);
        }
        found
    }

    fn places_in<'p>(
        &'p self,
        root: FieldId,
        members: &mut Vec<(StructId, FieldId)>,
        way: &mut Vec<&'p Field>,
        found: &mut Vec<EncryptedPlace<'p>>,
    ) {
        let Some(field) = way.last().copied().filter(|_| found.len() < MOST) else { return };
        if let Some(encrypted) = &field.encrypted {
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
            self.places_in(root, members, way, found);
            members.pop();
            way.pop();
        }
    }

    /// The record in a type, or in its elements, something of which is encrypted.
    #[must_use]
    pub fn encrypting_record(&self, ty: &Type) -> Option<&Struct> {
        match &ty.kind {
            TypeKind::Struct(record) => Some(&self[*record]).filter(|record| record.encrypts),
            TypeKind::List(element) | TypeKind::Map(element) => self.encrypting_record(element),
            _ => None,
        }
    }

    /// A field of the record, or of one in it, that is encrypted.
    #[must_use]
    pub fn encrypted_member<'p>(&'p self, record: &'p Struct) -> Option<(&'p Field, &'p Encrypted)> {
        record.fields.iter().find_map(|field| match &field.encrypted {
            Some(encrypted) => Some((field, encrypted)),
            None => self.encrypted_member(self.encrypting_record(&field.ty)?),
        })
    }

    /// Settles which records encrypt something. No record holds itself: that was cut.
    pub(super) fn find_encrypting_records(&mut self) {
        let mut holders: Vec<Vec<usize>> = vec![Vec::new(); self.structs.len()];
        for (at, record) in self.structs.iter().enumerate() {
            for inner in record.fields.iter().filter_map(|field| field.ty.record()) {
                holders[inner.index()].push(at);
            }
        }
        let encrypts = |at: &usize| self.structs[*at].fields.iter().any(|field| field.encrypted.is_some());
        let mut open: Vec<usize> = (0..self.structs.len()).filter(encrypts).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut self.structs[at].encrypts, true) {
                open.extend(&holders[at]);
            }
        }
    }
}
