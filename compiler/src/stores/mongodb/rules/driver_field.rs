//! What MongoDB's own drivers cannot encrypt, or not so that equal values are found.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0626;
use crate::model::entity::Column;
use crate::model::{Platform, Store};
use crate::stores::mongodb::driver_encryption::{self, Mode};

/// The type that CSFLE encrypts with chance only, beside those that are searched in no store (E0839).
/// <https://www.mongodb.com/docs/manual/core/csfle/reference/encryption-schemas/>
const NEVER_DETERMINISTIC: &str = "bool";

pub(super) fn driver_field(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    let Some(mode) = driver_encryption::mode(platform, store.id) else { return };
    let Some(setting) = platform.encrypted_by_driver(store.id) else { return };
    for entity in platform.entities_in(store.id) {
        for (id, field, encrypted) in driver_encryption::fields(entity) {
            let name = &field.named.name;
            let bson_type = driver_encryption::bson_type(platform, entity, field);
            let told = |message: String, help: &str| {
                Diagnostic::new(E0626, field.named.span, message)
                    .also(setting.value_span, "this lets MongoDB's drivers encrypt")
                    .help(help)
            };
            match (mode, bson_type.as_deref()) {
                (Mode::Queryable, None) => found.push(told(
                    format!("Queryable Encryption wants to know the type of `{name}`, which may hold any"),
                    "give it a type, or write `field_encryption: application_level`",
                )),
                (Mode::Csfle, Some(NEVER_DETERMINISTIC)) if encrypted.searchable => found.push(told(
                    format!("CSFLE cannot search `{name}`: a truth value never has equal ciphertexts"),
                    "leave `searchable` out, or write `field_encryption: application_level`",
                )),
                _ => {}
            }
            if mode == Mode::Csfle {
                continue;
            }
            let of_field = |column: &Column| column.field() == Some(id);
            for unique in entity.uniques.iter().filter(|unique| unique.columns.iter().any(of_field)) {
                found.push(
                    Diagnostic::new(
                        E0626,
                        unique.span,
                        format!("Queryable Encryption cannot keep `{name}` unique"),
                    )
                    .also(setting.value_span, "asked for here")
                    .note(
                        "equal values become different ciphertexts, which a unique index takes for different",
                    )
                    .help("write `field_encryption: csfle` or `application_level`, which can"),
                );
            }
        }
    }
}
