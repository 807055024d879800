//! The name that PostgreSQL gives a column without an alias (`FigureColname` in its parser).

#![allow(clippy::wildcard_enum_match_arm, reason = "an expression of any other kind gives no name")]

use smol_str::SmolStr;
use sqlparser::ast::{
    AccessExpr, ArrayElemTypeDef, DataType, Expr, Query, SelectItem, SetExpr, TimezoneInfo, TrimWhereField,
};

use super::super::sql::{folded, parts};

/// The name that a column has without an alias; empty where it is not certain.
pub(super) fn called(expr: &Expr) -> SmolStr {
    match name_of(expr) {
        Name::Own(name) | Name::OfKind(name) => name,
        Name::None => SmolStr::new_static("?column?"),
        Name::Unsure => SmolStr::default(),
    }
}

enum Name {
    /// The name of a column or a function.
    Own(SmolStr),
    /// The name of a kind of expression, for which a better name is taken.
    OfKind(SmolStr),
    None,
    Unsure,
}

/// One arm for each kind of expression that has a name.
fn name_of(expr: &Expr) -> Name {
    let own = |name: &'static str| Name::Own(SmolStr::new_static(name));
    match expr {
        Expr::Identifier(ident) => Name::Own(folded(ident).into()),
        Expr::CompoundIdentifier(idents) => {
            idents.last().map_or(Name::Unsure, |ident| Name::Own(folded(ident).into()))
        }
        Expr::Function(function) => match parts(&function.name).and_then(|parts| parts.last().map(folded)) {
            Some(name) => Name::Own(name.into()),
            None => Name::Unsure,
        },
        Expr::CompoundFieldAccess { root, access_chain } => {
            let field = access_chain.iter().rev().find_map(|access| match access {
                AccessExpr::Dot(field) => Some(field),
                AccessExpr::Subscript(_) => None,
            });
            name_of(field.unwrap_or(root))
        }
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => name_of(inner),
        Expr::Cast { expr, data_type, .. } => match name_of(expr) {
            name @ (Name::Own(_) | Name::Unsure) => name,
            Name::OfKind(_) | Name::None => type_name(data_type).map_or(Name::Unsure, Name::OfKind),
        },
        Expr::TypedString(typed) => type_name(&typed.data_type).map_or(Name::Unsure, Name::OfKind),
        Expr::Interval(_) => Name::OfKind(SmolStr::new_static("interval")),
        Expr::Case { else_result, .. } => match else_result.as_deref().map(name_of) {
            Some(name @ (Name::Own(_) | Name::Unsure)) => name,
            _ => Name::OfKind(SmolStr::new_static("case")),
        },
        Expr::Subquery(query) => column_of(query),
        Expr::Exists { negated: false, .. } => own("exists"),
        Expr::Array(_) => own("array"),
        Expr::Extract { .. } => own("extract"),
        Expr::Ceil { .. } => own("ceil"),
        Expr::Floor { .. } => own("floor"),
        Expr::Position { .. } => own("position"),
        Expr::Substring { .. } => own("substring"),
        Expr::Overlay { .. } => own("overlay"),
        Expr::AtTimeZone { .. } => own("timezone"),
        Expr::Trim { trim_where, .. } => own(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            Some(TrimWhereField::Both) | None => "btrim",
        }),
        Expr::Tuple(_) => own("row"),
        Expr::Value(_)
        | Expr::BinaryOp { .. }
        | Expr::UnaryOp { .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::Between { .. }
        | Expr::In { .. }
        | Expr::AnyOp { .. }
        | Expr::AllOp { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. } => Name::None,
        _ => Name::Unsure,
    }
}

/// The name of the one column of a subquery.
fn column_of(query: &Query) -> Name {
    let SetExpr::Select(select) = &*query.body else { return Name::Unsure };
    match &select.projection[..] {
        [SelectItem::UnnamedExpr(expr)] => match name_of(expr) {
            Name::Own(name) | Name::OfKind(name) => Name::Own(name),
            name @ (Name::None | Name::Unsure) => name,
        },
        [SelectItem::ExprWithAlias { alias, .. }] => Name::Own(folded(alias).into()),
        _ => Name::Unsure,
    }
}

/// The name by which PostgreSQL keeps a type.
fn type_name(ty: &DataType) -> Option<SmolStr> {
    Some(SmolStr::new_static(match ty {
        DataType::SmallInt(_) | DataType::Int2(_) => "int2",
        DataType::Int(_) | DataType::Int4(_) | DataType::Integer(_) => "int4",
        DataType::BigInt(_) | DataType::Int8(_) => "int8",
        DataType::Numeric(_) | DataType::Decimal(_) | DataType::Dec(_) => "numeric",
        DataType::Real | DataType::Float4 => "float4",
        DataType::Float8 | DataType::DoublePrecision => "float8",
        DataType::Text => "text",
        DataType::CharacterVarying(_) | DataType::CharVarying(_) | DataType::Varchar(_) => "varchar",
        DataType::Character(_) | DataType::Char(_) => "bpchar",
        DataType::Bool | DataType::Boolean => "bool",
        DataType::Date => "date",
        DataType::Time(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => "time",
        DataType::Timestamp(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => "timestamp",
        DataType::Timestamp(..) => "timestamptz",
        DataType::Interval { .. } => "interval",
        DataType::Uuid => "uuid",
        DataType::JSON => "json",
        DataType::JSONB => "jsonb",
        DataType::Bytea => "bytea",
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => return type_name(element),
        DataType::Custom(name, _) => return parts(name)?.last().map(|last| folded(last).into()),
        _ => return None,
    }))
}
