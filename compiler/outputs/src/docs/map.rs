//! Every place that holds labelled data or rows of a person.

use serde::Serialize;

use polity_engines::engine_of;
use polity_engines::surface::Faced;
use polity_govern::erasure::Plan;
use polity_govern::labels::Carried;
use polity_model::entity::{Fate, Publish, Retain};
use polity_model::keyspace::{Channel, Keyspace, Part, Pattern};
use polity_model::{AuditLog, Entity, FieldId, Platform, Store, StoreId, Thing, TypeKind, View};

#[derive(Serialize)]
pub(super) struct DataMap<'a> {
    pub(super) platform: &'a str,
    pub(super) places: &'a [Place],
}

#[derive(Debug, Serialize)]
pub(super) struct Place {
    /// `core.User`
    pub(super) path: String,
    /// `entity`, `keyspace`, `channel`, `view` or `audit log`
    pub(super) kind: &'static str,
    pub(super) docs: String,
    pub(super) store: String,
    pub(super) engine: &'static str,
    /// `core.users`
    pub(super) stored_as: String,
    pub(super) fields: Vec<Held>,
    /// The kinds of persons that its rows are of.
    pub(super) about: Vec<String>,
    pub(super) kept: String,
    /// Purposes that it is kept for, by name.
    pub(super) purposes: Vec<String>,
    /// Services, each with what it may do.
    pub(super) used_by: Vec<String>,
    #[serde(skip)]
    pub(super) in_store: StoreId,
}

#[derive(Debug, Serialize)]
pub(super) struct Held {
    pub(super) name: String,
    pub(super) r#type: String,
    pub(super) labels: Vec<String>,
    pub(super) protected: Vec<String>,
}

