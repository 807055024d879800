//! A governed platform as its stores hold it: what engines and outputs read.

use std::ops::{Deref, Index};

use foldhash::HashMap;

use super::access::{self, Privilege};
use super::encrypted::EncryptedPlace;
use super::erasure::Plan;
use super::kept::Kept;
use super::labels::{Carried, Origin};
use super::sealing::{self, BlindIndex, SealedEntity};
use super::until_anonymized;
use super::{Governed, Holder};
use polity_model::entity::{Audit, Encrypted, Pseudonymous, Retain};
use polity_model::governance::Service;
use polity_model::shared::Shared;
use polity_model::{
    AuditLogId, ChannelId, Duration, Entity, EntityId, Field, FieldId, KeyspaceId, LabelId, Platform,
    Reference, Setting, StoreId, Struct, Thing, Type, View, ViewId,
};
use polity_text::source::Span;

/// A governed platform in the form in which its stores hold it.
///
/// What clients encrypt or hash, a store holds as bytes. An entity, a record or a view in which something is stored in
/// another form than the source says stands here in that form: with the types of the bytes and their lengths, without
/// the defaults and the formulas that only the client carries out, and with a blind index for each searchable field
/// behind the fields of its own, from which the ids go on. A field that is required until its row is anonymized may be
/// absent here. Every other is the model's own. [`Stored::governed`] has all of
/// them as the source says.
///
/// It gives the model's other tables as they are, and of the conclusions of [`Governed`] those that are asked for here.
#[derive(Debug, Default)]
pub struct Stored {
    governed: Governed,
    pub entities: Shared<Entity>,
    pub structs: Shared<Struct>,
    pub views: Shared<View>,
    /// The rest of the stored form of entities, by entity.
    sealed: Vec<SealedEntity>,
    /// The fields that are required until their row is anonymized, by entity.
    pub(super) left: Vec<Vec<FieldId>>,
    /// The privileges of each service, with those on blind indexes; `None` where there are no blind indexes.
    privileges: Option<Vec<Vec<Privilege>>>,
    kept: Kept,
}

impl Deref for Stored {
    type Target = Platform;
    fn deref(&self) -> &Platform {
        &self.governed
    }
}

impl Stored {
    /// Derives the stored form of everything. What the rules of `check` refuse may come out in any form: nothing is emitted
    /// then.
    #[must_use]
    pub fn of(governed: Governed) -> Self {
        let mut entities = governed.entities.clone();
        let mut structs = governed.structs.clone();
        let mut views = governed.views.clone();
        let left = until_anonymized::leave(&governed, &mut entities);
        until_anonymized::leave_columns(&governed, &left, &mut views);
        let sealed = sealing::seal(&governed, &mut entities, &mut structs);
        sealing::seal_columns(&governed, &entities, &mut views);
        let mut stored = Self {
            governed,
            entities,
            structs,
            views,
            sealed,
            left,
            privileges: None,
            kept: Kept::default(),
        };
        if stored.sealed.iter().any(|sealed| !sealed.blind_indexes.is_empty()) {
            let services = stored.governed.services.iter();
            stored.privileges = Some(services.map(|service| stored.with_blind_indexes(service)).collect());
        }
        stored
    }

