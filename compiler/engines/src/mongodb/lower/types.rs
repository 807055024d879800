//! Each type as a schema.

use std::cmp::Ordering;

use smol_str::SmolStr;

use super::{extended_json, validator};
use polity_catalog::document::{BsonType, Items, Literal, Number, Others, Property, Schema};
use polity_govern::Stored;
use polity_model::pattern::portable;
use polity_model::types::{Constraints, Number as Digits};
use polity_model::{Scalar, StoreId, Type, TypeKind};

/// The schema for a value of a type, with its limits. Whether it may be absent is said by the property that holds it.
pub(in crate::mongodb) fn schema(
    platform: &Stored,
    store: StoreId,
    ty: &Type,
    constraints: &Constraints,
) -> Schema {
    let mut schema = plain(platform, store, ty);
    constrain(&mut schema, platform, ty, constraints);
    schema
}

fn plain(platform: &Stored, store: StoreId, ty: &Type) -> Schema {
    match &ty.kind {
        TypeKind::Scalar(scalar) => scalar_schema(*scalar),
        TypeKind::Constrained(id) => {
            let constrained = &platform[*id];
            schema(platform, store, &constrained.base, &constrained.constraints)
        }
        TypeKind::Enum(id) => one_of(platform[*id].values.iter().map(|value| &value.named.stored)),
        TypeKind::Struct(id) => validator::record(platform, store, &platform[*id]),
        TypeKind::List(element) => {
            let items = Items::Each(Box::new(element_schema(platform, store, element)));
            Schema { items, ..Schema::of(BsonType::Array) }
        }
        TypeKind::Map(element) => {
            let others = Others::Each(Box::new(element_schema(platform, store, element)));
            Schema { others, ..Schema::of(BsonType::Object) }
        }
        // Typed like what it points at; the target's limits hold there.
        TypeKind::Reference { entity, field } => {
            plain(platform, store, &platform[*entity].fields[field.index()].ty)
        }
        TypeKind::Union(arms) => arms.first().map_or_else(Schema::default, |arm| {
            plain(platform, store, &platform[arm.entity].fields[arm.field.index()].ty)
        }),
        TypeKind::Null => Schema::of(BsonType::Null),
        TypeKind::Broken => Schema::default(),
    }
}

/// A text that is one of these.
pub(super) fn one_of<'n>(names: impl Iterator<Item = &'n SmolStr>) -> Schema {
    Schema { allowed: names.cloned().map(Literal::Text).collect(), ..Schema::of(BsonType::String) }
}

/// An element of a list or a value of a map cannot be absent: where it may be nothing, it is null.
fn element_schema(platform: &Stored, store: StoreId, element: &Type) -> Schema {
    Schema { nullable: element.optional, ..plain(platform, store, element) }
}

