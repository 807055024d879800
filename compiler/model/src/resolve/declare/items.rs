//! One item to its table: entities, views, keyspaces, enums and the rest.

use smol_str::SmolStr;

use super::super::names::Scope;
use super::places::Place;
use super::{Block, Declarer, TypeItem};
use crate::entity::Entity;
use crate::keyspace::{Channel, Keyspace, Pattern, ValueShape};
use crate::types::{Constrained, Constraints, Enum, Struct, Type, TypeKind};
use crate::{
    AuditLog, AuditLogId, ChannelId, ConstrainedId, EntityId, EnumId, KeyspaceId, Layered, Named, Sequence,
    SequenceId, StructId, Thing, View, ViewId,
};
use polity_syntax::ast::{self, Body, Header, Item, ItemKind, Literal, Materialized, Modifier, Variant};

/// An item with its header, and the scope around it.
#[derive(Clone, Copy)]
struct Head<'t> {
    item: &'t Item,
    header: &'t Header,
    scope: Scope,
}

impl<'t> Head<'t> {
    fn block(self, body: &'t Body, scope: Scope) -> Block<'t> {
        Block { header: self.header, body, scope }
    }
}

impl<'t> Declarer<'t> {
    pub(super) fn item(&mut self, item: &'t Item, scope: Scope) {
        let head = |header: &'t Header| Head { item, header, scope };
        match &item.kind {
            ItemKind::Entity { global, header, body } => self.entity(head(header), global.is_some(), body),
            ItemKind::View { header, body, materialized } => {
                self.view(head(header), body, materialized.as_ref());
            }
            ItemKind::AuditLog { header, body } => self.audit_log(head(header), body),
            ItemKind::Sequence { header, from } => self.sequence(head(header), from.as_ref()),
            ItemKind::Keyspace { global, header, body } => {
                self.keyspace(head(header), global.is_some(), body);
            }
            ItemKind::Channel { global, header, body } => {
                self.channel(head(header), global.is_some(), body);
            }
            ItemKind::Enum { header, values, broken } => self.enumeration(head(header), values, *broken),
            ItemKind::Struct { header, body } => self.structure(head(header), body),
            ItemKind::Type { header, ty, modifiers } => self.constrained(head(header), ty, modifiers),
            ItemKind::Platform { .. }
            | ItemKind::Store { .. }
            | ItemKind::Schema { .. }
            | ItemKind::SqlAfter { .. }
            | ItemKind::SqlOnce { .. }
            | ItemKind::Tenancy { .. }
            | ItemKind::Tier { .. }
            | ItemKind::Tenant { .. }
            | ItemKind::Label { .. }
            | ItemKind::EncryptionKey { .. }
            | ItemKind::Policy { .. }
            | ItemKind::UsePolicy { .. }
            | ItemKind::Waive { .. }
            | ItemKind::Service { .. }
            | ItemKind::Purpose { .. }
            | ItemKind::Rust { .. }
            | ItemKind::Backfill { .. }
            | ItemKind::Accept { .. }
            | ItemKind::Unmanaged { .. }
            | ItemKind::Removed(_) => self.declared.others.push((item, scope)),
            ItemKind::Broken { .. } => {}
        }
    }

    fn entity(&mut self, head: Head<'t>, global: bool, body: &'t Body) {
        let Some(inside) = self.place_or_fail(head, "entity", "Name in STORE") else { return };
        let id = EntityId(self.platform.entities.len() as u32);
        let Some(named) = self.take_item(head, inside.scope, Thing::Entity(id)) else { return };
        self.take_stored(inside.scope, &named, "entities");
        let mut entity = Entity::new(id, named, inside.store);
        entity.schema = inside.scope.schema;
        entity.global = global;
        entity.body = body.span;
        self.platform.entities.push(entity);
        self.declared.entities.push(head.block(body, inside.scope));
    }

    fn view(&mut self, head: Head<'t>, body: &'t Body, materialized: Option<&'t Materialized>) {
        let Some(inside) = self.place(head.header, head.scope, "view", "Name in STORE") else { return };
        self.refuse(head.header, &["place", "as", "was", "labels"], "a view");
        let id = ViewId(self.platform.views.len() as u32);
        let Some(named) = self.take_item(head, inside.scope, Thing::View(id)) else { return };
        self.take_stored(inside.scope, &named, "views");
        self.platform.views.push(View {
            id,
            named,
            store: inside.store,
            schema: inside.scope.schema,
            sql: SmolStr::default(),
            sql_span: head.item.span,
            columns: Vec::new(),
            materialized: None,
            reads: Vec::new(),
            builds_on: Vec::new(),
            lineage: Vec::new(),
            uses: Vec::new(),
            opaque: false,
            figures: false,
            compares: Vec::new(),
            matches: Vec::new(),
            aggregates: Vec::new(),
            counts: Vec::new(),
            plain: Vec::new(),
            untyped: Vec::new(),
            indexes: Vec::new(),
            with: Layered::default(),
        });
        self.declared.views.push((head.block(body, inside.scope), materialized));
    }

