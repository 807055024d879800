//! A key for each tenant, or for each person, needs a tenant or a person.

use super::clear_use::encrypted_here;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0836;
use crate::model::Platform;
use crate::model::keys::KeyScope;

pub fn key_scope(platform: &Platform, found: &mut Vec<Diagnostic>) {
    for entity in &platform.entities {
        for field in &entity.fields {
            let Some(encrypted) = &field.encrypted else { continue };
            let key = &platform[encrypted.key];
            let (whose, help) = match key.scope() {
                KeyScope::Tenant if !platform.is_scoped(entity.id) => (
                    "tenant",
                    "use a key with `scope: platform`, or make the entity one that each tenant has its own of",
                ),
                KeyScope::Subject if !platform.reaches_subject(entity.id) => {
                    ("person", "use a key with another scope, or a reference that leads to a `subject`")
                }
                _ => continue,
            };
            let (name, key_name) = (&field.named.name, &key.named.name);
            let message = format!("`{name}` is of no {whose}, and `{key_name}` has a key for each");
            found.push(
                encrypted_here(Diagnostic::new(E0836, field.named.span, message), encrypted)
                    .also(key.named.span, "the key")
                    .help(help),
            );
        }
    }
}
