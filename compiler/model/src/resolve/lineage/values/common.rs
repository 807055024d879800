//! The one type that several values have together, as PostgreSQL finds it for set operations, `CASE`, `coalesce`
//! (its manual, 10.5).

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{Absence, Form, Sql, Value};
use crate::{Platform, Type, TypeKind};

/// Two types that PostgreSQL does not bring together.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::resolve) struct Clash(pub(super) Sql, pub(super) Sql);

/// The value that is one of both.
pub(in crate::resolve) fn common(platform: &Platform, left: &Value, right: &Value) -> Result<Value, Clash> {
    let sql = common_sql(platform, left, right)?;
    let absence = Absence::any([left.absence, right.absence]);
    let form = common_form(platform, left, right);
    let keys = match (left.is_null(), right.is_null()) {
        (true, _) => right.keys.clone(),
        (_, true) => left.keys.clone(),
        _ => left.keys.iter().filter(|key| right.keys.contains(key)).copied().collect(),
    };
    Ok(Value { sql, form, absence, keys })
}

fn common_sql(platform: &Platform, left: &Value, right: &Value) -> Result<Sql, Clash> {
    Ok(match (&left.sql, &right.sql) {
        (Sql::Unknown, _) | (_, Sql::Unknown) => Sql::Unknown,
        (Sql::Null, other) | (other, Sql::Null) => other.clone(),
        (Sql::Literal, Sql::Literal) => Sql::Literal,
        (Sql::Literal, Sql::Text { max }) => Sql::Text { max: longer(left.longest(), *max) },
        (Sql::Text { max }, Sql::Literal) => Sql::Text { max: longer(right.longest(), *max) },
        // The text is read as a value of the other type, which fails at once where it is none.
        (Sql::Literal, other) | (other, Sql::Literal) => other.clone(),
        (Sql::Text { max: left }, Sql::Text { max: right }) => Sql::Text { max: longer(*left, *right) },
        (Sql::Array(left), Sql::Array(right)) => {
            // Arrays are brought together by the type of their elements alone, and not by conversion.
            let element = common(platform, left, right)?;
            Sql::Array(Box::new(element))
        }
        (a, b) if is_number(a) && is_number(b) => number(a, b),
        (Sql::Date, Sql::Timestamp) | (Sql::Timestamp, Sql::Date) => Sql::Timestamp,
        (Sql::LocalTimestamp, Sql::Timestamp) | (Sql::Timestamp, Sql::LocalTimestamp) => Sql::Timestamp,
        (Sql::Date, Sql::LocalTimestamp) | (Sql::LocalTimestamp, Sql::Date) => Sql::LocalTimestamp,
        (a, b) if a == b => a.clone(),
        // Types of which not everything is known here may be brought together.
        (Sql::Other(_) | Sql::Extension(_), _) | (_, Sql::Other(_) | Sql::Extension(_)) => Sql::Unknown,
        (a, b) => return Err(Clash(a.clone(), b.clone())),
    })
}

fn longer(left: Option<u32>, right: Option<u32>) -> Option<u32> {
    Some(left?.max(right?))
}

fn common_form(platform: &Platform, left: &Value, right: &Value) -> Form {
    if left.is_null() {
        return right.form.clone();
    }
    if right.is_null() {
        return left.form.clone();
    }
    match (&left.form, &right.form) {
        (a, b) if a == b => a.clone(),
        (Form::Texts(a), Form::Texts(b)) => Form::Texts(a | b),
        (Form::Texts(texts), of @ Form::Of(kind)) | (of @ Form::Of(kind), Form::Texts(texts))
            if !matches!(kind, TypeKind::Enum(_)) =>
        {
            let literal = Value { form: Form::Texts(texts.clone()), ..Value::of(Sql::Literal) };
            let holds = super::holds(platform, &Type::required(kind.clone()), &literal).is_ok();
            if holds { of.clone() } else { Form::Any }
        }
        (Form::Texts(texts), of @ Form::Of(TypeKind::Enum(id)))
        | (of @ Form::Of(TypeKind::Enum(id)), Form::Texts(texts)) => {
            let mut others = platform[*id].values.iter().map(|value| value.named.stored.clone()).collect();
            if is_subset(texts, &others) {
                of.clone()
            } else {
                others.extend(texts.iter().cloned());
                Form::Texts(others)
            }
        }
        _ => Form::Any,
    }
}

fn is_subset(texts: &BTreeSet<SmolStr>, of: &BTreeSet<SmolStr>) -> bool {
    texts.is_subset(of)
}

pub(super) fn is_number(sql: &Sql) -> bool {
    is_whole(sql) || matches!(sql, Sql::Numeric { .. } | Sql::Real | Sql::Double)
}

pub(super) fn is_whole(sql: &Sql) -> bool {
    matches!(sql, Sql::SmallInt | Sql::Int | Sql::BigInt)
}

/// The digits that a number has before its point and behind it at most.
pub(super) fn digits(sql: &Sql) -> (Option<u16>, Option<u16>) {
    match sql {
        Sql::SmallInt => (Some(5), Some(0)),
        Sql::Int => (Some(10), Some(0)),
        Sql::BigInt => (Some(19), Some(0)),
        Sql::Numeric { whole, scale } => (*whole, *scale),
        _ => (None, None),
    }
}

/// The wider of two types of numbers.
pub(super) fn number(left: &Sql, right: &Sql) -> Sql {
    let rank = |sql: &Sql| match sql {
        Sql::SmallInt => 0,
        Sql::Int => 1,
        Sql::BigInt => 2,
        Sql::Numeric { .. } => 3,
        Sql::Real => 4,
        _ => 5,
    };
    let (low, high) = if rank(left) <= rank(right) { (left, right) } else { (right, left) };
    match high {
        Sql::Numeric { .. } => {
            let ((a, b), (c, d)) = (digits(low), digits(high));
            let most = |a: Option<u16>, b: Option<u16>| Some(a?.max(b?));
            Sql::Numeric { whole: most(a, c), scale: most(b, d) }
        }
        other => other.clone(),
    }
}
