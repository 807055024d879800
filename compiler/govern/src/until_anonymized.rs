//! Fields that are required while the person is there, and absent once their row is anonymized.

use super::labels::Origin;
use super::{Governed, Stored};
use polity_model::entity::Fate;
use polity_model::shared::Shared;
use polity_model::{Entity, EntityId, FieldId, View};

/// Lets those fields be absent where stores hold them, and returns them, by entity.
pub(super) fn leave(governed: &Governed, entities: &mut Shared<Entity>) -> Vec<Vec<FieldId>> {
    let mut all = Vec::with_capacity(governed.entities.len());
    for entity in &governed.entities {
        let left = left_by(governed, entity);
        for field in &left {
            entities[entity.id.index()].fields[field.index()].ty.optional = true;
        }
        all.push(left);
    }
    all
}

/// Lets what views make of those fields be absent too.
pub(super) fn leave_columns(governed: &Governed, left: &[Vec<FieldId>], views: &mut Shared<View>) {
    if left.iter().all(Vec::is_empty) {
        return;
    }
    for view in &governed.views {
        for at in (0..view.columns.len()).filter(|at| !view.columns[*at].ty.optional) {
            if comes_of(governed, left, view, FieldId(at as u32), 0) {
                views[view.id.index()].columns[at].ty.optional = true;
            }
        }
    }
}

/// How many views may read one another.
const DEPTH: usize = 32;

fn comes_of(governed: &Governed, left: &[Vec<FieldId>], view: &View, column: FieldId, depth: usize) -> bool {
    let counts = view.counts.get(column.index()) == Some(&true);
    let mut carried = governed.labels_of_column(view.id, column).iter();
    !counts
        && carried.any(|carried| match carried.origin {
            Origin::Field(entity, field) => left[entity.index()].contains(&field),
            Origin::View(other, column) => {
                depth < DEPTH && comes_of(governed, left, &governed.views[other.index()], column, depth + 1)
            }
            _ => false,
        })
}

fn left_by(governed: &Governed, entity: &Entity) -> Vec<FieldId> {
    let anonymized = governed.retain(entity.id).is_some_and(|retain| retain.fate == Fate::Anonymize);
    let fields = entity.fields().filter(|(id, field)| {
        anonymized
            && !field.ty.optional
            && field.computed.is_none()
            && field.anonymized.is_none()
            && !entity.key.contains(id)
            && entity.tenant != Some(*id)
            && governed.is_anonymized(entity.id, *id)
    });
    fields.map(|(id, _)| id).collect()
}

impl Governed {
    /// Returns the fields of an entity that are required until its row is anonymized, and absent from then on.
    #[must_use]
    pub fn required_until_anonymized(&self, entity: EntityId) -> Vec<FieldId> {
        left_by(self, &self[entity])
    }
}

impl Stored {
    /// Whether a field is required until its row is anonymized, and absent from then on.
    #[must_use]
    pub fn is_required_until_anonymized(&self, entity: EntityId, field: FieldId) -> bool {
        self.left[entity.index()].contains(&field)
    }
}
