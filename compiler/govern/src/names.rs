//! The names of all fields in a thing, for rules about what may not be stored under any name.

use smol_str::SmolStr;

use crate::Governed;
use polity_model::keyspace::{Held, Pattern};
use polity_model::{ChannelId, EntityId, Field, KeyspaceId, StructId, Type, TypeKind, ViewId};

/// ` id email address street `
pub(super) fn of_entity(platform: &Governed, entity: EntityId) -> SmolStr {
    let mut names = Names::new(platform);
    names.fields(&platform[entity].fields);
    names.text.into()
}

pub(super) fn of_view(platform: &Governed, view: ViewId) -> SmolStr {
    let mut names = Names::new(platform);
    names.fields(&platform[view].columns);
    names.text.into()
}

/// The names of the parameters in a channel's pattern, and of the fields in its messages.
pub(super) fn of_channel(platform: &Governed, channel: ChannelId) -> SmolStr {
    let channel = &platform[channel];
    let mut names = Names::new(platform);
    names.pattern(&channel.pattern);
    channel.value.iter().for_each(|value| names.of_type(value));
    names.text.into()
}

/// The names of the parameters in a keyspace's pattern, and of the fields in its value.
pub(super) fn of_keyspace(platform: &Governed, keyspace: KeyspaceId) -> SmolStr {
    let keyspace = &platform[keyspace];
    let mut names = Names::new(platform);
    names.pattern(&keyspace.pattern);
    match keyspace.value.held() {
        Held::Record(record) => names.record(record),
        Held::Value(ty) => names.of_type(ty),
        Held::Entity(entity) => names.fields(&platform[entity].fields),
        Held::Nothing => {}
    }
    names.text.into()
}

struct Names<'p> {
    platform: &'p Governed,
    text: String,
    /// Records that were looked into: they may hold each other.
    seen: Vec<StructId>,
}

impl<'p> Names<'p> {
    fn new(platform: &'p Governed) -> Self {
        Self { platform, text: " ".to_owned(), seen: Vec::new() }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        for parameter in &pattern.parameters {
            self.add(&parameter.name);
            self.of_type(&parameter.ty);
        }
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
