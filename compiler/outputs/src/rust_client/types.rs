//! Types of the language as types of Rust.

use syn::Type as RustType;

use super::layout::{Layout, ModuleId, Thing};
use super::tree::{generic, named_ty, path_in, ty};
use polity_engines::surface;
use polity_govern::Stored;
use polity_model::{ConstrainedId, EntityId, FieldId, Scalar, Type, TypeKind};

/// References to keys that are references, this far; the resolver reports cycles.
const DEEPEST: usize = 32;

/// The data needed to write code in one module.
#[derive(Clone, Copy)]
pub(super) struct ModuleWriter<'a> {
    pub(super) platform: &'a Stored,
    pub(super) lowered: &'a surface::Faced<'a>,
    pub(super) layout: &'a Layout,
    pub(super) limited: &'a super::limits::Limited,
    pub(super) module: ModuleId,
}

/// The type that remains once references are followed.
#[derive(Clone, Copy)]
pub(super) enum Base<'a> {
    Scalar(Scalar),
    /// The new type of an entity's key, over a scalar.
    Id(EntityId, Scalar),
    Constrained(ConstrainedId),
    Enum(polity_model::EnumId),
    Struct(polity_model::StructId),
    List(&'a Type),
    Map(&'a Type),
    Union,
    Unknown,
}

impl<'a> ModuleWriter<'a> {
    /// The type of a value; `union` names the enum of a reference with several arms.
    pub(super) fn ty(&self, of: &Type, union: Option<&str>) -> RustType {
        let required = self.required(of, union);
        if of.optional { generic("Option", [required]) } else { required }
    }

    fn required(&self, of: &Type, union: Option<&str>) -> RustType {
        let unknown = || named_ty("polity_runtime::Json");
        let path = match base(self.platform, of) {
            Base::Scalar(scalar) => return scalar_ty(scalar),
            Base::List(of) => return generic("Vec", [self.ty(of, union)]),
            Base::Map(of) => {
                return generic("std::collections::BTreeMap", [named_ty("String"), self.ty(of, union)]);
            }
            Base::Id(entity, _) => self.layout.id_path(self.module, entity),
            Base::Constrained(id) => self.layout.path(self.module, Thing::Constrained(id)),
            Base::Enum(id) => self.layout.path(self.module, Thing::Enum(id)),
            Base::Struct(id) => self.layout.path(self.module, Thing::Struct(id)),
            Base::Union => union.map(|name| path_in(None, name)),
            Base::Unknown => None,
        };
        path.map_or_else(unknown, ty)
    }
}

pub(super) fn base<'a>(platform: &'a Stored, ty: &'a Type) -> Base<'a> {
    base_at(platform, ty, 0)
}

fn base_at<'a>(platform: &'a Stored, ty: &'a Type, depth: usize) -> Base<'a> {
    match &ty.kind {
        TypeKind::Scalar(scalar) => Base::Scalar(*scalar),
        TypeKind::Constrained(id) => Base::Constrained(*id),
        TypeKind::Enum(id) => Base::Enum(*id),
        TypeKind::Struct(id) => Base::Struct(*id),
        TypeKind::List(of) => Base::List(of),
        TypeKind::Map(of) => Base::Map(of),
        TypeKind::Union(_) => Base::Union,
        TypeKind::Reference { entity, field } if depth < DEEPEST => {
            field_base_at(platform, *entity, *field, depth + 1)
        }
        TypeKind::Reference { .. } | TypeKind::Null | TypeKind::Broken => Base::Unknown,
    }
}

/// The base of an entity's field: where the field is the whole key, the key's new type.
pub(super) fn field_base(platform: &Stored, entity: EntityId, field: FieldId) -> Base<'_> {
    field_base_at(platform, entity, field, 0)
}

fn field_base_at(platform: &Stored, entity: EntityId, field: FieldId, depth: usize) -> Base<'_> {
    let ty = &platform[entity].field(field).ty;
    match ty.kind {
        TypeKind::Scalar(scalar) if platform[entity].key == [field] && has_text(scalar) && !ty.optional => {
            Base::Id(entity, scalar)
        }
        _ => base_at(platform, ty, depth),
    }
}

/// Whether an entity's key gets a new type: where it is one field of a scalar type that has a text.
pub(super) fn has_id(platform: &Stored, entity: EntityId) -> bool {
    match platform[entity].key[..] {
        [field] => matches!(field_base(platform, entity, field), Base::Id(id, _) if id == entity),
        _ => false,
    }
}