    /// Keeps what an engine derived of a store for its rules, so that it need not derive it again when it emits.
    pub fn keep<T: Send + 'static>(&self, store: StoreId, derived: T) {
        self.kept.keep(store, Box::new(derived));
    }

    /// Gives back what was kept for a store, once.
    #[must_use]
    pub fn take_kept<T: 'static>(&self, store: StoreId) -> Option<T> {
        self.kept.take(store)?.downcast().ok().map(|kept| *kept)
    }

    /// The platform as the source says it, with what rules add.
    #[must_use]
    pub fn governed(&self) -> &Governed {
        &self.governed
    }

    /// The entities that live in a store, in the order of the source.
    pub fn entities_in(&self, store: StoreId) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(move |entity| entity.store == store)
    }

    /// The field that a blind index finds; `None` where the field is none.
    #[must_use]
    pub fn blind_index_of(&self, of: impl Into<Holder>, field: FieldId) -> Option<FieldId> {
        match of.into() {
            Holder::Entity(entity) => Some(self.blind_index_at(entity, field)?.of),
            Holder::Record(_) => None,
        }
    }

    /// The blind index beside a field, where it is searchable.
    #[must_use]
    pub fn blind_index(&self, entity: EntityId, field: FieldId) -> Option<FieldId> {
        let at = self.sealed[entity.index()].blind_indexes.iter().position(|index| index.of == field)?;
        Some(FieldId((self.governed[entity].fields.len() + at) as u32))
    }

    /// An encrypted field in the clear, where a store holds the ciphertext that a client makes of it.
    #[must_use]
    pub fn clear(&self, of: impl Into<Holder>, field: FieldId) -> Option<&Field> {
        let of = of.into();
        sealing::is_ciphertext(self.field(of, field)).then(|| self.governed.field(of, field))
    }

    /// The type that a field holds in the clear.
    #[must_use]
    pub fn clear_ty(&self, of: impl Into<Holder>, field: FieldId) -> &Type {
        let of = of.into();
        let stored = self.field(of, field);
        &self.clear(of, field).unwrap_or(stored).ty
    }

    /// How a field is encrypted.
    #[must_use]
    pub fn encrypted(&self, of: impl Into<Holder>, field: FieldId) -> Option<&Encrypted> {
        let of = of.into();
        self.own(of, field).and_then(|field| self.governed.encrypted(of, field))
    }

    /// The reference whose keyed hash a field holds.
    #[must_use]
    pub fn pseudonymous(&self, of: impl Into<Holder>, field: FieldId) -> Option<&Pseudonymous> {
        let of = of.into();
        self.own(of, field).and_then(|field| self.governed.pseudonymous(of, field))
    }

    /// Whether a store holds bytes of a field that only clients make.
    #[must_use]
    pub fn is_sealed(&self, entity: EntityId, field: FieldId) -> bool {
        self.blind_index_of(entity, field).is_some() || self.governed.is_sealed(entity, field)
    }

    /// Where it says that a field never changes. A ciphertext is bound to the key of its row, which never changes either.
    #[must_use]
    pub fn immutable(&self, of: impl Into<Holder>, field: FieldId) -> Option<Span> {
        let of = of.into();
        let bound = || match of {
            Holder::Entity(entity) => self.sealed[entity.index()].bound_to.contains(&field),
            Holder::Record(_) => false,
        };
        let said = self.governed.immutable(of, self.sought(of, field));
        said.or_else(|| bound().then(|| self.field(of, field).named.span))
    }

    /// The labels that stand on a field itself; on a blind index those of what it finds.
    pub fn labels_on(&self, of: impl Into<Holder>, field: FieldId) -> impl Iterator<Item = (LabelId, Span)> {
        let of = of.into();
        self.governed.labels_on(of, self.sought(of, field))
    }

    /// Every label that a field carries, parents included.
    #[must_use]
    pub fn labels_of(&self, entity: EntityId, field: FieldId) -> &[Carried] {
        match self.blind_index_at(entity, field) {
            Some(index) => &index.labels,
            None => self.governed.labels_of(entity, field),
        }
    }

    /// Whether a field carries the label of that name.
    #[must_use]
    pub fn is_labelled(&self, entity: EntityId, field: FieldId, name: &str) -> bool {
        self.governed.is_labelled(entity, self.sought(entity.into(), field), name)
    }

    /// Whether a label stands on the field itself or within its type: not on all of the entity, nor on what it refers to
    /// or is computed from. A blind index is as what it finds, and what the client computes and encrypts is stored like
    /// what it is computed from.
    #[must_use]
    pub fn is_labelled_itself(&self, entity: EntityId, field: FieldId) -> bool {
        let field = self.sought(entity.into(), field);
        let by_client = self.clear(entity, field).is_some_and(|clear| clear.computed.is_some());
        let is_from_others = |carried: &Carried| matches!(carried.origin, Origin::Field(..));
        self.governed.is_labelled_itself(entity, field)
            || by_client && self.labels_of(entity, field).iter().any(is_from_others)
    }

    /// Whether what a field holds goes when its row is anonymized: what is labelled itself, and passwords.
    #[must_use]
    pub fn is_anonymized(&self, entity: EntityId, field: FieldId) -> bool {
        self.is_labelled_itself(entity, field) || self.has_password(&self[entity].field(field).ty)
    }

    /// Every privilege of a service: one that covers a field covers its blind index.
    #[must_use]
    pub fn privileges(&self, service: &Service) -> &[Privilege] {
        match &self.privileges {
            Some(privileges) => &privileges[service.id.index()],
            None => self.governed.privileges(service),
        }
    }

    /// The privileges of a service on entities, by entity.
    #[must_use]
    pub fn privileges_by_entity(&self, service: &Service) -> HashMap<EntityId, Vec<Privilege>> {
        access::by_entity(self.privileges(service))
    }

    fn with_blind_indexes(&self, service: &Service) -> Vec<Privilege> {
        let mut privileges = self.governed.privileges(service).to_vec();
        for privilege in &mut privileges {
            if let Thing::Entity(entity) = privilege.on {
                let indexes = privilege.fields.iter().filter_map(|field| self.blind_index(entity, *field));
                let indexes: Vec<FieldId> = indexes.collect();
                privilege.fields.extend(indexes);
            }
        }
        privileges
    }

    fn field(&self, of: Holder, field: FieldId) -> &Field {
        match of {
            Holder::Entity(entity) => self[entity].field(field),
            Holder::Record(record) => &self[record].fields[field.index()],
        }
    }

    fn blind_index_at(&self, entity: EntityId, field: FieldId) -> Option<&BlindIndex> {
        let at = field.index().checked_sub(self.governed[entity].fields.len())?;
        self.sealed[entity.index()].blind_indexes.get(at)
    }

    /// The field that a blind index finds, or the field itself.
    fn sought(&self, of: Holder, field: FieldId) -> FieldId {
        self.blind_index_of(of, field).unwrap_or(field)
    }

    /// The field, where it is the source's own.
    fn own(&self, of: Holder, field: FieldId) -> Option<FieldId> {
        self.blind_index_of(of, field).is_none().then_some(field)
    }
}

