//! Everything encrypted that an entity keeps: fields of its own, and those of the records that its fields hold.

use std::collections::HashMap;

use super::entity::Encrypted;
use super::types::Struct;
use super::{EntityId, Field, FieldId, Platform, StructId, Type, TypeKind};
use crate::model::labels::Origin;

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

/// What the source says, within a record, of everything there that carries a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// `encrypted`
    Encrypted,
    /// `encrypted`, or `not encrypted because "…"`.
    Exempt,
}

impl Platform {
    /// What of an entity is encrypted, in the order of the source. What is encrypted as a whole is one place, whatever
    /// stands in it; what stands in a list or a map has none.
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
            for inner in record.fields.iter().filter_map(|field| record_in(&field.ty)) {
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

    /// What the source says of all that carries a label in the record that a field holds; `None` where something is left
    /// open, where the label stands on the field itself, or where nothing carries one.
    #[must_use]
    pub fn said_within(&self, entity: EntityId, field: FieldId) -> Option<Within> {
        let TypeKind::Struct(record) = self[entity].field(field).clear_ty().kind else { return None };
        let is_within = |origin: &Origin| matches!(origin, Origin::Member(..) | Origin::Parent(_));
        if !self.labels_of(entity, field).iter().all(|carried| is_within(&carried.origin)) {
            return None;
        }
        self.said_in(record, &mut HashMap::new())
    }

    /// Each record once, however many hold it.
    fn said_in(&self, record: StructId, known: &mut HashMap<StructId, Option<Within>>) -> Option<Within> {
        if let Some(said) = known.get(&record) {
            return *said;
        }
        let said = self.said_of_members(record, known);
        known.insert(record, said);
        said
    }

    fn said_of_members(
        &self,
        record: StructId,
        known: &mut HashMap<StructId, Option<Within>>,
    ) -> Option<Within> {
        let mut said = None;
        for (i, field) in self[record].fields.iter().enumerate() {
            let labels = &self.carried.members.get(record.index())?[i];
            let of_member = match (&field.encrypted, &field.not_encrypted, &field.ty.kind) {
                _ if labels.is_empty() => continue,
                (Some(_), ..) => Within::Encrypted,
                (_, Some(_), _) => Within::Exempt,
                (.., TypeKind::Struct(inner))
                    if labels.iter().all(|c| matches!(c.origin, Origin::Member(..) | Origin::Parent(_))) =>
                {
                    self.said_in(*inner, known)?
                }
                _ => return None,
            };
            said = if said == Some(Within::Exempt) { said } else { Some(of_member) };
        }
        said
    }
}

fn record_in(ty: &Type) -> Option<StructId> {
    match &ty.kind {
        TypeKind::Struct(id) => Some(*id),
        TypeKind::List(element) | TypeKind::Map(element) => record_in(element),
        _ => None,
    }
}
