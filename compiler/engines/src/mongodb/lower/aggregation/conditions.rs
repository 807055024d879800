//! Conditions: true, false, or absent where an operand is.

use serde_json::{Value as Json, json};

use super::absence::{Absent, bound, is_absent};
use super::{Lowering, Unsupported, unsupported};
use crate::mongodb::lower::types;
use polity_model::expr::{BinaryOp, ExprKind, UnaryOp};
use polity_model::{Expr, Scalar, Type, TypeKind};

impl Lowering<'_> {
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
            _ => match self.judged(expr, Absent::Is(absent_is))? {
                Some(judged) => Ok(judged),
                // A field, a literal or a cast that is a truth value itself.
                None if absent_is && self.may_be_absent(expr) => {
                    let value = json!({ "$ifNull": [self.value(expr)?, null] });
                    Ok(json!({ "$ne": [value, false] }))
                }
                None => Ok(json!({ "$eq": [self.value(expr)?, true] })),
            },
        }
    }

    /// A condition as a value, which is null where it is not known.
    pub(super) fn truth(&self, expr: &Expr) -> Result<Option<Json>, Unsupported> {
        match &expr.kind {
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
                if !self.may_be_absent(expr) {
                    return self.condition(expr, false).map(Some);
                }
                let is_and = *op == BinaryOp::And;
                let sides = vec![self.value(left)?, self.value(right)?];
                Ok(Some(bound(sides, |sides| both(is_and, sides))))
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let not = self.of_present(&[operand], Absent::Null, |v| json!({ "$not": [v[0]] }))?;
                Ok(Some(not))
            }
            _ => self.judged(expr, Absent::Null),
        }
    }

    /// A condition that holds values against each other; `None` for any other expression.
    fn judged(&self, expr: &Expr, absent_is: Absent) -> Result<Option<Json>, Unsupported> {
        let judged = match &expr.kind {
            ExprKind::IsNull { operand, negated } => {
                let absent = is_absent(&self.value(operand)?);
                if *negated { json!({ "$not": [absent] }) } else { absent }
            }
            ExprKind::Between { operand, low, high, negated } => {
                self.comparable(operand, true)?;
                if self.may_be_absent(low) || self.may_be_absent(high) {
                    return Err(unsupported(expr, "`between` with an end that may be absent"));
                }
                let (low, high) = (self.beside(low, operand)?, self.beside(high, operand)?);
                self.of_present(&[operand], absent_is, |value| {
                    let value = value[0].clone();
                    let within = bound(
                        vec![value],
                        |v| json!({ "$and": [{ "$gte": [v[0], low] }, { "$lte": [v[0], high] }] }),
                    );
                    negate(within, *negated)
                })?
            }
            ExprKind::In { operand, list, negated } => {
                self.comparable(operand, false)?;
                if list.iter().any(|value| self.may_be_absent(value)) {
                    return Err(unsupported(expr, "a list with a value that may be absent"));
                }
                let list = list.iter().map(|e| self.beside(e, operand)).collect::<Result<Vec<_>, _>>()?;
                self.of_present(&[operand], absent_is, |value| {
                    negate(json!({ "$in": [value[0], list] }), *negated)
                })?
            }
            ExprKind::Binary { op: BinaryOp::Matches, left, right } => {
                let ExprKind::Text(pattern) = &right.kind else {
                    return Err(unsupported(right, "a pattern that is not a text"));
                };
                self.of_present(&[left], absent_is, |value| {
                    json!({ "$regexMatch": { "input": value[0], "regex": types::anchored(pattern) } })
                })?
            }
            ExprKind::Binary { op, left, right } => {
                let Some(operator) = comparison(*op) else { return Ok(None) };
                self.comparable(left, !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual))?;
                let (one, other) = (self.scalar(left), self.scalar(right));
                self.of_present(&[left, right], absent_is, |values| {
                    let (left, right) = (compared(&values[0], one, other), compared(&values[1], other, one));
                    json!({ operator: [left, right] })
                })?
            }
            _ => return Ok(None),
        };
        Ok(Some(judged))
    }

    /// A value that is held against another.
    fn beside(&self, expr: &Expr, other: &Expr) -> Result<Json, Unsupported> {
        Ok(compared(&self.value(expr)?, self.scalar(expr), self.scalar(other)))
    }

    /// Refuses what has no equality, or no order, that documents keep.
    fn comparable(&self, expr: &Expr, ordered: bool) -> Result<(), Unsupported> {
        let platform = self.scope.platform;
        let what = match (platform.scalar(&expr.ty), &expr.ty.kind) {
            (Some(Scalar::Inet), _) => "a comparison of addresses, which documents hold as texts,",
            (Some(Scalar::Json), _) => "a comparison of json, in which the order of names counts here,",
            (Some(Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon), _) => "a comparison of shapes",
            (Some(Scalar::Float), _) if ordered => return Ok(()),
            (None, kind) if !has_equality(self, kind) => {
                "a comparison of records or maps, in which the order of names counts here,"
            }
            _ => return Ok(()),
        };
        Err(unsupported(expr, what))
    }
}

fn has_equality(lowering: &Lowering<'_>, kind: &TypeKind) -> bool {
    let of = |ty: &Type| {
        !matches!(
            lowering.scope.platform.scalar(ty),
            Some(Scalar::Inet | Scalar::Json | Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon)
        ) && has_equality(lowering, &ty.kind)
    };
    match kind {
        TypeKind::Struct(_) | TypeKind::Map(_) => false,
        TypeKind::List(element) => of(element),
        TypeKind::Constrained(id) => has_equality(lowering, &lowering.scope.platform[*id].base.kind),
        _ => true,
    }
}

/// An operand as it is compared: a `float` is compared with floats, in whatever other type documents hold it.
fn compared(value: &Json, own: Option<Scalar>, other: Option<Scalar>) -> Json {
    let is_float = other == Some(Scalar::Float);
    if is_float { super::numbers::widened(value.clone(), own, other) } else { value.clone() }
}

/// `and` and `or` of sides that may be null.
fn both(is_and: bool, sides: &[Json]) -> Json {
    let is_false: Vec<Json> = sides.iter().map(|side| json!({ "$eq": [side, false] })).collect();
    let branches = if is_and {
        json!([
            { "case": { "$or": is_false }, "then": false },
            { "case": { "$and": sides }, "then": true },
        ])
    } else {
        json!([
            { "case": { "$or": sides }, "then": true },
            { "case": { "$and": is_false }, "then": false },
        ])
    };
    json!({ "$switch": { "branches": branches, "default": null } })
}

fn negate(condition: Json, negated: bool) -> Json {
    if negated { json!({ "$not": [condition] }) } else { condition }
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
