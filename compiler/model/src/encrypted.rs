//! The records in which something is encrypted. No rule encrypts a field of a record.

use super::entity::Encrypted;
use super::types::Struct;
use super::{Field, Platform, Type, TypeKind};

impl Platform {
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
        record.fields.iter().find_map(|field| match &field.declared.encrypted {
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
        let encrypts =
            |at: &usize| self.structs[*at].fields.iter().any(|field| field.declared.encrypted.is_some());
        let mut open: Vec<usize> = (0..self.structs.len()).filter(encrypts).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut self.structs[at].encrypts, true) {
                open.extend(&holders[at]);
            }
        }
    }
}
