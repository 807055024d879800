//! Indexes: built before those that they replace go. One that is gone goes with the contract, unless it would refuse or remove
//! what new clients write.

use serde_json::json;

use super::super::print::indexes::{fingerprint, json as printed};
use super::delta::Delta;
use super::{Script, call};
use crate::change::files::{Draft, Files};
use crate::change::{Phase, Risk, Time};
use polity_catalog::Identified;
use polity_catalog::document::{Index, Object};

/// Drops what stands in the way of new documents.
pub(super) fn relax(script: &mut Script<'_>, delta: &Delta<'_>) {
    for index in gone(delta).filter(|index| is_in_the_way(index)) {
        drop_index(script, index);
    }
    // What is absent is one value to it, which documents have whose field was moved.
    for object in delta.old.objects() {
        let Object::Index(index) = object else { continue };
        let is_moved = |path: &str| {
            let mut moves = delta.moves.iter().filter(|one| one.collection == index.collection);
            moves.any(|one| path.split('.').next() == Some(one.from.as_str()))
        };
        if index.unique
            && delta.new.get(&object.id()).is_some()
            && index.keys.iter().any(|key| is_moved(&key.path))
        {
            drop_index(script, index);
        }
    }
}

/// Builds the indexes of collections that are there, each in a file of its own: `filled` ones, of fields that documents get
/// first, or all others.
pub(super) fn build(files: &mut Files<'_, Object>, delta: &Delta<'_>, filled: bool) {
    for collection in delta.lowered.collections().filter(|collection| delta.leads(&collection.name)) {
        for index in delta.lowered.indexes(&collection.name) {
            let before = delta.old.index(&index.collection, &index.name);
            if before == Some(index) || is_filled(delta, index) != filled {
                continue;
            }
            let mut script = files.begin();
            let object = Object::from(index.clone()).id().to_string();
            script.step(Draft {
                object,
                of: &format!("collection {}", index.collection),
                does: if before.is_some() { "is replaced" } else { "is built" },
                time: Time::Build,
                risks: duplicates(index, before),
                text: build_call(index),
            });
            script.makes(index.clone());
            files.end(script, Phase::Index, &format!("{}_{}", index.collection, index.name));
        }
    }
}

/// Drops the indexes that are gone.
pub(super) fn drop(script: &mut Script<'_>, delta: &Delta<'_>) {
    for index in gone(delta).filter(|index| !is_in_the_way(index)) {
        drop_index(script, index);
    }
}

/// The call that builds an index, or makes of the one that is there what it is to be.
pub(super) fn build_call(index: &Index) -> String {
    let entry = json!({
        "collection": index.collection.as_str(),
        "index": printed(index),
        "fingerprint": fingerprint(index),
    });
    call("buildIndex", &entry)
}

/// The indexes that are gone, of collections that stay.
fn gone<'d>(delta: &'d Delta<'_>) -> impl Iterator<Item = &'d Index> {
    delta.gone().filter_map(|object| match object {
        Object::Index(index) if delta.leads(&index.collection) => Some(index),
        _ => None,
    })
}

fn drop_index(script: &mut Script<'_>, index: &Index) {
    let id = Object::from(index.clone()).id();
    script.step(Draft {
        object: id.to_string(),
        of: &format!("collection {}", index.collection),
        does: "is dropped",
        time: Time::Instant,
        risks: Vec::new(),
        text: call(
            "dropIndex",
            &json!({ "collection": index.collection.as_str(), "name": index.name.as_str() }),
        ),
    });
    script.takes(id);
}

/// Whether an index refuses documents of new clients, or lets them expire.
fn is_in_the_way(index: &Index) -> bool {
    index.unique || index.expire_after_seconds.is_some() || index.text.is_some()
}

/// Whether an index is of fields that documents get first.
fn is_filled(delta: &Delta<'_>, index: &Index) -> bool {
    index.keys.iter().any(|key| {
        let field = key.path.split('.').next().unwrap_or_default();
        delta.moves.iter().any(|one| one.collection == index.collection && one.to == field)
            || delta.all_fills().any(|fill| fill.is_of(&index.collection, field) && delta.is_new(fill))
    })
}

/// The values of which an index would have two, where it is unique.
fn duplicates(index: &Index, before: Option<&Index>) -> Vec<Risk> {
    if !index.unique || before.is_some_and(|before| before.unique && before.keys == index.keys) {
        return Vec::new();
    }
    let id: serde_json::Map<_, _> = index
        .keys
        .iter()
        .enumerate()
        .map(|(at, key)| (at.to_string(), json!(format!("${}", key.path))))
        .collect();
    let mut stages = Vec::new();
    stages.extend(index.filter.as_ref().map(|filter| json!({ "$match": filter })));
    stages.push(json!({ "$group": { "_id": id, "count": { "$sum": 1 } } }));
    stages.push(json!({ "$match": { "count": { "$gt": 1 } } }));
    stages.push(json!({ "$count": "twice" }));
    let count =
        format!("db.getCollection({}).aggregate({})", json!(index.collection.as_str()), json!(stages));
    vec![Risk::Misfits { count }]
}
