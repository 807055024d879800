//! A password stays where it is checked.

use crate::redis::keyspaces_of;
use polity_govern::Stored;
use polity_model::keyspace::ValueShape;
use polity_model::{Field, Scalar, Store, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0713;
use polity_text::source::Span;

/// A password in what a keyspace holds, or in the entity that it copies whole.
pub(super) fn no_password(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut known = vec![None; platform.structs.len()];
    for keyspace in keyspaces_of(platform, store) {
        let span = keyspace.value_span.unwrap_or(keyspace.named.span);
        let place = match &keyspace.value {
            ValueShape::Json(id)
            | ValueShape::Document(id)
            | ValueShape::Hash(id)
            | ValueShape::Stream { fields: id, .. } => in_fields(platform, &platform[*id].fields, &mut known),
            ValueShape::Entity(id) => in_fields(platform, &platform[*id].fields, &mut known),
            ValueShape::Scalar(ty) | ValueShape::List(ty) | ValueShape::Set(ty) => {
                holds_password(platform, ty, &mut known).then_some(span)
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

/// `known` keeps what each record holds, so that each is looked through once.
fn in_fields(platform: &Stored, fields: &[Field], known: &mut Vec<Option<bool>>) -> Option<Span> {
    fields.iter().find(|field| holds_password(platform, &field.ty, known)).map(|field| field.named.span)
}

fn holds_password(platform: &Stored, ty: &Type, known: &mut Vec<Option<bool>>) -> bool {
    match &ty.kind {
        TypeKind::Struct(id) => known[id.index()].unwrap_or_else(|| {
            let holds = in_fields(platform, &platform[*id].fields, known).is_some();
            known[id.index()] = Some(holds);
            holds
        }),
        TypeKind::List(element) | TypeKind::Map(element) => holds_password(platform, element, known),
        _ => platform.scalar(ty) == Some(Scalar::Password),
    }
}
