//! The effects of rules, in a table beside the platform, and what holds with them. The source wins over every rule, so a
//! rule sets only what the source left open.

use super::Governed;
use polity_model::entity::{Audit, Encrypted, Pseudonymous, Retain, Words};
use polity_model::{EntityId, Field, FieldId, LabelId, Platform, StructId};
use polity_text::source::Span;

/// The effects of rules, by entity.
#[derive(Debug, Default)]
pub(super) struct Effects(Vec<OnEntity>);

/// The effects on an entity.
#[derive(Debug, Clone, Default)]
pub(super) struct OnEntity {
    pub retain: Option<Retain>,
    pub audit: Option<Audit>,
    pub append_only: Option<Span>,
    /// Whether a reference is a keyed hash, by its position, as far as one is.
    hashed: Vec<bool>,
    /// The effects on fields, as far as one has any.
    fields: Vec<OnField>,
}

/// The effects on a field of an entity.
#[derive(Debug, Clone, Default)]
pub(super) struct OnField {
    pub immutable: Option<Span>,
    pub labels: Vec<(LabelId, Span)>,
    pub encrypted: Option<Encrypted>,
    pub pseudonymous: Option<Pseudonymous>,
}

impl Effects {
    /// No effect yet.
    pub(super) fn none(platform: &Platform) -> Self {
        Self(vec![OnEntity::default(); platform.entities.len()])
    }

    pub(super) fn on_entity(&mut self, entity: EntityId) -> &mut OnEntity {
        &mut self.0[entity.index()]
    }

    pub(super) fn on_field(&mut self, entity: EntityId, field: FieldId) -> &mut OnField {
        let fields = &mut self.0[entity.index()].fields;
        if fields.len() <= field.index() {
            fields.resize_with(field.index() + 1, OnField::default);
        }
        &mut fields[field.index()]
    }

    /// Notes that a reference is a keyed hash.
    pub(super) fn hash(&mut self, entity: EntityId, reference: usize) {
        let hashed = &mut self.0[entity.index()].hashed;
        if hashed.len() <= reference {
            hashed.resize(reference + 1, false);
        }
        hashed[reference] = true;
    }

    fn of_entity(&self, entity: EntityId) -> Option<&OnEntity> {
        self.0.get(entity.index())
    }

    /// No rule adds to a field of a record.
    fn of_field(&self, of: Holder, field: FieldId) -> Option<&OnField> {
        let Holder::Entity(entity) = of else { return None };
        self.of_entity(entity)?.fields.get(field.index())
    }
}

/// The holder of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Entity(EntityId),
    Record(StructId),
}

impl From<EntityId> for Holder {
    fn from(entity: EntityId) -> Self {
        Self::Entity(entity)
    }
}

impl From<StructId> for Holder {
    fn from(record: StructId) -> Self {
        Self::Record(record)
    }
}

/// The words that hold in the end: those of the source, or else those of a rule.
impl Governed {
    /// How long rows live, and what becomes of them.
    #[must_use]
    pub fn retain(&self, entity: EntityId) -> Option<&Retain> {
        let declared = self[entity].declared.retain.as_ref();
        declared.or_else(|| self.effects().of_entity(entity)?.retain.as_ref())
    }

    /// The trail that changes leave.
    #[must_use]
    pub fn audit(&self, entity: EntityId) -> Option<&Audit> {
        let declared = self[entity].declared.audit.as_ref();
        declared.or_else(|| self.effects().of_entity(entity)?.audit.as_ref())
    }

    /// Where it says that rows are never changed.
    #[must_use]
    pub fn append_only(&self, entity: EntityId) -> Option<Span> {
        self[entity].declared.append_only.or_else(|| self.effects().of_entity(entity)?.append_only)
    }

    /// Where it says that a field never changes.
    #[must_use]
    pub fn immutable(&self, of: impl Into<Holder>, field: FieldId) -> Option<Span> {
        let of = of.into();
        self.declared(of, field).immutable.or_else(|| self.effects().of_field(of, field)?.immutable)
    }

    /// The labels that stand on a field itself, those of the source first; [`Governed::labels_of`] has all that it carries.
    pub fn labels_on(&self, of: impl Into<Holder>, field: FieldId) -> impl Iterator<Item = (LabelId, Span)> {
        let of = of.into();
        let applied = self.effects().of_field(of, field).map_or(&[][..], |effects| &effects.labels);
        self.declared(of, field).labels.iter().chain(applied).copied()
    }

    /// How a field is encrypted.
    #[must_use]
    pub fn encrypted(&self, of: impl Into<Holder>, field: FieldId) -> Option<&Encrypted> {
        let of = of.into();
        let declared = self.declared(of, field).encrypted.as_ref();
        declared.or_else(|| self.effects().of_field(of, field)?.encrypted.as_ref())
    }

    /// The reference whose keyed hash a field holds.
    #[must_use]
    pub fn pseudonymous(&self, of: impl Into<Holder>, field: FieldId) -> Option<&Pseudonymous> {
        let of = of.into();
        let declared = self.declared(of, field).pseudonymous.as_ref();
        declared.or_else(|| self.effects().of_field(of, field)?.pseudonymous.as_ref())
    }

    /// Whether a store holds bytes of a field of the source that only clients make.
    #[must_use]
    pub fn is_sealed(&self, entity: EntityId, field: FieldId) -> bool {
        self.encrypted(entity, field).is_some() || self.pseudonymous(entity, field).is_some()
    }

    /// Whether a rule made a keyed hash of the reference at this position.
    pub(super) fn is_hashed(&self, entity: EntityId, reference: usize) -> bool {
        let hashed = self.effects().of_entity(entity).and_then(|effects| effects.hashed.get(reference));
        hashed.copied().unwrap_or_default()
    }

    fn declared(&self, of: Holder, field: FieldId) -> &Words {
        &self.field(of, field).declared
    }

    pub(super) fn field(&self, of: Holder, field: FieldId) -> &Field {
        match of {
            Holder::Entity(entity) => self[entity].field(field),
            Holder::Record(record) => &self[record].fields[field.index()],
        }
    }

    fn effects(&self) -> &Effects {
        &self.decided.effects
    }
}
