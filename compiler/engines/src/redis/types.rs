//! Types: from the model to the catalog.

use polity_catalog::keyed::{Field, Shape, Type};
use polity_govern::Stored;
use polity_model::types::Constraints;
use polity_model::{self as model, Scalar, StoreId, TypeKind};

/// Returns the fields of a record as the store has them. A reference with several arms has a field of its own that names
/// the arm.
pub(super) fn fields(platform: &Stored, store: StoreId, fields: &[model::Field]) -> Vec<Field> {
    let mut out = Vec::with_capacity(fields.len());
    for field in fields {
        let mut ty = of_type(platform, store, &field.ty);
        constrain(&mut ty, &field.constraints);
        let optional = ty.optional;
        let name = platform.stored_name(store, &field.named);
        out.push(Field { name, ty, comment: field.named.docs.clone() });
        if let TypeKind::Union(arms) = &field.ty.kind {
            let words = arms.iter().map(|arm| arm.stored.clone()).collect();
            let ty = Type { optional, ..Shape::OneOf(words).into() };
            let name = platform.stored_type_name(store, &field.named);
            out.push(Field { name, ty, comment: Default::default() });
        }
    }
    out
}

/// Returns a type as the store has it.
pub(super) fn of_type(platform: &Stored, store: StoreId, ty: &model::Type) -> Type {
    let shape = match &ty.kind {
        TypeKind::Constrained(id) => {
            let mut base = of_type(platform, store, &platform[*id].base);
            constrain(&mut base, &platform[*id].constraints);
            return Type { optional: ty.optional, ..base };
        }
        TypeKind::Scalar(scalar) => return Type { optional: ty.optional, ..of_scalar(*scalar) },
        TypeKind::Reference { .. } | TypeKind::Union(_) => {
            let stored = platform.scalar(ty).map_or_else(|| Shape::Any.into(), of_scalar);
            return Type { optional: ty.optional, ..stored };
        }
        TypeKind::Enum(id) => {
            Shape::OneOf(platform[*id].values.iter().map(|value| value.named.stored.clone()).collect())
        }
        TypeKind::Struct(id) => Shape::Record(fields(platform, store, &platform[*id].fields)),
        TypeKind::List(element) => Shape::List(Box::new(of_type(platform, store, element))),
        TypeKind::Map(element) => Shape::Map(Box::new(of_type(platform, store, element))),
        TypeKind::Null | TypeKind::Broken => Shape::Any,
    };
    Type { optional: ty.optional, ..shape.into() }
}

fn of_scalar(scalar: Scalar) -> Type {
    Type { max_length: longest(scalar), ..shape(scalar).into() }
}

fn longest(scalar: Scalar) -> Option<u32> {
    if let Scalar::Text { max } = scalar { max } else { None }
}

fn shape(scalar: Scalar) -> Shape {
    match scalar {
        Scalar::Bool => Shape::Boolean,
        Scalar::SmallInt => Shape::Integer { bits: 16 },
        Scalar::Int => Shape::Integer { bits: 32 },
        Scalar::BigInt => Shape::Integer { bits: 64 },
        Scalar::Float => Shape::Float,
        Scalar::Decimal { precision, scale } => Shape::Decimal { precision, scale },
        // A rule refuses a password outside of a store of record.
        Scalar::Text { .. } | Scalar::Password => Shape::Text,
        Scalar::Char { length } => Shape::Char { length },
        Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym => Shape::Bytes,
        Scalar::Uuid => Shape::Uuid,
        Scalar::Inet => Shape::Address,
        Scalar::Json => Shape::Any,
        Scalar::ObjectId => Shape::ObjectId,
        Scalar::Date => Shape::Date,
        Scalar::Time => Shape::Time,
        Scalar::Timestamp => Shape::Timestamp,
        Scalar::Interval => Shape::Interval,
        Scalar::Email => Shape::Email,
        Scalar::Phone => Shape::Phone,
        Scalar::Url => Shape::Url,
        Scalar::Country => Shape::Country,
        Scalar::Currency => Shape::Currency,
        Scalar::Language => Shape::Language,
        Scalar::GeoPoint => Shape::GeoPoint,
        Scalar::GeoLine => Shape::GeoLine,
        Scalar::GeoPolygon => Shape::GeoPolygon,
        Scalar::Vector { dimensions } => Shape::Vector { dimensions },
    }
}

/// Adds constraints; each takes the place of the same one before it.
fn constrain(ty: &mut Type, constraints: &Constraints) {
    if let Some((min, _)) = &constraints.min {
        ty.min = Some(min.0.clone());
    }
    if let Some((max, _)) = &constraints.max {
        ty.max = Some(max.0.clone());
    }
    if let Some((min, _)) = constraints.min_length {
        ty.min_length = Some(min);
    }
    if let Some((max, _)) = constraints.max_length {
        ty.max_length = Some(max);
    }
    if let Some((pattern, _)) = &constraints.matches {
        ty.pattern = Some(pattern.clone());
    }
}
