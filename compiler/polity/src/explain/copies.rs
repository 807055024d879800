//! Every copy of a thing: what is computed from it, refers to it, caches it, shows it or keeps a trail of it.

use super::{Copied, Explainer};
use polity_govern::Governed;
use polity_govern::place::Place;
use polity_model::entity::{Destination, Publish};
use polity_model::keyspace::ValueShape;
use polity_model::{Entity, EntityId, FieldId, KeyspaceId, Lineage, Thing, Type, TypeKind, Value, ViewId};
use polity_text::source::Span;

impl Explainer<'_> {
    /// The copies of a field, and the copies of those: what shows a reference to it shows it.
    pub(super) fn copies_of_field(&self, entity: EntityId, id: FieldId) -> Vec<Copied> {
        let mut open = vec![(entity, id)];
        let mut copies: Vec<Copied> = Vec::new();
        let mut at = 0;
        while let Some((entity, id)) = open.get(at).copied() {
            at += 1;
            for copy in self.direct_copies(entity, id, &mut open) {
                if copies.iter().all(|known| known.to != copy.to) {
                    copies.push(copy);
                }
            }
        }
        copies
    }

    /// Adds the fields that hold its value to `holders`, each once.
    fn direct_copies(
        &self,
        entity: EntityId,
        id: FieldId,
        holders: &mut Vec<(EntityId, FieldId)>,
    ) -> Vec<Copied> {
        let p = self.platform;
        let mut held = |holder: (EntityId, FieldId)| {
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        };
        let mut copies = self.copies_beside(entity, id, &mut held);
        for owner in &p.entities {
            copies.extend(self.copies_in(owner, entity, id, &mut held));
        }
        for keyspace in &p.keyspaces {
            if let Some(how) = holds(p, keyspace.id, entity, Some(id)) {
                copies.push(self.key(keyspace.id, how));
            }
        }
        for view in self.views(entity, Some(id)) {
            copies.push(self.view_copy(view));
        }
        if !p.is_labelled(entity, id, "secret") {
            copies.extend(self.trail(entity));
        }
        copies.extend(self.messages(entity, Some(id)));
        copies.extend(self.backups(entity));
        copies
    }

    /// The copies in the row itself: a blind index, and what is computed.
    fn copies_beside(
        &self,
        entity: EntityId,
        id: FieldId,
        held: &mut impl FnMut((EntityId, FieldId)),
    ) -> Vec<Copied> {
        let p = self.platform;
        let mut copies = Vec::new();
        if let Some(encrypted) = p.encrypted(entity, id).filter(|e| e.searchable) {
            let to = format!("{}'s blind index", Place::Field(entity, id).path(p));
            copies.push(self.copy(to, "a keyed hash", "with the value", None, encrypted.span));
        }
        for (other, field) in p[entity].fields() {
            let mut reads = false;
            if let Some(expr) = &field.computed {
                expr.fields(&mut |path, _| reads |= path.root == id);
            }
            if reads {
                held((entity, other));
                let to = Place::Field(entity, other).path(p);
                copies.push(self.copy(to, "computed from it", "with the value", None, field.named.span));
            }
        }
        copies
    }

    /// The copies in the rows of `owner`: references, pseudonyms and what it takes.
    fn copies_in(
        &self,
        owner: &Entity,
        entity: EntityId,
        id: FieldId,
        held: &mut impl FnMut((EntityId, FieldId)),
    ) -> Vec<Copied> {
        let p = self.platform;
        let mut copies = Vec::new();
        for reference in p.references(owner.id).filter(|r| r.target == entity) {
            for (field, target) in reference.fields.iter().zip(&reference.target_fields) {
                if *target == id {
                    held((owner.id, *field));
                    let to = Place::Field(owner.id, *field).path(p);
                    let ends = "with the row that refers";
                    copies.push(self.copy(to, "a reference holds its value", ends, None, reference.span));
                }
            }
        }
        for (field, _) in owner.fields() {
            let Some(hashed) = p.pseudonymous(owner.id, field) else { continue };
            if hashed.of() == Some((entity, id)) {
                let to = Place::Field(owner.id, field).path(p);
                let ends = "with the row that holds it";
                copies.push(self.copy(to, "a keyed hash", ends, None, hashed.span));
            }
        }
        if let Some(projection) = owner.projection.as_ref().filter(|p| p.source == entity) {
            for (field, _) in projection.taken.iter().filter(|(_, path)| path.root == id) {
                held((owner.id, *field));
                let to = Place::Field(owner.id, *field).path(p);
                let thing = Some(Thing::Entity(owner.id));
                copies.push(self.copy(to, "a projection", "with the row", thing, projection.span));
            }
        }
        copies
    }

    pub(super) fn copies_of_entity(&self, id: EntityId) -> Vec<Copied> {
        let p = self.platform;
        let mut copies = Vec::new();
        for copy in &p.entities {
            if let Some(projection) = copy.projection.as_ref().filter(|p| p.source == id) {
                let to = p.entity_path(copy.id);
                copies.push(self.copy(
                    to,
                    "a projection",
                    "with the row",
                    Some(Thing::Entity(copy.id)),
                    projection.span,
                ));
            }
        }
        for keyspace in &p.keyspaces {
            if let Some(how) = holds(p, keyspace.id, id, None) {
                copies.push(self.key(keyspace.id, how));
            }
        }
        copies.extend(self.views(id, None).into_iter().map(|view| self.view_copy(view)));
        copies.extend(self.trail(id));
        copies.extend(self.messages(id, None));
        copies.extend(self.backups(id));
        copies
    }

    /// The end of a key's life, as an explanation says it.
    pub(super) fn life_of_keyspace(&self, id: KeyspaceId) -> String {
        let end = self.platform[id].ends();
        end.map_or_else(|| "for ever: nothing says `ttl`".to_owned(), |end| end.to_string())
    }

    fn key(&self, id: KeyspaceId, how: &str) -> Copied {
        let keyspace = &self.platform[id];
        let to = Place::Keyspace(id).path(self.platform);
        self.copy(to, how, &self.life_of_keyspace(id), Some(Thing::Keyspace(id)), keyspace.named.span)
    }

    fn view_copy(&self, id: ViewId) -> Copied {
        let view = &self.platform[id];
        let (how, ends) = match view.materialized {
            Some(Some(every)) => {
                ("a view whose rows are stored", format!("within {every}, when it is refreshed"))
            }
            Some(None) => ("a view whose rows are stored", "when somebody refreshes it".to_owned()),
            None => ("a view shows it", "with the row".to_owned()),
        };
        let to = Place::View(id).path(self.platform);
        self.copy(to, how, &ends, Some(Thing::View(id)), view.named.span)
    }

    fn trail(&self, id: EntityId) -> Option<Copied> {
        let audit = self.platform.audit(id)?;
        let log = &self.platform[audit.into];
        let ends = match log.retain {
            Some((retain, _)) => format!("{retain} after the change"),
            None => "never: the log says no `retain`".to_owned(),
        };
        let to = self.platform.log_path(log.id);
        Some(self.copy(
            to,
            "values before and after each change",
            &ends,
            Some(Thing::AuditLog(log.id)),
            audit.span,
        ))
    }

    /// The messages that are made of it.
    fn messages(&self, id: EntityId, field: Option<FieldId>) -> Vec<Copied> {
        let entity = &self.platform[id];
        let kept = self.platform[entity.store].about.and_then(|engine| engine.publishes);
        let Some(kept) = kept else { return Vec::new() };
        let holds = |publish: &&Publish| field.is_none_or(|field| publish.fields().any(|held| held == field));
        let message = |publish: &Publish| {
            let (store, named, thing) = match publish.to {
                Destination::Channel(id) => {
                    let channel = &self.platform[id];
                    (channel.store, &channel.named, Thing::Channel(id))
                }
                Destination::Stream(id) => {
                    let keyspace = &self.platform[id];
                    (keyspace.store, &keyspace.named, Thing::Keyspace(id))
                }
            };
            let to = format!("{}.{}", self.platform[store].named.name, named.name);
            let ends = format!("when it is published; in the outbox {kept} after the change at the latest");
            self.copy(to, "a message about each change", &ends, Some(thing), publish.span)
        };
        entity.publishes.iter().filter(holds).map(message).collect()
    }

    fn backups(&self, id: EntityId) -> Vec<Copied> {
        let store = self.platform[id].store;
        let mut copies: Vec<Copied> = Vec::new();
        let audiences = self.platform.audiences().into_iter();
        let audiences: Vec<_> = audiences.filter(|who| self.platform.says_of(*who, store)).collect();
        let environments = polity_govern::environments(self.platform).into_iter();
        for (environment, audience) in environments.flat_map(|e| audiences.iter().map(move |who| (e, *who))) {
            let settings = self.platform.settings_seen(store, environment, audience);
            let Some(setting) = settings.get("backup") else { continue };
            let Value::Record(backup) = &setting.value else { continue };
            let ends = match backup.get("retain").map(|s| &s.value) {
                Some(Value::Duration(retain)) => format!("{retain} after the backup"),
                _ => "never: the backup says no `retain`".to_owned(),
            };
            let within = environment.map(|e| format!(" in {}", self.platform[e].name)).unwrap_or_default();
            let whose =
                self.platform.audience_name(audience).map(|name| format!(" {name}")).unwrap_or_default();
            let to = format!("backups of {}{within}{whose}", self.platform[store].named.name);
            copies.push(self.copy(to, "as it is stored", &ends, None, setting.name_span));
        }
        copies
    }

    /// The views that show it, other views between them included.
    fn views(&self, entity: EntityId, field: Option<FieldId>) -> Vec<ViewId> {
        let p = self.platform;
        let mut shows: Vec<Vec<bool>> = p.views.iter().map(|v| vec![false; v.columns.len()]).collect();
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for view in &p.views {
                for (i, sources) in view.lineage.iter().enumerate() {
                    let reads = sources.iter().any(|source| match *source {
                        Lineage::Field(of, read) => of == entity && field.is_none_or(|field| field == read),
                        Lineage::Column(other, column) => {
                            shows[other.index()].get(column.index()).copied().unwrap_or(false)
                        }
                        Lineage::AuditLog(log) => {
                            p.audit(entity).is_some_and(|a| p.has_entries_in(a.into, log))
                        }
                    });
                    if reads && !std::mem::replace(&mut shows[view.id.index()][i], true) {
                        changed = true;
                    }
                }
            }
        }
        p.views.iter().filter(|view| shows[view.id.index()].contains(&true)).map(|view| view.id).collect()
    }

    fn copy(&self, to: String, how: &str, ends: &str, read: Option<Thing>, span: Span) -> Copied {
        let reads = |on: Thing| self.access(on, None).into_iter();
        let read_by = read.into_iter().flat_map(reads).map(|access| access.service).collect();
        Copied { to, how: how.to_owned(), ends: ends.to_owned(), read_by, from: self.at(span) }
    }
}

