//! The explanation of one thing, with reasons: `polity explain core.User.email`. Everything is read off the governed
//! platform, so that it says what is built and nothing else.

mod copies;
mod erasure;
mod protections;
mod text;

use serde::Serialize;

use polity_engines::surface::Surfaces;
use polity_govern::Governed;
use polity_govern::labels::{Carried, Origin};
use polity_govern::place::Place;
use polity_model::entity::Fate;
use polity_model::{ChannelId, EntityId, FieldId, KeyspaceId, Thing, ViewId};
use polity_text::source::{Sources, Span};

/// The facts about one field, entity, keyspace, channel or view.
#[derive(Debug, Serialize)]
pub struct Explanation {
    pub path: String,
    /// `field`, `entity`, `keyspace`, `channel` or `view`
    pub kind: &'static str,
    pub docs: String,
    /// `core.polity:12`
    pub at: String,
    pub stored: Vec<Stored>,
    pub labels: Vec<Label>,
    pub protections: Vec<Said>,
    /// The rights of services; where none is declared, the application may do what the store's own role may.
    pub access: Vec<Access>,
    pub lives: Vec<Said>,
    pub copies: Vec<Copied>,
    pub erased: Vec<Said>,
    /// Whether services are declared: then nobody else may anything.
    #[serde(skip)]
    pub has_services: bool,
}

#[derive(Debug, Serialize)]
pub struct Stored {
    pub store: String,
    pub engine: String,
    pub name: String,
    /// The name of a field's type in the engine; empty for everything else.
    pub r#type: String,
}

#[derive(Debug, Serialize)]
pub struct Label {
    /// The field or column that carries the label, for an entity or a view; empty for everything else.
    pub of: String,
    pub label: String,
    pub from: String,
}

/// One sentence, and the line or rule that it comes from.
#[derive(Debug, Serialize)]
pub struct Said {
    pub what: String,
    pub from: String,
}

#[derive(Debug, Serialize)]
pub struct Access {
    pub service: String,
    pub may: Vec<String>,
    pub across_tenants: bool,
    pub from: String,
}

#[derive(Debug, Serialize)]
pub struct Copied {
    pub to: String,
    pub how: String,
    /// When the copy is gone.
    pub ends: String,
    pub read_by: Vec<String>,
    pub from: String,
}

/// Finds a thing by its path, `core.User.email` or with its store in front, and explains it; `None` where there is none.
#[must_use]
pub fn explain(stored: &polity_govern::Stored, sources: &Sources, path: &str) -> Option<Explanation> {
    let platform = stored.governed();
    let place = all(platform).find(|place| is_called(platform, *place, path))?;
    let explainer = Explainer { platform, surfaces: Surfaces::of(stored), sources };
    Some(match place {
        Place::Field(entity, field) => explainer.field(entity, field),
        Place::Entity(entity) => explainer.entity(entity),
        Place::Keyspace(keyspace) => explainer.keyspace(keyspace),
        Place::Channel(channel) => explainer.channel(channel),
        Place::View(view) => explainer.view(view),
        _ => return None,
    })
}

/// The paths that [`explain`] knows.
#[must_use]
pub fn paths(platform: &Governed) -> Vec<String> {
    all(platform).map(|place| place.path(platform)).collect()
}

fn all(platform: &Governed) -> impl Iterator<Item = Place> {
    use polity_model::facts::Subject as S;
    [S::Entity, S::Keyspace, S::Channel, S::View, S::Field]
        .into_iter()
        .flat_map(|subject| Place::all(platform, subject))
}

/// `core.User`, `main.core.User`; a view by its schema too.
fn is_called(platform: &Governed, place: Place, path: &str) -> bool {
    let short = place.path(platform);
    let store = place.store(platform).map(|store| platform[store].named.name.as_str()).unwrap_or_default();
    let in_schema = match place {
        Place::View(view) => {
            platform[view].schema.map(|s| format!("{}.{}", platform[s].named.name, platform[view].named.name))
        }
        _ => None,
    };
    short == path
        || path.strip_prefix(store).and_then(|rest| rest.strip_prefix('.')) == Some(&short)
        || in_schema.as_deref() == Some(path)
}

struct Explainer<'a> {
    platform: &'a Governed,
    surfaces: Surfaces<'a>,
    sources: &'a Sources,
}

