//! Which labels everything carries in the end, and where each came from.

use super::Governed;
use polity_model::{AuditLogId, ChannelId, EntityId, FieldId, KeyspaceId, LabelId, StructId, ViewId};
use polity_text::source::Span;

/// A label with the reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub label: LabelId,
    pub origin: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `#personal` stands there.
    Written(Span),
    /// The label carried says `label biometric: personal`.
    Parent(LabelId),
    /// It stands on the whole entity.
    Entity(EntityId),
    /// A field that is copied, computed with, or referred to.
    Field(EntityId, FieldId),
    /// A field of the record that is held.
    Member(StructId, FieldId),
    /// A view that is read.
    View(ViewId, FieldId),
    /// SQL by hand that fills the field: a script, or a fragment beside it.
    Sql(Span),
    /// A rule applied it, which stands there.
    Rule(Span),
}

/// The labels that everything carries, filled in by the phase `govern`.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// The labels of fields, by entity and field.
    pub fields: Vec<Vec<Vec<Carried>>>,
    /// The labels of fields in records, by struct and field.
    pub members: Vec<Vec<Vec<Carried>>>,
    /// The labels of each keyspace: of its value and of the parameters of its pattern.
    pub keyspaces: Vec<Vec<Carried>>,
    /// The labels of each channel: of its messages and of the parameters of its pattern.
    pub channels: Vec<Vec<Carried>>,
    /// The labels of the values that each audit log holds.
    pub audit_logs: Vec<Vec<Carried>>,
    /// The labels of columns, by view and column.
    pub columns: Vec<Vec<Vec<Carried>>>,
}

impl Governed {
    /// Every label that a field carries, parents included.
    #[must_use]
    pub fn labels_of(&self, entity: EntityId, field: FieldId) -> &[Carried] {
        self.decided
            .labels
            .fields
            .get(entity.index())
            .and_then(|fields| fields.get(field.index()))
            .map_or(&[], Vec::as_slice)
    }

    /// Every label that a field of a record carries wherever the record stands.
    #[must_use]
    pub fn labels_of_member(&self, record: StructId, field: FieldId) -> &[Carried] {
        let members = self.decided.labels.members.get(record.index());
        members.and_then(|members| members.get(field.index())).map_or(&[], Vec::as_slice)
    }

    /// Whether a label that says something about a person stands on the whole field, or on the whole entity.
    #[must_use]
    pub fn is_labelled_whole(&self, entity: EntityId, field: FieldId) -> bool {
        let whole = self.labels_of(entity, field).iter();
        let mut whole = whole.filter(|c| !matches!(c.origin, Origin::Member(..)));
        whole.any(|carried| self.is_about_person(std::slice::from_ref(carried)))
    }

    #[must_use]
    pub fn labels_of_keyspace(&self, keyspace: KeyspaceId) -> &[Carried] {
        self.decided.labels.keyspaces.get(keyspace.index()).map_or(&[], Vec::as_slice)
    }

    /// The labels of the values in a trail: values of every entity that is audited into it.
    #[must_use]
    pub fn labels_of_audit_log(&self, log: AuditLogId) -> &[Carried] {
        self.decided.labels.audit_logs.get(log.index()).map_or(&[], Vec::as_slice)
    }

    #[must_use]
    pub fn labels_of_column(&self, view: ViewId, column: FieldId) -> &[Carried] {
        self.decided
            .labels
            .columns
            .get(view.index())
            .and_then(|columns| columns.get(column.index()))
            .map_or(&[], Vec::as_slice)
    }

    /// Whether one of these says something about a person: `personal`, with `health` below it, and `card`, which is a
    /// person's too but which another law guards than that of personal data.
    #[must_use]
    pub fn is_about_person(&self, carried: &[Carried]) -> bool {
        let about = |label: LabelId| matches!(self[label].name.as_str(), "personal" | "card");
        carried.iter().any(|carried| about(carried.label))
    }

    /// The labels of a channel's messages, and of the parameters of its pattern.
    #[must_use]
    pub fn labels_of_channel(&self, channel: ChannelId) -> &[Carried] {
        self.decided.labels.channels.get(channel.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether a label stands on the field itself or within its type: not on all of the entity, nor on what it refers to
    /// or is computed from.
    #[must_use]
    pub fn is_labelled_itself(&self, entity: EntityId, field: FieldId) -> bool {
        let own =
            |origin: &Origin| matches!(origin, Origin::Written(_) | Origin::Rule(_) | Origin::Member(..));
        self.labels_of(entity, field).iter().any(|carried| own(&carried.origin))
    }

    /// Whether what a field holds goes when its row is anonymized: what is labelled itself, and passwords.
    #[must_use]
    pub fn is_anonymized(&self, entity: EntityId, field: FieldId) -> bool {
        self.is_labelled_itself(entity, field) || self.has_password(&self[entity].field(field).ty)
    }

    /// Whether a field carries the label of that name.
    #[must_use]
    pub fn is_labelled(&self, entity: EntityId, field: FieldId, name: &str) -> bool {
        let label = self.label(name);
        self.labels_of(entity, field).iter().any(|carried| Some(carried.label) == label)
    }
}
