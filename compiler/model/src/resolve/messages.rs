//! Messages that entities publish: each member is the field of the entity of its name, each parameter of the pattern
//! the field of its name, or the one reference to the same thing.

use super::Resolver;
use crate::entity::{Destination, Message, Publish};
use crate::keyspace::{Held, Parameter, ValueShape};
use crate::{Entity, EntityId, FieldId, StructId, Type, TypeKind};
use polity_text::diagnostics::codes::{E0848, E0849};
use polity_text::diagnostics::{Diagnostic, Help, did_you_mean};
use polity_text::source::Span;

impl Resolver<'_> {
    /// Finds the fields that the messages of each entity are made of.
    pub(super) fn messages(&mut self) {
        for entity in 0..self.platform.entities.len() {
            let id = EntityId(entity as u32);
            let mut publishes = std::mem::take(&mut self.platform[id].publishes);
            for publish in &mut publishes {
                self.message_of(id, publish);
            }
            self.platform[id].publishes = publishes;
        }
    }

    fn message_of(&mut self, id: EntityId, publish: &mut Publish) {
        let mut found = Vec::new();
        let Some(Target { pattern, is_led, value }) = self.destination(publish, &mut found) else {
            self.found.extend(found);
            return;
        };
        let size = value.record().map_or(1, |record| self.platform[record].fields.len());
        if !self.copies(size + pattern.len(), publish.span) {
            return;
        }
        let matching = Matching { resolver: self, entity: &self.platform[id], at: publish.span };
        let own = |(at, parameter): (usize, &Parameter)| match matching.entity.tenant {
            Some(tenant) if at == 0 && is_led => Some(tenant),
            _ => matching.parameter(parameter, &mut found),
        };
        publish.key = pattern.iter().enumerate().filter_map(own).collect();
        publish.message = match &value.kind {
            TypeKind::Struct(record) => matching.members(*record, &mut found),
            TypeKind::Broken => Message::Broken,
            _ => matching.key(&value, &mut found),
        };
        if !self.outlines[id.index()].incomplete {
            self.found.extend(found);
        }
    }

    /// The names to which messages go, and their type.
    fn destination(&self, publish: &Publish, found: &mut Vec<Diagnostic>) -> Option<Target> {
        let (pattern, global, value) = match publish.to {
            Destination::Channel(channel) => {
                let channel = &self.platform[channel];
                (&channel.pattern, channel.global, channel.value.clone()?)
            }
            Destination::Stream(keyspace) => {
                let keyspace = &self.platform[keyspace];
                match (&keyspace.value, keyspace.value.held()) {
                    (ValueShape::Stream { .. }, Held::Record(record)) => {
                        (&keyspace.pattern, keyspace.global, Type::required(TypeKind::Struct(record)))
                    }
                    (ValueShape::Broken, _) => return None,
                    _ => {
                        let message = format!("`{}` is no stream", keyspace.named.name);
                        found.push(
                            Diagnostic::new(E0849, publish.span, message)
                                .also(keyspace.named.span, "the keyspace")
                                .help("publish to a channel, or to a keyspace with `value stream { … }`"),
                        );
                        return None;
                    }
                }
            }
        };
        // What could not be read was reported.
        let is_led = self.platform.tenancy.is_some() && !global;
        (!pattern.parts.is_empty()).then(|| Target { pattern: pattern.parameters.clone(), is_led, value })
    }
}

/// The names to which messages go.
struct Target {
    pattern: Vec<Parameter>,
    /// Whether the tenant is the first parameter.
    is_led: bool,
    value: Type,
}

/// An entity, and the clause that publishes its rows.
struct Matching<'m, 't> {
    resolver: &'m Resolver<'t>,
    entity: &'m Entity,
    at: Span,
}

impl Matching<'_, '_> {
    /// The field whose value a parameter takes.
    fn parameter(&self, parameter: &Parameter, found: &mut Vec<Diagnostic>) -> Option<FieldId> {
        let Some(id) = self.named(&parameter.name).or_else(|| self.reference(parameter)) else {
            let message = format!("nothing in `{}` says `{{{}}}`", self.path(), parameter.name);
            let help = self.meant(&parameter.name).into_words();
            found.push(self.told(message, parameter.span, "a parameter of the pattern").help(help));
            return None;
        };
        let field = self.entity.field(id);
        if field.ty.optional
            || !self.is_key(&parameter.ty, id) && !self.resolver.holds_type(&parameter.ty, &field.ty)
        {
            let platform = &self.resolver.platform;
            let (own, other) = (platform.type_name(&parameter.ty), platform.type_name(&field.ty));
            let message =
                format!("`{{{}}}` is `{own}` and `{}` is `{other}`", parameter.name, field.named.name);
            found.push(
                self.told(message, field.ty_span, "the field")
                    .note("a name has a value for each parameter of its pattern")
                    .help(format!("publish a field that is always there, of the type `{own}`")),
            );
        }
        Some(id)
    }

