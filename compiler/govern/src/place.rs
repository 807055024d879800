//! The place that a rule looks at: one thing of the platform, and what it stands in.

use crate::Governed;
use polity_model::facts::Subject;
use polity_model::policy::Waived;
use polity_model::{
    ChannelId, EntityId, FieldId, KeyId, KeyspaceId, SchemaId, StoreId, Thing, TierId, ViewId,
};
use polity_text::source::Span;

/// One thing that a rule may be `for`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Platform,
    Store(StoreId),
    Schema(SchemaId),
    Entity(EntityId),
    Field(EntityId, FieldId),
    Index(EntityId, usize),
    Keyspace(KeyspaceId),
    Channel(ChannelId),
    View(ViewId),
    Tier(TierId),
    Tenant(usize),
    Service(usize),
    Key(KeyId),
}

impl Place {
    /// Every thing of a kind, in the order of the source.
    pub fn all(platform: &Governed, subject: Subject) -> Vec<Place> {
        match subject {
            Subject::Platform => vec![Place::Platform],
            Subject::Store => platform.stores.iter().map(|s| Place::Store(s.id)).collect(),
            Subject::Schema => platform.schemas.iter().map(|s| Place::Schema(s.id)).collect(),
            Subject::Entity => platform.entities.iter().map(|e| Place::Entity(e.id)).collect(),
            Subject::Field => {
                let fields = platform.entities.iter().flat_map(|e| e.fields().map(|(id, _)| (e.id, id)));
                fields.map(|(entity, field)| Place::Field(entity, field)).collect()
            }
            Subject::Index => {
                let indexes = platform.entities.iter().flat_map(|e| (0..e.indexes.len()).map(|i| (e.id, i)));
                indexes.map(|(entity, at)| Place::Index(entity, at)).collect()
            }
            Subject::Keyspace => platform.keyspaces.iter().map(|k| Place::Keyspace(k.id)).collect(),
            Subject::Channel => platform.channels.iter().map(|c| Place::Channel(c.id)).collect(),
            Subject::View => platform.views.iter().map(|v| Place::View(v.id)).collect(),
            Subject::Tier => platform.tiers.iter().map(|t| Place::Tier(t.id)).collect(),
            Subject::Tenant => (0..platform.tenants.len()).map(Place::Tenant).collect(),
            Subject::Service => (0..platform.services.len()).map(Place::Service).collect(),
            Subject::EncryptionKey => platform.encryption_keys.iter().map(|k| Place::Key(k.id)).collect(),
        }
    }

    /// The thing itself, or the one of that kind that it stands in.
    pub(crate) fn within(self, platform: &Governed, subject: Subject) -> Option<Place> {
        if self.subject() == subject {
            return Some(self);
        }
        match subject {
            Subject::Platform => Some(Place::Platform),
            Subject::Store => self.store(platform).map(Place::Store),
            Subject::Schema => self.schema(platform).map(Place::Schema),
            Subject::Entity => self.entity().map(Place::Entity),
            Subject::Tier => match self {
                Place::Tenant(at) => Some(Place::Tier(platform.tenants[at].tier)),
                _ => None,
            },
            Subject::Field
            | Subject::Index
            | Subject::Keyspace
            | Subject::Channel
            | Subject::View
            | Subject::Tenant
            | Subject::Service
            | Subject::EncryptionKey => None,
        }
    }

    pub(crate) fn subject(self) -> Subject {
        match self {
            Place::Platform => Subject::Platform,
            Place::Store(_) => Subject::Store,
            Place::Schema(_) => Subject::Schema,
            Place::Entity(_) => Subject::Entity,
            Place::Field(..) => Subject::Field,
            Place::Index(..) => Subject::Index,
            Place::Keyspace(_) => Subject::Keyspace,
            Place::Channel(_) => Subject::Channel,
            Place::View(_) => Subject::View,
            Place::Tier(_) => Subject::Tier,
            Place::Tenant(_) => Subject::Tenant,
            Place::Service(_) => Subject::Service,
            Place::Key(_) => Subject::EncryptionKey,
        }
    }

