//! What services may do, spelled out: each privilege on one thing, with its fields.

use smol_str::SmolStr;

use super::governance::{Grant, Service};
use super::{FieldId, LabelId, Platform, StoreId, Thing};
use crate::source::Span;

/// One thing that a service may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Privilege {
    /// `read`, `write`, `delete`, `append`, `publish`, `subscribe`, `consume`
    pub verb: SmolStr,
    pub on: Thing,
    /// Of an entity: those that it covers; all of them where the grant names none.
    pub fields: Vec<FieldId>,
    pub group: Option<SmolStr>,
    /// The line that gives it.
    pub span: Span,
}

impl Platform {
    /// The store that holds what a privilege is on.
    #[must_use]
    pub fn store_of(&self, thing: Thing) -> Option<StoreId> {
        match thing {
            Thing::Store(id) => Some(id),
            Thing::Schema(id) => Some(self[id].store),
            Thing::Entity(id) | Thing::EntityField(id, _) => Some(self[id].store),
            Thing::Keyspace(id) => Some(self[id].store),
            Thing::Channel(id) => Some(self[id].store),
            Thing::View(id) => Some(self[id].store),
            Thing::Sequence(id) => Some(self[id].store),
            Thing::AuditLog(id) => Some(self[id].store),
            Thing::Enum(_) | Thing::Struct(_) | Thing::Constrained(_) => None,
        }
    }

    /// Every privilege of a service: `core.*` spelled out, and without the fields that `except` leaves out.
    #[must_use]
    pub fn privileges(&self, service: &Service) -> Vec<Privilege> {
        service.grants.iter().flat_map(|grant| self.spelled_out(grant)).collect()
    }

    fn spelled_out(&self, grant: &Grant) -> Vec<Privilege> {
        let things: Vec<Thing> = match grant.on {
            Thing::Schema(schema) => {
                let entities = self.entities.iter().filter(|e| e.schema == Some(schema));
                entities.map(|e| Thing::Entity(e.id)).collect()
            }
            Thing::Store(store) => {
                let entities = self.entities_in(store).map(|e| Thing::Entity(e.id));
                let keyspaces = self.keyspaces.iter().filter(|k| k.store == store);
                entities.chain(keyspaces.map(|k| Thing::Keyspace(k.id))).collect()
            }
            one => vec![one],
        };
        let privilege = |on: Thing| {
            let fields = match on {
                Thing::Entity(entity) if grant.fields.is_empty() => {
                    let fields = self[entity].fields().map(|(id, _)| id);
                    let carries = |id: FieldId| {
                        self.labels_of(entity, id).iter().any(|c| grant.except.contains(&c.label))
                    };
                    fields.filter(|id| !carries(*id)).collect()
                }
                Thing::Entity(_) => grant.fields.clone(),
                _ => Vec::new(),
            };
            Privilege { verb: grant.verb.clone(), on, fields, group: grant.group.clone(), span: grant.span }
        };
        things.into_iter().map(privilege).collect()
    }

    /// The labels of everything that a service may do one of these to, each once.
    #[must_use]
    pub fn labels_granted(&self, service: &Service, verbs: &[&str]) -> Vec<LabelId> {
        let mut labels = Vec::new();
        for privilege in self.privileges(service).iter().filter(|p| verbs.contains(&p.verb.as_str())) {
            match privilege.on {
                Thing::Entity(entity) => {
                    for field in &privilege.fields {
                        labels.extend(self.labels_of(entity, *field).iter().map(|c| c.label));
                    }
                }
                Thing::Keyspace(keyspace) => {
                    labels.extend(self.labels_of_keyspace(keyspace).iter().map(|c| c.label));
                }
                Thing::View(view) => {
                    for i in 0..self[view].columns.len() {
                        let carried = self.labels_of_column(view, FieldId(i as u32));
                        labels.extend(carried.iter().map(|c| c.label));
                    }
                }
                Thing::AuditLog(log) => {
                    labels.extend(self.labels_of_audit_log(log).iter().map(|c| c.label));
                }
                _ => {}
            }
        }
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Lines of a service that give nothing which another line of it does not give already.
    #[must_use]
    pub fn unused_privileges(&self, service: &Service) -> Vec<Span> {
        let all: Vec<Vec<Privilege>> = service.grants.iter().map(|grant| self.spelled_out(grant)).collect();
        let covers = |a: &Privilege, b: &Privilege| {
            a.verb == b.verb
                && a.on == b.on
                && a.group == b.group
                && b.fields.iter().all(|f| a.fields.contains(f))
        };
        let unused = |at: usize| {
            all[at].iter().all(|privilege| {
                all.iter().enumerate().any(|(other, privileges)| {
                    // Of two equal lines the later one is the one too many.
                    let counts = other < at || other > at && !privileges.iter().all(|p| covers(privilege, p));
                    counts && privileges.iter().any(|p| covers(p, privilege))
                })
            })
        };
        (0..all.len()).filter(|at| unused(*at)).map(|at| service.grants[at].span).collect()
    }
}
