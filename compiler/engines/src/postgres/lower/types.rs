//! The PostgreSQL type that stores each type of the language.

use std::borrow::Cow;

use polity_govern::Stored;
use polity_model::pattern::portable;
use polity_model::{Scalar, Type, TypeKind};

/// The schema that roles.sql puts extensions into, so that their types can be named without `search_path`.
pub(in crate::postgres) const EXTENSIONS_SCHEMA: &str = "extensions";

/// More characters than this cannot be said in `varchar(n)`; the length is then only a check.
pub(super) const VARCHAR_LIMIT: u32 = 10_485_760;

/// The type of a column, such as `numeric(18, 2)` or `text[]`.
pub(in crate::postgres) fn column_type(platform: &Stored, ty: &Type) -> Cow<'static, str> {
    match &ty.kind {
        TypeKind::Scalar(scalar) => scalar_type(*scalar),
        TypeKind::Constrained(id) => column_type(platform, &platform[*id].base),
        TypeKind::Enum(_) => "text".into(),
        TypeKind::Struct(_) | TypeKind::Map(_) => "jsonb".into(),
        TypeKind::List(element) => match array_element(platform, element) {
            Some(element) => format!("{element}[]").into(),
            None => "jsonb".into(),
        },
        TypeKind::Reference { entity, field } => {
            column_type(platform, &platform[*entity].fields[field.index()].ty)
        }
        TypeKind::Union(arms) => match arms.first() {
            Some(arm) => column_type(platform, &platform[arm.entity].fields[arm.field.index()].ty),
            None => "text".into(),
        },
        // Reported already; nothing is written while an error stands.
        TypeKind::Null | TypeKind::Broken => "text".into(),
    }
}

/// Whether a value is kept as jsonb, where its shape is the compiler's to check.
pub(in crate::postgres) fn is_jsonb(platform: &Stored, ty: &Type) -> bool {
    column_type(platform, ty) == "jsonb"
}

/// Whether it is a native array.
pub(in crate::postgres) fn is_array(platform: &Stored, ty: &Type) -> bool {
    column_type(platform, ty).ends_with("[]")
}

/// The type without the names that a source may give it: the base of a constrained type, the key of a reference.
pub(in crate::postgres) fn underlying<'a>(platform: &'a Stored, ty: &'a Type) -> &'a TypeKind {
    match &ty.kind {
        TypeKind::Constrained(id) => underlying(platform, &platform[*id].base),
        TypeKind::Reference { entity, field } => {
            underlying(platform, &platform[*entity].fields[field.index()].ty)
        }
        TypeKind::Union(arms) => match arms.first() {
            Some(arm) => underlying(platform, &platform[arm.entity].fields[arm.field.index()].ty),
            None => &ty.kind,
        },
        kind => kind,
    }
}

/// Elements of an array have a type of their own; a list of records, maps, lists or json is one jsonb value.
fn array_element(platform: &Stored, element: &Type) -> Option<Cow<'static, str>> {
    match underlying(platform, element) {
        TypeKind::Scalar(Scalar::Json) => None,
        TypeKind::Scalar(_) | TypeKind::Enum(_) => Some(column_type(platform, element)),
        TypeKind::Constrained(_)
        | TypeKind::Struct(_)
        | TypeKind::List(_)
        | TypeKind::Map(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => None,
    }
}

pub(super) fn scalar_type(scalar: Scalar) -> Cow<'static, str> {
    match scalar {
        Scalar::Bool => "boolean".into(),
        Scalar::SmallInt => "smallint".into(),
        Scalar::Int => "integer".into(),
        Scalar::BigInt => "bigint".into(),
        Scalar::Float => "double precision".into(),
        Scalar::Decimal { precision, scale } => format!("numeric({precision}, {scale})").into(),
        Scalar::Text { max: Some(max) } if max <= VARCHAR_LIMIT => format!("varchar({max})").into(),
        // `char(n)` pads with blanks and forgets them when it compares, so a check says the length instead.
        Scalar::Text { .. } | Scalar::Char { .. } => "text".into(),
        Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym => "bytea".into(),
        Scalar::Uuid => "uuid".into(),
        Scalar::Inet => "inet".into(),
        Scalar::Json => "jsonb".into(),
        Scalar::Date => "date".into(),
        Scalar::Time => "time".into(),
        Scalar::Timestamp => "timestamptz".into(),
        Scalar::Interval => "interval".into(),
        Scalar::ObjectId
        | Scalar::Email
        | Scalar::Phone
        | Scalar::Url
        | Scalar::Country
        | Scalar::Currency
        | Scalar::Language
        | Scalar::Password => "text".into(),
        Scalar::GeoPoint => format!("{EXTENSIONS_SCHEMA}.geography(Point, 4326)").into(),
        Scalar::GeoLine => format!("{EXTENSIONS_SCHEMA}.geography(LineString, 4326)").into(),
        Scalar::GeoPolygon => format!("{EXTENSIONS_SCHEMA}.geography(Polygon, 4326)").into(),
        Scalar::Vector { dimensions } => format!("{EXTENSIONS_SCHEMA}.vector({dimensions})").into(),
    }
}

/// The extension that a type comes from.
pub(in crate::postgres) fn extension_of(scalar: Scalar) -> Option<&'static str> {
    match scalar {
        Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon => Some("postgis"),
        Scalar::Vector { .. } => Some("vector"),
        _ => None,
    }
}

/// The pattern of a column of text that holds such a scalar; `None` where the column's type says it.
pub(super) fn pattern(scalar: Scalar) -> Option<String> {
    let is_text = matches!(scalar, Scalar::Password | Scalar::ObjectId) || scalar.pattern().is_some();
    let form = if is_text { scalar.form() } else { None };
    form.map(|form| portable(&form, "$"))
}
