//! A service may do to a value only what can be done to its kind.

use crate::redis::{kind, rights};
use polity_govern::Stored;
use polity_model::{Store, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0843;

/// `append` and `consume` on what is neither a queue nor a stream.
pub(in super::super) fn service_verb(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for service in &platform.services {
        for privilege in platform.privileges(service) {
            let Thing::Keyspace(id) = privilege.on else { continue };
            let keyspace = &platform[id];
            let Some(kind) = kind::of(&keyspace.value).filter(|_| keyspace.store == store.id) else {
                continue;
            };
            let name = &keyspace.named.name;
            if rights::needs(&privilege.verb, kind, keyspace.ttl.is_some()).is_none() {
                let kind = kind.name();
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
