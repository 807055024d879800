//! The fields of a hash and of a stream's entry are single values.

use crate::redis::keyspaces_of;
use polity_catalog::keyed::Kind;
use polity_govern::Stored;
use polity_model::keyspace::ValueShape;
use polity_model::{Scalar, Store, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0708;

/// A list, a map, a record, a position or a vector as a field of a hash or a stream: Redis keeps one text a field.
pub(super) fn flat_fields(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let (kind, fields) = match &keyspace.value {
            ValueShape::Hash(fields) => (Kind::Hash, fields),
            ValueShape::Stream { fields, .. } => (Kind::Stream, fields),
            _ => continue,
        };
        for field in &platform[*fields].fields {
            if is_single(platform, &field.ty) {
                continue;
            }
            let name = &field.named.name;
            found.push(
                Diagnostic::new(E0708, field.named.span, format!("`{name}` is more than a single value"))
                    .here(format!("a field of a {} is one text", kind.name()))
                    .help(format!("write `{name}: json`, or its parts as fields of their own"))
                    .edit(field.ty_span, if field.ty.optional { "json?" } else { "json" }),
            );
        }
    }
}

fn is_single(platform: &Stored, ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Struct(_) => false,
        _ => !matches!(
            platform.scalar(ty),
            Some(Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon | Scalar::Vector { .. })
        ),
    }
}
