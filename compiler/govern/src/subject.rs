//! The person whom personal data is about, and what leads to that person.

use super::Governed;
use polity_model::keyspace::ValueShape;
use polity_model::{EntityId, FieldId, KeyspaceId, Type, TypeKind};

impl Governed {
    /// The entities that say `subject`.
    pub fn subjects(&self) -> impl Iterator<Item = EntityId> {
        self.entities.iter().filter(|entity| entity.subject.is_some()).map(|entity| entity.id)
    }

    /// Whether a row is of one person: the entity is the subject, or references lead to it.
    #[must_use]
    pub fn reaches_subject(&self, entity: EntityId) -> bool {
        let mut seen = vec![false; self.entities.len()];
        let mut next = vec![entity];
        while let Some(entity) = next.pop() {
            if std::mem::replace(&mut seen[entity.index()], true) {
                continue;
            }
            if self[entity].subject.is_some() {
                return true;
            }
            if self.subjects().any(|subject| !self.persons_inside(&self[entity], subject).is_empty()) {
                return true;
            }
            next.extend(self.references(entity).map(|reference| reference.target));
            next.extend(self[entity].projection.as_ref().map(|projection| projection.source));
        }
        false
    }

    /// The references by which a row leads to the person whom it is about: one way, or the first two of several. The
    /// subject's own row leads nowhere.
    #[must_use]
    pub fn ways_to_subject(&self, entity: EntityId) -> Vec<Vec<(EntityId, FieldId)>> {
        let mut found = Vec::new();
        self.walk_to_subject(entity, &mut vec![entity], &mut Vec::new(), &mut found);
        found
    }

    fn walk_to_subject(
        &self,
        entity: EntityId,
        seen: &mut Vec<EntityId>,
        way: &mut Vec<(EntityId, FieldId)>,
        found: &mut Vec<Vec<(EntityId, FieldId)>>,
    ) {
        if self[entity].subject.is_some() {
            // The arms of one reference are one way.
            if !found.contains(way) {
                found.push(way.clone());
            }
            return;
        }
        for reference in self.references(entity).filter(|r| self.is_whose(entity, r)) {
            let Some(field) = reference.fields.last().copied() else { continue };
            if found.len() > 1 || seen.contains(&reference.target) || !self.reaches_subject(reference.target)
            {
                continue;
            }
            seen.push(reference.target);
            way.push((entity, field));
            self.walk_to_subject(reference.target, seen, way, found);
            way.pop();
            seen.pop();
        }
    }

    /// Whether a key is of one person: a parameter of its pattern refers to somebody, or it copies what is.
    #[must_use]
    pub fn keyspace_reaches_subject(&self, id: KeyspaceId) -> bool {
        let keyspace = &self[id];
        let by_key = keyspace.pattern.parameters.iter().any(|p| self.refers_to_subject(&p.ty));
        let copied = match &keyspace.value {
            ValueShape::Entity(entity) => Some(*entity),
            _ => keyspace.cache.as_ref().map(|cache| cache.source),
        };
        by_key || copied.is_some_and(|entity| self.reaches_subject(entity))
    }

    fn refers_to_subject(&self, ty: &Type) -> bool {
        match &ty.kind {
            TypeKind::Reference { entity, .. } => self.reaches_subject(*entity),
            TypeKind::Union(arms) => arms.iter().any(|arm| self.reaches_subject(arm.entity)),
            _ => false,
        }
    }
}