impl Held {
    /// A part of a place that is no field.
    fn plain(name: &str, labels: Vec<String>) -> Self {
        Self { name: name.to_owned(), r#type: String::new(), labels, protected: Vec::new() }
    }
}

/// In the order of the source: entities, keyspaces, channels, views, trails, messages that wait.
pub(super) fn places(valid: &Faced<'_>) -> Vec<Place> {
    let plans = valid.erasure_plans();
    let entities = valid.entities.iter().filter_map(|entity| of_entity(valid, plans, entity));
    let keyspaces = valid.keyspaces.iter().filter_map(|keyspace| of_keyspace(valid, plans, keyspace));
    let channels = valid.channels.iter().filter_map(|channel| of_channel(valid, channel));
    let views = valid.views.iter().filter_map(|view| of_view(valid, plans, view));
    let trails = valid.audit_logs.iter().filter_map(|log| of_trail(valid, plans, log));
    let outboxes = valid.stores.iter().filter_map(|store| of_outbox(valid, plans, store));
    entities.chain(keyspaces).chain(channels).chain(views).chain(trails).chain(outboxes).collect()
}

fn of_entity(valid: &Faced<'_>, plans: &[Plan], entity: &Entity) -> Option<Place> {
    let fields = fields(valid, entity);
    let about = persons(valid, plans, |plan| {
        plan.found_rows().any(|rows| rows.entity == entity.id)
            || plan.pseudonyms.iter().any(|(holder, _)| *holder == entity.id)
    });
    if fields.is_empty() && about.is_empty() {
        return None;
    }
    let schema = entity.schema.map(|s| format!("{}.", valid[s].named.stored)).unwrap_or_default();
    Some(Place {
        fields,
        about,
        kept: kept(valid, entity),
        purposes: valid.purpose_names(&Platform::purposes_of(entity)),
        used_by: used_by(valid, Thing::Entity(entity.id)),
        stored_as: format!("{schema}{}", entity.named.stored),
        ..place(valid, "entity", valid.entity_path(entity.id), &entity.named.docs, entity.store)
    })
}

fn of_keyspace(valid: &Faced<'_>, plans: &[Plan], keyspace: &Keyspace) -> Option<Place> {
    let labels = names(valid, valid.labels_of_keyspace(keyspace.id));
    let about = persons(valid, plans, |plan| plan.keys.iter().any(|keys| keys.keyspace == keyspace.id));
    if labels.is_empty() && about.is_empty() {
        return None;
    }
    let kept = keyspace.ends().map_or_else(|| "without an end".to_owned(), |end| end.to_string());
    let name = format!("{}.{}", valid[keyspace.store].named.name, keyspace.named.name);
    Some(Place {
        fields: vec![Held::plain("key and value", labels)],
        about,
        kept,
        purposes: valid.purpose_names(&valid.purposes_of_keyspace(keyspace)),
        used_by: used_by(valid, Thing::Keyspace(keyspace.id)),
        stored_as: shown(&keyspace.pattern),
        ..place(valid, "keyspace", name, &keyspace.named.docs, keyspace.store)
    })
}

fn of_channel(valid: &Faced<'_>, channel: &Channel) -> Option<Place> {
    let labels = names(valid, valid.labels_of_channel(channel.id));
    if labels.is_empty() {
        return None;
    }
    let name = format!("{}.{}", valid[channel.store].named.name, channel.named.name);
    Some(Place {
        fields: vec![Held::plain("name and message", labels)],
        kept: "not at all: whoever listens has it".to_owned(),
        used_by: used_by(valid, Thing::Channel(channel.id)),
        stored_as: shown(&channel.pattern),
        ..place(valid, "channel", name, &channel.named.docs, channel.store)
    })
}

/// A view whose rows are stored.
fn of_view(valid: &Faced<'_>, plans: &[Plan], view: &View) -> Option<Place> {
    let refreshed = view.materialized?;
    let held = view.columns.iter().enumerate().filter_map(|(i, column)| {
        let labels = names(valid, valid.labels_of_column(view.id, FieldId(i as u32)));
        let r#type = valid.type_name(&column.ty).to_string();
        let name = column.named.name.to_string();
        (!labels.is_empty()).then(|| Held { name, r#type, labels, protected: Vec::new() })
    });
    let fields: Vec<Held> = held.collect();
    if fields.is_empty() {
        return None;
    }
    let schema = view.schema.map(|s| valid[s].named.name.to_string());
    let name = format!("{}.{}", schema.as_deref().unwrap_or(&valid[view.store].named.name), view.named.name);
    let kept = match refreshed {
        Some(every) => format!("made anew every {every}, and whenever a person is erased"),
        None => "until it is refreshed, as it is whenever a person is erased".to_owned(),
    };
    Some(Place {
        fields,
        about: persons(valid, plans, |plan| plan.views.contains(&view.id)),
        kept,
        used_by: used_by(valid, Thing::View(view.id)),
        stored_as: view.named.stored.to_string(),
        ..place(valid, "view", name, &view.named.docs, view.store)
    })
}

fn of_trail(valid: &Faced<'_>, plans: &[Plan], log: &AuditLog) -> Option<Place> {
    let labels = names(valid, valid.labels_of_audit_log(log.id));
    if labels.is_empty() {
        return None;
    }
    let mut kept = log
        .retain
        .map_or_else(|| "without an end".to_owned(), |(kept, _)| format!("{kept} after the change"));
    if let Some(payloads) = &log.payloads {
        let (duration, because) = (payloads.duration, &payloads.because);
        kept.push_str(&format!("; its values for {duration} whoever is erased, because {because}"));
    }
    let schema = &valid[log.schema].named;
    let name = format!("{}.{}", schema.name, log.named.name);
    Some(Place {
        fields: vec![Held::plain("values before and after", labels)],
        about: persons(valid, plans, |plan| plan.trails.contains(&log.id)),
        kept,
        used_by: used_by(valid, Thing::AuditLog(log.id)),
        stored_as: format!("{}.{}", schema.stored, log.named.stored),
        ..place(valid, "audit log", name, &log.named.docs, log.store)
    })
}

/// The messages that wait to be published.
fn of_outbox(valid: &Faced<'_>, plans: &[Plan], store: &Store) -> Option<Place> {
    let stored_as = valid.surfaces[store.id].outbox.as_ref()?.to_string();
    let kept = store.about?.publishes?;
    let publishing: Vec<&Entity> =
        valid.entities_in(store.id).filter(|entity| !entity.publishes.is_empty()).collect();
    let mut labels: Vec<String> = Vec::new();
    for entity in &publishing {
        for field in entity.publishes.iter().flat_map(Publish::fields) {
            labels.extend(names(valid, valid.labels_of(entity.id, field)));
        }
    }
    labels.sort_unstable();
    labels.dedup();
    if labels.is_empty() {
        return None;
    }
    let about = persons(valid, plans, |plan| {
        plan.found_rows().any(|rows| publishing.iter().any(|entity| entity.id == rows.entity))
    });
    let name = format!("{}.outbox", store.named.name);
    Some(Place {
        fields: vec![Held::plain("messages", labels)],
        about,
        kept: format!("until it is published, and {kept} after the change at the latest"),
        stored_as,
        ..place(valid, "outbox", name, "Messages that wait to be published.", store.id)
    })
}

/// The kinds of persons whose erasure reaches a place.
fn persons(valid: &Faced<'_>, plans: &[Plan], reaches: impl Fn(&Plan) -> bool) -> Vec<String> {
    plans.iter().filter(|plan| reaches(plan)).map(|plan| valid.entity_path(plan.subject)).collect()
}

fn place(valid: &Faced<'_>, kind: &'static str, path: String, docs: &str, store: StoreId) -> Place {
    Place {
        path,
        kind,
        docs: docs.to_owned(),
        store: valid[store].named.name.to_string(),
        engine: engine_of(&valid[store]).about().title,
        stored_as: String::new(),
        fields: Vec::new(),
        about: Vec::new(),
        kept: String::new(),
        purposes: Vec::new(),
        used_by: Vec::new(),
        in_store: store,
    }
}

fn fields(valid: &Faced<'_>, entity: &Entity) -> Vec<Held> {
    let mut held = Vec::new();
    let places = valid.encrypted_places(entity.id);
    for (id, field) in entity.in_order().filter(|(id, _)| valid.blind_index_of(entity.id, *id).is_none()) {
        let mut labels = names(valid, valid.labels_of(entity.id, id));
        // Whose a hash is can be told until the person is erased (GDPR, recital 26).
        if labels.is_empty() && valid.pseudonymous(entity.id, id).is_none() {
            continue;
        }
        let mut protected = Vec::new();
        if let Some(encrypted) = valid.encrypted(entity.id, id) {
            let how = if encrypted.searchable { ", found by a blind index" } else { "" };
            protected.push(format!("encrypted with {}{how}", valid[encrypted.key].named.name));
        }
        for place in places.iter().filter(|place| place.is_member() && place.root == id) {
            protected.push(format!(
                "{} encrypted with {}",
                place.name(),
                valid[place.encrypted.key].named.name
            ));
        }
        if let Some((because, _)) = &field.not_encrypted {
            protected.push(format!("not encrypted, because {because}"));
        }
        if valid.scalar(&field.ty) == Some(polity_model::Scalar::Password) {
            protected.push("an Argon2id hash".to_owned());
        }
        let clear = valid.clear_ty(entity.id, id);
        let mut ty = match &clear.kind {
            TypeKind::Struct(record) => valid[*record].named.name.to_string(),
            _ => valid.type_name(clear).to_string(),
        };
        if let Some((hashed, (target, of))) =
            valid.pseudonymous(entity.id, id).and_then(|h| Some((h, h.of()?)))
        {
            let key = hashed.key.map(|key| format!(", by {}", valid[key].named.name)).unwrap_or_default();
            let of = &valid[target].field(of).named.name;
            ty = format!("pseudonym of {}.{of}", valid.entity_path(target));
            labels.push("pseudonym".to_owned());
            protected.push(format!("a keyed hash{key}"));
        }
        held.push(Held { name: field.named.name.to_string(), r#type: ty, labels, protected });
    }
    held
}

/// `5y after deleted_at, then deleted; sooner with its core.User`
fn kept(valid: &Faced<'_>, entity: &Entity) -> String {
    let with: Vec<String> = valid.goes_with(entity.id).map(|(r, _)| valid.entity_path(r.target)).collect();
    match (valid.retain(entity.id), with.join(" or ").as_str()) {
        (None, "") => "without an end".to_owned(),
        (None, with) => format!("as long as its {with}"),
        (Some(retain), "") => retained(entity, retain),
        (Some(retain), with) => format!("{}; sooner with its {with}", retained(entity, retain)),
    }
}

/// `5y after deleted_at, then without the person`
fn retained(entity: &Entity, retain: &Retain) -> String {
    let after = retain.after.map(|after| entity.field(after));
    let moment = after.map_or("that moment", |after| after.named.name.as_str());
    let then = match retain.fate {
        Fate::Delete => "deleted",
        Fate::Anonymize => "kept without the person",
        Fate::ArchiveTo(_) => "archived",
    };
    let without = if after.is_some_and(|after| after.ty.optional) {
        format!("; without an end while `{moment}` is absent")
    } else {
        String::new()
    };
    format!("{} after `{moment}`, then {then}{without}", retain.duration)
}

/// `wallet_api: read, write`
fn used_by(valid: &Faced<'_>, on: Thing) -> Vec<String> {
    let mut used = Vec::new();
    for service in &valid.services {
        let mut verbs: Vec<String> = Vec::new();
        for privilege in valid.privileges(service).iter().filter(|privilege| privilege.on == on) {
            let verb = privilege.verb.to_string();
            if !verbs.contains(&verb) {
                verbs.push(verb);
            }
        }
        if !verbs.is_empty() {
            used.push(format!("{}: {}", service.named.name, verbs.join(", ")));
        }
    }
    used
}

/// `#personal`, each once.
fn names(valid: &Faced<'_>, carried: &[Carried]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for label in carried {
        let name = format!("#{}", valid[label.label].name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// `session:{user}`
pub(super) fn shown(pattern: &Pattern) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.to_string(),
        Part::Parameter(i) => format!("{{{}}}", pattern.parameters[*i].name),
    };
    pattern.parts.iter().map(part).collect()
}