impl Explainer<'_> {
    fn field(&self, entity: EntityId, id: FieldId) -> Explanation {
        let p = self.platform;
        let field = p[entity].field(id);
        let mut explanation = self.about(Place::Field(entity, id), "field", &field.named.docs);
        explanation.stored = self.stored_field(entity, id);
        explanation.labels = self.labels(p.labels_of(entity, id), "");
        explanation.protections = self.protections_of_field(entity, id);
        explanation.protections.extend(self.protections_of_entity(entity));
        explanation.access = self.access(Thing::Entity(entity), Some(id));
        explanation.lives = self.life_of_entity(entity);
        explanation.copies = self.copies_of_field(entity, id);
        if let Some(value) = &field.anonymized
            && p.retain(entity).is_some_and(|retain| retain.fate == Fate::Anonymize)
        {
            explanation.lives.push(self.said("then it is overwritten: `anonymized as …`", value.span));
        }
        explanation.erased = self.erasure_of_field(entity, id);
        explanation
    }

    fn entity(&self, id: EntityId) -> Explanation {
        let p = self.platform;
        let entity = &p[id];
        let mut explanation = self.about(Place::Entity(id), "entity", &entity.named.docs);
        explanation.stored.push(self.stored_in(entity.store, &entity.named.stored, ""));
        for (field, written) in entity.in_order() {
            explanation.labels.extend(self.labels(p.labels_of(id, field), &written.named.name));
            for said in self.protections_of_field(id, field) {
                let what = format!("`{}`: {}", written.named.name, said.what);
                explanation.protections.push(Said { what, from: said.from });
            }
        }
        explanation.protections.extend(self.protections_of_entity(id));
        explanation.access = self.access(Thing::Entity(id), None);
        explanation.lives = self.life_of_entity(id);
        explanation.copies = self.copies_of_entity(id);
        explanation.erased = self.erasure_of_entity(id);
        explanation
    }

    fn keyspace(&self, id: KeyspaceId) -> Explanation {
        let p = self.platform;
        let keyspace = &p[id];
        let mut explanation = self.about(Place::Keyspace(id), "keyspace", &keyspace.named.docs);
        explanation.stored.push(self.stored_in(keyspace.store, &keyspace.named.stored, ""));
        explanation.labels = self.labels(p.labels_of_keyspace(id), "");
        explanation.protections.extend(self.protections_of_store(keyspace.store));
        explanation.access = self.access(Thing::Keyspace(id), None);
        explanation.lives.push(match keyspace.ttl {
            Some((_, span)) => self.said(&self.life_of_keyspace(id), span),
            None => self.said(&self.life_of_keyspace(id), keyspace.named.span),
        });
        explanation.erased = self.erasure_of_keyspace(id);
        explanation
    }

    fn channel(&self, id: ChannelId) -> Explanation {
        let p = self.platform;
        let channel = &p[id];
        let mut explanation = self.about(Place::Channel(id), "channel", &channel.named.docs);
        explanation.stored.push(self.stored_in(channel.store, &channel.named.stored, ""));
        explanation.labels = self.labels(p.labels_of_channel(id), "");
        explanation.protections.extend(self.protections_of_store(channel.store));
        explanation.access = self.access(Thing::Channel(id), None);
        explanation.lives.push(self.said("nothing is stored: whoever listens has it", channel.named.span));
        explanation
    }

    fn view(&self, id: ViewId) -> Explanation {
        let p = self.platform;
        let view = &p[id];
        let mut explanation = self.about(Place::View(id), "view", &view.named.docs);
        if let Some(schema) = view.schema {
            explanation.path = format!("{}.{}", p[schema].named.name, view.named.name);
        }
        explanation.stored.push(self.stored_in(view.store, &view.named.stored, ""));
        for (i, column) in view.columns.iter().enumerate() {
            let carried = p.labels_of_column(id, FieldId(i as u32));
            explanation.labels.extend(self.labels(carried, &column.named.name));
            for (label, because, span) in &column.declassified {
                let what =
                    format!("`{}`: without `#{}`, because {because}", column.named.name, p[*label].name);
                explanation.protections.push(self.said(&what, *span));
            }
        }
        explanation.protections.extend(self.protections_of_store(view.store));
        explanation.access = self.access(Thing::View(id), None);
        let lives = match view.materialized {
            Some(Some(every)) => format!("its rows are stored, and made anew every {every}"),
            Some(None) => "its rows are stored until somebody refreshes it".to_owned(),
            None => "as long as the rows that it reads".to_owned(),
        };
        explanation.lives.push(self.said(&lives, view.named.span));
        let reads: Vec<String> = view.reads.iter().map(|e| format!("`{}`", p.entity_path(*e))).collect();
        explanation.erased.push(self.said(&format!("with the rows of {}", reads.join(", ")), view.sql_span));
        explanation
    }

    fn about(&self, place: Place, kind: &'static str, docs: &str) -> Explanation {
        Explanation {
            path: place.path(self.platform),
            kind,
            docs: docs.to_owned(),
            at: place.span(self.platform).map(|span| self.at(span)).unwrap_or_default(),
            stored: Vec::new(),
            labels: Vec::new(),
            protections: Vec::new(),
            access: Vec::new(),
            lives: Vec::new(),
            copies: Vec::new(),
            erased: Vec::new(),
            has_services: !self.platform.services.is_empty(),
        }
    }

    /// `core.polity:12`
    fn at(&self, span: Span) -> String {
        format!("{}:{}", self.sources.get(span.file).path, self.sources.line_column(span).0)
    }

    fn said(&self, what: &str, span: Span) -> Said {
        Said { what: what.to_owned(), from: self.at(span) }
    }

    /// In its own store, then in those that keep a projection of it.
    fn stored_field(&self, entity: EntityId, id: FieldId) -> Vec<Stored> {
        let one = |entity: EntityId, id: FieldId| {
            let owner = &self.platform[entity];
            let held = self.surfaces[owner.store].entities.get(&entity).map(|stored| stored.field(id));
            let (name, ty) = held.map_or(("", ""), |field| (&field.name, &field.ty));
            self.stored_in(owner.store, &format!("{}.{name}", owner.named.stored), ty)
        };
        let mut stored = vec![one(entity, id)];
        for copy in &self.platform.entities {
            let Some(projection) = copy.projection.as_ref().filter(|p| p.source == entity) else { continue };
            let taken = projection.taken.iter().filter(|(_, path)| path.root == id);
            stored.extend(taken.map(|(field, _)| one(copy.id, *field)));
        }
        stored
    }

    fn stored_in(&self, store: polity_model::StoreId, name: &str, ty: &str) -> Stored {
        let store = &self.platform[store];
        let engine = format!("{} {}", store.engine, store.version.major());
        Stored { store: store.named.name.to_string(), engine, name: name.to_owned(), r#type: ty.to_owned() }
    }

    fn labels(&self, carried: &[Carried], of: &str) -> Vec<Label> {
        let p = self.platform;
        let from = |origin: &Origin| match origin {
            Origin::Written(span) | Origin::Rule(span) => match self.rule_at(*span) {
                Some(rule) => format!("applied by {rule}, {}", self.at(*span)),
                None => format!("written, {}", self.at(*span)),
            },
            Origin::Sql(span) => format!("filled by SQL, {}", self.at(*span)),
            Origin::Parent(label) => format!("`#{}` is below it", p[*label].name),
            Origin::Entity(entity) => {
                format!("stands on all of `{}`, {}", p.entity_path(*entity), self.at(p[*entity].named.span))
            }
            Origin::Field(entity, field) => {
                format!("flows from `{}`", Place::Field(*entity, *field).path(p))
            }
            Origin::Member(record, field) => {
                let record = &p[*record];
                let field = &record.fields[field.index()].named;
                format!("flows from `{}.{}`, {}", record.named.name, field.name, self.at(field.span))
            }
            Origin::View(view, column) => {
                let column = &p[*view].columns[column.index()].named.name;
                format!("flows from `{}.{column}`", Place::View(*view).path(p))
            }
        };
        let label = |carried: &Carried| Label {
            of: of.to_owned(),
            label: format!("#{}", p[carried.label].name),
            from: from(&carried.origin),
        };
        carried.iter().map(label).collect()
    }

    /// The services that may use the thing or its field, each with what it may do.
    fn access(&self, on: Thing, field: Option<FieldId>) -> Vec<Access> {
        let mut all: Vec<Access> = Vec::new();
        for service in &self.platform.services {
            for privilege in self.platform.privileges(service) {
                if privilege.on != on || field.is_some_and(|field| !privilege.fields.contains(&field)) {
                    continue;
                }
                let name = service.named.name.as_str();
                match all.iter_mut().find(|access| access.service == name) {
                    Some(access) => access.may.push(privilege.verb.to_string()),
                    None => all.push(Access {
                        service: name.to_owned(),
                        may: vec![privilege.verb.to_string()],
                        across_tenants: service.across_tenants.is_some(),
                        from: self.at(privilege.span),
                    }),
                }
            }
        }
        all
    }

    fn life_of_entity(&self, id: EntityId) -> Vec<Said> {
        let entity = &self.platform[id];
        let mut said = Vec::new();
        match self.platform.retain(id) {
            Some(retain) => {
                let after = retain.after.map(|after| entity.field(after));
                let moment = after.map_or("that moment", |after| after.named.name.as_str());
                let fate = match retain.fate {
                    Fate::Delete => "deleted",
                    Fate::Anonymize => "kept without the person",
                    Fate::ArchiveTo(_) => "archived",
                };
                let what = format!("{} after `{moment}`, then {fate}", retain.duration);
                said.push(self.protection(&what, retain.span));
                if after.is_some_and(|after| after.ty.optional) {
                    said.push(self.said(&format!("for ever while `{moment}` is absent"), retain.span));
                }
            }
            None if self.platform.goes_with(id).next().is_none() => {
                said.push(self.said("for ever: nothing says `retain`", entity.named.span));
            }
            None => {}
        }
        for (reference, span) in self.platform.goes_with(id) {
            let what = format!(
                "until its `{}` goes: `on delete cascade`",
                self.platform.entity_path(reference.target)
            );
            said.push(self.said(&what, span));
        }
        said
    }
}
