//! How things come into modules: the source's own names first, so that none gives way to a derived one.

use foldhash::{HashMap, HashMapExt};
use smol_str::{SmolStr, format_smolstr};

use super::super::names::{Scope, camel_case};
use super::super::services::reads_in_part;
use super::super::types::has_id;
use super::{Layout, Module, ModuleId, TYPES, Thing, union_arms};
use polity_govern::Stored;
use polity_model::keyspace::Held;
use polity_model::{FieldId, SchemaId, StoreId, StructId, Type, TypeKind};

/// A layout that comes together.
pub(super) struct Builder<'p> {
    platform: &'p Stored,
    pub(super) layout: Layout,
    of_schema: Vec<ModuleId>,
    of_store: HashMap<StoreId, ModuleId>,
    pub(super) module_names: Scope,
    /// Whether a store names some field of a record otherwise than the source does.
    renamed: HashMap<(StoreId, StructId), bool>,
}

impl<'p> Builder<'p> {
    pub(super) fn new(platform: &'p Stored) -> Self {
        // What Cargo takes for the root of a library or a program.
        let mut module_names = Scope::with(&["lib", "main"]);
        let types = Module {
            name: module_names.claim("types"),
            store: None,
            docs: SmolStr::new_static("Types that the modules share."),
            things: Vec::new(),
            scope: Scope::of_types(),
        };
        let layout = Layout {
            modules: vec![types],
            services: SmolStr::default(),
            names: HashMap::new(),
            homes: HashMap::new(),
            ids: HashMap::new(),
            parts: HashMap::new(),
            inputs: HashMap::new(),
            unions: HashMap::new(),
        };
        let mut builder = Self {
            platform,
            layout,
            of_schema: Vec::new(),
            of_store: HashMap::new(),
            module_names,
            renamed: HashMap::new(),
        };
        for schema in &platform.schemas {
            let (name, store) = (&schema.named.name, &platform[schema.store].named.name);
            let wanted = if builder.module_names.is_free(name) {
                name.clone()
            } else {
                format_smolstr!("{store}_{name}")
            };
            let module = builder.open(&wanted, schema.store, &schema.named.docs);
            builder.of_schema.push(module);
        }
        builder
    }

    fn open(&mut self, name: &str, store: StoreId, docs: &SmolStr) -> ModuleId {
        let name = self.module_names.claim(name);
        let id = ModuleId(self.layout.modules.len());
        let docs = docs.clone();
        self.layout.modules.push(Module {
            name,
            store: Some(store),
            docs,
            things: Vec::new(),
            scope: Scope::of_types(),
        });
        id
    }

    /// The module of a schema, or of a store for what stands in no schema.
    fn module_of(&mut self, store: StoreId, schema: Option<SchemaId>) -> ModuleId {
        if let Some(schema) = schema {
            return self.of_schema[schema.index()];
        }
        if let Some(module) = self.of_store.get(&store) {
            return *module;
        }
        let named = &self.platform[store].named;
        let module = self.open(&named.name, store, &named.docs);
        self.of_store.insert(store, module);
        module
    }

    pub(super) fn place_shared(&mut self) {
        for item in &self.platform.enums {
            self.place(TYPES, Thing::Enum(item.id), &item.named.name);
        }
        for item in &self.platform.constrained {
            self.place(TYPES, Thing::Constrained(item.id), &item.named.name);
        }
    }

    pub(super) fn place_entities(&mut self) {
        let platform = self.platform;
        // The source's own names first, so that none gives way to a derived one.
        let mut records = Vec::new();
        for entity in &platform.entities {
            let module = self.module_of(entity.store, entity.schema);
            self.place(module, Thing::Entity(entity.id), &entity.named.name);
            let types: Vec<&Type> = entity.fields().map(|(id, _)| platform.clear_ty(entity.id, id)).collect();
            records.push((module, entity.store, types));
        }
        for view in &platform.views {
            let module = self.module_of(view.store, view.schema);
            self.place(module, Thing::View(view.id), &view.named.name);
            records.push((module, view.store, view.columns.iter().map(|column| &column.ty).collect()));
        }
        for (module, store, types) in records {
            types.into_iter().for_each(|ty| self.place_type(module, store, ty));
        }
    }

    pub(super) fn place_keys(&mut self) {
        let platform = self.platform;
        for keyspace in &platform.keyspaces {
            let module = self.module_of(keyspace.store, None);
            self.place(module, Thing::Keyspace(keyspace.id), &format!("{}Key", keyspace.named.name));
            match keyspace.value.held() {
                Held::Record(record) => self.place_record(module, keyspace.store, record),
                Held::Value(ty) => self.place_type(module, keyspace.store, ty),
                Held::Entity(_) | Held::Nothing => {}
            }
        }
        for channel in &platform.channels {
            let module = self.module_of(channel.store, None);
            self.place(module, Thing::Channel(channel.id), &format!("{}Channel", channel.named.name));
            if let Some(value) = &channel.value {
                self.place_type(module, channel.store, value);
            }
        }
    }

    /// Named records that nothing uses yet.
    pub(super) fn place_rest(&mut self) {
        for record in &self.platform.structs {
            if !record.embedded && !self.layout.homes.contains_key(&Thing::Struct(record.id)) {
                self.place_shared_record(record.id);
            }
        }
    }

