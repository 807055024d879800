//! Expressions of the language as MongoDB's, for checks in validators.
//! <https://www.mongodb.com/docs/manual/reference/operator/aggregation/>
//!
//! A check holds unless it is false: what is absent breaks none, as in SQL. MongoDB instead takes an absent field
//! for less than any value, so each comparison says itself what it makes of absence.

use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::{collection, extended_json, types};
use crate::model::expr::{BinaryOp, ExprKind, FieldPath, Function, Step, UnaryOp};
use crate::model::{Duration, Entity, Expr, Field, Platform, Scalar, StoreId, Type, TypeKind};
use crate::source::Span;

/// What MongoDB cannot express, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Unsupported {
    pub(super) span: Span,
    /// `` `now()` differs at every look ``
    pub(super) what: String,
}

/// Every check of an entity, those of nested records and of computed fields included, with its place.
pub(super) fn checks(platform: &Platform, entity: &Entity) -> Vec<(Span, Result<Json, Unsupported>)> {
    let names = entity.fields().map(|(id, _)| collection::field_name(platform, entity, id)).collect();
    let scope = Scope {
        platform,
        store: entity.store,
        fields: &entity.fields,
        names,
        prefix: "$".to_owned(),
        optional: false,
    };
    let mut found: Vec<_> =
        entity.checks.iter().map(|check| (check.span, scope.condition(&check.expr, true))).collect();
    scope.field_checks(0, &mut found);
    found
}

/// Where an expression stands: the fields it may name, and how MongoDB reaches them.
struct Scope<'p> {
    platform: &'p Platform,
    store: StoreId,
    fields: &'p [Field],
    /// The stored names of `fields`.
    names: Vec<SmolStr>,
    /// `$`, `$address.` or, inside a list, `$$item1.`
    prefix: String,
    /// Whether the record itself may be absent.
    optional: bool,
}

impl<'p> Scope<'p> {
    /// The checks beside the fields of this record and of the records inside.
    fn field_checks(&self, depth: usize, found: &mut Vec<(Span, Result<Json, Unsupported>)>) {
        for (field, name) in self.fields.iter().zip(&self.names) {
            for check in &field.constraints.checks {
                found.push((check.span, self.condition(check, true)));
            }
            if let Some(computed) = &field.computed {
                found.push((computed.span, self.computed(name, computed)));
            }
            found.extend(self.byte_length(name, field).map(|(span, check)| (span, Ok(check))));
            let optional = self.optional || field.ty.optional;
            self.inner_checks(&field.ty, &format!("{}{name}", self.prefix), optional, depth, found);
        }
    }

    /// The checks of the record that stands at `place`, or in the list or map there.
    fn inner_checks(
        &self,
        ty: &Type,
        place: &str,
        optional: bool,
        depth: usize,
        found: &mut Vec<(Span, Result<Json, Unsupported>)>,
    ) {
        // Deeper documents are refused by a rule of their own.
        if depth > super::rules::MAX_DEPTH || !has_checks(self.platform, ty, depth) {
            return;
        }
        match &ty.kind {
            TypeKind::Struct(id) => {
                let record = &self.platform[*id];
                let names =
                    record.fields.iter().map(|f| self.platform.stored_name(self.store, &f.named)).collect();
                let inner =
                    Scope { fields: &record.fields, names, prefix: format!("{place}."), optional, ..*self };
                inner.field_checks(depth + 1, found);
            }
            TypeKind::List(element) => {
                let each = format!("item{depth}");
                let mut inside = Vec::new();
                self.inner_checks(element, &format!("$${each}"), element.optional, depth + 1, &mut inside);
                let input = json!({ "$ifNull": [place, []] });
                found.extend(
                    inside.into_iter().map(|(span, check)| (span, check.map(|c| for_all(&each, &input, &c)))),
                );
            }
            TypeKind::Map(element) => {
                let each = format!("entry{depth}");
                let mut inside = Vec::new();
                self.inner_checks(element, &format!("$${each}.v"), element.optional, depth + 1, &mut inside);
                let input = json!({ "$objectToArray": { "$ifNull": [place, {}] } });
                found.extend(
                    inside.into_iter().map(|(span, check)| (span, check.map(|c| for_all(&each, &input, &c)))),
                );
            }
            TypeKind::Scalar(_)
            | TypeKind::Constrained(_)
            | TypeKind::Enum(_)
            | TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Null
            | TypeKind::Broken => {}
        }
    }

    /// `length` of bytes, which `$jsonSchema` has no word for.
    fn byte_length(&self, name: &str, field: &Field) -> Option<(Span, Json)> {
        if self.platform.scalar(&field.ty) != Some(Scalar::Bytes) {
            return None;
        }
        let mut limits = vec![&field.constraints];
        let mut ty = &field.ty;
        while let TypeKind::Constrained(id) = &ty.kind {
            limits.push(&self.platform[*id].constraints);
            ty = &self.platform[*id].base;
        }
        let here = json!(format!("{}{name}", self.prefix));
        let size = json!({ "$binarySize": here });
        let shortest = limits.iter().filter_map(|l| l.min_length).max_by_key(|(length, _)| *length);
        let longest = limits.iter().filter_map(|l| l.max_length).min_by_key(|(length, _)| *length);
        let mut all: Vec<Json> =
            shortest.iter().map(|(length, _)| json!({ "$gte": [size, length] })).collect();
        all.extend(longest.iter().map(|(length, _)| json!({ "$lte": [size, length] })));
        let (_, span) = shortest.or(longest)?;
        let within = if all.len() > 1 { json!({ "$and": all }) } else { all.pop()? };
        let is_optional = self.optional || field.ty.optional;
        Some((span, if is_optional { any_of(vec![is_absent(&here)], within) } else { within }))
    }

