//! Services: a role for each, with the actions on collections that its lines give and no other, and its user.
//!
//! MongoDB gives rights to whole collections. What a service may read only in part, it reads through a view of its
//! own that shows those fields: a role may search a view without any right to the collection below it.
//! <https://www.mongodb.com/docs/manual/core/views/create-view/>

use std::collections::BTreeSet;

use indexmap::IndexMap;
use smol_str::{SmolStr, format_smolstr};

use super::{Lowered, collection, encryption};
use polity_catalog::document::{Action, Role, User, View};
use polity_govern::Stored;
use polity_govern::access::Privilege;
use polity_model::governance::Service;
use polity_model::{Entity, EntityId, FieldId, Store};

/// The rights of a service on one collection.
#[derive(Debug)]
pub(in crate::mongodb) struct Rights {
    pub(in crate::mongodb) entity: EntityId,
    /// The actions on the whole collection.
    pub(in crate::mongodb) actions: BTreeSet<Action>,
    /// The fields it reads where these are not all, in the order of the entity.
    pub(in crate::mongodb) part: Vec<FieldId>,
}

/// The rights of a service on the collections of a store, in their order; collections without any are left out.
pub(in crate::mongodb) fn rights(platform: &Stored, store: &Store, service: &Service) -> Vec<Rights> {
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
        mine.iter().any(|p| verbs.contains(&p.verb.as_str()) && (p.deletes() || !p.fields.is_empty()))
    };
    // Clients tell tenants apart by a field that every document has, and that is no secret to its own tenant.
    let read = |id: &FieldId| {
        let mut lines = mine.iter().filter(|p| p.verb == "read" && !p.fields.is_empty());
        lines.any(|p| p.fields.contains(id) || entity.tenant == Some(*id))
    };
    let mut part: Vec<FieldId> = entity.fields().map(|(id, _)| id).filter(read).collect();
    let mut actions = BTreeSet::new();
    if !part.is_empty() && part.len() == entity.fields().count() {
        actions.insert(Action::Find);
        part.clear();
    }
    let written = [
        (Action::Insert, &["write", "append"][..]),
        (Action::Update, &["write", "soft_delete"]),
        (Action::Remove, &["delete"]),
    ];
    for (action, verbs) in written {
        if may(verbs) {
            actions.insert(action);
        }
    }
    Rights { entity: entity.id, actions, part }
}

/// `users_for_wallet_api`: what the service sees of a collection.
pub(in crate::mongodb) fn view_name(entity: &Entity, service: &Service) -> SmolStr {
    format_smolstr!("{}_for_{}", entity.named.stored, service.named.name)
}

/// The name of a service's role, and of its user. Roles belong to a database, so that in a tenant's they need no others.
pub(in crate::mongodb) fn role_name(platform: &Stored, service: &Service) -> SmolStr {
    format_smolstr!("{}_{}", platform.name, service.named.name)
}

/// Lowers a service: its views, its role and its user.
pub(super) fn lower(platform: &Stored, store: &Store, service: &Service, lowered: &mut Lowered<'_>) {
    let mut privileges = IndexMap::new();
    let by_driver = platform.encrypted_by_driver(store.id).is_some();
    for rights in rights(platform, store, service) {
        let entity = &platform[rights.entity];
        if !rights.actions.is_empty() {
            privileges.insert(entity.named.stored.clone(), rights.actions.clone());
        }
        if by_driver && encryption::encrypts(platform, entity) {
            // Data keys stand there encrypted with a master key.
            privileges.insert(encryption::KEY_VAULT.into(), BTreeSet::from([Action::Find]));
        }
        if !rights.part.is_empty() {
            let name = view_name(entity, service);
            privileges.insert(name.clone(), BTreeSet::from([Action::Find]));
            let (of, shows) = (entity.named.stored.clone(), shown(platform, entity, &rights));
            lowered.add(View { name, of, shows });
        }
    }
    let name = role_name(platform, service);
    lowered.add(Role { name: name.clone(), privileges });
    lowered.add(User { roles: BTreeSet::from([name.clone()]), name });
}

/// The fields that a view shows. `_id` would come along unasked.
fn shown(platform: &Stored, entity: &Entity, rights: &Rights) -> IndexMap<SmolStr, bool> {
    let names = rights.part.iter().flat_map(|field| collection::field_names(platform, entity, *field));
    let mut shown: IndexMap<SmolStr, bool> = names.map(|name| (name, true)).collect();
    shown.entry(SmolStr::new_static("_id")).or_insert(false);
    shown
}
