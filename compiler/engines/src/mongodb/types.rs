//! Each type as `$jsonSchema`.
//! <https://www.mongodb.com/docs/manual/reference/operator/query/jsonSchema/>

use serde_json::{Map, Value as Json, json};

use super::extended_json;
use super::validator;
use polity_govern::Governed;
use polity_model::types::{Constraints, Number};
use polity_model::{Scalar, StoreId, Type, TypeKind};

/// A `$jsonSchema`, keyword by keyword.
pub(super) type Schema = Map<String, Json>;

/// The schema for a value of a type, with its limits. Whether it may be absent is said by `required` of what holds it.
pub(super) fn schema(platform: &Governed, store: StoreId, ty: &Type, constraints: &Constraints) -> Schema {
    let mut schema = plain(platform, store, ty);
    constrain(&mut schema, platform, ty, constraints);
    schema
}

fn plain(platform: &Governed, store: StoreId, ty: &Type) -> Schema {
    match &ty.kind {
        TypeKind::Scalar(scalar) => scalar_schema(*scalar),
        TypeKind::Constrained(id) => {
            let constrained = &platform[*id];
            schema(platform, store, &constrained.base, &constrained.constraints)
        }
        TypeKind::Enum(id) => {
            let values: Vec<&str> = platform[*id].values.iter().map(|v| v.named.stored.as_str()).collect();
            object(json!({ "bsonType": "string", "enum": values }))
        }
        TypeKind::Struct(id) => validator::record(platform, store, &platform[*id]),
        TypeKind::List(element) => {
            object(json!({ "bsonType": "array", "items": element_schema(platform, store, element) }))
        }
        TypeKind::Map(element) => object(
            json!({ "bsonType": "object", "additionalProperties": element_schema(platform, store, element) }),
        ),
        // Typed like what it points at; the target's limits hold there.
        TypeKind::Reference { entity, field } => {
            plain(platform, store, &platform[*entity].fields[field.index()].ty)
        }
        TypeKind::Union(arms) => arms.first().map_or_else(Schema::new, |arm| {
            plain(platform, store, &platform[arm.entity].fields[arm.field.index()].ty)
        }),
        TypeKind::Null => object(json!({ "bsonType": "null" })),
        TypeKind::Broken => Schema::new(),
    }
}

/// An element of a list or a value of a map cannot be absent: where it may be nothing, it is null.
fn element_schema(platform: &Governed, store: StoreId, element: &Type) -> Json {
    let mut schema = plain(platform, store, element);
    if element.optional {
        if let Some(bson_type) = schema.get_mut("bsonType") {
            *bson_type = json!([bson_type.take(), "null"]);
        }
        if let Some(Json::Array(values)) = schema.get_mut("enum") {
            values.push(Json::Null);
        }
    }
    Json::Object(schema)
}