    fn audit_log(&mut self, head: Head<'t>, body: &'t Body) {
        let Some(inside) = self.place_or_fail(head, "audit log", "Name in SCHEMA") else { return };
        self.refuse(head.header, &["place", "as", "was"], "an audit log");
        let Some(schema) = self.schema_needed(&inside, head.header, "an audit log") else { return };
        let id = AuditLogId(self.platform.audit_logs.len() as u32);
        let Some(named) = self.take_item(head, inside.scope, Thing::AuditLog(id)) else { return };
        self.take_stored(inside.scope, &named, "audit logs");
        self.platform.audit_logs.push(AuditLog {
            id,
            named,
            store: inside.store,
            schema,
            partition: None,
            retain: None,
            chained: None,
            after: None,
            seal_every: None,
            payloads: None,
        });
        self.declared.audit_logs.push(head.block(body, inside.scope));
    }

    fn sequence(&mut self, head: Head<'t>, from: Option<&'t Literal>) {
        let Some(inside) = self.place_or_fail(head, "sequence", "name in SCHEMA") else { return };
        self.refuse(head.header, &["place", "as", "was"], "a sequence");
        let Some(schema) = self.schema_needed(&inside, head.header, "a sequence") else { return };
        let id = SequenceId(self.platform.sequences.len() as u32);
        let Some(named) = self.take_item(head, inside.scope, Thing::Sequence(id)) else { return };
        self.take_stored(inside.scope, &named, "sequences");
        self.platform.sequences.push(Sequence { id, named, store: inside.store, schema, from: 1 });
        self.declared.sequences.push(from);
    }

    fn keyspace(&mut self, head: Head<'t>, global: bool, body: &'t Body) {
        let Some(inside) = self.place_or_fail(head, "keyspace", "Name in STORE") else { return };
        self.refuse(head.header, &["place", "as", "from", "was", "labels"], "a keyspace");
        let id = KeyspaceId(self.platform.keyspaces.len() as u32);
        let Some(named) = self.take_item(head, inside.scope, Thing::Keyspace(id)) else { return };
        self.platform.keyspaces.push(Keyspace {
            id,
            named,
            store: inside.store,
            global,
            version: 1,
            pattern: Pattern::default(),
            value: ValueShape::Broken,
            value_span: None,
            ttl: None,
            limit: None,
            max_length: None,
            database: None,
            cache: None,
            together_by: Vec::new(),
            together_spans: Vec::new(),
            purposes: Vec::new(),
            labels: Vec::new(),
        });
        self.declared.keyspaces.push(head.block(body, inside.scope));
    }

    fn channel(&mut self, head: Head<'t>, global: bool, body: &'t Body) {
        let Some(inside) = self.place_or_fail(head, "channel", "Name in STORE") else { return };
        self.refuse(head.header, &["place", "as", "was", "labels"], "a channel");
        let id = ChannelId(self.platform.channels.len() as u32);
        let Some(named) = self.take_item(head, inside.scope, Thing::Channel(id)) else { return };
        self.platform.channels.push(Channel {
            id,
            named,
            store: inside.store,
            global,
            pattern: Pattern::default(),
            value: None,
            labels: Vec::new(),
        });
        self.declared.channels.push(head.block(body, inside.scope));
    }

    fn enumeration(&mut self, head: Head<'t>, values: &'t [Variant], broken: bool) {
        self.refuse(head.header, &["as", "was"], "an enum");
        let id = EnumId(self.platform.enums.len() as u32);
        let Some(named) = self.take_item(head, head.scope, Thing::Enum(id)) else { return };
        self.platform.enums.push(Enum { id, named, values: Vec::new(), broken, removed: Vec::new() });
        self.declared.enums.push((values, head.scope));
    }

    fn structure(&mut self, head: Head<'t>, body: &'t Body) {
        self.refuse(head.header, &["as", "was", "labels"], "a struct");
        let id = StructId(self.platform.structs.len() as u32);
        let Some(named) = self.take_item(head, head.scope, Thing::Struct(id)) else { return };
        self.platform.structs.push(Struct {
            id,
            named,
            embedded: false,
            fields: Vec::new(),
            labels: Vec::new(),
            encrypts: false,
        });
        self.declared.structs.push(head.block(body, head.scope));
    }

    fn constrained(&mut self, head: Head<'t>, ty: &'t ast::Type, modifiers: &'t [Modifier]) {
        self.refuse(head.header, &["as", "was", "labels"], "a type");
        let id = ConstrainedId(self.platform.constrained.len() as u32);
        let Some(named) = self.take_item(head, head.scope, Thing::Constrained(id)) else { return };
        self.platform.constrained.push(Constrained {
            id,
            named,
            base: Type::required(TypeKind::Broken),
            constraints: Constraints::default(),
            labels: Vec::new(),
        });
        let labels = &head.header.labels;
        self.declared.constrained.push(TypeItem { ty, modifiers, labels, scope: head.scope });
    }

    /// The place of an item; an item without one is remembered, so that nobody is told that its name is unknown.
    fn place_or_fail(&mut self, head: Head<'t>, word: &str, example: &str) -> Option<Place> {
        let place = self.place(head.header, head.scope, word, example);
        if place.is_none() {
            self.names.fail(&head.header.name.text);
        }
        place
    }

    /// Takes the name of an item for the thing that it declares; `None` where it is taken already.
    fn take_item(&mut self, head: Head<'t>, scope: Scope, thing: Thing) -> Option<Named> {
        let Head { item, header, .. } = head;
        self.take(scope, &header.name, thing)
            .then(|| self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref()))
    }
}
