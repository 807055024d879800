//! Clauses that no store carries out by itself, but only the calls of a client.

use polity_govern::check::Valid;
use polity_model::Keyspace;
use polity_model::keyspace::OnWrite;

/// A line that names each of them, where there are any.
pub(crate) fn declared(valid: &Valid) -> Option<String> {
    let of_keyspace = |keyspace: &Keyspace| {
        let clauses = clauses(keyspace);
        let store = &valid[keyspace.store].named.name;
        (!clauses.is_empty()).then(|| format!("{} of {store}.{}", clauses.join(" and "), keyspace.named.name))
    };
    let publishing = valid.entities.iter().filter(|entity| !entity.publishes.is_empty());
    // The outbox holds the messages; no store takes them out of it.
    let relayed =
        publishing.map(|entity| format!("the relay of `publish` of {}", valid.entity_path(entity.id)));
    let said: Vec<String> = valid.keyspaces.iter().filter_map(of_keyspace).chain(relayed).collect();
    (!said.is_empty())
        .then(|| format!("declared, for the calls of a client to carry out: {}", said.join(", ")))
}

fn clauses(keyspace: &Keyspace) -> Vec<&'static str> {
    let Some(cache) = &keyspace.cache else { return Vec::new() };
    let on_write = match cache.on_write {
        Some((OnWrite::Update, _)) => Some("`on write update`"),
        Some((OnWrite::Queue, _)) => Some("`on write queue`"),
        // Whoever writes the source may drop the copy.
        Some((OnWrite::Invalidate, _)) | None => None,
    };
    let refresh = cache.refresh_at.is_some().then_some("`refresh at`");
    let local = cache.local.is_some().then_some("`local`");
    on_write.into_iter().chain(refresh).chain(local).collect()
}
