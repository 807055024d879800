//! The first walk over the tree: every named thing gets its id, its place and its stored name, and nothing in it is
//! looked at yet. So the order of files and lines does not matter to what follows.

use std::collections::HashMap;

use smol_str::{SmolStr, format_smolstr};

use super::names::{Kind, Names, Scope, written};
use crate::diagnostics::codes::{E0201, E0203, E0205, E0206, E0207};
use crate::diagnostics::{Diagnostic, did_you_mean, nearest};
use crate::model::entity::Entity;
use crate::model::keyspace::{Channel, Keyspace, Pattern, ValueShape};
use crate::model::types::{Constrained, Constraints, Enum, Struct, Type, TypeKind};
use crate::model::{
    AuditLog, AuditLogId, ChannelId, ConstrainedId, EntityId, EnumId, KeyspaceId, Layered, Named, Platform,
    Schema, SchemaId, Sequence, SequenceId, Store, StoreId, StructId, Thing, View, ViewId, config::Version,
};
use crate::source::Span;
use crate::syntax::ast::{self, Body, Header, Item, ItemKind};

/// What was declared, still as the tree has it; the tables run beside those of the platform.
#[derive(Debug, Default)]
pub(super) struct Declared<'t> {
    pub platform: Option<&'t Body>,
    pub stores: Vec<&'t Body>,
    pub entities: Vec<Block<'t>>,
    pub structs: Vec<Block<'t>>,
    pub enums: Vec<(&'t [ast::Variant], Scope)>,
    pub constrained: Vec<TypeItem<'t>>,
    pub views: Vec<(Block<'t>, Option<&'t ast::Materialized>)>,
    pub keyspaces: Vec<Block<'t>>,
    pub channels: Vec<Block<'t>>,
    pub audit_logs: Vec<Block<'t>>,
    pub sequences: Vec<Option<&'t ast::Literal>>,
    /// Tiers, policies, services, scripts, …: what nothing else refers to before its turn.
    pub others: Vec<(&'t Item, Scope)>,
    /// Where each thing stands.
    pub scopes: HashMap<Thing, Scope>,
}

/// A thing with a header and a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'t> {
    pub header: &'t Header,
    pub body: &'t Body,
    pub scope: Scope,
}

/// `type Sku = text(32) matches "…"`
#[derive(Debug, Clone, Copy)]
pub(super) struct TypeItem<'t> {
    pub ty: &'t ast::Type,
    pub modifiers: &'t [ast::Modifier],
    pub labels: &'t [ast::Name],
    pub scope: Scope,
}

/// Gives every named thing its id.
pub(super) fn declare<'t>(tree: &'t ast::Tree) -> (Platform, Names, Declared<'t>, Vec<Diagnostic>) {
    let mut d = Declarer::default();
    let items = || tree.files.iter().flat_map(|file| &file.items);
    for item in items() {
        d.platform_or_store(item);
    }
    if d.platform.span.is_none() && !d.names.has_broken_items {
        let found = Diagnostic::global(E0207, "the project has no `platform`")
            .help("one file says what the whole is called: `platform shop { environments: [dev, prod] }`");
        d.found.push(found);
    }
    let mut schemas = HashMap::new();
    for item in items() {
        if let ItemKind::Schema { header, .. } = &item.kind
            && let Some(id) = d.schema(item, header)
        {
            schemas.insert(std::ptr::from_ref(item), id);
        }
    }
    for item in items() {
        if let ItemKind::Schema { items, .. } = &item.kind {
            match schemas.get(&std::ptr::from_ref(item)) {
                Some(id) => {
                    let inside = Scope { store: Some(d.platform[*id].store), schema: Some(*id) };
                    items.iter().for_each(|item| d.item(item, inside));
                }
                None => items.iter().for_each(|item| d.fail(item)),
            }
        } else {
            d.item(item, Scope::default());
        }
    }
    (d.platform, d.names, d.declared, d.found)
}