/// Conclusions about the source that are the same for the stored form.
impl Stored {
    /// How long rows live, and what becomes of them.
    #[must_use]
    pub fn retain(&self, entity: EntityId) -> Option<&Retain> {
        self.governed.retain(entity)
    }

    /// The trail that changes leave.
    #[must_use]
    pub fn audit(&self, entity: EntityId) -> Option<&Audit> {
        self.governed.audit(entity)
    }

    /// Whether entries about rows of an entity stand in a log.
    #[must_use]
    pub fn has_entries_of(&self, entity: EntityId, log: AuditLogId) -> bool {
        self.audit(entity).is_some_and(|audit| self.has_entries_in(audit.into, log))
    }

    /// Where it says that rows are never changed.
    #[must_use]
    pub fn append_only(&self, entity: EntityId) -> Option<Span> {
        self.governed.append_only(entity)
    }

    /// The references of an entity.
    pub fn references(&self, entity: EntityId) -> impl Iterator<Item = &Reference> {
        self.governed.references(entity)
    }

    /// The references of an entity, each with the number by which [`Stored::reference`] knows it.
    pub fn numbered_references(&self, entity: EntityId) -> impl Iterator<Item = (usize, &Reference)> {
        self.governed.numbered_references(entity)
    }

    #[must_use]
    pub fn reference(&self, entity: EntityId, number: usize) -> &Reference {
        self.governed.reference(entity, number)
    }

    /// The references by which the store itself deletes rows with the row that they refer to.
    pub fn goes_with(&self, entity: EntityId) -> impl Iterator<Item = (&Reference, Span)> {
        self.governed.goes_with(entity)
    }

    /// Every field that is stored as a keyed hash of the key of something.
    pub fn pseudonyms(&self) -> impl Iterator<Item = (EntityId, FieldId, &Pseudonymous)> {
        self.governed.pseudonyms()
    }

    /// The encrypted places of an entity, with the fields as they are in the clear.
    #[must_use]
    pub fn encrypted_places(&self, entity: EntityId) -> Vec<EncryptedPlace<'_>> {
        self.governed.encrypted_places(entity)
    }

    /// The setting of a store whose driver encrypts.
    #[must_use]
    pub fn encrypted_by_driver(&self, store: StoreId) -> Option<&Setting> {
        self.governed.encrypted_by_driver(store)
    }

    /// The entities that say `subject`.
    pub fn subjects(&self) -> impl Iterator<Item = EntityId> {
        self.governed.subjects()
    }

    /// How long a backup of a store is kept where it is kept longest.
    #[must_use]
    pub fn backup_retain(&self, store: StoreId) -> Option<Duration> {
        self.governed.backup_retain(store)
    }

    /// One plan for each entity that says `subject`, in the order of the source.
    #[must_use]
    pub fn erasure_plans(&self) -> &[Plan] {
        self.governed.erasure_plans()
    }

    /// The labels that a column carries.
    #[must_use]
    pub fn labels_of_column(&self, view: ViewId, column: FieldId) -> &[Carried] {
        self.governed.labels_of_column(view, column)
    }

    /// The labels of the values in a trail.
    #[must_use]
    pub fn labels_of_audit_log(&self, log: AuditLogId) -> &[Carried] {
        self.governed.labels_of_audit_log(log)
    }

    /// The labels of a value of Redis, and of the parameters of its pattern.
    #[must_use]
    pub fn labels_of_keyspace(&self, keyspace: KeyspaceId) -> &[Carried] {
        self.governed.labels_of_keyspace(keyspace)
    }

    /// The labels of a channel's messages, and of the parameters of its pattern.
    #[must_use]
    pub fn labels_of_channel(&self, channel: ChannelId) -> &[Carried] {
        self.governed.labels_of_channel(channel)
    }
}

macro_rules! index {
    ($($id:ident => $($from:ident).+: $thing:ty),* $(,)?) => {
        $(
            impl Index<polity_model::$id> for Stored {
                type Output = $thing;
                fn index(&self, id: polity_model::$id) -> &$thing {
                    &self.$($from).+[id.index()]
                }
            }
        )*
    };
}

index! {
    EntityId => entities: Entity,
    StructId => structs: Struct,
    ViewId => views: View,
    EnvironmentId => governed.environments: polity_model::Environment,
    StoreId => governed.stores: polity_model::Store,
    SchemaId => governed.schemas: polity_model::Schema,
    EnumId => governed.enums: polity_model::Enum,
    ConstrainedId => governed.constrained: polity_model::Constrained,
    KeyspaceId => governed.keyspaces: polity_model::Keyspace,
    ChannelId => governed.channels: polity_model::Channel,
    SequenceId => governed.sequences: polity_model::Sequence,
    AuditLogId => governed.audit_logs: polity_model::AuditLog,
    LabelId => governed.labels: polity_model::governance::Label,
    KeyId => governed.encryption_keys: polity_model::governance::EncryptionKey,
    TierId => governed.tiers: polity_model::governance::Tier,
    ServiceId => governed.services: Service,
}
