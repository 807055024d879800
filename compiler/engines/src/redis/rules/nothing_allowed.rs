//! A limit lets something through, and a time to live is a time.

use crate::redis::keyspaces_of;
use polity_govern::Stored;
use polity_model::{Store, Value, quotas};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0707;

/// `limit 0`, a window or a `ttl` of no length, and `max_length 0`.
pub(super) fn nothing_allowed(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        if let Some((ttl, span)) = keyspace.ttl
            && ttl.count == 0
        {
            found.push(
                Diagnostic::new(E0707, span, "a value that lives for no time is never there")
                    .help("write how long it lives, or leave `ttl` out to keep it until it is deleted"),
            );
        }
        if keyspace.is_of_quota() {
            for setting in quotas::written(platform, "requests") {
                if let Value::Rate { count, per } = &setting.value
                    && (*count == 0 || per.count == 0)
                {
                    found.push(
                        Diagnostic::new(E0707, setting.value_span, "this quota lets nothing through")
                            .help("for example `requests: 100 per 1m`"),
                    );
                }
            }
        } else if let Some(limit) = &keyspace.limit
            && (limit.count == 0 || limit.per.count == 0)
        {
            found.push(
                Diagnostic::new(E0707, limit.span, "this limit lets nothing through")
                    .help("for example `limit 5 per 15m sliding`"),
            );
        }
        if let Some((0, span)) = keyspace.max_length {
            found.push(
                Diagnostic::new(E0707, span, "nothing fits into a length of 0")
                    .help("write a length of 1 or more"),
            );
        }
    }
}
