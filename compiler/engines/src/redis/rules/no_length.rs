//! Only what has a length has a greatest one.

use crate::redis::{keyspaces_of, kind};
use polity_govern::Governed;
use polity_model::Store;
use polity_model::keyspace::ValueShape;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0706;

/// `max_length` on a value that is no list, sorted set or stream.
pub(super) fn no_length(platform: &Governed, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let Some((_, span)) = keyspace.max_length else { continue };
        let has_length = matches!(
            keyspace.value,
            ValueShape::List(_)
                | ValueShape::SortedSet { .. }
                | ValueShape::Stream { .. }
                | ValueShape::Broken
        );
        if !has_length {
            found.push(
                Diagnostic::new(
                    E0706,
                    span,
                    format!("a {} has no length to limit", kind::name(&keyspace.value)),
                )
                .help("lists, sorted sets and streams have one; remove `max_length` here"),
            );
        }
    }
}