#[derive(Default)]
struct Declarer<'t> {
    platform: Platform,
    names: Names,
    declared: Declared<'t>,
    found: Vec<Diagnostic>,
    spans: HashMap<(Scope, SmolStr), Span>,
    /// Stored names of what shares a schema or a store.
    stored: HashMap<(Scope, SmolStr), Span>,
}

impl<'t> Declarer<'t> {
    fn platform_or_store(&mut self, item: &'t Item) {
        match &item.kind {
            ItemKind::Platform { name, body } => {
                if let Some(first) = self.platform.span {
                    self.found.push(
                        Diagnostic::new(E0203, name.span, "a project has one platform")
                            .also(first, "declared here first")
                            .help("move what it says into the first, or into a project of its own"),
                    );
                    return;
                }
                self.platform.name = name.text.clone();
                self.platform.docs = item.docs.clone();
                self.platform.span = Some(name.span);
                self.declared.platform = Some(body);
            }
            ItemKind::Store { name, engine, version, body } => {
                let id = StoreId(self.platform.stores.len() as u32);
                if !self.take(Scope::default(), name, Thing::Store(id)) {
                    return;
                }
                let parts = version.iter().flat_map(|v| v.value.split('.'));
                let version = Version(parts.map(|part| part.parse().unwrap_or(0)).collect());
                let named = self.named(name, None, item, None);
                self.platform.stores.push(Store {
                    id,
                    named,
                    engine: engine.text.clone(),
                    engine_span: engine.span,
                    version,
                    settings: Layered::default(),
                    alerts: Vec::new(),
                });
                self.declared.stores.push(body);
            }
            ItemKind::Broken => self.names.has_broken_items = true,
            ItemKind::Schema { items, .. } => {
                let broken = items.iter().any(|item| matches!(item.kind, ItemKind::Broken));
                self.names.has_broken_items |= broken;
            }
            _ => {}
        }
    }

    /// A schema is one, however often it is opened.
    fn schema(&mut self, item: &'t Item, header: &'t Header) -> Option<SchemaId> {
        let Some(place) = &header.place else {
            let same = self.platform.schemas.iter().find(|s| s.named.name == header.name.text);
            if let Some(schema) = same {
                return Some(schema.id);
            }
            self.found.push(
                Diagnostic::new(
                    E0207,
                    header.name.span,
                    format!("which store holds `{}`?", header.name.text),
                )
                .help(format!("write `schema {} in STORE {{`", header.name.text)),
            );
            return None;
        };
        self.refuse(header, &["place", "as"], "a schema");
        let [store_name] = &place.names[..] else {
            self.unknown_store(place);
            return None;
        };
        let store = self.store(store_name).or_else(|| {
            self.unknown_store(place);
            // One mistake never hides another: what stands inside is judged as if the nearest store were meant.
            let known = self.platform.stores.iter().map(|s| s.named.name.as_str());
            let near = nearest(&store_name.text, known)?.to_owned();
            self.platform.stores.iter().find(|s| s.named.name == near).map(|s| s.id)
        })?;
        let opened =
            self.platform.schemas.iter_mut().find(|s| s.store == store && s.named.name == header.name.text);
        if let Some(schema) = opened {
            if schema.named.docs.is_empty() {
                schema.named.docs = item.docs.clone();
            }
            if let Some(stored) = &header.stored {
                if schema.named.aliased && schema.named.stored != stored.value {
                    self.found.push(
                        Diagnostic::new(E0205, stored.span, "the schema has another stored name already")
                            .also(schema.named.span, format!("`{}`", schema.named.stored)),
                    );
                }
                schema.named.stored = stored.value.clone();
                schema.named.aliased = true;
            }
            return Some(schema.id);
        }
        let id = SchemaId(self.platform.schemas.len() as u32);
        let scope = Scope { store: Some(store), schema: None };
        if !self.take(scope, &header.name, Thing::Schema(id)) {
            return None;
        }
        let named = self.named(&header.name, header.stored.as_ref(), item, header.was.as_ref());
        self.take_stored(scope, &named, "schemas");
        self.platform.schemas.push(Schema { id, named, store });
        Some(id)
    }

