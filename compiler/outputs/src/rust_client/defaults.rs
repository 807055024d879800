//! The values that `new` fills in where the source gives a default.

use serde_json::Value;
use syn::Expr as RustExpr;

use super::layout::Thing;
use super::tree;
use super::types::{Base, ModuleWriter, base, field_base};
use polity_engines::constant;
use polity_model::expr::{Expr, ExprKind, Function, UnaryOp};
use polity_model::{ConstrainedId, EntityId, Field, FieldId, Scalar, StructId, Type, TypeKind};

/// The source of a field's value in a new record.
pub(super) enum Given {
    /// The caller that makes the record.
    ByCaller,
    /// The client, with this.
    ByClient(RustExpr),
}

/// Finds the source of the value of `field`; `key_of` is its entity and id, where it may be the key of that entity.
pub(super) fn given(writer: ModuleWriter<'_>, field: &Field, key_of: Option<(EntityId, FieldId)>) -> Given {
    if let Some(default) = &field.default {
        let base = match key_of {
            Some((entity, id)) => field_base(writer.platform, entity, id),
            None => base(writer.platform, &field.ty),
        };
        // What only the store can make (a sequence, an identity, a piece of SQL) is read there and handed in.
        return match value(writer, default, base, field.ty.optional) {
            Some(value) => Given::ByClient(value),
            None if field.ty.optional => Given::ByClient(tree::named("None")),
            None => Given::ByCaller,
        };
    }
    if field.ty.optional { Given::ByClient(tree::named("None")) } else { Given::ByCaller }
}

/// A default as a value of a type; `None` where the client cannot make it.
fn value(writer: ModuleWriter<'_>, default: &Expr, base: Base<'_>, optional: bool) -> Option<RustExpr> {
    if matches!(default.kind, ExprKind::Null) {
        return optional.then(|| tree::named("None"));
    }
    let required = match base {
        Base::Scalar(scalar) => scalar_value(writer, default, scalar),
        Base::Id(entity, scalar) => {
            let path = writer.layout.id_path(writer.module, entity)?;
            scalar_value(writer, default, scalar).map(|value| tree::call(path, [value]))
        }
        // Checked like any other value of its type.
        Base::Constrained(id) => parsed(&text_of(writer, id, default)?),
        Base::Enum(_) => match &default.kind {
            ExprKind::EnumValue { of, value } => {
                let path = writer.layout.path(writer.module, Thing::Enum(*of))?;
                let variant = super::enums::variant(&writer.platform[*of], *value)?;
                Some(tree::expr(tree::join(path, &variant)))
            }
            _ => None,
        },
        Base::Struct(id) => match &default.kind {
            ExprKind::Record(entries) => record(writer, id, entries),
            _ => None,
        },
        Base::List(of) => match &default.kind {
            ExprKind::List(items) => list(writer, items, of),
            _ => None,
        },
        Base::Map(of) => match &default.kind {
            ExprKind::Record(entries) => map(writer, entries, of),
            _ => None,
        },
        Base::Union | Base::Unknown => None,
    }?;
    Some(if optional { tree::call(tree::path("Some"), [required]) } else { required })
}

fn scalar_value(writer: ModuleWriter<'_>, default: &Expr, scalar: Scalar) -> Option<RustExpr> {
    let function = |name: &str| Some(tree::call(tree::path(&format!("polity_runtime::expr::{name}")), []));
    if scalar == Scalar::Json {
        let ty = Type::required(TypeKind::Scalar(scalar));
        return parsed(&constant::json(writer.platform, &ty, default)?.to_string());
    }
    if let Some(digits) = digits_of(default) {
        return match scalar {
            Scalar::SmallInt | Scalar::Int | Scalar::BigInt => Some(tree::number_literal(&digits)),
            Scalar::Float => Some(tree::float_literal(&digits)),
            Scalar::Decimal { .. } => super::limits::decimal(&digits).or_else(|| parsed(&digits)),
            _ => None,
        };
    }
    match (&default.kind, scalar) {
        (ExprKind::Bool(value), Scalar::Bool) => Some(tree::bool_literal(*value)),
        (ExprKind::Text(text), Scalar::Text { .. } | Scalar::Char { .. }) => Some(owned(text)),
        (ExprKind::Text(text), Scalar::Inet) => {
            let address = tree::path("polity_runtime::expr::address");
            Some(tree::attempt(tree::call(address, [tree::text_literal(text)])))
        }
        (ExprKind::Text(text), Scalar::Bytes) => Some(tree::method(tree::text_literal(text), "into", [])),
        (ExprKind::Text(text), _) => parsed(text),
        (ExprKind::Date { year, month, day }, Scalar::Date) => {
            parsed(&format!("{year:04}-{month:02}-{day:02}"))
        }
        (ExprKind::Date { year, month, day }, Scalar::Timestamp) => {
            parsed(&format!("{year:04}-{month:02}-{day:02}T00:00:00Z"))
        }
        (ExprKind::Duration(length), Scalar::Interval) => {
            let milliseconds = tree::number_literal(&length.at_least_milliseconds().to_string());
            Some(tree::call(tree::path("polity_runtime::Interval::from_millis"), [milliseconds]))
        }
        (ExprKind::Call { function: Function::Now, .. }, Scalar::Timestamp) => function("now"),
        (ExprKind::Call { function: Function::Now, .. }, Scalar::Date) => function("today"),
        (ExprKind::Call { function: Function::UuidV4, .. }, Scalar::Uuid) => function("uuid_v4"),
        (ExprKind::Call { function: Function::UuidV7, .. }, Scalar::Uuid) => function("uuid_v7"),
        _ => None,
    }
}

