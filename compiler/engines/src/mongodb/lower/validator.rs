//! An entity as a collection: closed, so that nothing enters that the source does not name.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::encryption::{self, Mode};
use super::types::{one_of, schema};
use super::{aggregation, collection};
use polity_catalog::document::{BsonType, Collection, Others, Property, Schema};
use polity_govern::{Holder, Stored};
use polity_model::types::Struct;
use polity_model::{Entity, Field, FieldId, StoreId, TypeKind};

/// The collection of an entity, with the rules for its documents.
pub(super) fn collection(platform: &Stored, entity: &Entity) -> Collection {
    let mut fields = Fields::default();
    if collection::id_field(platform, entity).is_none() {
        // A closed schema must name `_id` or no document is accepted.
        fields.own("_id", BsonType::ObjectId, "");
    }
    for (field_id, field) in entity.fields() {
        let name = collection::field_name(platform, entity, field_id);
        fields.add(platform, entity.store, name, (entity.id.into(), field_id), field);
    }
    if collection::is_anonymized(platform, entity) {
        let name = collection::anonymized_at(platform, entity);
        fields.own(&name, BsonType::Date, "When the person was taken out of it.");
    }
    if encryption::mode(platform, entity.store) == Some(Mode::Queryable)
        && encryption::encrypts(platform, entity)
    {
        fields.own(encryption::SAFE_CONTENT, BsonType::Array, "");
    }
    // Those that MongoDB cannot express are errors, so that none is missing here.
    let checks = aggregation::checks(platform, entity).into_iter().filter_map(|(_, check)| check.ok());
    let checks = checks.chain(required_until_anonymized(platform, entity));
    Collection {
        name: entity.named.stored.clone(),
        schema: fields.closed(&entity.named.name, &entity.named.docs),
        checks: checks.collect(),
        encrypted: encryption::searchable_fields(platform, entity),
    }
}

/// The condition that everything is there which is required until the person is taken out of the document.
fn required_until_anonymized(platform: &Stored, entity: &Entity) -> Option<Json> {
    let is_missing = |name: &str| json!({ "$eq": [{ "$type": format!("${name}") }, "missing"] });
    let fields = entity.fields().map(|(id, _)| id);
    let fields = fields.filter(|id| platform.is_required_until_anonymized(entity.id, *id));
    let missing: Vec<Json> =
        fields.map(|id| is_missing(&collection::field_name(platform, entity, id))).collect();
    let stands = json!({ "$not": [is_missing(&collection::anonymized_at(platform, entity))] });
    (!missing.is_empty()).then(|| json!({ "$or": [stands, { "$not": [{ "$or": missing }] }] }))
}

/// A record inside a document.
pub(super) fn record(platform: &Stored, store: StoreId, record: &Struct) -> Schema {
    let mut fields = Fields::default();
    for (i, field) in record.fields.iter().enumerate() {
        let at = (record.id.into(), FieldId(i as u32));
        fields.add(platform, store, platform.stored_name(store, &field.named), at, field);
    }
    // An embedded record has no name in the source.
    let name = if record.embedded { "" } else { &record.named.name };
    fields.closed(name, &record.named.docs)
}

/// The fields of a document or of a record, in the order of the source.
#[derive(Default)]
struct Fields(IndexMap<SmolStr, Property>);

impl Fields {
    /// Adds a field of the compiler's own.
    fn own(&mut self, name: &str, bson_type: BsonType, description: &str) {
        let schema = Schema { description: description.to_owned(), ..Schema::of(bson_type) };
        self.0.insert(name.into(), Property { schema, ..Property::default() });
    }

    /// Adds a field of the source: two properties for a reference with several arms, which stand only together.
    fn add(
        &mut self,
        platform: &Stored,
        store: StoreId,
        name: SmolStr,
        (holder, id): (Holder, FieldId),
        field: &Field,
    ) {
        let stays = platform.immutable(holder, id).is_some();
        if let (Some(mode), Some(encrypted)) =
            (encryption::mode(platform, store), platform.encrypted(holder, id))
        {
            let duty = format!("The driver encrypts it with `{}`.", platform[encrypted.key].named.name);
            self.0.insert(name, property(field, stays, Some(&duty), encryption::ciphertext(mode)));
            return;
        }
        let mut value = property(field, stays, None, schema(platform, store, &field.ty, &field.constraints));
        if let TypeKind::Union(arms) = &field.ty.kind {
            let type_name = platform.stored_type_name(store, &field.named);
            let mut arm = property(field, stays, None, one_of(arms.iter().map(|arm| &arm.stored)));
            if field.ty.optional {
                value.needs.push(type_name.clone());
                arm.needs.push(name.clone());
            }
            self.0.insert(name, value);
            self.0.insert(type_name, arm);
        } else {
            self.0.insert(name, value);
        }
    }

    /// Returns the schema of a document in which nothing else stands.
    fn closed(self, title: &str, docs: &str) -> Schema {
        Schema {
            title: title.into(),
            description: docs.to_owned(),
            properties: self.0,
            others: Others::Refused,
            ..Schema::of(BsonType::Object)
        }
    }
}

/// A property with the field's documentation, that it `stays` as it is, and what MongoDB leaves to the client, `more` behind it.
fn property(field: &Field, stays: bool, more: Option<&str>, mut schema: Schema) -> Property {
    let docs = Some(field.named.docs.as_str()).filter(|docs| !docs.is_empty());
    let lines: Vec<&str> = docs.into_iter().chain(duties(field, stays)).chain(more).collect();
    if !lines.is_empty() {
        // A record's own description gives way to what the field that holds it says.
        schema.description = lines.join("\n");
    }
    Property { required: !field.ty.optional, needs: Vec::new(), schema }
}

/// The duties that the source gives for a field and MongoDB leaves to the client, one sentence each.
fn duties(field: &Field, stays: bool) -> Vec<&'static str> {
    [
        (field.default.is_some(), "The client fills in its default."),
        (field.on_update.is_some(), "The client sets it at every update."),
        (field.computed.is_some(), "The client computes it."),
        (stays, "The client never changes it."),
        (
            field.optimistic.is_some(),
            "The client raises it at every update, which fails if it was raised meanwhile.",
        ),
        (field.soft_delete.is_some(), "The client sets it instead of deleting."),
    ]
    .into_iter()
    .filter_map(|(applies, duty)| applies.then_some(duty))
    .collect()
}