    fn store(&self, name: &ast::Name) -> Option<StoreId> {
        self.platform.stores.iter().find(|s| s.named.name == name.text).map(|s| s.id)
    }

    fn unknown_store(&mut self, place: &ast::Path) {
        if self.names.has_broken_items {
            return;
        }
        let known = || {
            let stores = self.platform.stores.iter().map(|s| s.named.name.as_str());
            stores.chain(self.platform.schemas.iter().map(|s| s.named.name.as_str()))
        };
        let word = written(place);
        let help = did_you_mean(&word, known()).unwrap_or_else(|| {
            let all: Vec<&str> = known().collect();
            if all.is_empty() {
                "declare one: `store main: postgres 15 { … }`".to_owned()
            } else {
                format!("there is: {}", all.join(", "))
            }
        });
        self.found.push(
            Diagnostic::new(E0201, place.span, format!("there is no store or schema `{word}`")).help(help),
        );
    }

    fn item(&mut self, item: &'t Item, scope: Scope) {
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
                    with: Layered::default(),
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
            | ItemKind::Backfill { .. }
            | ItemKind::Removed(_) => self.declared.others.push((item, scope)),
            ItemKind::Broken => {}
        }
    }

    /// The store and the schema that an item stands in: the block around it, or what its `in` says.
    fn place(&mut self, header: &Header, scope: Scope, word: &str, example: &str) -> Option<Place> {
        if let Some(store) = scope.store {
            if let Some(place) = &header.place {
                let wanted = [Kind::Store, Kind::Schema];
                let said = self.names.find(&self.platform, &place.names, scope, &wanted);
                let same = said.iter().any(|thing| Some(*thing) == scope.schema.map(Thing::Schema));
                if !same {
                    self.found.push(
                        Diagnostic::new(E0206, place.span, "this stands in another schema already")
                            .help(format!("leave out `in {}`, or move it out of the schema", written(place))),
                    );
                }
            }
            return Some(Place { store, scope });
        }
        let Some(place) = &header.place else {
            let name = &header.name;
            self.found.push(
                Diagnostic::new(E0207, name.span, format!("which store holds `{}`?", name.text)).help(
                    format!("write `{word} {example} {{`, or put it into `schema SCHEMA in STORE {{ … }}`"),
                ),
            );
            return None;
        };
        let wanted = [Kind::Store, Kind::Schema];
        let found = self.names.find(&self.platform, &place.names, Scope::default(), &wanted);
        match found.first() {
            Some(Thing::Store(store)) => {
                Some(Place { store: *store, scope: Scope { store: Some(*store), schema: None } })
            }
            Some(Thing::Schema(schema)) => {
                let store = self.platform[*schema].store;
                Some(Place { store, scope: Scope { store: Some(store), schema: Some(*schema) } })
            }
            _ => {
                self.unknown_store(place);
                let word = written(place);
                let known = self.platform.stores.iter().map(|s| s.named.name.as_str());
                let near = nearest(&word, known)?.to_owned();
                let store = self.platform.stores.iter().find(|s| s.named.name == near)?.id;
                Some(Place { store, scope: Scope { store: Some(store), schema: None } })
            }
        }
    }

    fn schema_needed(&mut self, place: &Place, header: &Header, what: &str) -> Option<SchemaId> {
        if place.scope.schema.is_none() {
            self.names.fail(&header.name.text);
            self.found.push(
                Diagnostic::new(E0207, header.name.span, format!("{what} stands in a schema"))
                    .help("put it into `schema SCHEMA in STORE { … }`"),
            );
        }
        place.scope.schema
    }

    /// What may stand in a header only where it means something.
    fn refuse(&mut self, header: &Header, allowed: &[&str], what: &str) {
        let parts = [
            ("place", header.place.as_ref().map(|p| p.span), "`in …`"),
            ("as", header.stored.as_ref().map(|t| t.span), "`as`"),
            ("from", header.from.as_ref().map(|p| p.span), "`from …`"),
            ("was", header.was.as_ref().map(|w| w.span), "`was`"),
            ("labels", header.labels.first().map(|l| l.span), "a label"),
        ];
        for (name, span, word) in parts {
            if let Some(span) = span
                && !allowed.contains(&name)
            {
                self.found.push(
                    Diagnostic::new(E0206, span, format!("{word} means nothing on {what}"))
                        .help("leave it out"),
                );
            }
        }
    }

    /// Takes the name for the thing; a second thing of the name is reported and left out.
    fn take(&mut self, scope: Scope, name: &ast::Name, thing: Thing) -> bool {
        if self.names.add(scope, &name.text, thing).is_err() {
            let first = self.spans.get(&(scope, name.text.clone())).copied().unwrap_or(name.span);
            self.found.push(
                Diagnostic::new(E0203, name.span, format!("`{}` is declared twice", name.text))
                    .here("declared again here")
                    .also(first, "declared here first")
                    .help("rename one of the two, or remove it"),
            );
            return false;
        }
        self.spans.insert((scope, name.text.clone()), name.span);
        self.declared.scopes.insert(thing, scope);
        true
    }

    /// Tables, views and sequences of one schema (collections of one store) share one space of stored names.
    fn take_stored(&mut self, scope: Scope, named: &Named, what: &str) {
        if let Some(first) = self.stored.insert((scope, named.stored.clone()), named.span) {
            self.found.push(
                Diagnostic::new(
                    E0205,
                    named.span,
                    format!("two {what} would be stored as `{}`", named.stored),
                )
                .also(first, "the first")
                .help("give one of them another name with `as \"…\"`"),
            );
        }
    }

    fn named(
        &mut self,
        name: &ast::Name,
        stored: Option<&ast::Text>,
        item: &Item,
        was: Option<&ast::Was>,
    ) -> Named {
        named(name, stored, &item.docs, was, &mut self.found)
    }

    /// The names of what stands in a schema that could not be placed.
    fn fail(&mut self, item: &Item) {
        let header = match &item.kind {
            ItemKind::Entity { header, .. }
            | ItemKind::Enum { header, .. }
            | ItemKind::Struct { header, .. }
            | ItemKind::Type { header, .. }
            | ItemKind::View { header, .. }
            | ItemKind::Sequence { header, .. }
            | ItemKind::AuditLog { header, .. }
            | ItemKind::Keyspace { header, .. }
            | ItemKind::Channel { header, .. } => header,
            _ => return,
        };
        self.names.fail(&header.name.text);
    }
}

