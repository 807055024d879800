//! A ciphertext is bound to the key of its row, so the client must know that key before it writes the row.

use crate::Governed;
use polity_model::Scalar;
use polity_model::expr::{ExprKind, Function};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0834;

pub fn client_key(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for entity in &platform.entities {
        if platform.encrypted_by_driver(entity.store).is_some() {
            continue;
        }
        let places = platform.encrypted_places(entity.id);
        let Some(encrypted) = places.first() else { continue };
        for id in entity.sealed_row() {
            let field = entity.field(id);
            let name = &field.named.name;
            let made = field.default.as_ref().filter(|default| is_made_by_store(&default.kind));
            let (span, what) = match (made, platform.scalar(&field.ty)) {
                (Some(default), _) => (default.span, format!("the store makes `{name}`")),
                (None, Some(scalar)) if is_rounded(scalar) => {
                    (field.ty_span, format!("stores round `{name}`, a {}", scalar.word()))
                }
                _ => continue,
            };
            let message = format!("{what}, and `{}` is encrypted for the row of that key", encrypted.name());
            found.push(
                Diagnostic::new(E0834, span, message)
                    .also(encrypted.field.named.span, "a ciphertext cannot be moved to another row")
                    .help("let the client make the key: `id: uuid key = uuid_v7()`"),
            );
        }
    }
}

fn is_made_by_store(default: &ExprKind) -> bool {
    match default {
        ExprKind::Call { function, .. } => matches!(function, Function::Identity | Function::Now),
        ExprKind::Next(_) | ExprKind::Sql { .. } => true,
        _ => false,
    }
}

/// Whether a value may come back from a store in another form, so that it is not the same key any more.
pub(super) fn is_rounded(scalar: Scalar) -> bool {
    matches!(
        scalar,
        Scalar::Timestamp
            | Scalar::Time
            | Scalar::Interval
            | Scalar::Float
            | Scalar::Decimal { .. }
            | Scalar::Json
            | Scalar::GeoPoint
            | Scalar::GeoLine
            | Scalar::GeoPolygon
    )
}