    pub(crate) fn entity(self) -> Option<EntityId> {
        match self {
            Place::Entity(entity) | Place::Field(entity, _) | Place::Index(entity, _) => Some(entity),
            _ => None,
        }
    }

    pub fn store(self, platform: &Governed) -> Option<StoreId> {
        match self {
            Place::Store(store) => Some(store),
            Place::Schema(schema) => Some(platform[schema].store),
            Place::Keyspace(keyspace) => Some(platform[keyspace].store),
            Place::Channel(channel) => Some(platform[channel].store),
            Place::View(view) => Some(platform[view].store),
            _ => self.entity().map(|entity| platform[entity].store),
        }
    }

    fn schema(self, platform: &Governed) -> Option<SchemaId> {
        match self {
            Place::Schema(schema) => Some(schema),
            Place::View(view) => platform[view].schema,
            _ => self.entity().and_then(|entity| platform[entity].schema),
        }
    }

    /// Where it is declared.
    pub fn span(self, platform: &Governed) -> Option<Span> {
        Some(match self {
            Place::Platform => return platform.span,
            Place::Store(id) => platform[id].named.span,
            Place::Schema(id) => platform[id].named.span,
            Place::Entity(id) => platform[id].named.span,
            Place::Field(entity, field) => platform[entity].field(field).named.span,
            Place::Index(entity, at) => platform[entity].indexes[at].span,
            Place::Keyspace(id) => platform[id].named.span,
            Place::Channel(id) => platform[id].named.span,
            Place::View(id) => platform[id].named.span,
            Place::Tier(id) => platform[id].named.span,
            Place::Tenant(at) => platform.tenants[at].named.span,
            Place::Service(at) => platform.services[at].named.span,
            Place::Key(id) => platform[id].named.span,
        })
    }

    /// As messages write it: `core.User.email`.
    pub fn path(self, platform: &Governed) -> String {
        let in_store = |store: StoreId, name: &str| format!("{}.{name}", platform[store].named.name);
        match self {
            Place::Platform => platform.name.to_string(),
            Place::Store(id) => platform[id].named.name.to_string(),
            Place::Schema(id) => platform[id].named.name.to_string(),
            Place::Entity(id) => platform.entity_path(id),
            Place::Field(entity, field) => {
                format!("{}.{}", platform.entity_path(entity), platform[entity].field(field).named.name)
            }
            Place::Index(entity, at) => match &platform[entity].indexes[at].name {
                Some(name) => format!("{}.{name}", platform.entity_path(entity)),
                None => format!("an index of {}", platform.entity_path(entity)),
            },
            Place::Keyspace(id) => in_store(platform[id].store, &platform[id].named.name),
            Place::Channel(id) => in_store(platform[id].store, &platform[id].named.name),
            Place::View(id) => in_store(platform[id].store, &platform[id].named.name),
            Place::Tier(id) => platform[id].named.name.to_string(),
            Place::Tenant(at) => platform.tenants[at].named.name.to_string(),
            Place::Service(at) => platform.services[at].named.name.to_string(),
            Place::Key(id) => platform[id].named.name.to_string(),
        }
    }

    /// The thing that a waiver names to excuse it: the entity, for an index.
    pub(crate) fn waived(self) -> Waived {
        match self {
            Place::Platform => Waived::Platform,
            Place::Store(id) => Waived::Thing(Thing::Store(id)),
            Place::Schema(id) => Waived::Thing(Thing::Schema(id)),
            Place::Entity(id) | Place::Index(id, _) => Waived::Thing(Thing::Entity(id)),
            Place::Field(entity, field) => Waived::Thing(Thing::EntityField(entity, field)),
            Place::Keyspace(id) => Waived::Thing(Thing::Keyspace(id)),
            Place::Channel(id) => Waived::Thing(Thing::Channel(id)),
            Place::View(id) => Waived::Thing(Thing::View(id)),
            Place::Tier(id) => Waived::Tier(id),
            Place::Tenant(at) => Waived::Tenant(at),
            Place::Service(at) => Waived::Service(at),
            Place::Key(id) => Waived::Key(id),
        }
    }
}