fn scalar_schema(scalar: Scalar) -> Schema {
    match scalar {
        Scalar::Bool => Schema::of(BsonType::Bool),
        Scalar::SmallInt => Schema {
            minimum: Some(Number::Whole(i16::MIN.into())),
            maximum: Some(Number::Whole(i16::MAX.into())),
            ..Schema::of(BsonType::Int)
        },
        Scalar::Int => Schema::of(BsonType::Int),
        Scalar::BigInt | Scalar::Interval => Schema::of(BsonType::Long),
        Scalar::Float => float(),
        Scalar::Decimal { precision, scale } => decimal(precision, scale),
        Scalar::Text { max } => Schema { max_length: max, ..Schema::of(BsonType::String) },
        Scalar::Char { length } => {
            Schema { min_length: Some(length), max_length: Some(length), ..Schema::of(BsonType::String) }
        }
        // The subtype, 4 of a UUID, is beyond what `$jsonSchema` can judge.
        Scalar::Bytes | Scalar::Uuid | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym => {
            Schema::of(BsonType::BinData)
        }
        Scalar::Json => Schema::default(),
        Scalar::ObjectId => Schema::of(BsonType::ObjectId),
        Scalar::Date | Scalar::Timestamp => Schema::of(BsonType::Date),
        Scalar::Inet
        | Scalar::Time
        | Scalar::Password
        | Scalar::Email
        | Scalar::Phone
        | Scalar::Url
        | Scalar::Country
        | Scalar::Currency
        | Scalar::Language => pattern(&scalar.form().unwrap_or_default()),
        Scalar::GeoPoint => geo_json("Point", position()),
        Scalar::GeoLine => geo_json("LineString", list(2, position())),
        // A ring ends where it begins, so four positions are a triangle.
        Scalar::GeoPolygon => geo_json("Polygon", list(1, list(4, position()))),
        Scalar::Vector { dimensions } => Schema { max_items: Some(dimensions), ..list(dimensions, float()) },
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
    Schema {
        minimum: Some(Number::Decimal(format!("-{largest}").into())),
        maximum: Some(Number::Decimal(largest.into())),
        // MongoDB reads a double as a decimal of 15 digits here, so that 0.01 is 0.01.
        multiple_of: Some(extended_json::typed(&step, Some(Scalar::Float))),
        ..Schema::of(BsonType::Decimal)
    }
}

/// A finite double: NaN is less than all numbers here, and greater elsewhere.
fn float() -> Schema {
    Schema {
        minimum: serde_json::Number::from_f64(-f64::MAX).map(Number::Double),
        maximum: serde_json::Number::from_f64(f64::MAX).map(Number::Double),
        ..Schema::of(BsonType::Double)
    }
}

/// A text that matches.
fn pattern(pattern: &str) -> Schema {
    Schema { patterns: vec![anchored(pattern)], ..Schema::of(BsonType::String) }
}

/// Returns the pattern as PCRE reads it like all others: its `$` lets a final newline pass.
pub(super) fn anchored(pattern: &str) -> String {
    portable(pattern, r"\z")
}

/// Longitude, then latitude, and nothing else: an altitude is stored but never indexed.
fn position() -> Schema {
    let within = |degrees: i64| Schema {
        minimum: Some(Number::Whole(-degrees)),
        maximum: Some(Number::Whole(degrees)),
        ..Schema::of(BsonType::Number)
    };
    Schema {
        items: Items::Tuple(vec![within(180), within(90)]),
        min_items: Some(2),
        max_items: Some(2),
        ..Schema::of(BsonType::Array)
    }
}

fn list(at_least: u32, items: Schema) -> Schema {
    Schema { items: Items::Each(Box::new(items)), min_items: Some(at_least), ..Schema::of(BsonType::Array) }
}

/// <https://www.mongodb.com/docs/manual/reference/geojson/>
fn geo_json(kind: &'static str, coordinates: Schema) -> Schema {
    let required = |schema| Property { required: true, schema, ..Property::default() };
    let kind = one_of([SmolStr::new_static(kind)].iter());
    let properties = [("type", kind), ("coordinates", coordinates)];
    Schema {
        properties: properties.map(|(name, schema)| (name.into(), required(schema))).into(),
        others: Others::Refused,
        ..Schema::of(BsonType::Object)
    }
}

/// Adds the limits written at a field or a named type. `length` counts the characters of a text and the elements of
/// a list.
fn constrain(schema: &mut Schema, platform: &Stored, ty: &Type, limits: &Constraints) {
    let scalar = platform.scalar(ty);
    // That of bytes is judged by `$expr`.
    if !scalar.is_some_and(Scalar::is_bytes) {
        let (shortest, longest) = match &ty.kind {
            TypeKind::List(_) => (&mut schema.min_items, &mut schema.max_items),
            _ => (&mut schema.min_length, &mut schema.max_length),
        };
        if let Some((length, _)) = limits.min_length {
            *shortest = Some(shortest.map_or(length, |set| set.max(length)));
        }
        if let Some((length, _)) = limits.max_length {
            *longest = Some(longest.map_or(length, |set| set.min(length)));
        }
    }
    if let Some((number, _)) = &limits.min {
        tighten(&mut schema.minimum, number, scalar, Ordering::Greater);
    }
    if let Some((number, _)) = &limits.max {
        tighten(&mut schema.maximum, number, scalar, Ordering::Less);
    }
    schema.patterns.extend(limits.matches.iter().map(|(pattern, _)| anchored(pattern)));
}

/// Sets a limit unless a tighter one stands there already.
fn tighten(limit: &mut Option<Number>, Digits(digits): &Digits, scalar: Option<Scalar>, tighter: Ordering) {
    if limit.as_ref().is_none_or(|limit| compare(digits, &limit.to_string()) == tighter) {
        *limit = Some(extended_json::typed(digits, scalar));
    }
}

/// The order of two numbers as written, exact at any length but for those with an exponent, which only doubles have.
fn compare(a: &str, b: &str) -> Ordering {
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
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
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
            [schema.maximum, schema.multiple_of].map(|limit| limit.unwrap().to_string()).join(" ")
        };
        assert_eq!(limits(6, 2), "9999.99 0.01");
        assert_eq!(limits(3, 0), "999 1");
        assert_eq!(limits(2, 2), "0.99 0.01");
        assert_eq!(limits(38, 18), format!("{}.{} 1e-18", "9".repeat(20), "9".repeat(18)));
    }
}