/// How a keyspace holds a field, or anything of the entity.
fn holds(p: &Governed, id: KeyspaceId, entity: EntityId, field: Option<FieldId>) -> Option<&'static str> {
    let keyspace = &p[id];
    let caches = keyspace.cache.as_ref().is_some_and(|cache| cache.source == entity);
    let takes = |record: polity_model::StructId| {
        field.is_none_or(|field| {
            let name = &p[entity].field(field).named.name;
            p[record].fields.iter().any(|member| member.named.name == *name)
        })
    };
    let copied = match &keyspace.value {
        ValueShape::Entity(of) => *of == entity,
        ValueShape::Json(record) | ValueShape::Document(record) | ValueShape::Hash(record) => {
            caches && takes(*record)
        }
        _ => false,
    };
    if copied {
        return Some("a cache");
    }
    let in_key = keyspace
        .cache
        .as_ref()
        .is_some_and(|cache| cache.source == entity && field.is_some_and(|field| cache.key.contains(&field)));
    let refers = |ty: &Type| refers(p, ty, entity, field, 0);
    if in_key || keyspace.pattern.parameters.iter().any(|parameter| refers(&parameter.ty)) {
        return Some("in its key");
    }
    let in_value = match &keyspace.value {
        ValueShape::Json(record) | ValueShape::Document(record) | ValueShape::Hash(record) => {
            p[*record].fields.iter().any(|member| refers(&member.ty))
        }
        ValueShape::Stream { fields, .. } => p[*fields].fields.iter().any(|member| refers(&member.ty)),
        ValueShape::Scalar(ty)
        | ValueShape::List(ty)
        | ValueShape::Set(ty)
        | ValueShape::Geo(ty)
        | ValueShape::Bloom(ty)
        | ValueShape::SortedSet { of: ty, .. } => refers(ty),
        _ => false,
    };
    in_value.then_some("a reference in its value")
}

/// Whether a type holds a reference to the field, or to the entity at all.
fn refers(p: &Governed, ty: &Type, entity: EntityId, field: Option<FieldId>, depth: u8) -> bool {
    let is = |to: EntityId, of: FieldId| to == entity && field.is_none_or(|field| field == of);
    match &ty.kind {
        TypeKind::Reference { entity, field } => is(*entity, *field),
        TypeKind::Union(arms) => arms.iter().any(|arm| is(arm.entity, arm.field)),
        TypeKind::List(inner) | TypeKind::Map(inner) => refers(p, inner, entity, field, depth),
        // Records may hold each other through lists.
        TypeKind::Struct(record) if depth < 16 => {
            p[*record].fields.iter().any(|member| refers(p, &member.ty, entity, field, depth + 1))
        }
        _ => false,
    }
}
