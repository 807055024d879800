//! Platform, stores and schemas, and which of them an item stands in.

use super::super::names::{Kind, Scope, written};
use super::Declarer;
use crate::config::Version;
use crate::{Layered, Schema, SchemaId, Store, StoreId, Thing};
use polity_syntax::ast::{self, Header, Item, ItemKind};
use polity_text::diagnostics::codes::{E0201, E0203, E0205, E0206, E0207};
use polity_text::diagnostics::{Diagnostic, did_you_mean, nearest};

impl<'t> Declarer<'t> {
    pub(super) fn platform_or_store(&mut self, item: &'t Item) {
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
                let version_span = version.as_ref().map(|version| version.span);
                let version = Version(parts.map(|part| part.parse().unwrap_or(0)).collect());
                let named = self.named(name, None, item, None);
                self.platform.stores.push(Store {
                    id,
                    named,
                    engine: engine.text.clone(),
                    about: self.platform.engines.find(&engine.text),
                    engine_span: engine.span,
                    version,
                    version_span,
                    settings: Layered::default(),
                    alerts: Vec::new(),
                });
                self.declared.stores.push(body);
            }
            ItemKind::Broken { words } => {
                self.names.has_broken_items = true;
                words.iter().for_each(|word| self.names.fail(word));
            }
            ItemKind::Schema { items, .. } => {
                for item in items {
                    if let ItemKind::Broken { .. } = item.kind {
                        self.platform_or_store(item);
                    }
                }
            }
            _ => {}
        }
    }

    /// A schema is one, however often it is opened.
    pub(super) fn schema(&mut self, item: &'t Item, header: &'t Header) -> Option<SchemaId> {
        let Some(place) = &header.place else {
            let same = self.platform.schemas.iter().find(|s| s.named.name == header.name.text);
            if let Some(schema) = same {
                return Some(schema.id);
            }
            if header.incomplete {
                return None;
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

    pub(super) fn store(&self, name: &ast::Name) -> Option<StoreId> {
        self.platform.stores.iter().find(|s| s.named.name == name.text).map(|s| s.id)
    }

    fn unknown_store(&mut self, place: &ast::Path) {
        if self.names.has_failed(place) {
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

    /// The store and the schema that an item stands in: the block around it, or what its `in` says.
    pub(super) fn place(
        &mut self,
        header: &Header,
        scope: Scope,
        word: &str,
        example: &str,
    ) -> Option<Place> {
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
            if header.incomplete {
                return None;
            }
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

    pub(super) fn schema_needed(&mut self, place: &Place, header: &Header, what: &str) -> Option<SchemaId> {
        if place.scope.schema.is_none() {
            self.names.fail(&header.name.text);
            self.found.push(
                Diagnostic::new(E0207, header.name.span, format!("{what} stands in a schema"))
                    .help("put it into `schema SCHEMA in STORE { … }`"),
            );
        }
        place.scope.schema
    }
}

pub(super) struct Place {
    pub(super) store: StoreId,
    pub(super) scope: Scope,
}
