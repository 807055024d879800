//! How a thing goes with its person: the plan, told for one place.

use super::{Explainer, Said};
use polity_govern::erasure::{Action, Inside, Plan, Rows};
use polity_model::expr::Step;
use polity_model::keys::KeyScope;
use polity_model::{Entity, EntityId, FieldId, KeyspaceId};
use polity_text::source::Span;

impl Explainer<'_> {
    /// Says what becomes of the row, and of its encrypted values wherever else they are.
    pub(super) fn erasure_of_field(&self, entity: EntityId, field: FieldId) -> Vec<Said> {
        let p = self.platform;
        let mut said = self.erasure(entity, Some(field));
        let places = p.encrypted_places(entity);
        let of_field = places.iter().filter(|place| place.root == field);
        for place in of_field.filter(|place| p[place.encrypted.key].scope() == KeyScope::Subject) {
            let encrypted = place.encrypted;
            let what = if place.is_member() { format!("`{}`", place.name()) } else { "it".to_owned() };
            let what = format!(
                "once the person's key of `{}` is destroyed {what} is unreadable everywhere, in backups too",
                p[encrypted.key].named.name
            );
            said.push(self.said(&what, p[encrypted.key].named.span));
        }
        said
    }

    pub(super) fn erasure_of_entity(&self, id: EntityId) -> Vec<Said> {
        self.erasure(id, None)
    }

    fn erasure(&self, id: EntityId, field: Option<FieldId>) -> Vec<Said> {
        let p = self.platform;
        let mut said = Vec::new();
        for plan in p.erasure_plans() {
            for (_, field) in plan.pseudonyms.iter().filter(|(entity, _)| *entity == id) {
                let field = p[id].field(*field);
                let what = format!(
                    "where only `{}` names the person, the row stays: a keyed hash, from which nothing leads to anybody",
                    field.named.name
                );
                said.push(self.said(&what, field.named.span));
            }
            let Some(rows) = plan.rows_of(id) else { continue };
            said.extend(self.way(plan, rows));
            said.push(self.fate(plan, rows, field));
            if let Some(kept) = p.backup_retain(p[id].store) {
                let what = format!("backups hold it for {kept} more");
                said.push(self.said(&what, p[p[id].store].named.span));
            }
        }
        if said.is_empty() && p[id].fields().any(|(field, _)| !p.labels_of(id, field).is_empty()) {
            said.push(self.said("no reference leads to a person, so no erasure finds it", p[id].named.span));
        }
        said
    }

    pub(super) fn erasure_of_keyspace(&self, id: KeyspaceId) -> Vec<Said> {
        let p = self.platform;
        let span = p[id].named.span;
        let mut said = Vec::new();
        for keys in p.erasure_plans().iter().flat_map(|plan| &plan.keys).filter(|keys| keys.keyspace == id) {
            if !keys.by.is_empty() {
                said.push(self.said("with the person whom its key leads to", span));
            }
            if !keys.held.is_empty() {
                said.push(self.said("what refers to the person is removed from its values", span));
            }
        }
        if said.is_empty() && !p.labels_of_keyspace(id).is_empty() {
            said.push(self.said("nobody is found by its key: only its end removes it", span));
        }
        said
    }

    /// The shortest way along references to the person: each step with its line.
    fn way(&self, plan: &Plan, rows: &Rows) -> Vec<Said> {
        let p = self.platform;
        let mut way = Vec::new();
        let mut at = rows;
        while let Some(next) = at.path.first() {
            let owner = &p[at.entity];
            let references = at.by.iter().map(|i| p.reference(at.entity, *i));
            let Some(reference) = references.into_iter().find(|r| r.target == *next) else {
                way.extend(at.inside.first().map(|inside| self.way_inside(plan, at.entity, inside)));
                break;
            };
            let fields: Vec<&str> =
                reference.fields.iter().map(|f| owner.field(*f).named.name.as_str()).collect();
            let what = format!(
                "with the person: `{}.{}` leads to `{}`",
                p.entity_path(at.entity),
                fields.join(", "),
                p.entity_path(*next)
            );
            way.push(self.said(&what, reference.span));
            let Some(onward) = plan.rows_of(*next) else { break };
            at = onward;
        }
        way
    }

    fn way_inside(&self, plan: &Plan, entity: EntityId, inside: &Inside) -> Said {
        let p = self.platform;
        let mut path = format!("{}.{}", p.entity_path(entity), p[entity].field(inside.path.root).named.name);
        for step in &inside.path.steps {
            if let Step::Member(record, member) = step {
                path.push('.');
                path.push_str(&p[*record].fields[member.index()].named.name);
            }
        }
        let what = format!("with the person: `{path}` leads to `{}`", p.entity_path(plan.subject));
        self.said(&what, inside.span)
    }

    /// Says what becomes of a row, or of one field of it.
    fn fate(&self, plan: &Plan, rows: &Rows, field: Option<FieldId>) -> Said {
        let entity = &self.platform[rows.entity];
        if let (Action::Anonymize, Some(field)) = (rows.action, field)
            && let Some(what) = self.stays(entity, rows, field)
        {
            return self.said(what, entity.field(field).named.span);
        }
        let is_person = rows.entity == plan.subject;
        let retain = self.platform.retain(entity.id).map(|retain| retain.span);
        let emptied = rows.emptied.first().map(|i| self.platform.reference(entity.id, *i).span);
        let by = rows.by.first().map(|i| self.platform.reference(entity.id, *i).span);
        let by = by.or_else(|| rows.inside.first().map(|inside| inside.span));
        let (what, span): (&str, Option<Span>) = match rows.action {
            Action::Delete if is_person => {
                ("it is the person: the row goes, after all that is of them", entity.subject)
            }
            Action::Delete => ("the row is deleted", by),
            Action::Anonymize if is_person => ("it is the person: the row stays, without the person", retain),
            Action::Anonymize => ("the row stays, without the person", retain),
            Action::Keep => ("the row stays: nothing in it is personal once it refers to nobody", by),
            Action::Forget => {
                ("the row is about somebody else: it stays, and the reference is emptied", emptied)
            }
        };
        self.said(what, span.unwrap_or(entity.named.span))
    }

    /// Says what becomes of a field that does not go though its row is anonymized; `None` where the field goes.
    fn stays(&self, entity: &Entity, rows: &Rows, field: FieldId) -> Option<&'static str> {
        let emptied =
            rows.emptied.iter().any(|i| self.platform.reference(entity.id, *i).fields.contains(&field));
        if entity.key.contains(&field) {
            Some("the row stays without the person, and its key with it")
        } else if self.platform.is_anonymized(entity.id, field) {
            None
        } else if entity.field(field).computed.is_some() {
            Some("the row stays without the person, and this is computed anew from what is left")
        } else if emptied && entity.field(field).ty.optional {
            Some("the row stays without the person, and this reference is emptied")
        } else {
            Some("the row stays without the person, and this value with it: it has no label of its own")
        }
    }
}
