//! Whether a declared type holds what a query gives, so that its cast changes no value.

use smol_str::SmolStr;

use super::common::{digits, is_number};
use super::{Absence, Form, Sql, Value};
use crate::{Platform, Scalar, StructId, Type, TypeKind};

/// Why a declared type does not hold a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::resolve) enum Misfit {
    /// The types are of different kinds.
    Other,
    /// A text would be cut.
    Cut,
    /// Digits behind the point would be rounded away.
    Rounded,
    /// Some values are too large.
    TooLarge,
    /// Not every value is one that the declared type has.
    Values,
    /// It depends on the time zone of the session.
    Zone,
    /// Its type is not known, and the cast to this one cuts or rounds.
    Unsure,
}

/// Whether a column that is declared to be required may be absent.
pub(in crate::resolve) fn absent_where_required(declared: &Type, value: &Value) -> bool {
    !declared.optional && (value.absence == Absence::Maybe || value.is_null())
}

/// Holds the type of a value against the declared one, whether or not it may be absent.
pub(in crate::resolve) fn holds(platform: &Platform, declared: &Type, value: &Value) -> Result<(), Misfit> {
    if value.is_null() || declared.kind == TypeKind::Broken {
        return Ok(());
    }
    if value.sql == Sql::Unknown {
        return if is_limited(platform, &declared.kind) { Err(Misfit::Unsure) } else { Ok(()) };
    }
    match &declared.kind {
        TypeKind::Scalar(scalar) => holds_scalar(platform, *scalar, value),
        TypeKind::Constrained(id) => {
            let is_same = value.form == Form::Of(declared.kind.clone());
            let base = holds(platform, &platform[*id].base, value);
            if is_same { Ok(()) } else { base.and(Err(Misfit::Values)) }
        }
        TypeKind::Enum(id) => match &value.form {
            Form::Of(TypeKind::Enum(other)) if other == id => Ok(()),
            Form::Texts(texts) if is_text(&value.sql) => {
                let is_value = |text: &SmolStr| platform[*id].values.iter().any(|v| v.named.stored == *text);
                if texts.iter().all(is_value) { Ok(()) } else { Err(Misfit::Values) }
            }
            _ if is_text(&value.sql) => Err(Misfit::Values),
            _ => Err(Misfit::Other),
        },
        TypeKind::Reference { entity, field } => {
            let same = super::sql_of(platform, &declared.kind) == value.sql;
            match value.keys.contains(&(*entity, *field)) {
                true => Ok(()),
                false if same => Err(Misfit::Values),
                false => Err(Misfit::Other),
            }
        }
        TypeKind::Union(arms) => {
            let of_arm = |key: &(_, _)| arms.iter().any(|arm| (arm.entity, arm.field) == *key);
            let is_same = value.form == Form::Of(declared.kind.clone());
            if is_same || value.keys.iter().any(of_arm) { Ok(()) } else { Err(Misfit::Values) }
        }
        TypeKind::List(element) => match &value.sql {
            Sql::Array(of) if super::is_of_array(platform, &element.kind) => {
                holds(platform, element, of)?;
                if absent_where_required(element, of) { Err(Misfit::Values) } else { Ok(()) }
            }
            Sql::Jsonb if !super::is_of_array(platform, &element.kind) => of_shape(platform, declared, value),
            _ => Err(Misfit::Other),
        },
        TypeKind::Struct(_) | TypeKind::Map(_) => match value.sql {
            Sql::Jsonb => of_shape(platform, declared, value),
            _ => Err(Misfit::Other),
        },
        TypeKind::Null | TypeKind::Broken => Ok(()),
    }
}

