//! Which values nobody should meet in a log.

use polity_govern::Stored;
use polity_model::{Entity, Field, FieldId, LabelId, Type, TypeKind};

/// The labels that every platform knows, all of which call for care.
const CAREFUL: &[&str] = &["personal", "sensitive", "health", "financial", "card", "secret"];

const DEEPEST: usize = 32;

/// The labels of a platform that call for care, found once.
#[derive(Debug)]
pub(super) struct Labels {
    careful: Vec<bool>,
}

impl Labels {
    pub(super) fn of(platform: &Stored) -> Self {
        let mut careful: Vec<bool> =
            platform.labels.iter().map(|label| CAREFUL.contains(&label.name.as_str())).collect();
        // A label is as careful as any parent. Parents may be declared after it, so once for each level there can be.
        for _ in 0..careful.len() {
            let before = careful.clone();
            for (i, label) in platform.labels.iter().enumerate() {
                careful[i] |= label.parents.iter().any(|parent| before[parent.index()]);
            }
            if careful == before {
                break;
            }
        }
        Self { careful }
    }

    pub(super) fn any(&self, labels: &[LabelId]) -> bool {
        labels.iter().any(|label| self.careful[label.index()])
    }

    /// Whether `Debug` must not show a field of a record or a column of a view.
    pub(super) fn hides(&self, platform: &Stored, field: &Field) -> bool {
        field.declared.labels.iter().any(|(label, _)| self.careful[label.index()])
            || self.hides_type(platform, &field.ty, 0)
    }

    /// Whether `Debug` must not show a field of an entity, which may be a copy of a labelled field.
    pub(super) fn hides_in(&self, platform: &Stored, entity: &Entity, id: FieldId) -> bool {
        if self.any(&entity.labels) || self.hides_at(platform, entity, id, 0) {
            return true;
        }
        let Some(projection) = &entity.projection else { return false };
        let source = &platform[projection.source];
        projection.taken.iter().any(|(field, path)| {
            *field == id && (self.any(&source.labels) || self.hides_at(platform, source, path.root, 0))
        })
    }

    fn hides_at(&self, platform: &Stored, entity: &Entity, id: FieldId, depth: usize) -> bool {
        platform.labels_on(entity.id, id).any(|(label, _)| self.careful[label.index()])
            || self.hides_type(platform, &entity.field(id).ty, depth)
    }

    /// Labels that come with a type: of the constrained type, of the record, or of the field that is referred to.
    fn hides_type(&self, platform: &Stored, ty: &Type, depth: usize) -> bool {
        match &ty.kind {
            TypeKind::Constrained(id) => self.any(&platform[*id].labels),
            TypeKind::Struct(id) => self.any(&platform[*id].labels),
            TypeKind::List(of) | TypeKind::Map(of) => self.hides_type(platform, of, depth),
            TypeKind::Reference { entity, field } => {
                depth < DEEPEST && self.hides_at(platform, &platform[*entity], *field, depth + 1)
            }
            TypeKind::Union(arms) => arms.iter().any(|arm| {
                depth < DEEPEST && self.hides_at(platform, &platform[arm.entity], arm.field, depth + 1)
            }),
            TypeKind::Scalar(_) | TypeKind::Enum(_) | TypeKind::Null | TypeKind::Broken => false,
        }
    }
}

/// Hides a computed field as well where one that it is computed from is hidden.
pub(super) fn through_computed(fields: &[Field], mut hidden: Vec<bool>) -> Vec<bool> {
    loop {
        let mut changed = false;
        for (at, field) in fields.iter().enumerate() {
            let (Some(computed), false) = (&field.computed, hidden[at]) else { continue };
            let mut reads_hidden = false;
            computed.fields(&mut |path, _| reads_hidden |= hidden.get(path.root.index()).is_some_and(|h| *h));
            hidden[at] = reads_hidden;
            changed |= reads_hidden;
        }
        if !changed {
            return hidden;
        }
    }
}
