//! The JSON schema (draft 2020-12) of what a keyspace holds.

use serde_json::{Map, Value as Json, json};

use polity_govern::Governed;
use polity_model::keyspace::ValueShape;
use polity_model::types::Constraints;
use polity_model::{Field, Scalar, StoreId, Type, TypeKind};

/// The schema of one value; of one element for lists, sets and the like.
pub(super) fn schema(platform: &Governed, store: StoreId, value: &ValueShape) -> Json {
    match value {
        ValueShape::Scalar(ty)
        | ValueShape::List(ty)
        | ValueShape::Set(ty)
        | ValueShape::Geo(ty)
        | ValueShape::Bloom(ty) => of_type(platform, store, ty),
        ValueShape::SortedSet { of, .. } => of_type(platform, store, of),
        ValueShape::Json(id) | ValueShape::Document(id) | ValueShape::Hash(id) => {
            record(platform, store, &platform[*id].fields)
        }
        ValueShape::Stream { fields, .. } => record(platform, store, &platform[*fields].fields),
        ValueShape::Entity(id) => record(platform, store, &platform[*id].fields),
        ValueShape::Counter => json!({ "type": "integer" }),
        ValueShape::TimeSeries => json!({ "type": "number" }),
        ValueShape::Bitmap | ValueShape::HyperLogLog | ValueShape::Limiter | ValueShape::Broken => Json::Null,
    }
}

fn record(platform: &Governed, store: StoreId, fields: &[Field]) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let name = platform.stored_name(store, &field.named);
        let mut schema = of_type(platform, store, &field.ty);
        if let Json::Object(map) = &mut schema {
            constrain(map, &field.constraints);
            if !field.named.docs.is_empty() {
                map.insert("description".to_owned(), json!(field.named.docs.as_str()));
            }
        }
        if !field.ty.optional {
            required.push(name.to_string());
        }
        properties.insert(name.to_string(), schema);
        if let TypeKind::Union(arms) = &field.ty.kind {
            let name = platform.stored_type_name(store, &field.named).to_string();
            let stored: Vec<&str> = arms.iter().map(|arm| arm.stored.as_str()).collect();
            if !field.ty.optional {
                required.push(name.clone());
            }
            properties.insert(name, json!({ "type": "string", "enum": stored }));
        }
    }
    json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
}

fn of_type(platform: &Governed, store: StoreId, ty: &Type) -> Json {
    match &ty.kind {
        TypeKind::Scalar(scalar) => of_scalar(*scalar),
        TypeKind::Constrained(id) => {
            let mut schema = of_type(platform, store, &platform[*id].base);
            if let Json::Object(map) = &mut schema {
                constrain(map, &platform[*id].constraints);
            }
            schema
        }
        TypeKind::Enum(id) => {
            let values: Vec<&str> = platform[*id].values.iter().map(|v| v.named.stored.as_str()).collect();
            json!({ "type": "string", "enum": values })
        }
        TypeKind::Struct(id) => record(platform, store, &platform[*id].fields),
        TypeKind::List(element) => json!({ "type": "array", "items": element_of(platform, store, element) }),
        TypeKind::Map(element) => {
            json!({ "type": "object", "additionalProperties": element_of(platform, store, element) })
        }
        TypeKind::Reference { .. } | TypeKind::Union(_) => {
            platform.scalar(ty).map_or_else(|| json!({}), of_scalar)
        }
        TypeKind::Null | TypeKind::Broken => json!({}),
    }
}

/// An element of a list or a value of a map, which cannot be left out: where it may be absent, it is null.
fn element_of(platform: &Governed, store: StoreId, ty: &Type) -> Json {
    let schema = of_type(platform, store, ty);
    if ty.optional { json!({ "anyOf": [schema, { "type": "null" }] }) } else { schema }
}

