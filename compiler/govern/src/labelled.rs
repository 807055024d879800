//! The fields and entities that carry each label. Rules ask for labels first, and most things carry none.

use crate::Governed;
use polity_model::{EntityId, FieldId, LabelId};

#[derive(Debug, Default)]
pub(super) struct Labelled {
    /// The fields that carry each label, in the order of the source.
    fields: Vec<Vec<(EntityId, FieldId)>>,
    /// Whether a field of the entity carries the label: by label, then by entity.
    entities: Vec<Vec<bool>>,
}

impl Labelled {
    pub(super) fn new(platform: &Governed) -> Self {
        let labels = platform.labels.len();
        let mut fields = vec![Vec::new(); labels];
        let mut entities = vec![vec![false; platform.entities.len()]; labels];
        for entity in &platform.entities {
            for (field, _) in entity.fields() {
                for carried in platform.labels_of(entity.id, field) {
                    fields[carried.label.index()].push((entity.id, field));
                    entities[carried.label.index()][entity.id.index()] = true;
                }
            }
        }
        Self { fields, entities }
    }

    pub(super) fn fields(&self, label: LabelId) -> &[(EntityId, FieldId)] {
        &self.fields[label.index()]
    }

    pub(super) fn entities(&self, label: LabelId) -> impl Iterator<Item = EntityId> {
        let carries = self.entities[label.index()].iter().enumerate();
        carries.filter(|(_, carries)| **carries).map(|(i, _)| EntityId(i as u32))
    }

    pub(super) fn has(&self, entity: EntityId, label: LabelId) -> bool {
        self.entities[label.index()][entity.index()]
    }
}
