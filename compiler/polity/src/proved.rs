//! A line for each store about which a check found no error.

use polity_govern::check::{RULES, Valid};
use polity_model::Store;

/// A line for each store: what stands in it, and how many rules hold of that.
pub(crate) fn proved(valid: &Valid) -> Vec<String> {
    valid.stores.iter().map(|store| line(valid, store)).collect()
}

fn line(valid: &Valid, store: &Store) -> String {
    let entities: Vec<_> = valid.entities_in(store.id).collect();
    let fields: usize = entities.iter().map(|entity| entity.fields.len()).sum();
    let labelled =
        entities.iter().flat_map(|entity| &entity.fields).filter(|field| !field.declared.labels.is_empty());
    let references = entities.iter().flat_map(|entity| valid.references(entity.id)).filter(|r| r.enforced);
    let held = [
        (entities.len(), "entity", "entities"),
        (fields, "field", "fields"),
        (labelled.count(), "of them labelled", "of them labelled"),
        (references.count(), "reference that the store enforces", "references that the store enforces"),
        (valid.views.iter().filter(|view| view.store == store.id).count(), "view", "views"),
        (
            valid.keyspaces.iter().filter(|keyspace| keyspace.store == store.id).count(),
            "keyspace",
            "keyspaces",
        ),
        (valid.channels.iter().filter(|channel| channel.store == store.id).count(), "channel", "channels"),
        (valid.scripts.iter().filter(|script| script.store == store.id).count(), "script", "scripts"),
    ];
    let held: Vec<String> = held
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    let held = if held.is_empty() { "nothing".to_owned() } else { held.join(", ") };
    let rules = RULES.len() + polity_engines::rules_of(store).len();
    let title = store.about.map_or(store.engine.as_str(), |engine| engine.title);
    format!("{} ({title} {}): {held}; {rules} rules hold", store.named.name, store.version)
}
