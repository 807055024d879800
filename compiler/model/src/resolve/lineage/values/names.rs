//! The names of types, as the source would write them.

use smol_str::{SmolStr, format_smolstr};

use super::{Form, Sql, Value};
use crate::{Platform, Type, TypeKind};

impl Value {
    /// Its type for a message: as the source writes it where the source has such a type.
    pub(in crate::resolve) fn name(&self, platform: &Platform) -> SmolStr {
        match &self.form {
            Form::Of(kind @ (TypeKind::Enum(_) | TypeKind::Constrained(_) | TypeKind::Reference { .. })) => {
                platform.type_name(&Type::required(kind.clone()))
            }
            Form::Of(TypeKind::Scalar(scalar)) => scalar.name(),
            Form::Of(
                kind @ (TypeKind::Struct(_) | TypeKind::Map(_) | TypeKind::List(_) | TypeKind::Union(_)),
            ) => platform.type_name(&Type::required(kind.clone())),
            Form::Of(TypeKind::Null | TypeKind::Broken) | Form::Any | Form::Texts(_) => {
                self.sql.name(platform)
            }
        }
    }
}

impl Sql {
    pub(super) fn name(&self, platform: &Platform) -> SmolStr {
        SmolStr::new_static(match self {
            Sql::Unknown => "an unknown type",
            Sql::Null => "NULL",
            Sql::Bool => "bool",
            Sql::SmallInt => "smallint",
            Sql::Int => "int",
            Sql::BigInt => "bigint",
            Sql::Real => "real",
            Sql::Double => "float",
            Sql::Numeric { whole: Some(whole), scale: Some(scale) } => {
                return format_smolstr!("decimal({}, {scale})", whole + scale);
            }
            Sql::Numeric { whole: None, scale: Some(scale) } => {
                return format_smolstr!("numeric with {scale} digits behind the point");
            }
            Sql::Numeric { scale: None, .. } => "numeric with any number of digits",
            Sql::Text { max: Some(max) } => return format_smolstr!("text({max})"),
            Sql::Literal | Sql::Text { max: None } => "text",
            Sql::Bytea => "bytes",
            Sql::Uuid => "uuid",
            Sql::Inet => "inet",
            Sql::JsonText | Sql::Jsonb => "json",
            Sql::Date => "date",
            Sql::Time => "time",
            Sql::LocalTimestamp => "timestamp without time zone",
            Sql::Timestamp => "timestamp",
            Sql::Interval => "interval",
            Sql::Array(element) => return format_smolstr!("{}[]", element.name(platform)),
            Sql::Extension(scalar) => return scalar.name(),
            Sql::Other(name) => return name.clone(),
        })
    }
}

impl Value {
    /// The type that a source would declare to hold it.
    pub(in crate::resolve) fn source_type(&self, platform: &Platform) -> Option<SmolStr> {
        let is_of_source = match &self.sql {
            Sql::Unknown | Sql::Null | Sql::Real | Sql::LocalTimestamp | Sql::Other(_) => false,
            Sql::Numeric { whole, scale } => whole.is_some() && scale.is_some(),
            Sql::Array(element) => element.source_type(platform).is_some(),
            _ => true,
        };
        let is_named = !matches!(&self.form, Form::Of(TypeKind::Struct(id)) if platform[*id].embedded);
        (is_of_source && is_named).then(|| self.name(platform))
    }

    pub(in crate::resolve) fn is_untyped(&self) -> bool {
        matches!(self.sql, Sql::Unknown | Sql::Other(_))
    }

    /// Whether it may be absent, where that is certain.
    pub(in crate::resolve) fn is_known_absent(&self) -> Option<bool> {
        match self.absence {
            super::Absence::Never => Some(false),
            super::Absence::Unsure => None,
            super::Absence::Maybe => Some(true),
        }
    }

    pub(in crate::resolve) fn may_be_absent(&self) -> bool {
        self.absence != super::Absence::Never
    }
}
