//! A service may do to a value only what can be done to its kind.

use super::super::{kind, services};
use polity_govern::Governed;
use polity_model::keyspace::ValueShape;
use polity_model::{Store, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0843;

/// `append` and `consume` on what is neither a queue nor a stream.
pub(in super::super) fn service_verb(platform: &Governed, store: &Store, found: &mut Vec<Diagnostic>) {
    for service in &platform.services {
        for privilege in platform.privileges(service) {
            let Thing::Keyspace(id) = privilege.on else { continue };
            let keyspace = &platform[id];
            if keyspace.store != store.id || matches!(keyspace.value, ValueShape::Broken) {
                continue;
            }
            let name = &keyspace.named.name;
            if services::needs(&privilege.verb, &keyspace.value, keyspace.ttl.is_some()).is_none() {
                let kind = kind::name(&keyspace.value);
                let message = format!("`{name}` holds a {kind}, which nobody can `{}`", privilege.verb);
                found.push(
                    Diagnostic::new(E0843, privilege.span, message)
                        .also(keyspace.named.span, "the keyspace")
                        .help("say `write`, or name a list or a stream"),
                );
            }
        }
    }
}