    /// The field of this name.
    fn named(&self, name: &str) -> Option<FieldId> {
        let tenant = self.entity.tenant.filter(|tenant| self.entity.field(*tenant).named.name == name);
        self.resolver.outlines[self.entity.id.index()].by_name.get(name).copied().or(tenant)
    }

    /// The reference to the thing that a parameter refers to, where there is one: the key of the entity itself, or the only
    /// field.
    fn reference(&self, parameter: &Parameter) -> Option<FieldId> {
        let TypeKind::Reference { entity, field } = parameter.ty.kind else { return None };
        if entity == self.entity.id {
            return Some(field);
        }
        let mut all = self.entity.fields().filter(|(_, own)| own.ty.kind == parameter.ty.kind);
        let (first, _) = all.next()?;
        all.next().is_none().then_some(first)
    }

    /// A record: each member that the entity has. One that may be absent may be missing.
    fn members(&self, record: StructId, found: &mut Vec<Diagnostic>) -> Message {
        let platform = &self.resolver.platform;
        let mut members = Vec::new();
        for (at, member) in platform[record].fields.iter().enumerate() {
            let name = &member.named.name;
            let Some(id) = self.named(name) else {
                if !member.ty.optional {
                    found.push(self.missing(name, platform[record].embedded.then_some(member.named.span)));
                }
                continue;
            };
            let field = self.entity.field(id);
            if !self.is_key(&member.ty, id) && !self.resolver.holds_copy(member, field) {
                let (own, other) = (platform.type_name(&member.ty), platform.type_name(&field.ty));
                let message =
                    format!("`{name}` is `{own}` in the message and `{other}` in `{}`", self.path());
                found.push(
                    self.told(message, member.ty_span, "a member of the message")
                        .also(field.ty_span, "the field")
                        .help(format!("write `{name}: {other}` in the message")),
                );
            }
            members.push((FieldId(at as u32), id));
        }
        Message::Members(members)
    }

    /// A single value: the key of the row.
    fn key(&self, value: &Type, found: &mut Vec<Diagnostic>) -> Message {
        let platform = &self.resolver.platform;
        if let [key] = self.entity.identity()
            && (self.is_key(value, *key) || self.resolver.holds_type(value, &self.entity.field(*key).ty))
        {
            return Message::Key(*key);
        }
        let message =
            format!("a message that is one `{}` is no key of `{}`", platform.type_name(value), self.path());
        found.push(
            self.told(message, self.entity.key_span.unwrap_or(self.entity.named.span), "its key")
                .note("a message of a single value is the key of the row")
                .help("write the messages as a record: `value json { id: …, … }`"),
        );
        Message::Broken
    }

    /// Whether a type is a reference to this field of the entity itself.
    fn is_key(&self, ty: &Type, field: FieldId) -> bool {
        ty.kind == TypeKind::Reference { entity: self.entity.id, field }
    }

    fn told(&self, message: String, other: Span, what: &str) -> Diagnostic {
        Diagnostic::new(E0848, self.at, message).also(other, what)
    }

    fn path(&self) -> String {
        self.resolver.platform.entity_path(self.entity.id)
    }

    /// A member without a field. The record that a channel says itself is where it may be mended.
    fn missing(&self, name: &str, at: Option<Span>) -> Diagnostic {
        let message = format!("`{}` has no field `{name}`", self.path());
        match at {
            Some(at) => {
                Diagnostic::new(E0848, at, message).also(self.at, "published here").help(self.meant(name))
            }
            None => Diagnostic::new(E0848, self.at, message).help(self.meant(name).into_words()),
        }
    }

    fn meant(&self, name: &str) -> Help {
        let names = self.entity.fields.iter().map(|field| field.named.name.as_str());
        did_you_mean(name, names)
            .unwrap_or_else(|| format!("add the field `{name}`, or publish to another channel"))
    }
}
