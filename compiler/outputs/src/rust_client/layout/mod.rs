//! Which module holds what, and under which name of Rust.
//!
//! There is a module for each schema, one for each store that has none, and `types` for the enums, the constrained
//! types and the named records that all share. A record whose fields are named otherwise in a store (`naming:
//! camel_case`) has a version of its own in the modules of that store, so that `serde` reads and writes the names
//! of that store.

use std::collections::HashMap;

use smol_str::SmolStr;
use syn::Path;

use super::names::{Scope, camel_case};
use super::services::reads_in_part;
use super::tree::path_in;
use polity_govern::Governed;
use polity_model::{
    ChannelId, ConstrainedId, EntityId, EnumId, Field, FieldId, KeyspaceId, StoreId, StructId, Type,
    TypeKind, ViewId, keyspace::Held,
};

/// A module, by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ModuleId(usize);

impl ModuleId {
    pub(super) fn index(self) -> usize {
        self.0
    }
}

/// The module that all share.
pub(super) const TYPES: ModuleId = ModuleId(0);

#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: SmolStr,
    /// The store whose names `serde` uses here; `None` in the module that all share.
    pub(super) store: Option<StoreId>,
    pub(super) docs: SmolStr,
    /// The things in the module, in the order of the file.
    pub(super) things: Vec<Thing>,
    scope: Scope,
}

/// A thing of the platform that becomes one or more Rust items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Thing {
    Enum(EnumId),
    Constrained(ConstrainedId),
    Entity(EntityId),
    Struct(StructId),
    View(ViewId),
    Keyspace(KeyspaceId),
    Channel(ChannelId),
    /// The fields that a service reads of an entity, where it does not read the whole.
    Part(usize, EntityId),
}

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) modules: Vec<Module>,
    /// The module of the services.
    pub(super) services: SmolStr,
    names: HashMap<(ModuleId, Thing), SmolStr>,
    homes: HashMap<Thing, ModuleId>,
    /// The new types of keys.
    ids: HashMap<EntityId, SmolStr>,
    /// The fields that a service reads of an entity, where these are not all.
    pub(super) parts: HashMap<(usize, EntityId), Vec<FieldId>>,
    /// The inputs of `new`.
    inputs: HashMap<(ModuleId, Thing), SmolStr>,
    /// The enums of references with several arms.
    unions: HashMap<(ModuleId, Thing, FieldId), SmolStr>,
}

impl Layout {
    pub(super) fn of(platform: &Governed) -> Self {
        let mut builder = Builder::new(platform);
        builder.place_shared();
        builder.place_entities();
        builder.place_keys();
        builder.place_rest();
        builder.derive_names();
        builder.place_parts();
        builder.layout.services = builder.module_names.claim("services");
        builder.layout
    }

    pub(super) fn modules(&self) -> impl Iterator<Item = (ModuleId, &Module)> {
        self.modules.iter().enumerate().map(|(i, module)| (ModuleId(i), module))
    }

    pub(super) fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0]
    }

    /// The name of a thing that this module holds.
    pub(super) fn name(&self, module: ModuleId, thing: Thing) -> Option<&str> {
        self.names.get(&(module, thing)).map(SmolStr::as_str)
    }

    /// How code in `from` names a thing: the module's own version where it has one.
    pub(super) fn path(&self, from: ModuleId, thing: Thing) -> Option<Path> {
        if let Some(name) = self.names.get(&(from, thing)) {
            return Some(path_in(None, name));
        }
        let home = *self.homes.get(&thing)?;
        Some(self.path_to(from, home, self.names.get(&(home, thing))?))
    }

    /// The module that holds a thing, and its name there.
    pub(super) fn home(&self, thing: Thing) -> Option<(&Module, &str)> {
        let home = *self.homes.get(&thing)?;
        Some((self.module(home), self.name(home, thing)?))
    }

    pub(super) fn id_name(&self, entity: EntityId) -> Option<&str> {
        self.ids.get(&entity).map(SmolStr::as_str)
    }

    /// How code in `from` names the new type of an entity's key; `None` where it has none.
    pub(super) fn id_path(&self, from: ModuleId, entity: EntityId) -> Option<Path> {
        let home = *self.homes.get(&Thing::Entity(entity))?;
        Some(self.path_to(from, home, self.ids.get(&entity)?))
    }

    pub(super) fn input(&self, module: ModuleId, thing: Thing) -> Option<&str> {
        self.inputs.get(&(module, thing)).map(SmolStr::as_str)
    }

    pub(super) fn union(&self, module: ModuleId, owner: Thing, field: FieldId) -> Option<&str> {
        self.unions.get(&(module, owner, field)).map(SmolStr::as_str)
    }

    fn path_to(&self, from: ModuleId, home: ModuleId, name: &str) -> Path {
        path_in((from != home).then(|| self.module(home).name.as_str()), name)
    }
}