struct Place {
    store: StoreId,
    scope: Scope,
}

/// What every named thing carries.
pub(super) fn named(
    name: &ast::Name,
    stored: Option<&ast::Text>,
    docs: &SmolStr,
    was: Option<&ast::Was>,
    found: &mut Vec<Diagnostic>,
) -> Named {
    if let Some(stored) = stored
        && (stored.value.is_empty() || stored.value.contains('\0'))
    {
        found.push(
            Diagnostic::new(E0205, stored.span, "a stored name has at least one character, and no NUL")
                .help(format!("leave out `as`: it is then `{}`", snake_case(&name.text))),
        );
    }
    Named {
        name: name.text.clone(),
        stored: stored.map_or_else(|| snake_case(&name.text), |s| s.value.clone()),
        aliased: stored.is_some(),
        docs: docs.clone(),
        span: name.span,
        was: was.map(|w| (w.name.clone(), w.span)),
    }
}

/// `UserProfile` is `user_profile`, `HTTPServer` is `http_server`.
pub(super) fn snake_case(name: &str) -> SmolStr {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let after_lower = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_ascii_digit());
        let ends_capitals =
            i > 0 && chars[i - 1].is_uppercase() && chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || ends_capitals) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake.into()
}

/// `user_profile` is `UserProfile`.
pub(super) fn upper_camel(name: &str) -> SmolStr {
    let mut camel = SmolStr::default();
    for word in name.split('_').filter(|w| !w.is_empty()) {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        camel = format_smolstr!("{camel}{}{rest}", first.to_uppercase());
    }
    camel
}
