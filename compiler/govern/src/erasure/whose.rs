//! The references by which a row is somebody's: those that the source names, or all that lead to persons.

use super::inside::Inside;
use crate::Governed;
use polity_model::entity::{Fate, OnDelete};
use polity_model::expr::{self, FieldPath};
use polity_model::{Entity, EntityId, FieldId, Reference};

/// A way from a row to a person, through other entities.
pub type Path = Vec<Step>;

/// A reference on the way to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub entity: EntityId,
    /// The field of the reference, or that of the record in which it stands.
    pub field: FieldId,
    /// The reference as `personal of` names it.
    pub said: String,
}

/// How many paths an error lists.
const LISTED: usize = 6;

impl Governed {
    /// Whether a row is the person's to whom this reference leads. One that gives way (`on delete set null`) only says
    /// that the person is referred to, and so do the others where `personal of` names one. The row of a person is the
    /// person's own.
    #[must_use]
    pub fn is_whose(&self, entity: EntityId, reference: &Reference) -> bool {
        let entity = &self[entity];
        if let Some(of) = entity.personal_of.first() {
            return of.path.steps.is_empty() && reference.fields.contains(&of.path.root);
        }
        if entity.subject.is_some() {
            return self[reference.target].id == entity.id;
        }
        // What goes with its parent stays with it, whatever else it names.
        let parent = self.goes_with(entity.id).next().is_some() && !self.keeps(entity.id, reference);
        !parent || self[reference.target].subject.is_some() || self.holds_of_person(entity.id)
    }

    /// Whether a row is the person's to whom this reference inside of a record leads.
    #[must_use]
    pub fn is_whose_inside(&self, entity: &Entity, inside: &Inside) -> bool {
        entity.subject.is_none() && entity.personal_of.first().is_none_or(|of| of.path == inside.path)
    }

    /// The entities that hold something of a person, each with the paths to several, so that nobody can say whose it is.
    #[must_use]
    pub fn disputed(&self) -> Vec<(EntityId, Vec<Path>)> {
        if self.entities.iter().all(|entity| entity.subject.is_none()) {
            return Vec::new();
        }
        let whose = Whose::new(self);
        let disputed = whose.disputed();
        let holding = self.entities.iter().filter(|entity| disputed[entity.id.index()]);
        let holding = holding.filter(|entity| self.holds_of_person(entity.id));
        holding.map(|entity| (entity.id, whose.paths(entity.id))).collect()
    }
}

impl Governed {
    /// The path as a source writes it.
    fn written(&self, entity: &Entity, path: &FieldPath) -> String {
        let mut written = entity.field(path.root).named.name.to_string();
        for step in &path.steps {
            if let expr::Step::Member(record, member) = step {
                written.push('.');
                written.push_str(&self[*record].fields[member.index()].named.name);
            }
        }
        written
    }
}

/// The references by which rows are somebody's.
struct Whose<'p> {
    platform: &'p Governed,
    /// For each entity, the references that may lead to a person, with the entities to which they lead.
    ways: Vec<Vec<(Step, Vec<EntityId>)>>,
    /// Whether a way leads to a person, for each entity.
    reaches: Vec<bool>,
}

impl<'p> Whose<'p> {
    fn new(platform: &'p Governed) -> Self {
        let mut whose = Self { platform, ways: Vec::new(), reaches: vec![false; platform.entities.len()] };
        let strict = whose.all_ways(|_, reference| !forgets(reference));
        whose.ways = strict;
        whose.reaches = whose.reaching(None);
        // A row that is anonymized and has no other way is found by one that gives way.
        let anonymized =
            |entity: &Entity| platform.retain(entity.id).is_some_and(|r| r.fate == Fate::Anonymize);
        let reached = whose.reaches.clone();
        whose.ways = whose.all_ways(|entity, reference| {
            !forgets(reference) || anonymized(entity) && !reached[entity.id.index()]
        });
        whose.reaches = whose.reaching(None);
        whose
    }

