//! Expressions in MongoDB's aggregation language: as a condition, and as a value.

use serde_json::{Value as Json, json};

use super::absence::is_absent;
use super::{Scope, Unsupported};
use crate::mongodb::lower::{extended_json, types};
use polity_model::expr::{BinaryOp, ExprKind, FieldPath, Function, Step, UnaryOp};
use polity_model::{Duration, Expr, Scalar, TypeKind};

impl Scope<'_> {
    /// A condition; where a value is absent it comes out as `absent_is`.
    pub(super) fn condition(&self, expr: &Expr, absent_is: bool) -> Result<Json, Unsupported> {
        let all = |operator: &str, left, right| -> Result<Json, Unsupported> {
            Ok(json!({ operator: [self.condition(left, absent_is)?, self.condition(right, absent_is)?] }))
        };
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::And, left, right } => all("$and", left, right),
            ExprKind::Binary { op: BinaryOp::Or, left, right } => all("$or", left, right),
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                Ok(json!({ "$not": [self.condition(operand, !absent_is)?] }))
            }
            ExprKind::IsNull { operand, negated } => {
                let absent = is_absent(&self.value(operand)?);
                Ok(if *negated { json!({ "$not": [absent] }) } else { absent })
            }
            ExprKind::Between { operand, low, high, negated } => {
                let value = self.value(operand)?;
                let within = json!({ "$and": [
                    { "$gte": [value, self.value(low)?] },
                    { "$lte": [value, self.value(high)?] },
                ] });
                Ok(self.guarded(&[operand, low, high], negate(within, *negated), absent_is))
            }
            ExprKind::In { operand, list, negated } => {
                let list = list.iter().map(|e| self.value(e)).collect::<Result<Vec<_>, _>>()?;
                let among = json!({ "$in": [self.value(operand)?, list] });
                Ok(self.guarded(&[operand], negate(among, *negated), absent_is))
            }
            ExprKind::Binary { op, left, right } if comparison(*op).is_some() => {
                let operator = comparison(*op).unwrap_or_default();
                let compared = json!({ operator: [self.value(left)?, self.value(right)?] });
                Ok(self.guarded(&[left, right], compared, absent_is))
            }
            ExprKind::Binary { op: BinaryOp::Matches, left, right } => {
                let ExprKind::Text(pattern) = &right.kind else {
                    return Err(unsupported(right, "a pattern that is not a text"));
                };
                let input = self.value(left)?;
                let matches = json!({ "$regexMatch": { "input": input, "regex": types::anchored(pattern) } });
                Ok(self.guarded(&[left], matches, absent_is))
            }
            // A field, a literal or a cast that is a truth value itself.
            _ => {
                let value = json!({ "$eq": [self.value(expr)?, true] });
                Ok(self.guarded(&[expr], value, absent_is))
            }
        }
    }

    /// A comparison that also says what it makes of absence.
    fn guarded(&self, operands: &[&Expr], compared: Json, absent_is: bool) -> Json {
        let absent = self.absent(operands);
        if absent_is {
            any_of(absent, compared)
        } else if absent.is_empty() {
            compared
        } else {
            let mut all: Vec<Json> = absent.into_iter().map(|a| json!({ "$not": [a] })).collect();
            all.push(compared);
            json!({ "$and": all })
        }
    }

    pub(super) fn value(&self, expr: &Expr) -> Result<Json, Unsupported> {
        let scalar = self.platform.scalar(&expr.ty);
        match &expr.kind {
            ExprKind::Null => Ok(Json::Null),
            ExprKind::Bool(value) => Ok(json!(value)),
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => {
                Ok(extended_json::number(digits, scalar))
            }
            ExprKind::Text(text) => Ok(literal(extended_json::text(text, scalar))),
            ExprKind::EnumValue { of, value } => {
                Ok(literal(json!(self.platform[*of].values[*value].named.stored.as_str())))
            }
            ExprKind::Date { year, month, day } => Ok(extended_json::day(*year, *month, *day)),
            ExprKind::Duration(duration) => milliseconds(expr, *duration),
            ExprKind::Field(path) => self.field(expr, path),
            ExprKind::Call { function, arguments } => self.call(expr, *function, arguments),
            // MongoDB 8 is the first whose `$toString` takes a UUID.
            ExprKind::Cast { to, operand } if to.is_text() && self.is_new_uuid(operand) => {
                Ok(json!(super::update::NEW_UUID_TEXT))
            }
            ExprKind::Cast { to, operand } => {
                let Some(operator) = cast(*to) else {
                    return Err(unsupported(expr, "a cast to this type"));
                };
                Ok(json!({ operator: self.value(operand)? }))
            }
            ExprKind::Unary { op: UnaryOp::Minus, operand } => {
                Ok(json!({ "$multiply": [self.value(operand)?, -1] }))
            }
            ExprKind::Binary { op, left, right } => match arithmetic(*op) {
                Some(operator) => {
                    let result = json!({ operator: [self.value(left)?, self.value(right)?] });
                    // `$divide` of whole numbers gives a fraction, which no other store does.
                    Ok(if *op == BinaryOp::Divide && is_whole(scalar) {
                        json!({ "$trunc": result })
                    } else {
                        result
                    })
                }
                None => self.condition(expr, false),
            },
            ExprKind::Unary { op: UnaryOp::Not, .. }
            | ExprKind::IsNull { .. }
            | ExprKind::Between { .. }
            | ExprKind::In { .. } => self.condition(expr, false),
            ExprKind::Case { branches, otherwise } => self.case(branches, otherwise.as_deref()),
            ExprKind::List(elements) => {
                Ok(Json::Array(elements.iter().map(|e| self.value(e)).collect::<Result<_, _>>()?))
            }
            ExprKind::Next(_) => Err(unsupported(expr, "a sequence")),
            ExprKind::Record(_) => Err(unsupported(expr, "a record inside an expression")),
            ExprKind::Sql { .. } => Err(unsupported(expr, "SQL")),
            ExprKind::Broken => Ok(Json::Null),
        }
    }

    fn case(&self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Result<Json, Unsupported> {
        let branches = branches.iter().map(|(condition, value)| {
            Ok(json!({ "case": self.condition(condition, false)?, "then": self.value(value)? }))
        });
        let branches = branches.collect::<Result<Vec<_>, _>>()?;
        let otherwise = otherwise.map_or(Ok(Json::Null), |value| self.value(value))?;
        Ok(json!({ "$switch": { "branches": branches, "default": otherwise } }))
    }

    fn is_new_uuid(&self, expr: &Expr) -> bool {
        self.is_written && matches!(expr.kind, ExprKind::Call { function: Function::UuidV4, .. })
    }

    fn field(&self, expr: &Expr, path: &FieldPath) -> Result<Json, Unsupported> {
        let odd =
            |step: &&Step| matches!(step, Step::Key(key) if key.is_empty() || key.contains(['.', '$', '\0']));
        if path.steps.iter().find(odd).is_some() {
            return Err(unsupported(expr, "a key with a dot or a dollar sign"));
        }
        Ok(json!(self.place(path)))
    }

    pub(super) fn place(&self, path: &FieldPath) -> String {
        let mut out = format!("{}{}", self.prefix, self.names[path.root.index()]);
        for step in &path.steps {
            out.push('.');
            match step {
                Step::Member(record, field) => {
                    let named = &self.platform[*record].fields[field.index()].named;
                    out.push_str(&self.platform.stored_name(self.store, named));
                }
                Step::Key(key) => out.push_str(key),
            }
        }
        out
    }

    fn call(&self, expr: &Expr, function: Function, arguments: &[Expr]) -> Result<Json, Unsupported> {
        let values = arguments.iter().map(|a| self.value(a)).collect::<Result<Vec<_>, _>>()?;
        let first = values.first().cloned().unwrap_or(Json::Null);
        match function {
            Function::Lower => Ok(json!({ "$toLower": first })),
            Function::Upper => Ok(json!({ "$toUpper": first })),
            // Both fail on what is absent, even where the result would not matter.
            Function::Length if arguments.first().is_some_and(|a| matches!(a.ty.kind, TypeKind::List(_))) => {
                Ok(json!({ "$size": { "$ifNull": [first, []] } }))
            }
            Function::Length => Ok(json!({ "$strLenCP": { "$ifNull": [first, ""] } })),
            Function::Coalesce => Ok(json!({ "$ifNull": values })),
            Function::Abs => Ok(json!({ "$abs": first })),
            // Both ignore what is absent.
            Function::Least => Ok(json!({ "$min": values })),
            Function::Greatest => Ok(json!({ "$max": values })),
            Function::Trim => Ok(json!({ "$trim": { "input": first, "chars": " " } })),
            Function::Round => match arguments.first().and_then(|a| self.platform.scalar(&a.ty)) {
                Some(scalar) if scalar.is_whole() => Ok(first),
                // Half to even, as IEEE 754 and PostgreSQL round a float.
                Some(Scalar::Float) => Ok(json!({ "$round": [first, 0] })),
                _ => {
                    let digits = arguments.get(1).map_or("0", |digits| match &digits.kind {
                        ExprKind::Integer(digits) => digits.as_str(),
                        _ => "0",
                    });
                    Ok(rounded(&first, digits.parse().unwrap_or(0)))
                }
            },
            Function::DateTrunc => match (arguments.first().map(|a| &a.kind), values.get(1)) {
                (Some(ExprKind::Text(unit)), Some(date)) if UNITS.contains(&unit.as_str()) => {
                    // Weeks begin on Monday, as in PostgreSQL.
                    Ok(
                        json!({ "$dateTrunc": { "date": date, "unit": unit.as_str(), "startOfWeek": "monday" } }),
                    )
                }
                _ => Err(unsupported(expr, "`date_trunc` to this unit")),
            },
            Function::Now if self.is_written => Ok(json!("$$NOW")),
            Function::UuidV4 if self.is_written => Ok(json!(super::update::NEW_UUID)),
            Function::Now | Function::UuidV4 | Function::UuidV7 | Function::Identity => {
                Err(unsupported(expr, "a value that differs at every look"))
            }
        }
    }
}

