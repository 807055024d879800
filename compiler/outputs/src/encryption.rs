//! `encryption.json`: every encrypted field with what a client needs to seal and open it, in whatever language; every
//! pseudonym with what makes it; and the keys, where they are kept in each environment. No key is in it.

use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use super::config::{Style, plain};
use polity_engines::artifact::Artifacts;
use polity_engines::options::Options;
use polity_engines::surface::Faced;
use polity_govern::encrypted::EncryptedPlace;
use polity_govern::sealing::{Form, part};
use polity_model::entity::Pseudonymous;
use polity_model::keys::KeyScope;
use polity_model::settings::keys::KEY;
use polity_model::stable_ids::as_text;
use polity_model::{Entity, FieldId};

/// Writes nothing where nothing is encrypted.
pub(super) fn emit(valid: &Faced<'_>, options: &Options, artifacts: &mut Artifacts) {
    let fields: Vec<Json> = valid
        .entities
        .iter()
        .filter(|entity| valid.encrypted_by_driver(entity.store).is_none())
        .flat_map(|entity| valid.encrypted_places(entity.id).into_iter().map(move |place| (entity, place)))
        .map(|(entity, place)| described(valid, entity, &place))
        .collect();
    let pseudonyms: Vec<Json> = valid
        .pseudonyms()
        .filter_map(|(entity, id, hashed)| pseudonym(valid, &valid[entity], id, hashed))
        .collect();
    if fields.is_empty() && pseudonyms.is_empty() {
        return;
    }
    let mut document = json!({
        "layout": "one byte for the version 1, one for the algorithm (1: AES-256-GCM, 2: ChaCha20-Poly1305), 16 for the key's id, 12 for the nonce, the encrypted value, 16 for the tag",
        "keys": keys(valid, options),
        "fields": fields,
    });
    if !pseudonyms.is_empty() {
        document["pseudonyms"] = json!(pseudonyms);
    }
    artifacts.add("encryption.json", format!("{document:#}\n"));
}

fn described(valid: &Faced<'_>, entity: &Entity, place: &EncryptedPlace<'_>) -> Json {
    let store = &valid[entity.store];
    let held = valid.stored(entity);
    let path = &held.encrypted[&place.name()];
    let stored = |field: FieldId| &held.field(field).name;
    let schema = entity.schema.map(|schema| format!("{}.", valid[schema].named.stored)).unwrap_or_default();
    let mut out = Map::new();
    let mut say = |name: &str, value: Json| {
        out.insert(name.to_owned(), value);
    };
    say("field", json!(format!("{}.{}", valid.entity_path(entity.id), place.name())));
    say("key", json!(valid[place.encrypted.key].named.name.as_str()));
    say("entity_id", json!(as_text(valid.stable_id(entity.id))));
    say("field_id", json!(as_text(valid.governed().stable_place_id(entity.id, place))));
    let form = match valid.governed().sealed_form(&place.field.ty) {
        Form::Text => "text",
        Form::Bytes => "bytes",
        Form::Json => "json",
    };
    say("form", json!(form));
    say("store", json!(store.named.name.as_str()));
    say("in", json!(format!("{schema}{}", entity.named.stored)));
    say("name", json!(path.first().map(SmolStr::as_str)));
    if path.len() > 1 {
        say("members", path[1..].iter().map(|name| json!(name.as_str())).collect());
    }
    if let Some(index) = valid.blind_index(entity.id, place.root) {
        say("blind_index", json!(stored(index).as_str()));
    }
    if let Some(tenant) = entity.tenant {
        say("tenant", json!(stored(tenant).as_str()));
    }
    // The way to the person whose key it may be, by the names of references.
    if valid.said_of_persons(&valid[place.encrypted.key]).is_some()
        && let [way] = &valid.governed().ways_to_subject(entity.id)[..]
    {
        let names = way.iter().map(|(of, field)| {
            let of = &valid[*of];
            json!(valid.stored(of).field(*field).name.as_str())
        });
        say("subject", names.collect());
    }
    say("row", entity.sealed_row().into_iter().map(|field| json!(stored(field).as_str())).collect());
    Json::Object(out)
}

/// A keyed hash: by the root of the key's blind indexes, of the key of what is referred to.
fn pseudonym(valid: &Faced<'_>, entity: &Entity, id: FieldId, hashed: &Pseudonymous) -> Option<Json> {
    let store = &valid[entity.store];
    let stored = |field: FieldId| &valid.stored(entity).field(field).name;
    let schema = entity.schema.map(|schema| format!("{}.", valid[schema].named.stored)).unwrap_or_default();
    let (target, of) = hashed.of()?;
    let mut out = json!({
        "field": format!("{}.{}", valid.entity_path(entity.id), entity.field(id).named.name),
        "key": valid[hashed.key?].named.name.as_str(),
        "of": format!("{}.{}", valid.entity_path(target), valid[target].field(of).named.name),
        "form": part(valid.scalar(&valid[target].field(of).ty)),
        "entity_id": as_text(valid.stable_id(target)),
        "field_id": as_text(valid.stable_field_id(target, of)),
        "store": store.named.name.as_str(),
        "in": format!("{schema}{}", entity.named.stored),
        "name": stored(id).as_str(),
    });
    if let Some(tenant) = entity.tenant {
        out["tenant"] = json!(stored(tenant).as_str());
    }
    Some(out)
}

fn keys(valid: &Faced<'_>, options: &Options) -> Map<String, Json> {
    let of = |key: &polity_model::governance::EncryptionKey| {
        let mut out = plain(&key.settings.base, KEY, Style::Snake);
        let scope = match key.scope() {
            KeyScope::Platform => "platform",
            KeyScope::Tenant => "tenant",
            KeyScope::Subject => "subject",
        };
        out.insert("algorithm".to_owned(), json!(key.algorithm()));
        out.insert("scope".to_owned(), json!(scope));
        let overlays = options.environments(valid).filter_map(|environment| {
            let (_, overlay) = key.settings.environments.iter().find(|(id, _)| *id == environment.id)?;
            Some((environment.name.to_string(), Json::Object(plain(overlay, KEY, Style::Snake))))
        });
        let overlays: Map<String, Json> = overlays.collect();
        if !overlays.is_empty() {
            out.insert("environments".to_owned(), Json::Object(overlays));
        }
        Json::Object(out)
    };
    valid.encryption_keys.iter().map(|key| (key.named.name.to_string(), of(key))).collect()
}