pub(super) fn scalar_ty(scalar: Scalar) -> RustType {
    match scalar {
        Scalar::Bytes => generic("Vec", [named_ty("u8")]),
        Scalar::Vector { .. } => generic("Vec", [named_ty("f32")]),
        _ => named_ty(scalar_name(scalar)),
    }
}

fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::SmallInt => "i16",
        Scalar::Int => "i32",
        Scalar::BigInt => "i64",
        Scalar::Float => "f64",
        Scalar::Decimal { .. } => "polity_runtime::Decimal",
        Scalar::Text { .. } | Scalar::Char { .. } => "String",
        Scalar::Bytes | Scalar::Vector { .. } => "Vec",
        Scalar::Uuid => "polity_runtime::Uuid",
        Scalar::Inet => "polity_runtime::IpNet",
        Scalar::Json => "polity_runtime::Json",
        Scalar::ObjectId => "polity_runtime::ObjectId",
        Scalar::Date => "polity_runtime::Date",
        Scalar::Time => "polity_runtime::Time",
        Scalar::Timestamp => "polity_runtime::Timestamp",
        Scalar::Interval => "polity_runtime::Interval",
        Scalar::Email => "polity_runtime::Email",
        Scalar::Phone => "polity_runtime::Phone",
        Scalar::Url => "polity_runtime::Url",
        Scalar::Country => "polity_runtime::Country",
        Scalar::Currency => "polity_runtime::Currency",
        Scalar::Language => "polity_runtime::Language",
        Scalar::GeoPoint => "polity_runtime::geo::Point",
        Scalar::GeoLine => "polity_runtime::geo::Line",
        Scalar::GeoPolygon => "polity_runtime::geo::Polygon",
        Scalar::Password => "polity_runtime::Password",
        Scalar::Sealed => "polity_runtime::seal::Sealed",
        Scalar::BlindIndex => "polity_runtime::seal::BlindIndex",
        Scalar::Pseudonym => "polity_runtime::seal::Pseudonym",
    }
}

/// Whether a scalar is one text and back: only then can a new type over it be shown, parsed, and stand in a key of
/// Redis.
pub(super) fn has_text(scalar: Scalar) -> bool {
    match scalar {
        Scalar::Bool
        | Scalar::SmallInt
        | Scalar::Int
        | Scalar::BigInt
        | Scalar::Float
        | Scalar::Decimal { .. }
        | Scalar::Text { .. }
        | Scalar::Char { .. }
        | Scalar::Uuid
        | Scalar::ObjectId
        | Scalar::Date
        | Scalar::Time
        | Scalar::Timestamp
        | Scalar::Interval
        | Scalar::Email
        | Scalar::Phone
        | Scalar::Url
        | Scalar::Country
        | Scalar::Currency
        | Scalar::Language => true,
        Scalar::Bytes
        | Scalar::Inet
        | Scalar::Json
        | Scalar::GeoPoint
        | Scalar::GeoLine
        | Scalar::GeoPolygon
        | Scalar::Vector { .. }
        | Scalar::Password
        | Scalar::Sealed
        | Scalar::BlindIndex
        | Scalar::Pseudonym => false,
    }
}

/// The derives of a new type over a scalar, beside `Clone` and `PartialEq`.
pub(super) fn scalar_derives(scalar: Scalar) -> &'static [&'static str] {
    match scalar {
        Scalar::Bool
        | Scalar::SmallInt
        | Scalar::Int
        | Scalar::BigInt
        | Scalar::Decimal { .. }
        | Scalar::Uuid
        | Scalar::Inet
        | Scalar::ObjectId
        | Scalar::Date
        | Scalar::Time
        | Scalar::Timestamp
        | Scalar::Interval
        | Scalar::Country
        | Scalar::Currency => &["Copy", "Eq", "PartialOrd", "Ord", "Hash"],
        Scalar::Text { .. }
        | Scalar::Char { .. }
        | Scalar::Bytes
        | Scalar::Email
        | Scalar::Phone
        | Scalar::Url
        | Scalar::Language => &["Eq", "PartialOrd", "Ord", "Hash"],
        Scalar::Float | Scalar::GeoPoint => &["Copy"],
        Scalar::Sealed => &["Eq", "Hash"],
        Scalar::BlindIndex | Scalar::Pseudonym => &["Copy", "Eq", "Hash"],
        Scalar::Json | Scalar::GeoLine | Scalar::GeoPolygon | Scalar::Vector { .. } | Scalar::Password => &[],
    }
}

/// Whether `serde`'s own form of a scalar is not that of the stores (`polity_runtime::stored`).
pub(super) fn is_stored_otherwise(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::BigInt | Scalar::Bytes | Scalar::Inet | Scalar::Interval)
}
