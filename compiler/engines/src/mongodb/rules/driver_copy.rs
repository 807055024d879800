//! A field that a driver decrypts leaves MongoDB in the clear, and a cache of it would hold it so.

use polity_govern::Stored;
use polity_model::Store;
use polity_model::keyspace::ValueShape;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0629;

pub(super) fn driver_copy(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let Some(setting) = platform.encrypted_by_driver(store.id) else { return };
    for keyspace in &platform.keyspaces {
        let ValueShape::Entity(source) = keyspace.value else { continue };
        let entity = &platform[source];
        let places = platform.encrypted_places(source);
        let Some(place) = places.first().filter(|_| entity.store == store.id) else { continue };
        let message = format!("`{}` would hold `{}` in the clear", keyspace.named.name, place.name());
        found.push(
            Diagnostic::new(E0629, keyspace.named.span, message)
                .also(place.field.named.span, "encrypted in MongoDB")
                .also(setting.value_span, "by its driver, which gives it out opened")
                .help("name what it holds with `value json { … }`, or write `field_encryption: application_level`")
                .edit(setting.value_span, "application_level"),
        );
    }
}
