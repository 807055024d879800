//! Caches that name what they hold: each member is the field of the source of its name, with its type and its labels.

use crate::keyspace::{Held, ValueShape};
use crate::resolve::Resolver;
use crate::{EntityId, Field, FieldId, KeyspaceId, Scalar, StructId, Type, TypeKind};
use polity_text::diagnostics::codes::E0847;
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

impl Resolver<'_> {
    /// Finds the fields of its source that the value of a cache holds.
    pub(super) fn taken_by(&mut self, id: KeyspaceId) {
        let keyspace = &self.platform[id];
        let (Some(cache), Some(span)) = (&keyspace.cache, keyspace.value_span) else { return };
        let source = cache.source;
        let mut found = Vec::new();
        let record = match keyspace.value.held() {
            Held::Record(record) => Some(record),
            Held::Value(ty) => ty.record(),
            Held::Entity(_) | Held::Nothing => None,
        };
        let taken = match record {
            Some(record) => self.members_taken(source, record, span, &mut found),
            // Nothing says of which fields such a value is made.
            None if matches!(self.platform[id].value, ValueShape::Broken) => Vec::new(),
            None => self.platform[source].fields().map(|(field, _)| field).collect(),
        };
        self.found.extend(found);
        if let Some(cache) = &mut self.platform[id].cache {
            cache.taken = taken;
        }
    }

    fn members_taken(
        &self,
        source: EntityId,
        record: StructId,
        value: Span,
        found: &mut Vec<Diagnostic>,
    ) -> Vec<FieldId> {
        let p = &self.platform;
        let tenant = p.tenancy.as_ref().map(|tenancy| &tenancy.column);
        let mut taken = Vec::new();
        for member in &p[record].fields {
            let name = &member.named.name;
            let at = if p[record].embedded { member.named.span } else { value };
            let Some((id, field)) = p[source].fields().find(|(_, field)| field.named.name == *name) else {
                if Some(name) != tenant && !self.outlines[source.index()].incomplete {
                    let names = p[source].fields.iter().map(|field| field.named.name.as_str());
                    let other = format!("`FIELD: TYPE as \"{name}\"` stores a field under this name");
                    let help = match did_you_mean(name, names).found() {
                        Some(meant) if p[record].embedded => meant.and(&format!(" {other}")),
                        Some(meant) => format!("{} {other}", meant.into_words()).into(),
                        None => other.into(),
                    };
                    let message = format!("`{}` has no field `{name}`", p.entity_path(source));
                    found.push(
                        Diagnostic::new(E0847, at, message)
                            .also(p[source].named.span, "what is cached")
                            .help(help),
                    );
                }
                continue;
            };
            taken.push(id);
            if !self.holds_copy(member, field) {
                let (own, other) = (p.type_name(&member.ty), p.type_name(&field.ty));
                let message =
                    format!("`{name}` is `{own}` here and `{other}` in `{}`", p.entity_path(source));
                found.push(
                    Diagnostic::new(E0847, at, message)
                        .also(field.ty_span, "copied from here")
                        .help(format!("write `{name}: {other}`")),
                );
            }
        }
        taken
    }

    /// Whether a member of a cache holds every value of a field, or its ciphertext.
    pub(in crate::resolve) fn holds_copy(&self, member: &Field, field: &Field) -> bool {
        let is_ciphertext = self.platform.scalar(&member.ty) == Some(Scalar::Bytes);
        is_ciphertext || field.declared.pseudonymous.is_some() || self.holds_type(&member.ty, &field.ty)
    }

    pub(in crate::resolve) fn holds_type(&self, member: &Type, field: &Type) -> bool {
        (member.optional || !field.optional) && self.holds_kind(&member.kind, &field.kind)
    }

    fn holds_kind(&self, member: &TypeKind, field: &TypeKind) -> bool {
        let p = &self.platform;
        match (member, field) {
            (TypeKind::Broken | TypeKind::Null, _) | (_, TypeKind::Broken | TypeKind::Null) => true,
            (member, field) if member == field => true,
            // A key is one of its type, and a value of a constrained type one of its base.
            (member, TypeKind::Reference { entity, field }) => match p[*entity].fields.get(field.index()) {
                Some(key) => self.holds_kind(member, &key.ty.kind),
                None => true,
            },
            (member, TypeKind::Constrained(id)) => self.holds_kind(member, &p[*id].base.kind),
            (TypeKind::Scalar(Scalar::Text { max }), TypeKind::Scalar(field)) if field.is_text() => {
                match (max, field) {
                    (None, _) => true,
                    (Some(most), Scalar::Text { max: Some(max) } | Scalar::Char { length: max }) => {
                        max <= most
                    }
                    (Some(_), _) => false,
                }
            }
            (TypeKind::List(member), TypeKind::List(field))
            | (TypeKind::Map(member), TypeKind::Map(field)) => self.holds_type(member, field),
            (TypeKind::Struct(member), TypeKind::Struct(field)) => {
                let given = &p[*field].fields;
                p[*member].fields.iter().all(|member| {
                    let field = given.iter().find(|field| field.named.name == member.named.name);
                    field.is_some_and(|field| self.holds_copy(member, field))
                })
            }
            (TypeKind::Scalar(Scalar::Json), TypeKind::Struct(_) | TypeKind::List(_) | TypeKind::Map(_)) => {
                true
            }
            _ => false,
        }
    }
}
