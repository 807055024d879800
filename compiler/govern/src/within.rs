//! Records whose labelled fields the source speaks of one by one.

use foldhash::{HashMap, HashMapExt};

use super::Governed;
use super::labels::Origin;
use polity_model::{EntityId, FieldId, StructId, TypeKind};

/// The statement of the source, within a record, about everything there that carries a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// `encrypted`
    Encrypted,
    /// `encrypted`, or `not encrypted because "…"`.
    Exempt,
}

impl Governed {
    /// The statement of the source about all that carries a label in the record that a field holds; `None` where
    /// something is left open, where the label stands on the field itself, or where nothing carries one.
    #[must_use]
    pub fn said_within(&self, entity: EntityId, field: FieldId) -> Option<Within> {
        let TypeKind::Struct(record) = self[entity].field(field).ty.kind else { return None };
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
            let labels = &self.decided.labels.members.get(record.index())?[i];
            let of_member = match (&field.declared.encrypted, &field.not_encrypted, &field.ty.kind) {
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