    fn all_ways(&self, counts: impl Fn(&Entity, &Reference) -> bool) -> Vec<Vec<(Step, Vec<EntityId>)>> {
        let p = self.platform;
        let of = |entity: &Entity| {
            let mut ways: Vec<(Step, Vec<EntityId>)> = Vec::new();
            let own = entity.subject.is_none() || !entity.personal_of.is_empty();
            for reference in p.references(entity.id).filter(|r| own && counts(entity, r)) {
                if !p.is_whose(entity.id, reference) || reference.target == entity.id {
                    continue;
                }
                let own = || reference.fields.iter().filter(|field| Some(**field) != entity.tenant);
                let Some(field) = own().next_back().copied() else { continue };
                let names: Vec<&str> = own().map(|field| entity.field(*field).named.name.as_str()).collect();
                let step = Step { entity: entity.id, field, said: names.join(", ") };
                match ways.iter_mut().find(|(known, _)| *known == step) {
                    Some((_, targets)) => targets.push(reference.target),
                    None => ways.push((step, vec![reference.target])),
                }
            }
            for subject in p.subjects() {
                for inside in p.persons_inside(entity, subject) {
                    if p.is_whose_inside(entity, &inside) {
                        let said = p.written(entity, &inside.path);
                        let step = Step { entity: entity.id, field: inside.path.root, said };
                        match ways.iter_mut().find(|(known, _)| *known == step) {
                            Some((_, targets)) => targets.push(subject),
                            None => ways.push((step, vec![subject])),
                        }
                    }
                }
            }
            ways
        };
        p.entities.iter().map(of).collect()
    }

    /// The entities from which a way leads to a person, without one of them where `but` names it.
    fn reaching(&self, but: Option<EntityId>) -> Vec<bool> {
        let p = self.platform;
        let mut below = vec![Vec::new(); p.entities.len()];
        for (from, ways) in self.ways.iter().enumerate() {
            for target in ways.iter().flat_map(|(_, targets)| targets) {
                below[target.index()].push(EntityId(from as u32));
            }
        }
        let mut reaches = vec![false; p.entities.len()];
        let mut next: Vec<EntityId> = p.subjects().filter(|subject| Some(*subject) != but).collect();
        while let Some(entity) = next.pop() {
            if Some(entity) != but && !std::mem::replace(&mut reaches[entity.index()], true) {
                next.extend(&below[entity.index()]);
            }
        }
        reaches
    }

    /// Whether several paths lead to persons, for each entity: it has two ways of its own, or leads to one that has.
    fn disputed(&self) -> Vec<bool> {
        let count = self.platform.entities.len();
        let mut disputed = vec![false; count];
        let mut next = Vec::new();
        for at in 0..count {
            let leads = |reaches: &[bool]| {
                self.ways[at].iter().filter(|(_, targets)| targets.iter().any(|t| reaches[t.index()])).count()
            };
            // Only then is it worth asking whether one leads back here.
            if leads(&self.reaches) > 1 && leads(&self.reaching(Some(EntityId(at as u32)))) > 1 {
                next.push(EntityId(at as u32));
            }
        }
        let mut below = vec![Vec::new(); count];
        for (from, ways) in self.ways.iter().enumerate() {
            for target in ways.iter().flat_map(|(_, targets)| targets) {
                below[target.index()].push(EntityId(from as u32));
            }
        }
        while let Some(entity) = next.pop() {
            if !std::mem::replace(&mut disputed[entity.index()], true) {
                next.extend(&below[entity.index()]);
            }
        }
        disputed
    }

    /// The first paths to persons, the shortest first.
    fn paths(&self, entity: EntityId) -> Vec<Path> {
        let mut found = Vec::new();
        let mut next: std::collections::VecDeque<(EntityId, Path)> = [(entity, Vec::new())].into();
        let mut steps = 0;
        while let Some((at, path)) = next.pop_front() {
            steps += 1;
            if found.len() == LISTED || steps > 10_000 {
                break;
            }
            if self.platform[at].subject.is_some() && !path.is_empty() {
                found.push(path);
                continue;
            }
            for (step, targets) in &self.ways[at.index()] {
                for target in targets {
                    if self.reaches[target.index()] && path.iter().all(|passed| passed.entity != *target) {
                        next.push_back((*target, path.iter().cloned().chain([step.clone()]).collect()));
                    }
                }
            }
        }
        found
    }
}

/// Whether a row outlives what it refers to and forgets it.
pub(super) fn forgets(reference: &Reference) -> bool {
    matches!(reference.on_delete, Some((OnDelete::SetNull, _)))
}
