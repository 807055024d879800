//! The JSON schema (draft 2020-12) of the value of a keyspace.

use serde_json::{Map, Value as Json, json};

use polity_catalog::keyed::{Field, Shape, Type, Value};
use polity_model::Scalar;

/// Returns the schema of one value; of one element for lists, sets and the like.
pub(super) fn of_value(value: &Value) -> Json {
    match value {
        Value::String(ty) | Value::List(ty) | Value::Set(ty) | Value::Geo(ty) | Value::Bloom(ty) => {
            of_type(ty)
        }
        Value::SortedSet { of, .. } => of_type(of),
        Value::Json(fields)
        | Value::Document(fields)
        | Value::Hash(fields)
        | Value::Stream { fields, .. } => record(fields),
        Value::Counter => json!({ "type": "integer" }),
        Value::TimeSeries => json!({ "type": "number" }),
        Value::Bitmap | Value::HyperLogLog | Value::Limiter => Json::Null,
    }
}

/// Returns the schema of a type.
pub(super) fn of_type(ty: &Type) -> Json {
    let mut schema = of_shape(&ty.shape);
    if let Json::Object(map) = &mut schema {
        constrain(map, ty);
    }
    schema
}

fn record(fields: &[Field]) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let mut schema = of_type(&field.ty);
        if let Json::Object(map) = &mut schema
            && !field.comment.is_empty()
        {
            map.insert("description".to_owned(), json!(field.comment));
        }
        if !field.ty.optional {
            required.push(field.name.as_str());
        }
        properties.insert(field.name.to_string(), schema);
    }
    json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
}

/// Returns the schema of an element of a list or a value of a map, which cannot be left out: where it may be absent, it
/// is null.
fn of_element(ty: &Type) -> Json {
    let schema = of_type(ty);
    if ty.optional { json!({ "anyOf": [schema, { "type": "null" }] }) } else { schema }
}

/// Returns the schema of a shape as JSON carries it: what a number of JSON would lose (64 bits, decimals) is text.
fn of_shape(shape: &Shape) -> Json {
    match shape {
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Integer { bits: 16 } => json!({ "type": "integer", "minimum": i16::MIN, "maximum": i16::MAX }),
        Shape::Integer { bits: 32 } => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        Shape::Integer { .. } => json!({ "type": "string", "pattern": "^-?[0-9]{1,19}$" }),
        Shape::Float => json!({ "type": "number" }),
        Shape::Decimal { precision, scale } => decimal(*precision, *scale),
        Shape::Text => json!({ "type": "string" }),
        Shape::Char { length } => json!({ "type": "string", "minLength": length, "maxLength": length }),
        Shape::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Shape::Uuid => json!({ "type": "string", "format": "uuid" }),
        Shape::Address => json!({ "type": "string", "description": "an address or a network" }),
        Shape::ObjectId => json!({ "type": "string", "pattern": "^[0-9a-f]{24}$" }),
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::Time => json!({ "type": "string", "format": "time" }),
        Shape::Timestamp => json!({ "type": "string", "format": "date-time" }),
        Shape::Interval => json!({ "type": "string", "format": "duration" }),
        Shape::Email => matching(Scalar::Email),
        Shape::Phone => matching(Scalar::Phone),
        Shape::Url => matching(Scalar::Url),
        Shape::Country => matching(Scalar::Country),
        Shape::Currency => matching(Scalar::Currency),
        Shape::Language => matching(Scalar::Language),
        Shape::GeoPoint => geojson("Point"),
        Shape::GeoLine => geojson("LineString"),
        Shape::GeoPolygon => geojson("Polygon"),
        Shape::Vector { dimensions } => {
            json!({ "type": "array", "items": { "type": "number" }, "minItems": dimensions, "maxItems": dimensions })
        }
        Shape::OneOf(words) => json!({ "type": "string", "enum": words }),
        Shape::List(element) => json!({ "type": "array", "items": of_element(element) }),
        Shape::Map(element) => json!({ "type": "object", "additionalProperties": of_element(element) }),
        Shape::Record(fields) => record(fields),
        Shape::Any => json!({}),
    }
}

fn decimal(precision: u16, scale: u16) -> Json {
    let (whole, part) = (precision.saturating_sub(scale).max(1), scale.max(1));
    json!({ "type": "string", "pattern": format!("^-?[0-9]{{1,{whole}}}(\\.[0-9]{{1,{part}}})?$") })
}

fn matching(scalar: Scalar) -> Json {
    json!({ "type": "string", "pattern": scalar.pattern().unwrap_or("") })
}

fn geojson(of: &str) -> Json {
    json!({
        "type": "object",
        "required": ["type", "coordinates"],
        "additionalProperties": false,
        "properties": { "type": { "const": of }, "coordinates": { "type": "array" } },
    })
}

/// Adds what a type does not allow of its shape.
fn constrain(schema: &mut Map<String, Json>, ty: &Type) {
    let number = |text: &str| text.parse::<f64>().ok().map(|n| json!(n));
    // A bound of what is carried as text cannot be said in JSON schema; the client checks it.
    if schema.get("type") != Some(&json!("string")) {
        if let Some(min) = ty.min.as_deref().and_then(number) {
            schema.insert("minimum".to_owned(), min);
        }
        if let Some(max) = ty.max.as_deref().and_then(number) {
            schema.insert("maximum".to_owned(), max);
        }
    }
    let is_base64 = schema.contains_key("contentEncoding");
    let length = |bytes: u32| if is_base64 { u64::from(bytes.div_ceil(3)) * 4 } else { u64::from(bytes) };
    if let Some(min) = ty.min_length {
        schema.insert("minLength".to_owned(), json!(length(min)));
    }
    if let Some(max) = ty.max_length {
        schema.insert("maxLength".to_owned(), json!(length(max)));
    }
    if let Some(pattern) = &ty.pattern {
        schema.insert("pattern".to_owned(), json!(pattern.as_str()));
    }
}