    /// The client computes it; the validator holds it to the expression.
    fn computed(&self, name: &str, expr: &Expr) -> Result<Json, Unsupported> {
        let here = json!(format!("{}{name}", self.prefix));
        let value = self.value(expr)?;
        let mut absent = self.absent(&[expr]);
        if self.optional || self.fields.iter().zip(&self.names).any(|(f, n)| n == name && f.ty.optional) {
            absent.push(is_absent(&here));
        }
        Ok(any_of(absent, json!({ "$eq": [here, value] })))
    }

    /// A condition; where a value is absent it comes out as `absent_is`.
    fn condition(&self, expr: &Expr, absent_is: bool) -> Result<Json, Unsupported> {
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

    /// For each operand that may be absent, the condition that it is.
    fn absent(&self, operands: &[&Expr]) -> Vec<Json> {
        let mut found = Vec::new();
        for operand in operands {
            // `coalesce` is there to give a value where another has none.
            if matches!(operand.kind, ExprKind::Call { function: Function::Coalesce, .. }) {
                continue;
            }
            operand.fields(&mut |path, _| {
                if self.optional || collection::reach(self.platform, self.fields, path).optional {
                    let absent = is_absent(&json!(self.place(path)));
                    if !found.contains(&absent) {
                        found.push(absent);
                    }
                }
            });
        }
        found
    }

    fn value(&self, expr: &Expr) -> Result<Json, Unsupported> {
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
            ExprKind::List(elements) => {
                Ok(Json::Array(elements.iter().map(|e| self.value(e)).collect::<Result<_, _>>()?))
            }
            ExprKind::Next(_) => Err(unsupported(expr, "a sequence")),
            ExprKind::Record(_) => Err(unsupported(expr, "a record inside an expression")),
            ExprKind::Sql(_) => Err(unsupported(expr, "SQL")),
            ExprKind::Broken => Ok(Json::Null),
        }
    }

    fn field(&self, expr: &Expr, path: &FieldPath) -> Result<Json, Unsupported> {
        let odd =
            |step: &&Step| matches!(step, Step::Key(key) if key.is_empty() || key.contains(['.', '$', '\0']));
        if path.steps.iter().find(odd).is_some() {
            return Err(unsupported(expr, "a key with a dot or a dollar sign"));
        }
        Ok(json!(self.place(path)))
    }

    fn place(&self, path: &FieldPath) -> String {
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
            Function::DateTrunc => match (arguments.first().map(|a| &a.kind), values.get(1)) {
                (Some(ExprKind::Text(unit)), Some(date)) if UNITS.contains(&unit.as_str()) => {
                    // Weeks begin on Monday, as in PostgreSQL.
                    Ok(
                        json!({ "$dateTrunc": { "date": date, "unit": unit.as_str(), "startOfWeek": "monday" } }),
                    )
                }
                _ => Err(unsupported(expr, "`date_trunc` to this unit")),
            },
            Function::Now | Function::UuidV4 | Function::UuidV7 | Function::Identity => {
                Err(unsupported(expr, "a value that differs at every look"))
            }
        }
    }
}

/// What `$dateTrunc` takes, of what PostgreSQL takes too.
const UNITS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/// Whether a record in the type has a check anywhere inside.
fn has_checks(platform: &Platform, ty: &Type, depth: usize) -> bool {
    match &ty.kind {
        TypeKind::Struct(id) => {
            depth <= super::rules::MAX_DEPTH
                && platform[*id].fields.iter().any(|field| {
                    field.computed.is_some()
                        || !field.constraints.checks.is_empty()
                        || platform.scalar(&field.ty) == Some(Scalar::Bytes)
                        || has_checks(platform, &field.ty, depth + 1)
                })
        }
        TypeKind::List(element) | TypeKind::Map(element) => has_checks(platform, element, depth + 1),
        TypeKind::Scalar(_)
        | TypeKind::Constrained(_)
        | TypeKind::Enum(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => false,
    }
}

fn for_all(each: &str, input: &Json, check: &Json) -> Json {
    json!({ "$allElementsTrue": [{ "$map": { "input": input, "as": each, "in": check } }] })
}

fn is_absent(value: &Json) -> Json {
    json!({ "$eq": [{ "$ifNull": [value, null] }, null] })
}

fn any_of(mut conditions: Vec<Json>, last: Json) -> Json {
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
        | Scalar::Password => None,
    }
}

fn unsupported(expr: &Expr, what: impl Into<String>) -> Unsupported {
    Unsupported { span: expr.span, what: what.into() }
}
