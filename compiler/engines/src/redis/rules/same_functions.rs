//! No two keyspaces call their functions the same.

use foldhash::{HashMap, HashMapExt};

use crate::redis::keyspaces_of;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0714;

/// `HTTPCode` and `HttpCode` are both `http_code` in the library, which Redis would not load.
pub(super) fn same_functions(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut taken = HashMap::new();
    for keyspace in keyspaces_of(platform, store) {
        let named = &keyspace.named;
        if let Some(first) = taken.insert(&named.stored, named.span) {
            found.push(
                Diagnostic::new(
                    E0714,
                    named.span,
                    format!("the functions of two keyspaces would be called `{}_…`", named.stored),
                )
                .also(first, "the first")
                .help("give one of them a name that differs in more than capitals"),
            );
        }
    }
}