fn record(writer: ModuleWriter<'_>, id: StructId, entries: &[(smol_str::SmolStr, Expr)]) -> Option<RustExpr> {
    let fields = &writer.platform[id].fields;
    let idents = super::records::idents(fields);
    let mut values = Vec::with_capacity(fields.len());
    for (field, ident) in fields.iter().zip(idents) {
        let written = entries.iter().find(|(name, _)| *name == field.named.name);
        let value = match written {
            Some((_, expr)) => value(writer, expr, base(writer.platform, &field.ty), field.ty.optional)?,
            None => match given(writer, field, None) {
                Given::ByClient(value) => value,
                Given::ByCaller => return None,
            },
        };
        values.push((ident, value));
    }
    Some(tree::literal_of(writer.layout.path(writer.module, Thing::Struct(id))?, values))
}

fn list(writer: ModuleWriter<'_>, items: &[Expr], of: &Type) -> Option<RustExpr> {
    let values: Option<Vec<_>> =
        items.iter().map(|item| value(writer, item, base(writer.platform, of), of.optional)).collect();
    let values = values?;
    if values.is_empty() {
        return Some(tree::call(tree::path("Vec::new"), []));
    }
    Some(tree::call(tree::path("Vec::from"), [tree::array(values)]))
}

fn map(writer: ModuleWriter<'_>, entries: &[(smol_str::SmolStr, Expr)], of: &Type) -> Option<RustExpr> {
    let mut pairs = Vec::with_capacity(entries.len());
    for (key, expr) in entries {
        let value = value(writer, expr, base(writer.platform, of), of.optional)?;
        pairs.push(tree::tuple([owned(key), value]));
    }
    let map = "std::collections::BTreeMap";
    if pairs.is_empty() {
        return Some(tree::call(tree::path(&format!("{map}::new")), []));
    }
    Some(tree::call(tree::path(&format!("{map}::from")), [tree::array(pairs)]))
}

/// `String::from("…")`
fn owned(text: &str) -> RustExpr {
    if text.is_empty() {
        tree::call(tree::path("String::new"), [])
    } else {
        tree::call(tree::path("String::from"), [tree::text_literal(text)])
    }
}

/// `polity_runtime::expr::literal("…")?`
fn parsed(text: &str) -> Option<RustExpr> {
    let literal = tree::path("polity_runtime::expr::literal");
    Some(tree::attempt(tree::call(literal, [tree::text_literal(text)])))
}

/// The digits of a number, with a minus in front where it is negative.
fn digits_of(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Integer(digits) | ExprKind::Decimal(digits) => Some(digits.to_string()),
        ExprKind::Unary { op: UnaryOp::Minus, operand } => {
            let digits = digits_of(operand)?;
            Some(digits.strip_prefix('-').map_or_else(|| format!("-{digits}"), str::to_owned))
        }
        _ => None,
    }
}

/// A constant as the text that a named type reads.
fn text_of(writer: ModuleWriter<'_>, of: ConstrainedId, default: &Expr) -> Option<String> {
    let ty = Type::required(TypeKind::Constrained(of));
    match constant::json(writer.platform, &ty, default)? {
        Value::String(text) => Some(text),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
