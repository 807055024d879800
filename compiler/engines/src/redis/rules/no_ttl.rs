//! A copy does not live for ever.

use crate::redis::keyspaces_of;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0705;

/// A keyspace that caches something and has no `ttl`: what one missed invalidation leaves behind would stay.
pub(super) fn no_ttl(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let Some(cache) = &keyspace.cache else { continue };
        if keyspace.ttl.is_none() {
            let source = platform.entity_path(cache.source);
            found.push(
                Diagnostic::new(E0705, keyspace.named.span, format!("`{}` has no `ttl`", keyspace.named.name))
                    .here(format!("a copy of `{source}` that nothing ends"))
                    .note("a write whose invalidation is lost would be wrong for ever, and an erased row would stay")
                    .help("add a `ttl`, for example `ttl 15m`"),
            );
        }
    }
}
