//! The privileges of services, spelled out: each one on one thing, with its fields.

use foldhash::{HashMap, HashMapExt};
use smol_str::SmolStr;

use super::Governed;
use super::labels::Carried;
use polity_model::governance::{Grant, Service};
use polity_model::keyspace::OnWrite;
use polity_model::{EntityId, FieldId, Keyspace, LabelId, Lineage, StoreId, Thing};
use polity_text::source::Span;

/// One thing that a service may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Privilege {
    /// `read`, `write`, `delete`, `append`, `publish`, `subscribe`, `consume`; `soft_delete` where deleting a row sets a field
    pub verb: SmolStr,
    pub on: Thing,
    /// The fields that it covers, for an entity: all of them where the grant names none.
    pub fields: Vec<FieldId>,
    /// Whether rows are read too that are deleted softly.
    pub with_deleted: bool,
    pub group: Option<SmolStr>,
    /// The line that gives it.
    pub span: Span,
}

impl Privilege {
    /// Whether anything is left of it: `except` may have left out every field.
    #[must_use]
    pub fn gives_something(&self) -> bool {
        !matches!(self.on, Thing::Entity(_)) || self.deletes() || !self.fields.is_empty()
    }

    /// Whether rows, documents or keys are deleted, if only softly.
    #[must_use]
    pub fn deletes(&self) -> bool {
        matches!(self.verb.as_str(), "delete" | "soft_delete")
    }
}

