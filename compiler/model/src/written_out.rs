//! How large a record is once it is written out wherever it stands, as validators and checks do.

use super::{Entity, Platform, Type, TypeKind};

/// Records in records deeper than this are another rule's to report.
const DEPTH: usize = 256;

/// The fields of types, all records in them written out; what a record has is counted once.
#[derive(Debug)]
pub struct WrittenOut<'p> {
    platform: &'p Platform,
    known: Vec<Option<u64>>,
}

impl<'p> WrittenOut<'p> {
    #[must_use]
    pub fn new(platform: &'p Platform) -> Self {
        Self { platform, known: vec![None; platform.structs.len()] }
    }

    /// The fields of an entity and of all records in it; `u64::MAX` where nobody can count them.
    pub fn entity(&mut self, entity: &Entity) -> u64 {
        entity.fields.iter().fold(0, |n: u64, field| n.saturating_add(self.ty(&field.ty)))
    }

    /// One for the value itself, and those of the records in it.
    pub fn ty(&mut self, ty: &Type) -> u64 {
        self.size(ty, 0)
    }

    fn size(&mut self, ty: &Type, depth: usize) -> u64 {
        if depth > DEPTH {
            return 1;
        }
        match &ty.kind {
            TypeKind::Struct(id) => {
                if let Some(size) = self.known[id.index()] {
                    return size;
                }
                let inner = self.platform[*id].fields.iter();
                let size = inner.fold(1, |n: u64, field| n.saturating_add(self.size(&field.ty, depth + 1)));
                self.known[id.index()] = Some(size);
                size
            }
            TypeKind::List(element) | TypeKind::Map(element) => {
                self.size(element, depth + 1).saturating_add(1)
            }
            TypeKind::Scalar(_)
            | TypeKind::Constrained(_)
            | TypeKind::Enum(_)
            | TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Null
            | TypeKind::Broken => 1,
        }
    }
}

/// For messages: a count, or what is beyond counting.
#[must_use]
pub fn counted(fields: u64) -> String {
    if fields == u64::MAX { "countless".to_owned() } else { fields.to_string() }
}