    /// Names for what is made of what the source names: after all of those, so that it is these that give way.
    pub(super) fn derive_names(&mut self) {
        let platform = self.platform;
        for module in (0..self.layout.modules.len()).map(ModuleId) {
            for thing in self.layout.module(module).things.clone() {
                let (fields, name, id) = match thing {
                    Thing::Entity(id) => (&platform[id].fields, &platform[id].named.name, Some(id)),
                    Thing::Struct(id) => (&platform[id].fields, &platform[id].named.name, None),
                    Thing::View(id) => (&platform[id].columns, &platform[id].named.name, None),
                    Thing::Enum(_)
                    | Thing::Constrained(_)
                    | Thing::Keyspace(_)
                    | Thing::Channel(_)
                    | Thing::Part(..) => {
                        continue;
                    }
                };
                if let Some(id) = id
                    && has_id(platform, id)
                {
                    let ident = self.claim(module, &format!("{name}Id"));
                    self.layout.ids.insert(id, ident);
                }
                let ident = self.claim(module, &format!("New{name}"));
                self.layout.inputs.insert((module, thing), ident);
                for (i, field) in
                    fields.iter().enumerate().filter(|(_, field)| union_arms(&field.ty).is_some())
                {
                    let ident = self.claim(module, &format!("{name}{}", camel_case(&field.named.name)));
                    self.layout.unions.insert((module, thing, FieldId(i as u32)), ident);
                }
            }
        }
    }

    /// Places the record of the fields that a service reads next to the entity, where these are not all.
    pub(super) fn place_parts(&mut self) {
        let platform = self.platform;
        for (at, service) in platform.services.iter().enumerate() {
            let by_entity = platform.privileges_by_entity(service);
            for entity in &platform.entities {
                let Some(mine) = by_entity.get(&entity.id) else { continue };
                let Some(shown) = reads_in_part(entity, mine) else { continue };
                self.layout.parts.insert((at, entity.id), shown);
                let module = self.module_of(entity.store, entity.schema);
                let name = format!("{}For{}", entity.named.name, camel_case(&service.named.name));
                self.place(module, Thing::Part(at, entity.id), &name);
            }
        }
    }

    fn place_type(&mut self, module: ModuleId, store: StoreId, ty: &Type) {
        match &ty.kind {
            TypeKind::Struct(id) => self.place_record(module, store, *id),
            TypeKind::List(of) | TypeKind::Map(of) => self.place_type(module, store, of),
            TypeKind::Scalar(_)
            | TypeKind::Constrained(_)
            | TypeKind::Enum(_)
            | TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Null
            | TypeKind::Broken => {}
        }
    }

    /// A record that something in `module` holds.
    fn place_record(&mut self, module: ModuleId, store: StoreId, id: StructId) {
        let record = &self.platform[id];
        if !record.embedded && !self.is_renamed(store, id) {
            return self.place_shared_record(id);
        }
        if self.place(module, Thing::Struct(id), &record.named.name) {
            for i in 0..record.fields.len() {
                self.place_type(module, store, self.platform.clear_ty(id, FieldId(i as u32)));
            }
        }
    }

    fn place_shared_record(&mut self, id: StructId) {
        let record = &self.platform[id];
        if self.place(TYPES, Thing::Struct(id), &record.named.name) {
            for i in 0..record.fields.len() {
                self.place_in_shared(self.platform.clear_ty(id, FieldId(i as u32)));
            }
        }
    }

    fn place_in_shared(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Struct(id) => self.place_shared_record(*id),
            TypeKind::List(of) | TypeKind::Map(of) => self.place_in_shared(of),
            TypeKind::Scalar(_)
            | TypeKind::Constrained(_)
            | TypeKind::Enum(_)
            | TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Null
            | TypeKind::Broken => {}
        }
    }

    fn is_renamed(&mut self, store: StoreId, id: StructId) -> bool {
        if let Some(known) = self.renamed.get(&(store, id)) {
            return *known;
        }
        // A record inside itself adds no name of its own.
        self.renamed.insert((store, id), false);
        let fields = &self.platform[id].fields;
        let renamed = fields.iter().any(|field| {
            self.platform.stored_name(store, &field.named) != field.named.stored
                || self.holds_renamed(store, &field.ty)
        });
        self.renamed.insert((store, id), renamed);
        renamed
    }

    fn holds_renamed(&mut self, store: StoreId, ty: &Type) -> bool {
        match &ty.kind {
            TypeKind::Struct(id) => self.is_renamed(store, *id),
            TypeKind::List(of) | TypeKind::Map(of) => self.holds_renamed(store, of),
            TypeKind::Scalar(_)
            | TypeKind::Constrained(_)
            | TypeKind::Enum(_)
            | TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Null
            | TypeKind::Broken => false,
        }
    }

    /// Puts a thing into a module; false where it is there already.
    fn place(&mut self, module: ModuleId, thing: Thing, name: &str) -> bool {
        if self.layout.names.contains_key(&(module, thing)) {
            return false;
        }
        let name = self.claim(module, name);
        self.layout.names.insert((module, thing), name);
        self.layout.homes.entry(thing).or_insert(module);
        self.layout.modules[module.0].things.push(thing);
        true
    }

    fn claim(&mut self, module: ModuleId, name: &str) -> SmolStr {
        self.layout.modules[module.0].scope.claim(&camel_case(name))
    }
}
