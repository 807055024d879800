//! A keyspace is in a database that the server has.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0701;
use crate::model::{Platform, Store, Value};
use crate::stores::redis::keyspaces_of;

/// A database number in a cluster, which has database 0 only, or beyond those that the server has: sixteen, or what
/// `databases` says.
pub(super) fn database_number(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    let settings = platform.settings_of(store.id, None);
    let value = |name: &str| settings.get(name).map(|s| &s.value);
    let cluster =
        matches!(value("topology"), Some(Value::Tagged { tag, .. } | Value::Word(tag)) if tag == "cluster");
    let count = match value("databases") {
        Some(Value::Integer(n)) => u32::try_from(*n).unwrap_or(16),
        _ => 16,
    };
    for keyspace in keyspaces_of(platform, store) {
        let Some((number, span)) = keyspace.database else { continue };
        if cluster && number != 0 {
            found.push(
                Diagnostic::new(E0701, span, format!("a cluster has no database {number}"))
                    .here("only database 0")
                    .also(store.named.span, "this store is a cluster")
                    .help("remove `database`, and set the keyspace apart by its pattern"),
            );
        } else if number >= count {
            let last = count.saturating_sub(1);
            found.push(
                Diagnostic::new(E0701, span, format!("there is no database {number}"))
                    .here(format!("databases go from 0 to {last}"))
                    .help(format!(
                        "write a number from 0 to {last}, or set the keyspace apart by its pattern"
                    )),
            );
        }
    }
}
