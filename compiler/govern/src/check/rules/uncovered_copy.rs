//! A copy in a cache is found by its key or its value, or it ends by itself.

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0852;

pub fn uncovered_copy(platform: &Governed, found: &mut Vec<Diagnostic>) {
    if platform.subjects().next().is_none() {
        return;
    }
    for id in platform.unreached(platform.erasure_plans()).keyspaces {
        let keyspace = &platform[id];
        found.push(
            Diagnostic::new(
                E0852,
                keyspace.named.span,
                format!("no step of an erasure finds what `{}` holds of a person", keyspace.named.name),
            )
            .here("it is personal, names nobody and lives for ever")
            .help("give it a `ttl`, or name the person in the pattern or the value with a reference"),
        );
    }
}
