//! A password stays where it is checked.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0713;
use crate::model::keyspace::ValueShape;
use crate::model::{Field, Platform, Scalar, Store, Type, TypeKind};
use crate::source::Span;
use crate::stores::redis::keyspaces_of;

/// A password in what a keyspace holds, or in the entity that it copies whole.
pub(super) fn no_password(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let span = keyspace.value_span.unwrap_or(keyspace.named.span);
        let place = match &keyspace.value {
            ValueShape::Json(id)
            | ValueShape::Document(id)
            | ValueShape::Hash(id)
            | ValueShape::Stream { fields: id, .. } => in_fields(platform, &platform[*id].fields),
            ValueShape::Entity(id) => in_fields(platform, &platform[*id].fields),
            ValueShape::Scalar(ty) | ValueShape::List(ty) | ValueShape::Set(ty) => {
                holds_password(platform, ty).then_some(span)
            }
            _ => None,
        };
        let Some(place) = place else { continue };
        let mut diagnostic = Diagnostic::new(E0713, span, "a password does not belong into Redis")
            .note("it is checked against its row, and never handed out")
            .help("list what the keyspace holds, without it: `value json { … }`");
        if place != span {
            diagnostic = diagnostic.also(place, "this one");
        }
        found.push(diagnostic);
    }
}

fn in_fields(platform: &Platform, fields: &[Field]) -> Option<Span> {
    fields.iter().find(|field| holds_password(platform, &field.ty)).map(|field| field.named.span)
}

fn holds_password(platform: &Platform, ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Struct(id) => in_fields(platform, &platform[*id].fields).is_some(),
        TypeKind::List(element) | TypeKind::Map(element) => holds_password(platform, element),
        _ => platform.scalar(ty) == Some(Scalar::Password),
    }
}
