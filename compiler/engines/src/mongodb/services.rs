//! Services: a role for each, with the actions on collections that its lines give and no other; `roles.js`.
//!
//! MongoDB gives rights to whole collections. What a service may read only in part, it reads through a view of its
//! own that shows those fields: a role may search a view without any right to the collection below it.
//! <https://www.mongodb.com/docs/manual/core/views/create-view/>

use serde_json::{Map, Value as Json, json};
use smol_str::{SmolStr, format_smolstr};

use super::{Engine, MongoDb, apply, collection, driver_encryption};
use polity_govern::Governed;
use polity_govern::access::Privilege;
use polity_govern::check::Valid;
use polity_model::governance::Service;
use polity_model::{Entity, EntityId, FieldId, Store};
use polity_text::quoting::javascript;

/// The rights of a service on one collection.
#[derive(Debug)]
pub(super) struct Rights {
    pub(super) entity: EntityId,
    /// `find`, `insert`, `update`, `remove`, in this order, for the whole collection.
    pub(super) actions: Vec<&'static str>,
    /// The fields it reads where these are not all, in the order of the entity.
    pub(super) part: Vec<FieldId>,
}

/// The rights of a service on the collections of a store, in their order; collections without any are left out.
pub(super) fn rights(platform: &Governed, store: &Store, service: &Service) -> Vec<Rights> {
    let by_entity = platform.privileges_by_entity(service);
    platform
        .entities_in(store.id)
        .filter_map(|entity| Some(rights_on(entity, by_entity.get(&entity.id)?)))
        .filter(|rights| !rights.actions.is_empty() || !rights.part.is_empty())
        .collect()
}

fn rights_on(entity: &Entity, mine: &[Privilege]) -> Rights {
    // A line that `except` leaves nothing of gives nothing.
    let may = |verbs: &[&str]| {
        mine.iter().any(|p| verbs.contains(&p.verb.as_str()) && (p.verb == "delete" || !p.fields.is_empty()))
    };
    // Clients tell tenants apart by a field that every document has, and that is no secret to its own tenant.
    let read = |id: &FieldId| {
        let mut lines = mine.iter().filter(|p| p.verb == "read" && !p.fields.is_empty());
        lines.any(|p| p.fields.contains(id) || entity.tenant == Some(*id))
    };
    let mut part: Vec<FieldId> = entity.fields().map(|(id, _)| id).filter(read).collect();
    let mut actions = Vec::new();
    if !part.is_empty() && part.len() == entity.fields().count() {
        actions.push("find");
        part.clear();
    }
    for (action, verbs) in
        [("insert", &["write", "append"][..]), ("update", &["write"]), ("remove", &["delete"])]
    {
        if may(verbs) {
            actions.push(action);
        }
    }
    Rights { entity: entity.id, actions, part }
}

/// `users_for_wallet_api`: what the service sees of a collection.
pub(super) fn view_name(entity: &Entity, service: &Service) -> SmolStr {
    format_smolstr!("{}_for_{}", entity.named.stored, service.named.name)
}

/// `roles.js`: brings the roles, the views and, given their passwords, the users of a database to what the services
/// say.
pub(super) fn script(valid: &Valid, store: &Store) -> String {
    let mut context = apply::header(valid, store);
    let services: Vec<Json> =
        valid.services.iter().map(|service| of_service(valid, store, service)).collect();
    context.insert("services".to_owned(), json!(javascript::literal(&Json::Array(services))));
    let shared: Vec<&str> =
        valid.entities_in(store.id).filter(|e| e.global).map(|e| e.named.stored.as_str()).collect();
    context.insert("shared".to_owned(), json!(javascript::texts(&shared)));
    context.insert("prefix".to_owned(), json!(javascript::literal(&json!(format!("{}_", valid.name)))));
    polity_templates::render(polity_templates::mongodb::ROLES, context)
}

fn of_service(platform: &Governed, store: &Store, service: &Service) -> Json {
    // Roles belong to a database, so that in a tenant's they need no other names.
    let role = MongoDb.service_user(platform, None, service);
    let (mut on, mut views) = (Map::new(), Map::new());
    let by_driver = platform.encrypted_by_driver(store.id).is_some();
    for rights in rights(platform, store, service) {
        let entity = &platform[rights.entity];
        if !rights.actions.is_empty() {
            on.insert(entity.named.stored.to_string(), json!(rights.actions.join(" ")));
        }
        if by_driver && driver_encryption::encrypts(platform, entity) {
            // Data keys stand there encrypted with a master key.
            on.insert(driver_encryption::KEY_VAULT.to_owned(), json!("find"));
        }
        if !rights.part.is_empty() {
            let view = view_name(entity, service).to_string();
            on.insert(view.clone(), json!("find"));
            views.insert(
                view,
                json!({ "of": entity.named.stored.as_str(), "shows": shown(platform, entity, &rights) }),
            );
        }
    }
    json!({
        "role": role.as_str(),
        "password": format!("{role}_password").to_uppercase(),
        "may": on,
        "views": views,
    })
}

/// As `$project` writes it: `_id` would come along unasked.
fn shown(platform: &Governed, entity: &Entity, rights: &Rights) -> Json {
    let names = rights.part.iter().flat_map(|field| collection::field_names(platform, entity, *field));
    let mut shown: Map<String, Json> = names.map(|name| (name.to_string(), json!(1))).collect();
    shown.entry("_id").or_insert(json!(0));
    Json::Object(shown)
}
