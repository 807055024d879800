//! A process keeps its copy no longer than the cache keeps its own.

use crate::redis::keyspaces_of;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0709;

/// `local` for longer than `ttl`, which would let a process go on with what has ended everywhere else.
pub(super) fn local_copy(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let local = keyspace.cache.as_ref().and_then(|cache| cache.local.as_ref());
        let (Some(local), Some((ttl, span))) = (local, keyspace.ttl) else { continue };
        if local.ttl.at_least_milliseconds() > ttl.at_least_milliseconds() {
            found.push(
                Diagnostic::new(
                    E0709,
                    keyspace.named.span,
                    format!("the local copy of `{}` outlives the shared one", keyspace.named.name),
                )
                .here(format!("kept in a process for {}", local.ttl))
                .also(span, format!("in the store for {ttl}"))
                .help(format!("write `local {ttl}`, or less"))
                .edit(local.ttl_span, ttl.to_string()),
            );
        } else if local.ttl.count == 0 {
            found.push(
                Diagnostic::new(E0709, keyspace.named.span, "a local copy for no time is never there")
                    .help("write how long a process keeps it, or leave `local` out"),
            );
        }
    }
}
