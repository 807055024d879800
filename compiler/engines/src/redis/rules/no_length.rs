//! Only what has a length has a greatest one.

use crate::redis::{keyspaces_of, kind};
use polity_catalog::keyed::Kind;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0706;

/// `max_length` on a value that is no list, sorted set or stream.
pub(super) fn no_length(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let Some((_, span)) = keyspace.max_length else { continue };
        let Some(kind) = kind::of(&keyspace.value) else { continue };
        if !matches!(kind, Kind::List | Kind::SortedSet | Kind::Stream) {
            found.push(
                Diagnostic::new(E0706, span, format!("a {} has no length to limit", kind.name()))
                    .help("lists, sorted sets and streams have one; remove `max_length` here"),
            );
        }
    }
}