/// A decimal with so many digits after the point, a half rounded away from zero; `$round` would round it to even.
pub(super) fn rounded(value: &Json, digits: usize) -> Json {
    let half = |sign: &str| json!({ "$numberDecimal": format!("{sign}0.{}5", "0".repeat(digits)) });
    let away = json!({ "$cond": [{ "$lt": ["$$n", 0] }, half("-"), half("")] });
    json!({ "$let": { "vars": { "n": value }, "in": { "$trunc": [{ "$add": ["$$n", away] }, digits] } } })
}

/// The units that `$dateTrunc` and PostgreSQL both take.
const UNITS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

pub(super) fn any_of(mut conditions: Vec<Json>, last: Json) -> Json {
    if conditions.is_empty() {
        return last;
    }
    conditions.push(last);
    json!({ "$or": conditions })
}

fn negate(condition: Json, negated: bool) -> Json {
    if negated { json!({ "$not": [condition] }) } else { condition }
}

/// A text that begins with a dollar sign would be read as a field.
fn literal(value: Json) -> Json {
    if value.as_str().is_some_and(|text| text.starts_with('$')) {
        json!({ "$literal": value })
    } else {
        value
    }
}

/// An interval is a long of milliseconds, and so is the difference of two dates.
fn milliseconds(expr: &Expr, duration: Duration) -> Result<Json, Unsupported> {
    if duration.is_calendar() {
        return Err(unsupported(expr, "months and years, whose length depends on the calendar,"));
    }
    Ok(extended_json::number(&duration.at_least_milliseconds().to_string(), Some(Scalar::BigInt)))
}

