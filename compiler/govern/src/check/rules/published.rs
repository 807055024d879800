//! A message that a trigger makes of a row: it has no key to encrypt, and no secret to hash with.

use super::clear_use::encrypted_here;
use crate::Governed;
use crate::encrypted::EncryptedPlace;
use polity_model::entity::{Destination, Message, Publish};
use polity_model::keyspace::Pattern;
use polity_model::{Entity, Field, FieldId, Scalar, StoreId, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0848, E0849};

pub fn published(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities.iter().filter(|entity| !entity.publishes.is_empty()) {
        let (places, left) =
            (platform.encrypted_places(entity.id), platform.required_until_anonymized(entity.id));
        for publish in &entity.publishes {
            let to = Target::of(platform, publish.to);
            Rule { platform, entity, publish, to, places: &places, left: &left }.judge(found);
        }
    }
}

/// The names to which messages go.
struct Target<'p> {
    name: &'p str,
    pattern: &'p Pattern,
    store: StoreId,
    global: bool,
    /// The members of its messages, where they are records.
    members: &'p [Field],
}

impl<'p> Target<'p> {
    fn of(platform: &'p Governed, to: Destination) -> Self {
        match to {
            Destination::Channel(id) => {
                let channel = &platform[id];
                let record = channel.value.as_ref().and_then(Type::record);
                Self {
                    name: &channel.named.name,
                    pattern: &channel.pattern,
                    store: channel.store,
                    global: channel.global,
                    members: record.map_or(&[], |record| &platform[record].fields),
                }
            }
            Destination::Stream(id) => {
                let keyspace = &platform[id];
                let record = match keyspace.value.held() {
                    polity_model::keyspace::Held::Record(record) => Some(record),
                    _ => None,
                };
                Self {
                    name: &keyspace.named.name,
                    pattern: &keyspace.pattern,
                    store: keyspace.store,
                    global: keyspace.global,
                    members: record.map_or(&[], |record| &platform[record].fields),
                }
            }
        }
    }
}

struct Rule<'p> {
    platform: &'p Governed,
    entity: &'p Entity,
    publish: &'p Publish,
    to: Target<'p>,
    /// The entity's encrypted places.
    places: &'p [EncryptedPlace<'p>],
    /// The fields that are absent once a row is anonymized.
    left: &'p [FieldId],
}

impl Rule<'_> {
    fn judge(&self, found: &mut Vec<Diagnostic>) {
        let Target { name, pattern, .. } = &self.to;
        if self.to.global && self.entity.tenant.is_some() {
            let message =
                format!("all tenants share `{name}`, and each has its own rows of `{}`", self.path());
            found.push(self.told(message).help("leave `global` out there, or publish to another channel"));
        }
        for parameter in pattern.parameters.iter().filter(|parameter| !parameter.labels.is_empty()) {
            let message = format!(
                "no database can make the name of `{name}`: `{{{}}}` is hashed with a secret",
                parameter.name
            );
            found.push(
                self.told(message)
                    .also(parameter.span, "a parameter that carries a label")
                    .help("leave the label out there, or publish from the client"),
            );
        }
        let key = self.publish.key.iter().map(|field| (*field, None));
        let message = match &self.publish.message {
            Message::Key(field) => vec![(*field, None)],
            Message::Members(members) => {
                members.iter().map(|(at, field)| (*field, self.to.members.get(at.index()))).collect()
            }
            Message::Broken => Vec::new(),
        };
        for (id, member) in key.chain(message) {
            found.extend(self.judge_value(id, member));
        }
    }

    /// The value of a field, in the member that takes it, or as a part of the name.
    fn judge_value(&self, id: FieldId, member: Option<&Field>) -> Option<Diagnostic> {
        let field = self.entity.field(id);
        let named = &field.named.name;
        let takes_bytes =
            member.is_some_and(|member| self.platform.scalar(&member.ty) == Some(Scalar::Bytes));
        let is_open = |place: &&EncryptedPlace| place.root == id && (place.is_member() || !takes_bytes);
        if let Some(place) = self.places.iter().find(is_open) {
            let message = format!("`{}` is encrypted, and a message would hold ciphertext", place.name());
            let help = "leave it out and publish the key of the row, or hold the ciphertext as `bytes`";
            return Some(encrypted_here(self.told(message), place.encrypted).help(help));
        }
        let is_sealed = self.places.iter().any(|place| place.root == id);
        let is_hashed = self.platform.pseudonymous(self.entity.id, id).is_some();
        if is_hashed && !takes_bytes {
            let message = format!("`{named}` is stored as a keyed hash, and a message would hold that");
            let help = "leave it out, or hold the hash as `bytes`";
            return Some(self.told(message).also(field.named.span, "pseudonymous").help(help));
        }
        let scalar = self.platform.scalar(&field.ty);
        if scalar == Some(Scalar::Password) {
            let message = format!("`{named}` is a password, which leaves its row never");
            return Some(self.told(message).also(field.named.span, "the field").help("leave it out"));
        }
        if takes_bytes && !is_sealed && !is_hashed && scalar != Some(Scalar::Bytes) {
            let message = format!("`{named}` is no `bytes`");
            return Some(
                Diagnostic::new(E0848, self.publish.span, message)
                    .also(field.ty_span, "the field")
                    .help(format!("write `{named}: {}` in the message", self.platform.type_name(&field.ty))),
            );
        }
        if member.is_some_and(|member| !member.ty.optional) && self.left.contains(&id) {
            let message = format!("`{named}` is absent once its row is anonymized");
            return Some(
                Diagnostic::new(E0848, self.publish.span, message)
                    .also(field.named.span, "required until then")
                    .help(format!("write `{named}` with `?` in the message")),
            );
        }
        if !is_sealed && !is_hashed && !self.is_written(field) {
            let message = format!("`{named}` cannot stand in a message");
            return Some(
                self.told(message)
                    .also(field.ty_span, "its type")
                    .note("a message holds single values, lists of them, and records that are stored as they are")
                    .help("leave it out, and publish the key of the row"),
            );
        }
        None
    }

    /// Whether a database writes a field as messages have it.
    fn is_written(&self, field: &Field) -> bool {
        field.inline.is_none() && self.is_alike(&field.ty)
    }

    /// Whether both stores have one form of a type.
    fn is_alike(&self, ty: &Type) -> bool {
        let platform = self.platform;
        match &ty.kind {
            TypeKind::Scalar(scalar) => !matches!(
                scalar,
                Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon | Scalar::Vector { .. }
            ),
            TypeKind::Constrained(id) => self.is_alike(&platform[*id].base),
            TypeKind::List(element) | TypeKind::Map(element) => self.is_alike(element),
            TypeKind::Struct(record) => platform[*record].fields.iter().all(|member| {
                platform.stored_name(self.to.store, &member.named) == member.named.stored
                    && self.is_alike(&member.ty)
            }),
            TypeKind::Enum(_) | TypeKind::Reference { .. } => true,
            TypeKind::Union(_) => false,
            TypeKind::Null | TypeKind::Broken => true,
        }
    }

    fn told(&self, message: String) -> Diagnostic {
        Diagnostic::new(E0849, self.publish.span, message)
    }

    fn path(&self) -> String {
        self.platform.entity_path(self.entity.id)
    }
}
