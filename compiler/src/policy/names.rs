//! The names of all fields in a thing, for rules about what may not be stored under any name.

use smol_str::SmolStr;

use crate::model::keyspace::Held;
use crate::model::{EntityId, Field, KeyspaceId, Platform, StructId, Type, TypeKind, ViewId};

/// ` id email address street `
pub(super) fn of_entity(platform: &Platform, entity: EntityId) -> SmolStr {
    let mut names = Names::new(platform);
    names.fields(&platform[entity].fields);
    names.text.into()
}

pub(super) fn of_view(platform: &Platform, view: ViewId) -> SmolStr {
    let mut names = Names::new(platform);
    names.fields(&platform[view].columns);
    names.text.into()
}

/// Those of the parameters of its pattern, and of its value.
pub(super) fn of_keyspace(platform: &Platform, keyspace: KeyspaceId) -> SmolStr {
    let keyspace = &platform[keyspace];
    let mut names = Names::new(platform);
    for parameter in &keyspace.pattern.parameters {
        names.add(&parameter.name);
        names.of_type(&parameter.ty);
    }
    match keyspace.value.held() {
        Held::Record(record) => names.record(record),
        Held::Value(ty) => names.of_type(ty),
        Held::Entity(entity) => names.fields(&platform[entity].fields),
        Held::Nothing => {}
    }
    names.text.into()
}

struct Names<'p> {
    platform: &'p Platform,
    text: String,
    /// Records that were looked into: they may hold each other.
    seen: Vec<StructId>,
}

impl<'p> Names<'p> {
    fn new(platform: &'p Platform) -> Self {
        Self { platform, text: " ".to_owned(), seen: Vec::new() }
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.add(&field.named.name);
            if field.named.stored != field.named.name {
                self.add(&field.named.stored);
            }
            self.of_type(&field.ty);
        }
    }

    fn of_type(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Struct(record) => self.record(*record),
            TypeKind::List(inner) | TypeKind::Map(inner) => self.of_type(inner),
            _ => {}
        }
    }

    fn record(&mut self, record: StructId) {
        if !self.seen.contains(&record) {
            self.seen.push(record);
            self.fields(&self.platform[record].fields);
        }
    }

    fn add(&mut self, name: &str) {
        self.text.push_str(&name.to_lowercase());
        // Each between blanks of its own, so that a pattern finds two that stand beside each other.
        self.text.push_str("  ");
    }
}