fn comparison(op: BinaryOp) -> Option<&'static str> {
    match op {
        BinaryOp::Equal => Some("$eq"),
        BinaryOp::NotEqual => Some("$ne"),
        BinaryOp::Less => Some("$lt"),
        BinaryOp::LessEqual => Some("$lte"),
        BinaryOp::Greater => Some("$gt"),
        BinaryOp::GreaterEqual => Some("$gte"),
        BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Matches
        | BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::Modulo
        | BinaryOp::Concat => None,
    }
}

fn arithmetic(op: BinaryOp) -> Option<&'static str> {
    match op {
        BinaryOp::Add => Some("$add"),
        BinaryOp::Subtract => Some("$subtract"),
        BinaryOp::Multiply => Some("$multiply"),
        BinaryOp::Divide => Some("$divide"),
        BinaryOp::Modulo => Some("$mod"),
        BinaryOp::Concat => Some("$concat"),
        BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Matches
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual => None,
    }
}

fn is_whole(scalar: Option<Scalar>) -> bool {
    matches!(scalar, Some(Scalar::SmallInt | Scalar::Int | Scalar::BigInt))
}

fn cast(to: Scalar) -> Option<&'static str> {
    match to {
        Scalar::Bool => Some("$toBool"),
        Scalar::SmallInt | Scalar::Int => Some("$toInt"),
        Scalar::BigInt => Some("$toLong"),
        Scalar::Float => Some("$toDouble"),
        Scalar::Decimal { .. } => Some("$toDecimal"),
        Scalar::Text { max: None } => Some("$toString"),
        Scalar::Timestamp => Some("$toDate"),
        Scalar::ObjectId => Some("$toObjectId"),
        Scalar::Text { max: Some(_) }
        | Scalar::Char { .. }
        | Scalar::Bytes
        | Scalar::Uuid
        | Scalar::Inet
        | Scalar::Json
        | Scalar::Date
        | Scalar::Time
        | Scalar::Interval
        | Scalar::Email
        | Scalar::Phone
        | Scalar::Url
        | Scalar::Country
        | Scalar::Currency
        | Scalar::Language
        | Scalar::GeoPoint
        | Scalar::GeoLine
        | Scalar::GeoPolygon
        | Scalar::Vector { .. }
        | Scalar::Password
        | Scalar::Sealed
        | Scalar::BlindIndex
        | Scalar::Pseudonym => None,
    }
}

fn unsupported(expr: &Expr, what: impl Into<String>) -> Unsupported {
    Unsupported { span: expr.span, what: what.into() }
}