impl Governed {
    /// The privileges of a service: each line spelled out, with the right to drop the copies of what it writes, and the
    /// right to count requests.
    pub(super) fn spell_out(&self, service: &Service) -> Vec<Privilege> {
        let mut all: Vec<Privilege> =
            service.grants.iter().flat_map(|grant| self.spelled_out(grant)).collect();
        all.extend(self.invalidations(&all));
        let uses = |store: StoreId| all.iter().any(|privilege| self.store_of(privilege.on) == Some(store));
        let counted: Vec<&Keyspace> =
            self.keyspaces.iter().filter(|k| k.is_of_quota() && uses(k.store)).collect();
        let of_quota = |keyspace: &Keyspace, verb: &'static str| Privilege {
            verb: SmolStr::new_static(verb),
            on: Thing::Keyspace(keyspace.id),
            fields: Vec::new(),
            with_deleted: false,
            group: None,
            span: keyspace.named.span,
        };
        all.extend(counted.into_iter().flat_map(|k| [of_quota(k, "read"), of_quota(k, "write")]));
        all
    }

    /// The right to drop each copy that is to be dropped `on write` of its source, for whoever writes or deletes that, by the
    /// first line which lets it. A line that says so itself stands for itself.
    fn invalidations(&self, given: &[Privilege]) -> Vec<Privilege> {
        let mut drops: Vec<Privilege> = Vec::new();
        for keyspace in &self.keyspaces {
            let Some(cache) = &keyspace.cache else { continue };
            let is_dropped = cache.on_write.is_some_and(|(on_write, _)| on_write == OnWrite::Invalidate);
            let on = Thing::Keyspace(keyspace.id);
            let says_so = given.iter().any(|privilege| privilege.on == on && privilege.verb == "delete");
            let writes = given.iter().find(|privilege| {
                let verb = privilege.verb.as_str();
                privilege.on == Thing::Entity(cache.source)
                    && (verb == "write" || privilege.deletes())
                    && privilege.gives_something()
            });
            if let Some(writes) = writes.filter(|_| is_dropped && !says_so) {
                let verb = SmolStr::new_static("delete");
                let (fields, with_deleted) = (Vec::new(), false);
                drops.push(Privilege { verb, on, fields, with_deleted, group: None, span: writes.span });
            }
        }
        drops
    }

    /// The privileges of a service on entities, by entity.
    #[must_use]
    pub fn privileges_by_entity(&self, service: &Service) -> HashMap<EntityId, Vec<Privilege>> {
        by_entity(self.privileges(service))
    }

    /// The privileges that one line of a service gives: `core.*` spelled out, and without what `except` leaves out. Of
    /// entities that is the fields that carry the label; of the rest, which has no parts to give, everything that carries
    /// it or brings something along that does.
    #[must_use]
    pub fn spelled_out(&self, grant: &Grant) -> Vec<Privilege> {
        let things: Vec<Thing> = match grant.on {
            Thing::Schema(schema) => {
                let entities = self.entities.iter().filter(|e| e.schema == Some(schema));
                entities.map(|e| Thing::Entity(e.id)).collect()
            }
            Thing::Store(store) => {
                let entities = self.entities_in(store).map(|e| Thing::Entity(e.id));
                let keyspaces = self.keyspaces.iter().filter(|k| k.store == store && !k.is_of_quota());
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
                    fields.filter(|id| !carries(*id) && !grant.except_fields.contains(id)).collect()
                }
                Thing::Entity(_) => grant.fields.clone(),
                _ => Vec::new(),
            };
            let softly = |entity: EntityId| grant.verb == "delete" && self[entity].soft_delete().is_some();
            let verb = match on {
                Thing::Entity(entity) if softly(entity) => SmolStr::new_static("soft_delete"),
                _ => grant.verb.clone(),
            };
            let (with_deleted, group) = (grant.deleted.is_some(), grant.group.clone());
            Privilege { verb, on, fields, with_deleted, group, span: grant.span }
        };
        things.into_iter().filter(|on| !self.is_left_out(grant, *on)).map(privilege).collect()
    }

    /// Whether a thing that is given as a whole or not at all carries a label that the line leaves out.
    fn is_left_out(&self, grant: &Grant, on: Thing) -> bool {
        let has = |carried: &[Carried]| carried.iter().any(|c| grant.except.contains(&c.label));
        !grant.except.is_empty()
            && match on {
                Thing::Keyspace(id) => has(self.labels_of_keyspace(id)),
                Thing::Channel(id) => has(self.labels_of_channel(id)),
                Thing::AuditLog(id) => has(self.labels_of_audit_log(id)),
                Thing::View(id) => self.read_with(id).into_iter().any(|read| has(self.labels_of_read(read))),
                _ => false,
            }
    }

    fn labels_of_read(&self, read: Lineage) -> &[Carried] {
        match read {
            Lineage::Field(entity, field) => self.labels_of(entity, field),
            Lineage::Column(view, column) => self.labels_of_column(view, column),
            Lineage::AuditLog(log) => self.labels_of_audit_log(log),
        }
    }

    /// The labels of everything that a service may do one of these to, each once.
    #[must_use]
    pub fn labels_granted(&self, service: &Service, verbs: &[&str]) -> Vec<LabelId> {
        let mut labels = Vec::new();
        for privilege in self.spell_out(service).iter().filter(|p| verbs.contains(&p.verb.as_str())) {
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
                    for read in self.read_with(view) {
                        labels.extend(self.labels_of_read(read).iter().map(|c| c.label));
                    }
                }
                Thing::Channel(channel) => {
                    labels.extend(self.labels_of_channel(channel).iter().map(|c| c.label));
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

    /// Lines of a service that give nothing which others do not give already, each with one of those.
    #[must_use]
    pub fn unused_privileges(&self, service: &Service) -> Vec<(Span, Span)> {
        let given = |grant: &Grant| -> Vec<Privilege> {
            self.spelled_out(grant).into_iter().filter(Privilege::gives_something).collect()
        };
        let all: Vec<Vec<Privilege>> = service.grants.iter().map(given).collect();
        let covers = |a: &Privilege, b: &Privilege| {
            a.group == b.group
                && (a.with_deleted || !b.with_deleted)
                && b.fields.iter().all(|f| a.fields.contains(f))
        };
        // By verb and thing, so that each is compared with those it may equal only.
        let mut alike: HashMap<(&str, Thing), Vec<(usize, &Privilege)>> = HashMap::new();
        for (line, privileges) in all.iter().enumerate() {
            for privilege in privileges {
                alike.entry((&privilege.verb, privilege.on)).or_default().push((line, privilege));
            }
        }
        let better = |line: usize, privilege: &Privilege| -> Option<usize> {
            let others = alike.get(&(privilege.verb.as_str(), privilege.on))?;
            let other = others.iter().find(|(other, p)| {
                // Of two that are equal the later one is the one too many.
                *other != line && covers(p, privilege) && (*other < line || !covers(privilege, p))
            });
            other.map(|(other, _)| *other)
        };
        let mut unused = Vec::new();
        for (line, privileges) in all.iter().enumerate() {
            let by: Option<Vec<usize>> = privileges.iter().map(|privilege| better(line, privilege)).collect();
            if let Some(&first) = by.as_ref().and_then(|by| by.first()) {
                unused.push((service.grants[line].span, service.grants[first].span));
            }
        }
        unused
    }
}

/// The privileges on entities, by entity.
pub(super) fn by_entity(privileges: &[Privilege]) -> HashMap<EntityId, Vec<Privilege>> {
    let mut by: HashMap<EntityId, Vec<Privilege>> = HashMap::new();
    for privilege in privileges {
        if let Thing::Entity(id) = privilege.on {
            by.entry(id).or_default().push(privilege.clone());
        }
    }
    by
}
