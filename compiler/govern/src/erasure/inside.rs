//! References to a person inside of records that an entity holds, such as `buyer.customer`.

use smol_str::SmolStr;

use crate::Governed;
use polity_model::expr::{FieldPath, Step};
use polity_model::{Entity, EntityId, FieldId, StructId, Type, TypeKind};
use polity_text::source::Span;

/// A reference to the person in a record that holds something personal.
#[derive(Debug, Clone, PartialEq)]
pub struct Inside {
    pub path: FieldPath,
    /// The person's field that it holds.
    pub field: FieldId,
    /// For one arm of several: what stands beside it.
    pub arm: Option<SmolStr>,
    pub span: Span,
}

/// Why a reference to the person inside of a record leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// Several persons may stand in one list or map.
    List,
    /// Stores see bytes.
    Encrypted,
    /// Entries of rows that went before would not be found.
    Audited,
}

/// How deep records in records are looked into.
const DEEPEST: usize = 8;

impl Governed {
    /// Finds the references inside of records by which a row is a person's. A record that says nothing personal next to
    /// the reference is about something else, such as who changed the row last, and is no way to the person.
    #[must_use]
    pub fn persons_inside(&self, entity: &Entity, subject: EntityId) -> Vec<Inside> {
        if self.audit(entity.id).is_some() || entity.id == subject {
            return Vec::new();
        }
        let mut found = Vec::new();
        self.look_inside(entity, subject, &mut |inside, unseen| {
            found.extend(unseen.is_none().then_some(inside))
        });
        found
    }

    /// The first reference to a person inside of a personal record that erasure does not follow.
    #[must_use]
    pub fn unseen_inside(&self, entity: &Entity) -> Option<(Span, Unseen)> {
        let mut found = None;
        for subject in self.subjects().filter(|subject| *subject != entity.id) {
            self.look_inside(entity, subject, &mut |inside, unseen| {
                let unseen = unseen.or_else(|| self.audit(entity.id).map(|_| Unseen::Audited));
                found = found.or(unseen.map(|unseen| (inside.span, unseen)));
            });
        }
        found
    }

    fn look_inside(&self, entity: &Entity, subject: EntityId, found: &mut dyn FnMut(Inside, Option<Unseen>)) {
        for (root, field) in entity.fields() {
            let is_personal = self.is_about_person(self.labels_of(entity.id, root));
            let (record, in_list) = record_in(self, &field.ty, false);
            if let Some(record) = record.filter(|_| is_personal) {
                let sealed = self.encrypted(entity.id, root).is_some().then_some(Unseen::Encrypted);
                let unseen = if in_list { Some(Unseen::List) } else { sealed };
                self.look_into(record, subject, unseen, &mut FieldPath { root, steps: Vec::new() }, found);
            }
        }
    }

    fn look_into(
        &self,
        record: StructId,
        subject: EntityId,
        unseen: Option<Unseen>,
        path: &mut FieldPath,
        found: &mut dyn FnMut(Inside, Option<Unseen>),
    ) {
        if path.steps.len() >= DEEPEST {
            return;
        }
        for (i, member) in self[record].fields.iter().enumerate() {
            path.steps.push(Step::Member(record, FieldId(i as u32)));
            let unseen = unseen.or_else(|| member.declared.encrypted.is_some().then_some(Unseen::Encrypted));
            let mut leads = |field: FieldId, arm: Option<SmolStr>| {
                found(Inside { path: path.clone(), field, arm, span: member.named.span }, unseen);
            };
            match &member.ty.kind {
                TypeKind::Reference { entity, field } if *entity == subject => leads(*field, None),
                TypeKind::Union(arms) => {
                    let arms = arms.iter().filter(|arm| arm.entity == subject);
                    arms.for_each(|arm| leads(arm.field, Some(arm.stored.clone())));
                }
                _ => {
                    if let (Some(inner), in_list) = record_in(self, &member.ty, false) {
                        let unseen = if in_list { Some(Unseen::List) } else { unseen };
                        self.look_into(inner, subject, unseen, path, found);
                    }
                }
            }
            path.steps.pop();
        }
    }
}

/// The record of a type, and whether it stands in a list or a map.
fn record_in(platform: &Governed, ty: &Type, in_list: bool) -> (Option<StructId>, bool) {
    match &ty.kind {
        TypeKind::Struct(id) => (Some(*id), in_list),
        TypeKind::List(element) | TypeKind::Map(element) => record_in(platform, element, true),
        TypeKind::Constrained(id) => record_in(platform, &platform[*id].base, in_list),
        _ => (None, in_list),
    }
}
