//! Fields that MongoDB's own drivers cannot encrypt, or not so that equal values are found.

use foldhash::HashMap;

use crate::mongodb::lower::encryption::{self, Mode};
use polity_catalog::document::BsonType;
use polity_govern::Stored;
use polity_model::Store;
use polity_model::entity::Column;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0626;
use polity_text::source::Span;

/// The type that CSFLE encrypts with chance only, beside those that are searched in no store (E0839).
/// <https://www.mongodb.com/docs/manual/core/csfle/reference/encryption-schemas/>
const NEVER_DETERMINISTIC: BsonType = BsonType::Bool;

pub(super) fn driver_field(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let Some(mode) = encryption::mode(platform, store.id) else { return };
    let Some(setting) = platform.encrypted_by_driver(store.id) else { return };
    let held_elsewhere = held_by_client(platform);
    for entity in platform.entities_in(store.id) {
        for place in platform.encrypted_places(entity.id) {
            let (name, field, encrypted) = (place.name(), place.field, place.encrypted);
            let bson_type = encryption::bson_type(platform, entity, field);
            let told = |message: String, help: &str| {
                Diagnostic::new(E0626, field.named.span, message)
                    .also(setting.value_span, "this lets MongoDB's drivers encrypt")
                    .help(help)
            };
            let wrong = match (mode, bson_type) {
                (Mode::Queryable, None) => Some((
                    format!("Queryable Encryption wants to know the type of `{name}`, which may hold any"),
                    "give it a type",
                )),
                (Mode::Csfle, Some(NEVER_DETERMINISTIC)) if encrypted.searchable => Some((
                    format!("CSFLE cannot search `{name}`: a truth value never has equal ciphertexts"),
                    "leave `searchable` out",
                )),
                _ => None,
            };
            found.extend(wrong.map(|(message, help)| {
                told(message, &format!("{help}, or write `field_encryption: application_level`"))
                    .edit(setting.value_span, "application_level")
            }));
            // A record has one form wherever it is held.
            if place.is_member()
                && let Some(other) = held_elsewhere.get(&encrypted.span)
            {
                found.push(
                    told(
                        format!("`{name}` cannot be encrypted by MongoDB's drivers: elsewhere the client encrypts it"),
                        "hold a record of its own in one of them",
                    )
                    .also(*other, "held here too"),
                );
            }
            if mode == Mode::Csfle || place.is_member() {
                continue;
            }
            let of_field = |column: &Column| column.field() == Some(place.root);
            for unique in entity.uniques.iter().filter(|unique| unique.columns.iter().any(of_field)) {
                found.push(never_unique(&name, unique.span, setting.value_span));
            }
        }
    }
}

/// The refusal of a unique constraint by Queryable Encryption, which stands at `asked`.
fn never_unique(name: &str, unique: Span, asked: Span) -> Diagnostic {
    Diagnostic::new(E0626, unique, format!("Queryable Encryption cannot keep `{name}` unique"))
        .also(asked, "asked for here")
        .note("equal values become different ciphertexts, which a unique index takes for different")
        .help("write `field_encryption: csfle` or `application_level`, which can")
        .edit(asked, "csfle")
}

/// The encrypted fields of records in stores whose drivers encrypt nothing: where each says so, and where it is held.
fn held_by_client(platform: &Stored) -> HashMap<Span, Span> {
    let entities = platform.entities.iter().filter(|e| platform.encrypted_by_driver(e.store).is_none());
    let places = entities.flat_map(|entity| platform.encrypted_places(entity.id));
    let members = places.filter(|place| place.is_member());
    members.map(|place| (place.encrypted.span, place.way[0].named.span)).collect()
}
