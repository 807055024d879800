//! Dead letters go where one call can put them.

use crate::redis::{in_environment, is_cluster, keyspaces_of, settings_anywhere};
use polity_govern::Stored;
use polity_model::Store;
use polity_model::keyspace::{DeadLetter, ValueShape};
use polity_text::diagnostics::codes::E0710;
use polity_text::diagnostics::{Diagnostic, Help};

/// `dead_letter Other` where `Other` is no other stream of the same database, or where a cluster keeps the two keys
/// on different servers.
pub(super) fn dead_letters(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let cluster = settings_anywhere(platform, store).into_iter().find(|(_, settings)| is_cluster(settings));
    for keyspace in keyspaces_of(platform, store) {
        let ValueShape::Stream { dead_letter: Some(DeadLetter::Keyspace(id, span)), .. } = keyspace.value
        else {
            continue;
        };
        let other = &platform[id];
        let name = &other.named.name;
        let database = |of: Option<(u32, _)>| of.map_or(0, |(n, _)| n);
        let wrong = if id == keyspace.id {
            "these are the letters themselves".to_owned()
        } else if !matches!(other.value, ValueShape::Stream { .. } | ValueShape::Broken) {
            format!("`{name}` is no stream")
        } else if other.store != keyspace.store {
            format!("`{name}` is in another store")
        } else if database(other.database) != database(keyspace.database) {
            format!("`{name}` is in another database")
        } else if let Some((environment, _)) = &cluster {
            format!("a cluster{} keeps `{name}` elsewhere", in_environment(platform, *environment))
        } else {
            continue;
        };
        found.push(
            Diagnostic::new(E0710, span, wrong)
                .also(other.named.span, "this one")
                .note("an entry is copied and acknowledged in one step, on one server")
                .help(Help::instead("", "write `dead_letter` alone: they are kept beside the stream")),
        );
    }
}