fn scalar_schema(scalar: Scalar) -> Schema {
    let bson_type = |name: &str| object(json!({ "bsonType": name }));
    match scalar {
        Scalar::Bool => bson_type("bool"),
        Scalar::SmallInt => object(json!({ "bsonType": "int", "minimum": i16::MIN, "maximum": i16::MAX })),
        Scalar::Int => bson_type("int"),
        Scalar::BigInt | Scalar::Interval => bson_type("long"),
        Scalar::Float => bson_type("double"),
        Scalar::Decimal { precision, scale } => decimal(precision, scale),
        Scalar::Text { max: None } => bson_type("string"),
        Scalar::Text { max: Some(max) } => object(json!({ "bsonType": "string", "maxLength": max })),
        Scalar::Char { length } => {
            object(json!({ "bsonType": "string", "minLength": length, "maxLength": length }))
        }
        // The subtype, 4 of a UUID, is beyond what `$jsonSchema` can judge.
        Scalar::Bytes | Scalar::Uuid | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym => {
            bson_type("binData")
        }
        Scalar::Json => Schema::new(),
        Scalar::ObjectId => bson_type("objectId"),
        Scalar::Date | Scalar::Timestamp => bson_type("date"),
        Scalar::Inet => pattern("^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"),
        Scalar::Time => pattern(r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?$"),
        // A PHC string, so that nobody stores a password in clear by mistake.
        Scalar::Password => pattern(r"^\$argon2id\$"),
        Scalar::Email
        | Scalar::Phone
        | Scalar::Url
        | Scalar::Country
        | Scalar::Currency
        | Scalar::Language => pattern(scalar.pattern().unwrap_or_default()),
        Scalar::GeoPoint => geo_json("Point", position()),
        Scalar::GeoLine => geo_json("LineString", array(2, position())),
        // A ring ends where it begins, so four positions are a triangle.
        Scalar::GeoPolygon => geo_json("Polygon", array(1, array(4, position()))),
        Scalar::Vector { dimensions } => object(json!({
            "bsonType": "array", "items": { "bsonType": "double" }, "minItems": dimensions, "maxItems": dimensions,
        })),
    }
}

/// So many digits in all, of which `scale` after the point.
fn decimal(precision: u16, scale: u16) -> Schema {
    let (precision, scale) = (usize::from(precision), usize::from(scale));
    let whole = if precision > scale { "9".repeat(precision - scale) } else { "0".to_owned() };
    let (largest, step) = if scale == 0 {
        (whole, "1".to_owned())
    } else {
        // Of `decimal(2, 4)` only the last two of the four digits after the point may differ from zero.
        let zeros = "0".repeat(scale.saturating_sub(precision));
        let nines = "9".repeat(scale.min(precision));
        (format!("{whole}.{zeros}{nines}"), format!("1e-{scale}"))
    };
    let mut schema = object(json!({ "bsonType": "decimal" }));
    schema.insert("minimum".to_owned(), json!({ "$numberDecimal": format!("-{largest}") }));
    schema.insert("maximum".to_owned(), json!({ "$numberDecimal": largest }));
    // MongoDB reads a double as a decimal of 15 digits here, so that 0.01 is 0.01.
    schema.insert("multipleOf".to_owned(), extended_json::number(&step, Some(Scalar::Float)));
    schema
}

/// A text that matches. PCRE's `$` lets a final newline pass, which no other store does.
fn pattern(pattern: &str) -> Schema {
    object(json!({ "bsonType": "string", "pattern": anchored(pattern) }))
}

/// Returns the pattern with a `$` that means the very end of the text.
pub(super) fn anchored(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                out.push('\\');
                out.extend(letters.next());
                continue;
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '$' if !in_class => {
                out.push_str(r"\z");
                continue;
            }
            _ => {}
        }
        out.push(letter);
    }
    out
}

/// Longitude, then latitude, and nothing else: an altitude is stored but never indexed.
fn position() -> Json {
    json!({
        "bsonType": "array",
        "items": [
            { "bsonType": "number", "minimum": -180, "maximum": 180 },
            { "bsonType": "number", "minimum": -90, "maximum": 90 },
        ],
        "minItems": 2,
        "maxItems": 2,
    })
}

fn array(at_least: u32, items: Json) -> Json {
    json!({ "bsonType": "array", "items": items, "minItems": at_least })
}

/// <https://www.mongodb.com/docs/manual/reference/geojson/>
fn geo_json(kind: &str, coordinates: Json) -> Schema {
    object(json!({
        "bsonType": "object",
        "required": ["type", "coordinates"],
        "properties": { "type": { "bsonType": "string", "enum": [kind] }, "coordinates": coordinates },
        "additionalProperties": false,
    }))
}

fn object(value: Json) -> Schema {
    match value {
        Json::Object(map) => map,
        _ => Schema::new(),
    }
}

/// Adds the limits written at a field or a named type. `length` counts the characters of a text and the elements of
/// a list.
fn constrain(schema: &mut Schema, platform: &Governed, ty: &Type, limits: &Constraints) {
    let scalar = platform.scalar(ty);
    let (shortest, longest) = match &ty.kind {
        TypeKind::List(_) => ("minItems", "maxItems"),
        _ => ("minLength", "maxLength"),
    };
    // That of bytes is judged by `$expr`.
    if !scalar.is_some_and(Scalar::is_bytes) {
        for (keyword, limit) in [(shortest, limits.min_length), (longest, limits.max_length)] {
            if let Some((length, _)) = limit {
                tighten(schema, keyword, &length.to_string(), json!(length));
            }
        }
    }
    for (keyword, limit) in [("minimum", &limits.min), ("maximum", &limits.max)] {
        if let Some((Number(digits), _)) = limit {
            tighten(schema, keyword, digits, extended_json::number(digits, scalar));
        }
    }
    if let Some((matches, _)) = &limits.matches {
        also(schema, "pattern", json!(anchored(matches)));
    }
}

