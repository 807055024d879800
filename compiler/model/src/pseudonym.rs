//! References that are stored as keyed hashes: a store holds nothing that leads along them.

use super::ciphertext::{ClearUse, ClearUseKind};
use super::entity::{IndexMethod, Pseudonymous};
use super::{Entity, EntityId, FieldId, KeyId, Platform, TypeKind};
use polity_text::source::Span;

impl Entity {
    /// The position of the reference that one field is all of, where it has one arm.
    #[must_use]
    pub fn plain_reference(&self, id: FieldId) -> Option<usize> {
        if !matches!(self.field(id).ty.kind, TypeKind::Reference { .. }) {
            return None;
        }
        self.references.iter().position(|r| {
            r.arm.is_none() && r.fields.iter().copied().filter(|f| Some(*f) != self.tenant).eq([id])
        })
    }
}

impl Platform {
    /// Makes a reference a pseudonym, as a rule wants it that stands at `span`.
    pub fn hash_reference(&mut self, entity: EntityId, id: FieldId, key: Option<KeyId>, span: Span) {
        let owner = &mut self[entity];
        let Some(at) = owner.plain_reference(id) else { return };
        let mut refers = owner.references.remove(at);
        refers.fields.drain(..refers.fields.len() - 1);
        refers.target_fields.drain(..refers.target_fields.len() - 1);
        let hashed = Pseudonymous { key, span, by_rule: true, refers: Some(refers) };
        owner.fields[id.index()].pseudonymous = Some(hashed);
    }

    /// Every field that is stored as a keyed hash of the key of something.
    pub fn pseudonyms(&self) -> impl Iterator<Item = (EntityId, FieldId, &Pseudonymous)> {
        self.entities.iter().flat_map(|entity| {
            entity.fields().filter_map(|(id, field)| Some((entity.id, id, field.pseudonymous.as_ref()?)))
        })
    }

    /// Every line of its entity that needs more of a reference than which rows have the same.
    #[must_use]
    pub fn uses_that_pseudonyms_cannot(&self, entity: EntityId, id: FieldId) -> Vec<ClearUse> {
        let owner = &self[entity];
        let is_plain = |span: Span| {
            let index = owner.indexes.iter().find(|index| index.span == span);
            index.is_some_and(|index| {
                let reads = |filter| super::ciphertext::reads(filter, id, &[]);
                matches!(index.method, None | Some((IndexMethod::Btree | IndexMethod::Hash, _)))
                    && index.columns.iter().all(|c| c.field() == Some(id) || !reads(&c.expr))
                    && !index.filter.as_ref().is_some_and(reads)
            })
        };
        let mut uses = self.clear_uses(entity, id);
        uses.retain(|used| match used.what {
            ClearUseKind::Unique | ClearUseKind::Shard => false,
            ClearUseKind::Index => !is_plain(used.span),
            _ => true,
        });
        uses
    }
}