/// Holds the type of a value against that of a field that it is put into, where PostgreSQL converts more than a cast may:
/// it refuses a text that is too long, and a number that is too large, when it happens.
pub(in crate::resolve) fn fits_a_field(
    platform: &Platform,
    field: &Type,
    value: &Value,
) -> Result<(), Misfit> {
    if value.sql == Sql::Literal && !super::operators::reads_as(value, &super::sql_of(platform, &field.kind))
    {
        return Err(Misfit::Other);
    }
    let is_text_field = matches!(super::sql_of(platform, &field.kind), Sql::Text { .. });
    // A text in quotes is read as a value of the type of the field.
    if value.sql == Sql::Literal && !is_text_field {
        let is_zoned = matches!(&field.kind, TypeKind::Scalar(Scalar::Timestamp)) && !has_zone(value);
        return if is_zoned { Err(Misfit::Zone) } else { Ok(()) };
    }
    match holds(platform, field, value) {
        Err(Misfit::Unsure | Misfit::TooLarge | Misfit::Rounded) => Ok(()),
        Err(Misfit::Cut | Misfit::Values) if !matches!(value.form, Form::Texts(_)) => Ok(()),
        Err(Misfit::Other) if is_text_field => match value.sql {
            Sql::Date | Sql::Time | Sql::LocalTimestamp | Sql::Timestamp | Sql::Interval => Err(Misfit::Zone),
            _ => Ok(()),
        },
        other => other,
    }
}

/// Whether each of its texts ends with a zone, as that of a moment must.
pub(super) fn has_zone(value: &Value) -> bool {
    let Form::Texts(texts) = &value.form else { return false };
    texts.iter().all(|text| {
        let text = text.trim();
        let time = text.split_once([' ', 'T']).map_or("", |(_, time)| time);
        ["now", "infinity", "-infinity", "epoch"].contains(&text)
            || text.ends_with(['Z', 'z'])
            || time.contains(['+', '-'])
            || text.ends_with("UTC")
    })
}

/// A value that is kept as jsonb; of one that SQL puts together the shape is not known.
fn of_shape(platform: &Platform, declared: &Type, value: &Value) -> Result<(), Misfit> {
    match &value.form {
        Form::Any | Form::Texts(_) => Ok(()),
        Form::Of(TypeKind::Broken) => Ok(()),
        Form::Of(kind) if is_shape(platform, &declared.kind, kind) => Ok(()),
        Form::Of(_) => Err(Misfit::Values),
    }
}

/// Whether each value of the second type is one of the first.
fn is_shape(platform: &Platform, declared: &TypeKind, given: &TypeKind) -> bool {
    let element = |declared: &Type, given: &Type| {
        (declared.optional || !given.optional) && is_shape(platform, &declared.kind, &given.kind)
    };
    match (declared, given) {
        (TypeKind::Struct(declared), TypeKind::Struct(given)) => {
            declared == given || same_members(platform, *declared, *given)
        }
        (TypeKind::List(declared), TypeKind::List(given))
        | (TypeKind::Map(declared), TypeKind::Map(given)) => element(declared, given),
        (TypeKind::Scalar(Scalar::Json), TypeKind::Struct(_) | TypeKind::List(_) | TypeKind::Map(_)) => true,
        (TypeKind::Scalar(Scalar::Text { max: None }), TypeKind::Scalar(given)) => given.is_text(),
        (
            TypeKind::Scalar(Scalar::Text { max: Some(most) }),
            TypeKind::Scalar(Scalar::Text { max: Some(max) }),
        ) => max <= most,
        (declared, given) => declared == given,
    }
}

fn same_members(platform: &Platform, declared: StructId, given: StructId) -> bool {
    let (declared, given) = (&platform[declared].fields, &platform[given].fields);
    declared.len() == given.len()
        && declared.iter().all(|field| {
            given.iter().any(|other| {
                other.named.stored == field.named.stored
                    && (field.ty.optional || !other.ty.optional)
                    && is_shape(platform, &field.ty.kind, &other.ty.kind)
            })
        })
}

/// Whether a cast to it may change a value of another type without failing: a text is cut, a number rounded, a moment read
/// in the zone of the session. The cast to a whole number goes by way of text, which fails.
fn is_limited(platform: &Platform, kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Scalar(
            Scalar::Text { max: Some(_) }
            | Scalar::Decimal { .. }
            | Scalar::Date
            | Scalar::Time
            | Scalar::Timestamp,
        ) => true,
        TypeKind::Constrained(id) => is_limited(platform, &platform[*id].base.kind),
        TypeKind::List(element) => is_limited(platform, &element.kind),
        _ => false,
    }
}

