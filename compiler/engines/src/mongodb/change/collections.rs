//! Collections with the rules for their documents: those of before and of today until the contract, those of today alone then.

use serde_json::{Map, Value as Json, json};

use super::super::lower::Lowered;
use super::super::print::apply::encrypted_fields;
use super::super::print::indexes::key;
use super::super::print::validator::validator;
use super::delta::Delta;
use super::{Script, call, documents, indexes};
use crate::change::files::Draft;
use crate::change::{Risk, Time};
use polity_catalog::Identified;
use polity_catalog::document::{Collection, Object, ObjectId};

/// Gives collections the names that they have today.
pub(super) fn rename(script: &mut Script<'_>, delta: &Delta<'_>) {
    for (from, to) in &delta.sealed.renamed {
        let Some(collection) = delta.joined.iter().find(|joined| joined.name == *to) else { continue };
        let object = ObjectId::Collection(to.clone()).to_string();
        script.step(Draft {
            of: &object,
            does: &format!("takes the name of `{from}`"),
            time: Time::Instant,
            risks: vec![Risk::Break { clients: format!("they read and write `{from}`") }],
            text: call("renameCollection", &json!({ "from": from.as_str(), "to": to.as_str() }))
                + &call("takeMore", &rules(delta, collection)),
            object: object.clone(),
        });
        script.takes(ObjectId::Collection(from.clone()));
        script.makes(collection.clone());
    }
}

/// Makes new collections with their indexes.
pub(super) fn make(script: &mut Script<'_>, delta: &Delta<'_>, lowered: &Lowered<'_>) {
    for collection in lowered.collections() {
        let id = ObjectId::Collection(collection.name.clone());
        let sharding = lowered.catalog.sharding(&collection.name);
        let mut text = String::new();
        let is_new = delta.old.get(&id).is_none();
        if is_new {
            let mut entry = rules(delta, collection);
            if let Some(fields) = encrypted_fields(collection) {
                entry["encryptedFields"] = fields;
            }
            text += &call("makeCollection", &entry);
            script.makes(collection.clone());
            for index in lowered.indexes(&collection.name) {
                text += &indexes::build_call(index);
                script.makes(index.clone());
            }
        }
        if let Some(sharding) = sharding.filter(|one| delta.old.sharding(&collection.name) != Some(one)) {
            let entry = json!({ "name": collection.name.as_str(), "shardKey": key(&sharding.keys) });
            text += &call("shardCollection", &entry);
            script.makes(sharding.clone());
        }
        if text.is_empty() {
            continue;
        }
        let object = id.to_string();
        let does = if is_new { "is made" } else { "is spread over shards" };
        let of = object.clone();
        script.step(Draft { object, of: &of, does, time: Time::Instant, risks: Vec::new(), text });
    }
}

/// Lets collections take the documents of new clients beside those of before.
pub(super) fn widen(script: &mut Script<'_>, delta: &Delta<'_>) {
    for (old, joined, new) in delta.leading() {
        if old == joined || delta.sealed.renamed.values().any(|to| *to == joined.name) {
            continue;
        }
        let object = joined_id(joined).to_string();
        let does = if joined == new {
            "takes documents by new rules"
        } else {
            "takes documents by new rules and old ones"
        };
        let (of, text) = (object.clone(), call("takeMore", &rules(delta, joined)));
        script.step(Draft { object, of: &of, does, time: Time::Instant, risks: Vec::new(), text });
        script.makes(joined.clone());
    }
}

/// Lets collections take today's documents alone, once those that are there were led on.
pub(super) fn narrow(script: &mut Script<'_>, delta: &Delta<'_>) {
    for (_, joined, new) in delta.leading() {
        if joined == new {
            continue;
        }
        let object = joined_id(new).to_string();
        let rules = rules(delta, new);
        let of = object.clone();
        let closed = call("closeCollection", &rules);
        let does = "takes new documents by today's rules alone";
        script.step(Draft { object, of: &of, does, time: Time::Instant, risks: Vec::new(), text: closed });
        documents::finish(script, delta, (joined, new));
        let count = format!(
            "db.getCollection({}).countDocuments({})",
            json!(new.name.as_str()),
            json!({ "$nor": [validator(new)] })
        );
        script.step(Draft {
            object: of.clone(),
            of: &of,
            does: "holds all documents to them",
            time: Time::Scan,
            risks: vec![Risk::Misfits { count }],
            text: call("judgeCollection", &rules),
        });
        script.makes(new.clone());
    }
}

/// Drops the collections that are gone.
pub(super) fn drop(script: &mut Script<'_>, delta: &Delta<'_>) {
    for object in delta.gone() {
        let Object::Collection(collection) = object else { continue };
        let id = object.id();
        script.step(Draft {
            object: id.to_string(),
            of: "",
            does: "is dropped",
            time: Time::Instant,
            risks: vec![Risk::Loss { of: format!("all documents of `{}`", collection.name) }],
            text: call("dropCollection", &json!({ "name": collection.name.as_str() })),
        });
        for inside in delta.old.objects() {
            match inside {
                Object::Index(index) if index.collection == collection.name => script.takes(inside.id()),
                Object::Sharding(one) if one.collection == collection.name => script.takes(inside.id()),
                _ => {}
            }
        }
        script.takes(id);
    }
}

/// The rules of a collection as scripts take them. In a tenant's database it takes the tenant's documents alone.
fn rules(delta: &Delta<'_>, collection: &Collection) -> Json {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(collection.name.as_str()));
    if let Some(field) = delta.lowered.tenant_fields.get(&collection.name) {
        entry.insert("tenant".to_owned(), json!(field.as_str()));
    }
    entry.insert("validator".to_owned(), validator(collection));
    Json::Object(entry)
}

fn joined_id(collection: &Collection) -> ObjectId {
    ObjectId::Collection(collection.name.clone())
}