/// Sets a limit unless a tighter one stands there already.
fn tighten(schema: &mut Schema, keyword: &str, digits: &str, limit: Json) {
    let standing = schema.get(keyword).map(|limit| match limit.get("$numberDecimal") {
        Some(Json::String(digits)) => digits.clone(),
        _ => limit.to_string(),
    });
    let is_tighter = standing.is_none_or(|standing| {
        let order = compare(digits, &standing);
        if keyword.starts_with("min") { order.is_gt() } else { order.is_lt() }
    });
    if is_tighter {
        schema.insert(keyword.to_owned(), limit);
    }
}

/// The order of two numbers as written, exact at any length but for those with an exponent, which only doubles have.
fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    if a.contains('e') || b.contains('e') {
        let float = |number: &str| number.parse::<f64>().unwrap_or_default();
        return float(a).total_cmp(&float(b));
    }
    let parts = |number: &str| {
        let (negative, digits) = number.strip_prefix('-').map_or((false, number), |digits| (true, digits));
        let digits = digits.trim_start_matches('+');
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = whole.is_empty() && fraction.is_empty();
        (negative && !is_zero, (whole.len(), whole.to_owned()), fraction.to_owned())
    };
    let ((a_negative, a_whole, a_fraction), (b_negative, b_whole, b_fraction)) = (parts(a), parts(b));
    let by_size = || a_whole.cmp(&b_whole).then_with(|| a_fraction.cmp(&b_fraction));
    match (a_negative, b_negative) {
        (false, false) => by_size(),
        (true, true) => by_size().reverse(),
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
    }
}

/// Sets a keyword; where it stands already, both must hold.
fn also(schema: &mut Schema, keyword: &str, value: Json) {
    if !schema.contains_key(keyword) {
        schema.insert(keyword.to_owned(), value);
        return;
    }
    let both = schema.entry("allOf").or_insert_with(|| json!([]));
    if let Json::Array(both) = both {
        both.push(json!({ keyword: value }));
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{anchored, compare, decimal};

    #[test]
    fn only_the_dollar_that_ends_a_text_is_changed() {
        assert_eq!(anchored("^[A-Z$]+$"), r"^[A-Z$]+\z");
        assert_eq!(anchored(r"^\$(a|b$)"), r"^\$(a|b\z)");
        assert_eq!(anchored(r"[\]$]$"), r"[\]$]\z");
        assert_eq!(anchored(r"\\$"), r"\\\z");
    }

    #[test]
    fn numbers_are_compared_digit_by_digit() {
        for (less, more) in
            [("-1", "0"), ("-2", "-1.5"), ("9", "10"), ("0.09", "0.1"), ("1", "1.000001"), ("1e-7", "0.1")]
        {
            assert_eq!(compare(less, more), Ordering::Less, "{less} {more}");
            assert_eq!(compare(more, less), Ordering::Greater, "{more} {less}");
        }
        assert_eq!(compare("-0", "0.00"), Ordering::Equal);
        assert_eq!(compare("9007199254740993", "9007199254740992"), Ordering::Greater);
    }

    #[test]
    fn a_decimal_holds_its_digits() {
        let limits = |precision, scale| {
            let schema = decimal(precision, scale);
            format!("{} {}", schema["maximum"]["$numberDecimal"], schema["multipleOf"])
        };
        assert_eq!(limits(6, 2), "\"9999.99\" 0.01");
        assert_eq!(limits(3, 0), "\"999\" 1");
        assert_eq!(limits(2, 2), "\"0.99\" 0.01");
        assert_eq!(limits(38, 18), format!("\"{}.{}\" 1e-18", "9".repeat(20), "9".repeat(18)));
    }
}
