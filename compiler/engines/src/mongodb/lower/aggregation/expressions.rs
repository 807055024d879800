//! Expressions in MongoDB's aggregation language, as values of the types that documents hold.

use serde_json::{Value as Json, json};

use super::{Lowering, Unsupported, unsupported};
use crate::mongodb::lower::extended_json;
use polity_model::expr::{BinaryOp, ExprKind, FieldPath, Step, UnaryOp};
use polity_model::{Duration, Expr, Scalar};

impl Lowering<'_> {
    /// A value, which is null (or a field that is not there) where it is absent. One arm for each kind of expression.
    pub(super) fn value(&self, expr: &Expr) -> Result<Json, Unsupported> {
        match &expr.kind {
            ExprKind::Null | ExprKind::Broken => Ok(Json::Null),
            ExprKind::Bool(value) => Ok(json!(value)),
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => {
                let number =
                    if self.scope.is_written { super::update::number } else { extended_json::number };
                Ok(number(digits, self.scalar(expr)))
            }
            ExprKind::Text(text) => Ok(literal(extended_json::text(text, self.scalar(expr)))),
            ExprKind::EnumValue { of, value } => {
                Ok(literal(json!(self.scope.platform[*of].values[*value].named.stored.as_str())))
            }
            ExprKind::Date { year, month, day } => Ok(extended_json::day(*year, *month, *day)),
            ExprKind::Duration(duration) => self.milliseconds(expr, *duration),
            ExprKind::Field(path) => self.field(expr, path),
            ExprKind::Call { function, arguments } => self.call(expr, *function, arguments),
            ExprKind::Cast { to, operand } => self.cast(expr, *to, operand),
            ExprKind::Unary { op: UnaryOp::Minus, operand } => {
                Ok(self.negative(self.value(operand)?, self.scalar(expr)))
            }
            ExprKind::Binary { op: BinaryOp::Concat, left, right } => {
                Ok(json!({ "$concat": [self.value(left)?, self.value(right)?] }))
            }
            ExprKind::Binary { op, left, right } => match self.truth(expr)? {
                Some(truth) => Ok(truth),
                None => self.arithmetic(expr, *op, left, right),
            },
            ExprKind::Unary { op: UnaryOp::Not, .. }
            | ExprKind::IsNull { .. }
            | ExprKind::Between { .. }
            | ExprKind::In { .. } => Ok(self.truth(expr)?.unwrap_or(Json::Null)),
            ExprKind::Case { branches, otherwise } => {
                let wanted = self.scalar(expr);
                self.case(branches, otherwise.as_deref(), |value| self.as_scalar(value, wanted))
            }
            ExprKind::List(elements) => {
                Ok(Json::Array(elements.iter().map(|e| self.value(e)).collect::<Result<_, _>>()?))
            }
            ExprKind::Next(_) => Err(unsupported(expr, "a sequence")),
            ExprKind::Record(_) => Err(unsupported(expr, "a record inside an expression")),
            ExprKind::Sql { .. } => Err(unsupported(expr, "SQL")),
        }
    }

    /// `case` with values of which `one` makes the one that is taken.
    pub(super) fn case(
        &self,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        one: impl Fn(&Expr) -> Result<Json, Unsupported>,
    ) -> Result<Json, Unsupported> {
        let branches = branches.iter().map(|(condition, value)| {
            Ok(json!({ "case": self.condition(condition, false)?, "then": one(value)? }))
        });
        let branches = branches.collect::<Result<Vec<_>, _>>()?;
        let otherwise = otherwise.map_or(Ok(Json::Null), one)?;
        Ok(json!({ "$switch": { "branches": branches, "default": otherwise } }))
    }

    fn field(&self, expr: &Expr, path: &FieldPath) -> Result<Json, Unsupported> {
        let odd =
            |step: &&Step| matches!(step, Step::Key(key) if key.is_empty() || key.contains(['.', '$', '\0']));
        if path.steps.iter().find(odd).is_some() {
            return Err(unsupported(expr, "a key with a dot or a dollar sign"));
        }
        let place = json!(self.place(path));
        // What a path into json leads to is a text, whatever stands there.
        Ok(if self.is_in_json(path) { json!({ "$toString": place }) } else { place })
    }

    pub(super) fn place(&self, path: &FieldPath) -> String {
        let scope = self.scope;
        let mut out = format!("{}{}", scope.prefix, scope.names[path.root.index()]);
        for step in &path.steps {
            out.push('.');
            match step {
                Step::Member(record, field) => {
                    let named = &scope.platform[*record].fields[field.index()].named;
                    out.push_str(&scope.platform.stored_name(scope.store, named));
                }
                Step::Key(key) => out.push_str(key),
            }
        }
        out
    }

    /// An interval is a long of milliseconds, and so is the difference of two moments.
    fn milliseconds(&self, expr: &Expr, duration: Duration) -> Result<Json, Unsupported> {
        if duration.is_calendar() {
            return Err(unsupported(expr, "months and years, whose length depends on the calendar,"));
        }
        let number = if self.scope.is_written { super::update::number } else { extended_json::number };
        Ok(number(&duration.at_least_milliseconds().to_string(), Some(Scalar::BigInt)))
    }
}

pub(super) fn any_of(mut conditions: Vec<Json>, last: Json) -> Json {
    if conditions.is_empty() {
        return last;
    }
    conditions.push(last);
    json!({ "$or": conditions })
}

/// A text that begins with a dollar sign would be read as a field.
pub(super) fn literal(value: Json) -> Json {
    if value.as_str().is_some_and(|text| text.starts_with('$')) {
        json!({ "$literal": value })
    } else {
        value
    }
}
