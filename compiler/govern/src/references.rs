//! The references of entities. Those that are stored as keyed hashes are none of them: a store holds nothing that leads
//! along them.

use super::Governed;
use polity_model::entity::{OnDelete, Pseudonymous};
use polity_model::{Entity, EntityId, FieldId, KeyId, Reference, TypeKind};
use polity_text::source::Span;

impl Governed {
    /// Whether the store of an entity keeps a reference of it, so that it never leads to a row that is gone.
    #[must_use]
    pub fn keeps(&self, entity: EntityId, reference: &Reference) -> bool {
        let engine = self[self[entity].store].about;
        reference.enforced && engine.is_some_and(|engine| engine.keeps_references)
    }

    /// The references of an entity.
    pub fn references(&self, entity: EntityId) -> impl Iterator<Item = &Reference> {
        self.numbered_references(entity).map(|(_, reference)| reference)
    }

    /// The references of an entity, each with the number by which [`Governed::reference`] knows it.
    pub fn numbered_references(&self, entity: EntityId) -> impl Iterator<Item = (usize, &Reference)> {
        let all = self[entity].declared.references.iter().enumerate();
        all.filter(move |(at, _)| !self.is_hashed(entity, *at))
    }

    #[must_use]
    pub fn reference(&self, entity: EntityId, number: usize) -> &Reference {
        &self[entity].declared.references[number]
    }

    /// The references with `on delete cascade`, by which the store itself deletes rows of this entity with the row that
    /// they refer to, each with where that stands.
    pub fn goes_with(&self, entity: EntityId) -> impl Iterator<Item = (&Reference, Span)> {
        let enforced = self.references(entity).filter(|reference| reference.enforced);
        enforced.filter_map(|reference| match reference.on_delete {
            Some((OnDelete::Cascade, span)) => Some((reference, span)),
            _ => None,
        })
    }

    /// Every field that is stored as a keyed hash of the key of something.
    pub fn pseudonyms(&self) -> impl Iterator<Item = (EntityId, FieldId, &Pseudonymous)> {
        self.entities.iter().flat_map(|entity| {
            let hashed = |(id, _)| Some((entity.id, id, self.pseudonymous(entity.id, id)?));
            entity.fields().filter_map(hashed)
        })
    }

    /// Makes a reference a keyed hash, as a rule wants it that stands at `span`. It stays in the model, and is none of
    /// [`Governed::references`] any more.
    pub(super) fn hash_reference(&mut self, entity: EntityId, id: FieldId, key: Option<KeyId>, span: Span) {
        let owner = &self[entity];
        let Some(at) = plain_reference(owner, id).filter(|at| !self.is_hashed(entity, *at)) else { return };
        let mut refers = owner.declared.references[at].clone();
        refers.fields.drain(..refers.fields.len() - 1);
        refers.target_fields.drain(..refers.target_fields.len() - 1);
        let hashed = Pseudonymous { key, span, by_rule: true, refers: Some(refers) };
        self.decided.effects.on_field(entity, id).pseudonymous = Some(hashed);
        self.decided.effects.hash(entity, at);
    }
}

/// The position of the reference that one field is all of, where it has one arm.
pub(super) fn plain_reference(entity: &Entity, id: FieldId) -> Option<usize> {
    if !matches!(entity.field(id).ty.kind, TypeKind::Reference { .. }) {
        return None;
    }
    entity.declared.references.iter().position(|r| {
        r.arm.is_none() && r.fields.iter().copied().filter(|f| Some(*f) != entity.tenant).eq([id])
    })
}
