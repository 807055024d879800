//! A keyspace is in a database that the server has.

use crate::redis::{in_environment, is_cluster, keyspaces_of, settings_anywhere};
use polity_govern::Stored;
use polity_model::{Store, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0701;

/// A database number in a cluster, which has database 0 only, or beyond those that the server has: sixteen, or what
/// `databases` says. One environment where it is so is enough.
pub(super) fn database_number(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let servers: Vec<(String, bool, u32)> = settings_anywhere(platform, store)
        .into_iter()
        .map(|(environment, settings)| {
            let count = match settings.get("databases").map(|s| &s.value) {
                Some(Value::Integer(n)) => u32::try_from(*n).unwrap_or(16),
                _ => 16,
            };
            (in_environment(platform, environment), is_cluster(&settings), count)
        })
        .collect();
    for keyspace in keyspaces_of(platform, store) {
        let Some((number, span)) = keyspace.database else { continue };
        let lacking = servers.iter().find(|(_, cluster, count)| number >= if *cluster { 1 } else { *count });
        let Some((place, cluster, count)) = lacking else { continue };
        found.push(if *cluster {
            Diagnostic::new(E0701, span, format!("a cluster has no database {number}"))
                .here("only database 0")
                .also(store.named.span, format!("this store is a cluster{place}"))
                .help("remove `database`, and set the keyspace apart by its pattern")
        } else {
            let last = count.saturating_sub(1);
            Diagnostic::new(E0701, span, format!("there is no database {number}"))
                .here(format!("databases go from 0 to {last}{place}"))
                .help(format!("write a number from 0 to {last}, or set the keyspace apart by its pattern"))
        });
    }
}
