//! No two keyspaces call their functions the same.

use std::collections::HashMap;

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0714;
use crate::govern::Governed;
use crate::model::Store;
use crate::stores::redis::keyspaces_of;

/// `HTTPCode` and `HttpCode` are both `http_code` in the library, which Redis would not load.
pub(super) fn same_functions(platform: &Governed, store: &Store, found: &mut Vec<Diagnostic>) {
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