/// Whether a type is a reference with several arms, or a list of such.
pub(super) fn union_arms(ty: &Type) -> Option<&[polity_model::types::Arm]> {
    match &ty.kind {
        TypeKind::Union(arms) => Some(arms),
        TypeKind::List(of) | TypeKind::Map(of) => union_arms(of),
        TypeKind::Scalar(_)
        | TypeKind::Constrained(_)
        | TypeKind::Enum(_)
        | TypeKind::Struct(_)
        | TypeKind::Reference { .. }
        | TypeKind::Null
        | TypeKind::Broken => None,
    }
}

struct Builder<'p> {
    platform: &'p Governed,
    layout: Layout,
    of_schema: Vec<ModuleId>,
    of_store: HashMap<StoreId, ModuleId>,
    module_names: Scope,
    /// Whether a store names some field of a record otherwise than the source does.
    renamed: HashMap<(StoreId, StructId), bool>,
}

impl<'p> Builder<'p> {
    fn new(platform: &'p Governed) -> Self {
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
                smol_str::format_smolstr!("{store}_{name}")
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
    fn module_of(&mut self, store: StoreId, schema: Option<polity_model::SchemaId>) -> ModuleId {
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

    fn place_shared(&mut self) {
        for item in &self.platform.enums {
            self.place(TYPES, Thing::Enum(item.id), &item.named.name);
        }
        for item in &self.platform.constrained {
            self.place(TYPES, Thing::Constrained(item.id), &item.named.name);
        }
    }

    fn place_entities(&mut self) {
        let platform = self.platform;
        // The source's own names first, so that none gives way to a derived one.
        let mut records = Vec::new();
        for entity in &platform.entities {
            let module = self.module_of(entity.store, entity.schema);
            self.place(module, Thing::Entity(entity.id), &entity.named.name);
            records.push((module, entity.store, entity.fields.as_slice()));
        }
        for view in &platform.views {
            let module = self.module_of(view.store, view.schema);
            self.place(module, Thing::View(view.id), &view.named.name);
            records.push((module, view.store, view.columns.as_slice()));
        }
        for (module, store, fields) in records {
            self.place_records(module, store, fields);
        }
    }

    fn place_keys(&mut self) {
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
    fn place_rest(&mut self) {
        for record in &self.platform.structs {
            if !record.embedded && !self.layout.homes.contains_key(&Thing::Struct(record.id)) {
                self.place_shared_record(record.id);
            }
        }
    }

    /// Names for what is made of what the source names: after all of those, so that it is these that give way.
    fn derive_names(&mut self) {
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
                    && super::types::has_id(platform, id)
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
    fn place_parts(&mut self) {
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

    fn place_records(&mut self, module: ModuleId, store: StoreId, fields: &'p [Field]) {
        for field in fields {
            self.place_type(module, store, field.clear_ty());
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
            self.place_records(module, store, &record.fields);
        }
    }

    fn place_shared_record(&mut self, id: StructId) {
        let record = &self.platform[id];
        if self.place(TYPES, Thing::Struct(id), &record.named.name) {
            for field in &record.fields {
                self.place_in_shared(field.clear_ty());
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

#[cfg(test)]
mod tests {
    use super::*;
    use polity_text::source::Sources;

    #[test]
    fn no_module_is_taken_for_the_root_of_the_crate() {
        let source = "platform p { environments: [dev] }
store main: postgres 15 { database: \"p\" }
store lib: mongodb 6 { database: \"p\" }
entity A in main { id: uuid key }
entity B in lib { id: uuid key }
";
        let (governed, found) = polity::govern(&Sources::single("p.polity", source), None);
        assert_eq!(found, []);
        let layout = Layout::of(&governed);
        let names: Vec<&str> = layout.modules().map(|(_, module)| module.name.as_str()).collect();
        assert_eq!(names, ["types", "main_", "lib_"]);
    }
}
