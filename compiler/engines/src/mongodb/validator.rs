//! An entity as the validator of its collection: closed, so that nothing enters that the source does not name.

use serde_json::{Map, Value as Json, json};

use super::driver_encryption::{self, Mode};
use super::types::{Schema, schema};
use super::{aggregation, collection};
use polity_govern::Governed;
use polity_model::types::{Arm, Struct};
use polity_model::{Entity, Field, StoreId, TypeKind};

/// The document that `db.createCollection` takes as `validator`.
pub(super) fn validator(platform: &Governed, entity: &Entity) -> Json {
    let mut fields = Fields::default();
    let id = collection::id_field(platform, entity);
    if id.is_none() {
        // A closed schema must name `_id` or no document is accepted.
        fields.properties.insert("_id".to_owned(), json!({ "bsonType": "objectId" }));
    }
    let mode = driver_encryption::mode(platform, entity.store);
    for (field_id, field) in entity.fields() {
        let name = collection::field_name(platform, entity, field_id);
        fields.add(platform, entity.store, &name, field);
    }
    if collection::is_anonymized(entity) {
        let moment = json!({ "bsonType": "date", "description": "When the person was taken out of it." });
        fields.properties.insert(collection::anonymized_at(platform, entity).to_string(), moment);
    }
    if mode == Some(Mode::Queryable) && driver_encryption::encrypts(platform, entity) {
        fields.properties.insert(driver_encryption::SAFE_CONTENT.to_owned(), json!({ "bsonType": "array" }));
    }
    let mut validator = Map::new();
    let head = head(&entity.named.name, &entity.named.docs);
    validator.insert("$jsonSchema".to_owned(), Json::Object(fields.close(head)));
    // Those that MongoDB cannot express are errors, so that none is missing here.
    let checks: Vec<Json> =
        aggregation::checks(platform, entity).into_iter().filter_map(|(_, check)| check.ok()).collect();
    if !checks.is_empty() {
        validator.insert("$expr".to_owned(), json!({ "$and": checks }));
    }
    Json::Object(validator)
}

/// A record inside a document.
pub(super) fn record(platform: &Governed, store: StoreId, record: &Struct) -> Schema {
    let mut fields = Fields::default();
    for field in &record.fields {
        fields.add(platform, store, &platform.stored_name(store, &field.named), field);
    }
    // An embedded record has no name in the source.
    let name = if record.embedded { "" } else { &record.named.name };
    fields.close(head(name, &record.named.docs))
}

/// The keywords that a schema of a document or a record begins with.
fn head(title: &str, docs: &str) -> Schema {
    let mut head = Schema::new();
    head.insert("bsonType".to_owned(), json!("object"));
    if !title.is_empty() {
        head.insert("title".to_owned(), json!(title));
    }
    if !docs.is_empty() {
        head.insert("description".to_owned(), json!(docs));
    }
    head
}

#[derive(Default)]
struct Fields {
    required: Vec<String>,
    properties: Schema,
    /// Fields that stand only together, each way.
    dependencies: Schema,
}

impl Fields {
    fn add(&mut self, platform: &Governed, store: StoreId, name: &str, field: &Field) {
        if let (Some(mode), Some(encrypted)) = (driver_encryption::mode(platform, store), &field.encrypted) {
            let duty = format!("The driver encrypts it with `{}`.", platform[encrypted.key].named.name);
            return self.property(name, field, &[&duty], driver_encryption::property(mode));
        }
        self.property(name, field, &[], schema(platform, store, &field.ty, &field.constraints));
        if let TypeKind::Union(arms) = &field.ty.kind {
            let type_name = platform.stored_type_name(store, &field.named);
            self.property(&type_name, field, &[], arm_schema(arms));
            if field.ty.optional {
                self.dependencies.insert(name.to_owned(), json!([type_name.as_str()]));
                self.dependencies.insert(type_name.to_string(), json!([name]));
            }
        }
    }

    /// `more` stands behind what the source says of the field.
    fn property(&mut self, name: &str, field: &Field, more: &[&str], schema: Schema) {
        if !field.ty.optional {
            self.required.push(name.to_owned());
        }
        self.properties.insert(name.to_owned(), Json::Object(described(field, more, schema)));
    }

    /// Nothing may stand in it but what was added.
    fn close(self, mut schema: Schema) -> Schema {
        // MongoDB refuses an empty `required`.
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), json!(self.required));
        }
        schema.insert("properties".to_owned(), Json::Object(self.properties));
        if !self.dependencies.is_empty() {
            schema.insert("dependencies".to_owned(), Json::Object(self.dependencies));
        }
        schema.insert("additionalProperties".to_owned(), json!(false));
        schema
    }
}

fn arm_schema(arms: &[Arm]) -> Schema {
    let mut schema = Schema::new();
    let names: Vec<&str> = arms.iter().map(|arm| arm.stored.as_str()).collect();
    schema.insert("bsonType".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), json!(names));
    schema
}

/// Puts the field's documentation, and what MongoDB leaves to the client, behind the type.
fn described(field: &Field, more: &[&str], schema: Schema) -> Schema {
    let mut lines: Vec<&str> = Vec::new();
    if !field.named.docs.is_empty() {
        lines.push(&field.named.docs);
    }
    lines.extend(duties(field));
    lines.extend(more);
    if lines.is_empty() {
        return schema;
    }
    let mut rest = schema.into_iter().peekable();
    let mut out = Schema::new();
    if let Some((keyword, bson_type)) = rest.next_if(|(keyword, _)| keyword == "bsonType") {
        out.insert(keyword, bson_type);
    }
    // A record's own description gives way to what the field that holds it says.
    let description = json!(lines.join("\n"));
    out.extend(rest.filter(|(keyword, _)| keyword != "description"));
    out.shift_insert(out.len().min(1), "description".to_owned(), description);
    out
}

/// The duties that the source gives for a field and MongoDB leaves to the client, one sentence each.
fn duties(field: &Field) -> Vec<&'static str> {
    [
        (field.default.is_some(), "The client fills in its default."),
        (field.on_update.is_some(), "The client sets it at every update."),
        (field.computed.is_some(), "The client computes it."),
        (field.immutable.is_some(), "The client never changes it."),
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
