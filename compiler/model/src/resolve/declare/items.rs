//! One item to its table: entities, views, keyspaces, enums and the rest.

use smol_str::SmolStr;

use super::super::names::Scope;
use super::{Block, Declarer, TypeItem};
use crate::entity::Entity;
use crate::keyspace::{Channel, Keyspace, Pattern, ValueShape};
use crate::types::{Constrained, Constraints, Enum, Struct, Type, TypeKind};
use crate::{
    AuditLog, AuditLogId, ChannelId, ConstrainedId, EntityId, EnumId, KeyspaceId, Layered, Sequence,
    SequenceId, StructId, Thing, View, ViewId,
};
use polity_syntax::ast::{Item, ItemKind};

impl<'t> Declarer<'t> {
    pub(super) fn item(&mut self, item: &'t Item, scope: Scope) {
        match &item.kind {
            ItemKind::Entity { global, header, body } => {
                let Some(inside) = self.place(header, scope, "entity", "Name in STORE") else {
                    self.names.fail(&header.name.text);
                    return;
                };
                let id = EntityId(self.platform.entities.len() as u32);
                if !self.take(inside.scope, &header.name, Thing::Entity(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.take_stored(inside.scope, &named, "entities");
                let mut entity = Entity::new(id, named, inside.store);
                entity.schema = inside.scope.schema;
                entity.global = global.is_some();
                self.platform.entities.push(entity);
                self.declared.entities.push(Block { header, body, scope: inside.scope });
            }
            ItemKind::View { header, body, materialized } => {
                let Some(inside) = self.place(header, scope, "view", "Name in STORE") else { return };
                self.refuse(header, &["place", "as", "was", "labels"], "a view");
                let id = ViewId(self.platform.views.len() as u32);
                if !self.take(inside.scope, &header.name, Thing::View(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.take_stored(inside.scope, &named, "views");
                self.platform.views.push(View {
                    id,
                    named,
                    store: inside.store,
                    schema: inside.scope.schema,
                    sql: SmolStr::default(),
                    sql_span: item.span,
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
                    with: Layered::default(),
                });
                self.declared
                    .views
                    .push((Block { header, body, scope: inside.scope }, materialized.as_ref()));
            }
            ItemKind::AuditLog { header, body } => {
                let Some(inside) = self.place(header, scope, "audit log", "Name in SCHEMA") else {
                    self.names.fail(&header.name.text);
                    return;
                };
                self.refuse(header, &["place", "as", "was"], "an audit log");
                let Some(schema) = self.schema_needed(&inside, header, "an audit log") else { return };
                let id = AuditLogId(self.platform.audit_logs.len() as u32);
                if !self.take(inside.scope, &header.name, Thing::AuditLog(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.take_stored(inside.scope, &named, "audit logs");
                self.platform.audit_logs.push(AuditLog {
                    id,
                    named,
                    store: inside.store,
                    schema,
                    partition: None,
                    retain: None,
                    chained: false,
                });
                self.declared.audit_logs.push(Block { header, body, scope: inside.scope });
            }
            ItemKind::Sequence { header, from } => {
                let Some(inside) = self.place(header, scope, "sequence", "name in SCHEMA") else {
                    self.names.fail(&header.name.text);
                    return;
                };
                self.refuse(header, &["place", "as", "was"], "a sequence");
                let Some(schema) = self.schema_needed(&inside, header, "a sequence") else { return };
                let id = SequenceId(self.platform.sequences.len() as u32);
                if !self.take(inside.scope, &header.name, Thing::Sequence(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.take_stored(inside.scope, &named, "sequences");
                self.platform.sequences.push(Sequence { id, named, store: inside.store, schema, from: 1 });
                self.declared.sequences.push(from.as_ref());
            }
            ItemKind::Keyspace { global, header, body } => {
                let Some(inside) = self.place(header, scope, "keyspace", "Name in STORE") else {
                    self.names.fail(&header.name.text);
                    return;
                };
                self.refuse(header, &["place", "as", "from", "was", "labels"], "a keyspace");
                let id = KeyspaceId(self.platform.keyspaces.len() as u32);
                if !self.take(inside.scope, &header.name, Thing::Keyspace(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.platform.keyspaces.push(Keyspace {
                    id,
                    named,
                    store: inside.store,
                    global: global.is_some(),
                    pattern: Pattern::default(),
                    value: ValueShape::Broken,
                    value_span: None,
                    ttl: None,
                    limit: None,
                    max_length: None,
                    database: None,
                    cache: None,
                    together_by: Vec::new(),
                    labels: Vec::new(),
                });
                self.declared.keyspaces.push(Block { header, body, scope: inside.scope });
            }
            ItemKind::Channel { global, header, body } => {
                let Some(inside) = self.place(header, scope, "channel", "Name in STORE") else {
                    self.names.fail(&header.name.text);
                    return;
                };
                self.refuse(header, &["place", "as", "was", "labels"], "a channel");
                let id = ChannelId(self.platform.channels.len() as u32);
                if !self.take(inside.scope, &header.name, Thing::Channel(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.platform.channels.push(Channel {
                    id,
                    named,
                    store: inside.store,
                    global: global.is_some(),
                    pattern: Pattern::default(),
                    value: None,
                    labels: Vec::new(),
                });
                self.declared.channels.push(Block { header, body, scope: inside.scope });
            }
            ItemKind::Enum { header, values, broken } => {
                self.refuse(header, &["as", "was"], "an enum");
                let id = EnumId(self.platform.enums.len() as u32);
                if !self.take(scope, &header.name, Thing::Enum(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.platform.enums.push(Enum {
                    id,
                    named,
                    values: Vec::new(),
                    broken: *broken,
                    removed: Vec::new(),
                });
                self.declared.enums.push((values, scope));
            }
            ItemKind::Struct { header, body } => {
                self.refuse(header, &["as", "was", "labels"], "a struct");
                let id = StructId(self.platform.structs.len() as u32);
                if !self.take(scope, &header.name, Thing::Struct(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.platform.structs.push(Struct {
                    id,
                    named,
                    embedded: false,
                    fields: Vec::new(),
                    labels: Vec::new(),
                    encrypts: false,
                });
                self.declared.structs.push(Block { header, body, scope });
            }
            ItemKind::Type { header, ty, modifiers } => {
                self.refuse(header, &["as", "was", "labels"], "a type");
                let id = ConstrainedId(self.platform.constrained.len() as u32);
                if !self.take(scope, &header.name, Thing::Constrained(id)) {
                    return;
                }
                let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
                self.platform.constrained.push(Constrained {
                    id,
                    named,
                    base: Type::required(TypeKind::Broken),
                    constraints: Constraints::default(),
                    labels: Vec::new(),
                });
                self.declared.constrained.push(TypeItem { ty, modifiers, labels: &header.labels, scope });
            }
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
            | ItemKind::Rust { .. }
            | ItemKind::Backfill { .. }
            | ItemKind::Removed(_) => self.declared.others.push((item, scope)),
            ItemKind::Broken { .. } => {}
        }
    }
}
