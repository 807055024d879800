//! The personal data in a set, a ranking or a filter ends though others write there later.

use crate::Governed;
use polity_model::Keyspace;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0881;

/// A personal keyspace whose `ttl` each write renews for all that is in it, and which no erasure looks through: while
/// anybody writes, nothing ends.
pub fn renewed_entries(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for keyspace in &platform.keyspaces {
        let Some((ttl, span)) = keyspace.ttl else { continue };
        let ends = keyspace.ends().is_none_or(|end| end.is_certain());
        let is_personal = platform.is_about_person(platform.labels_of_keyspace(keyspace.id));
        if ends || !is_personal || is_found(platform, keyspace) {
            continue;
        }
        let name = &keyspace.named.name;
        found.push(
            Diagnostic::new(E0881, span, format!("this `ttl` ends nothing while anybody writes to `{name}`"))
                .here(format!("each write keeps all that is there for another {ttl}"))
                .also(keyspace.value_span.unwrap_or(keyspace.named.span), "what it holds of persons has no end of its own")
                .help(
                    "let each entry end by itself, `value sorted set of T by timestamp` or `value stream { … }`, or name the \
                     person in the pattern or the value with a reference, so that an erasure finds it",
                ),
        );
    }
}

fn is_found(platform: &Governed, keyspace: &Keyspace) -> bool {
    platform.erasure_plans().iter().any(|plan| plan.keys.iter().any(|keys| keys.keyspace == keyspace.id))
}
