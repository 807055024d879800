//! A service that writes to a collection writes whole documents.

use polity_govern::Stored;
use polity_model::{Store, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0844;

/// `write X (a, b)`: MongoDB has no rights on fields, and no view that could be written through.
pub(super) fn service_part(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for service in &platform.services {
        for privilege in platform.privileges(service) {
            let Thing::Entity(id) = privilege.on else { continue };
            let entity = &platform[id];
            let is_left_out = |id| entity.tenant != Some(id) && !privilege.fields.contains(&id);
            let is_part = !privilege.fields.is_empty() && entity.fields().any(|(id, _)| is_left_out(id));
            if entity.store != store.id || !["write", "append"].contains(&privilege.verb.as_str()) || !is_part
            {
                continue;
            }
            let name = &entity.named.name;
            let message =
                format!("MongoDB gives no right to `{}` only some fields of `{name}`", privilege.verb);
            found.push(
                Diagnostic::new(E0844, privilege.span, message)
                    .also(entity.named.span, "the collection")
                    .note("its rights are on whole documents; what is read in part is read through a view")
                    .help("name no fields, or keep what others write in a collection of its own"),
            );
        }
    }
}
