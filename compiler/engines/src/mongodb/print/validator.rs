//! `validators/*.json`: the document that `db.createCollection` takes as `validator`.

use serde_json::{Map, Value as Json, json};

use crate::mongodb::lower::extended_json::of_number;
use polity_catalog::document::{BsonType, Collection, Items, Literal, Others, Schema};

pub(in crate::mongodb) fn validator(collection: &Collection) -> Json {
    let mut validator = Map::new();
    validator.insert("$jsonSchema".to_owned(), schema(&collection.schema));
    if !collection.checks.is_empty() {
        validator.insert("$expr".to_owned(), json!({ "$and": collection.checks }));
    }
    Json::Object(validator)
}

/// A schema, keyword by keyword.
fn schema(schema: &Schema) -> Json {
    let mut keywords = Keywords(Map::new());
    keywords.add("bsonType", schema.bson_type.map(|bson_type| bson_type_of(bson_type, schema.nullable)));
    keywords.add("title", text(&schema.title));
    keywords.add("description", text(&schema.description));
    let any_of = schema.any_of.iter().map(self::schema).collect::<Vec<Json>>();
    keywords.add("anyOf", (!any_of.is_empty()).then_some(Json::Array(any_of)));
    keywords.add("enum", allowed(schema));
    keywords.of_document(schema);
    keywords.of_list(schema);
    keywords.add("minimum", schema.minimum.as_ref().map(of_number));
    keywords.add("maximum", schema.maximum.as_ref().map(of_number));
    keywords.add("multipleOf", schema.multiple_of.as_ref().map(of_number));
    keywords.add("minLength", schema.min_length.map(Json::from));
    keywords.add("maxLength", schema.max_length.map(Json::from));
    if let Some((first, more)) = schema.patterns.split_first() {
        keywords.add("pattern", Some(json!(first)));
        let more: Vec<Json> = more.iter().map(|pattern| json!({ "pattern": pattern })).collect();
        keywords.add("allOf", (!more.is_empty()).then_some(Json::Array(more)));
    }
    Json::Object(keywords.0)
}

struct Keywords(Map<String, Json>);

impl Keywords {
    fn add(&mut self, keyword: &str, value: Option<Json>) {
        self.0.extend(value.map(|value| (keyword.to_owned(), value)));
    }

    fn of_document(&mut self, schema: &Schema) {
        let required = schema.properties.iter().filter(|(_, property)| property.required);
        let required: Vec<&str> = required.map(|(name, _)| name.as_str()).collect();
        // MongoDB refuses an empty `required`.
        self.add("required", (!required.is_empty()).then(|| json!(required)));
        if !schema.properties.is_empty() || schema.others == Others::Refused {
            let properties = schema
                .properties
                .iter()
                .map(|(name, property)| (name.to_string(), self::schema(&property.schema)));
            self.add("properties", Some(Json::Object(properties.collect())));
        }
        let needs = schema.properties.iter().filter(|(_, property)| !property.needs.is_empty());
        let needs: Map<_, _> =
            needs.map(|(name, property)| (name.to_string(), names(&property.needs))).collect();
        self.add("dependencies", (!needs.is_empty()).then_some(Json::Object(needs)));
        self.add(
            "additionalProperties",
            match &schema.others {
                Others::Any => None,
                Others::Refused => Some(json!(false)),
                Others::Each(each) => Some(self::schema(each)),
            },
        );
    }

    fn of_list(&mut self, schema: &Schema) {
        self.add(
            "items",
            match &schema.items {
                Items::Any => None,
                Items::Each(each) => Some(self::schema(each)),
                Items::Tuple(each) => Some(each.iter().map(self::schema).collect()),
            },
        );
        self.add("minItems", schema.min_items.map(Json::from));
        self.add("maxItems", schema.max_items.map(Json::from));
    }
}

fn bson_type_of(bson_type: BsonType, nullable: bool) -> Json {
    if nullable { json!([bson_type.name(), "null"]) } else { json!(bson_type.name()) }
}

fn text(text: &str) -> Option<Json> {
    (!text.is_empty()).then(|| json!(text))
}

fn names(names: &[smol_str::SmolStr]) -> Json {
    names.iter().map(|name| json!(name.as_str())).collect()
}

/// The values that are taken, null among them where that is.
fn allowed(schema: &Schema) -> Option<Json> {
    let null = schema.nullable.then_some(Json::Null);
    (!schema.allowed.is_empty()).then(|| schema.allowed.iter().map(literal).chain(null).collect())
}

/// A value in Extended JSON.
pub(super) fn literal(literal: &Literal) -> Json {
    match literal {
        Literal::Text(text) => json!(text.as_str()),
        Literal::Uuid { uuid } => json!({ "$uuid": uuid.as_str() }),
    }
}
