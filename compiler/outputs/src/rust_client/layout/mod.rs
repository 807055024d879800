//! Which module holds what, and under which name of Rust.
//!
//! There is a module for each schema, one for each store that has none, and `types` for the enums, the constrained
//! types and the named records that all share. A record whose fields are named otherwise in a store (`naming:
//! camel_case`) has a version of its own in the modules of that store, so that `serde` reads and writes the names
//! of that store.

mod builder;

use foldhash::HashMap;
use smol_str::SmolStr;
use syn::Path;

use super::names::Scope;
use super::tree::path_in;
use builder::Builder;
use polity_govern::Stored;
use polity_model::{
    ChannelId, ConstrainedId, EntityId, EnumId, FieldId, KeyspaceId, StoreId, StructId, Type, TypeKind,
    ViewId,
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
    pub(super) fn of(platform: &Stored) -> Self {
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
        let layout = Layout::of(&Stored::of(governed));
        let names: Vec<&str> = layout.modules().map(|(_, module)| module.name.as_str()).collect();
        assert_eq!(names, ["types", "main_", "lib_"]);
    }
}
