//! A ciphertext is bound to the key of its row, so the client must know that key before it writes the row.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0834;
use crate::model::Platform;
use crate::model::expr::{ExprKind, Function};

pub fn client_key(platform: &Platform, found: &mut Vec<Diagnostic>) {
    for entity in &platform.entities {
        let Some(encrypted) = entity.fields.iter().find(|field| field.encrypted.is_some()) else { continue };
        for id in entity.identity() {
            let field = entity.field(*id);
            let made_by_store = |kind: &ExprKind| {
                matches!(
                    kind,
                    ExprKind::Call { function: Function::Identity | Function::Now, .. }
                        | ExprKind::Sql { .. }
                )
            };
            let Some(default) = field.default.as_ref().filter(|default| made_by_store(&default.kind)) else {
                continue;
            };
            let message = format!(
                "the store makes `{}`, and `{}` is encrypted for the row of that key",
                field.named.name, encrypted.named.name
            );
            found.push(
                Diagnostic::new(E0834, default.span, message)
                    .also(encrypted.named.span, "a ciphertext cannot be moved to another row")
                    .help("let the client make the key: `id: uuid key = uuid_v7()`"),
            );
        }
    }
}