fn holds_scalar(platform: &Platform, declared: Scalar, value: &Value) -> Result<(), Misfit> {
    match declared {
        Scalar::SmallInt | Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal { .. } => {
            holds_number(declared, &value.sql)
        }
        Scalar::Text { max } if is_text(&value.sql) => match (max, longest(value)) {
            (None, _) => Ok(()),
            (Some(most), Some(longest)) if longest <= most => Ok(()),
            (Some(_), _) => Err(Misfit::Cut),
        },
        Scalar::Json => match value.sql {
            Sql::Jsonb | Sql::JsonText => Ok(()),
            _ => Err(Misfit::Other),
        },
        Scalar::Date | Scalar::Time | Scalar::Timestamp => match (declared, &value.sql) {
            (Scalar::Date, Sql::Date) | (Scalar::Time, Sql::Time) | (Scalar::Timestamp, Sql::Timestamp) => {
                Ok(())
            }
            (_, Sql::Date | Sql::LocalTimestamp | Sql::Timestamp) => Err(Misfit::Zone),
            _ => Err(Misfit::Other),
        },
        Scalar::Bool
        | Scalar::Bytes
        | Scalar::Uuid
        | Scalar::Inet
        | Scalar::Interval
        | Scalar::GeoPoint
        | Scalar::GeoLine
        | Scalar::GeoPolygon
        | Scalar::Vector { .. } => {
            let is_same = super::sql_of_scalar(declared) == value.sql;
            if is_same { Ok(()) } else { Err(Misfit::Other) }
        }
        // Texts of a form.
        _ if !is_text(&value.sql) => Err(Misfit::Other),
        _ => match &value.form {
            Form::Of(TypeKind::Scalar(scalar)) if *scalar == declared => Ok(()),
            Form::Of(TypeKind::Constrained(id)) => {
                let base = Value::of_type(platform, &platform[*id].base);
                holds_scalar(platform, declared, &base)
            }
            Form::Of(TypeKind::Reference { entity, field }) => {
                match platform[*entity].fields.get(field.index()) {
                    Some(field) => holds_scalar(platform, declared, &Value::of_type(platform, &field.ty)),
                    None => Ok(()),
                }
            }
            Form::Texts(texts) if texts.iter().all(|text| has_form(declared, text)) => Ok(()),
            _ => Err(Misfit::Values),
        },
    }
}

fn holds_number(declared: Scalar, given: &Sql) -> Result<(), Misfit> {
    if !is_number(given) {
        return Err(Misfit::Other);
    }
    let (whole, scale) = digits(given);
    let is_float = matches!(given, Sql::Real | Sql::Double);
    match declared {
        // Neither an average nor a quotient is exact.
        Scalar::Float
            if is_float || scale.is_none() || whole.is_some_and(|whole| whole <= 10) && scale == Some(0) =>
        {
            Ok(())
        }
        Scalar::Float => Err(Misfit::Rounded),
        Scalar::Decimal { precision, scale: most } => match (whole, scale) {
            (_, None) => Err(Misfit::Rounded),
            (_, Some(scale)) if scale > most => Err(Misfit::Rounded),
            (Some(whole), _) if whole > precision.saturating_sub(most) => Err(Misfit::TooLarge),
            // A sum has as many digits as its rows make it have; too many are an error where they are read.
            _ => Ok(()),
        },
        _ => match (declared, given) {
            (Scalar::SmallInt, Sql::SmallInt)
            | (Scalar::Int, Sql::SmallInt | Sql::Int)
            | (Scalar::BigInt, Sql::SmallInt | Sql::Int | Sql::BigInt) => Ok(()),
            (_, Sql::SmallInt | Sql::Int | Sql::BigInt) => Err(Misfit::TooLarge),
            (_, Sql::Numeric { scale: Some(0), .. }) => Err(Misfit::TooLarge),
            _ => Err(Misfit::Rounded),
        },
    }
}

pub(super) fn is_text(sql: &Sql) -> bool {
    matches!(sql, Sql::Text { .. } | Sql::Literal)
}

/// The characters that it has at most.
fn longest(value: &Value) -> Option<u32> {
    match value.sql {
        Sql::Text { max } => match (max, value.longest()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        },
        _ => value.longest(),
    }
}

/// Whether a text that stands in the query has the form of a scalar.
fn has_form(declared: Scalar, text: &str) -> bool {
    match declared {
        Scalar::Char { length } => text.chars().count() == length as usize,
        Scalar::Country | Scalar::Currency => {
            let length = if declared == Scalar::Country { 2 } else { 3 };
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_uppercase())
        }
        _ => false,
    }
}