/// A scalar as JSON carries it: what a number of JSON would lose (64 bits, decimals) is text.
fn of_scalar(scalar: Scalar) -> Json {
    match scalar {
        Scalar::Bool => json!({ "type": "boolean" }),
        Scalar::SmallInt => json!({ "type": "integer", "minimum": i16::MIN, "maximum": i16::MAX }),
        Scalar::Int => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        Scalar::BigInt => json!({ "type": "string", "pattern": "^-?[0-9]{1,19}$" }),
        Scalar::Float => json!({ "type": "number" }),
        Scalar::Decimal { precision, scale } => {
            let whole = precision.saturating_sub(scale).max(1);
            json!({ "type": "string", "pattern": format!("^-?[0-9]{{1,{whole}}}(\\.[0-9]{{1,{}}})?$", scale.max(1)) })
        }
        Scalar::Text { max: Some(max) } => json!({ "type": "string", "maxLength": max }),
        Scalar::Text { max: None } => json!({ "type": "string" }),
        Scalar::Char { length } => json!({ "type": "string", "minLength": length, "maxLength": length }),
        Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym => {
            json!({ "type": "string", "contentEncoding": "base64" })
        }
        Scalar::Uuid => json!({ "type": "string", "format": "uuid" }),
        Scalar::Inet => json!({ "type": "string", "description": "an address or a network" }),
        Scalar::Json => json!({}),
        Scalar::ObjectId => json!({ "type": "string", "pattern": "^[0-9a-f]{24}$" }),
        Scalar::Date => json!({ "type": "string", "format": "date" }),
        Scalar::Time => json!({ "type": "string", "format": "time" }),
        Scalar::Timestamp => json!({ "type": "string", "format": "date-time" }),
        Scalar::Interval => json!({ "type": "string", "format": "duration" }),
        Scalar::Email
        | Scalar::Phone
        | Scalar::Url
        | Scalar::Country
        | Scalar::Currency
        | Scalar::Language => json!({ "type": "string", "pattern": scalar.pattern().unwrap_or("") }),
        Scalar::GeoPoint => geojson("Point"),
        Scalar::GeoLine => geojson("LineString"),
        Scalar::GeoPolygon => geojson("Polygon"),
        Scalar::Vector { dimensions } => {
            json!({ "type": "array", "items": { "type": "number" }, "minItems": dimensions, "maxItems": dimensions })
        }
        // The gate refuses a password outside a store of record.
        Scalar::Password => json!({ "type": "string" }),
    }
}

fn geojson(of: &str) -> Json {
    json!({
        "type": "object",
        "required": ["type", "coordinates"],
        "additionalProperties": false,
        "properties": { "type": { "const": of }, "coordinates": { "type": "array" } },
    })
}

fn constrain(schema: &mut Map<String, Json>, constraints: &Constraints) {
    let number = |text: &str| text.parse::<f64>().ok().map(|n| json!(n));
    // A bound of what is carried as text cannot be said in JSON schema; the client checks it.
    if schema.get("type") != Some(&json!("string")) {
        if let Some(min) = constraints.min.as_ref().and_then(|(n, _)| number(&n.0)) {
            schema.insert("minimum".to_owned(), min);
        }
        if let Some(max) = constraints.max.as_ref().and_then(|(n, _)| number(&n.0)) {
            schema.insert("maximum".to_owned(), max);
        }
    }
    let is_base64 = schema.contains_key("contentEncoding");
    let length = |bytes: u32| if is_base64 { u64::from(bytes.div_ceil(3)) * 4 } else { u64::from(bytes) };
    if let Some((min, _)) = constraints.min_length {
        schema.insert("minLength".to_owned(), json!(length(min)));
    }
    if let Some((max, _)) = constraints.max_length {
        schema.insert("maxLength".to_owned(), json!(length(max)));
    }
    if let Some((pattern, _)) = &constraints.matches {
        schema.insert("pattern".to_owned(), json!(pattern.as_str()));
    }
}
