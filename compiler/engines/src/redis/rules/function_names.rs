//! Functions have names that Redis takes.

use crate::redis::keyspaces_of;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0718;

/// The functions of a keyspace begin with its stored name, and Redis loads no library with a name that has anything but
/// letters, digits and `_`.
pub(super) fn function_names(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let named = &keyspace.named;
        let odd = named.stored.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '_'));
        if let Some(odd) = odd {
            found.push(
                Diagnostic::new(
                    E0718,
                    named.span,
                    format!("a function of Redis cannot be called `{}_…`", named.stored),
                )
                .here(format!("`{odd}` may not be in it"))
                .help("letters, digits and `_` make a name; leave out `as` where it says nothing else"),
            );
        }
    }
}
