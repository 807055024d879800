//! Functions.

use serde_json::{Value as Json, json};

use super::absence::Absent;
use super::casts::limited;
use super::numbers::widened;
use super::{Lowering, Unsupported, unsupported};
use polity_model::expr::{ExprKind, Function};
use polity_model::{Expr, Scalar, TypeKind};

impl Lowering<'_> {
    pub(super) fn call(
        &self,
        expr: &Expr,
        function: Function,
        arguments: &[Expr],
    ) -> Result<Json, Unsupported> {
        match (function, arguments) {
            (Function::DateTrunc, _) => self.truncated(expr, arguments),
            (Function::Coalesce, _) => self.choice(expr, "$ifNull", arguments),
            // Both ignore what is absent.
            (Function::Least, _) => self.choice(expr, "$min", arguments),
            (Function::Greatest, _) => self.choice(expr, "$max", arguments),
            (Function::Now, _) if self.scope.is_written => Ok(json!("$$NOW")),
            (Function::UuidV4, _) if self.scope.is_written => Ok(json!(super::update::NEW_UUID)),
            (Function::Lower, [text]) => self.of_text("$toLower", text),
            (Function::Upper, [text]) => self.of_text("$toUpper", text),
            (Function::Length, [measured]) => self.length(measured),
            (Function::Trim, [text]) => Ok(json!({ "$trim": { "input": self.value(text)?, "chars": " " } })),
            (Function::Abs, [number]) => {
                let value = self.value(number)?;
                // The least whole number has no opposite of its type; `$abs` may give one of a wider type.
                Ok(match self.scalar(number) {
                    Some(Scalar::SmallInt) => limited(json!({ "$abs": value }), Scalar::SmallInt),
                    Some(Scalar::Int) => json!({ "$toInt": { "$abs": value } }),
                    Some(Scalar::BigInt) => json!({ "$toLong": { "$abs": { "$toDecimal": value } } }),
                    _ => json!({ "$abs": value }),
                })
            }
            (Function::Round, [number, digits @ ..]) => self.round(number, digits.first()),
            _ => Err(unsupported(expr, "a value that differs at every look")),
        }
    }

    fn round(&self, number: &Expr, digits: Option<&Expr>) -> Result<Json, Unsupported> {
        match self.scalar(number) {
            Some(scalar) if scalar.is_whole() => self.value(number),
            // Half to even, as IEEE 754 and PostgreSQL round a float.
            Some(Scalar::Float) => Ok(json!({ "$round": [self.value(number)?, 0] })),
            _ => {
                let digits = digits.and_then(|digits| match &digits.kind {
                    ExprKind::Integer(digits) => digits.parse().ok(),
                    _ => None,
                });
                self.rounded(number, digits.unwrap_or(0))
            }
        }
    }

    /// A text of a text; these operators take what is absent for an empty one.
    fn of_text(&self, operator: &str, text: &Expr) -> Result<Json, Unsupported> {
        self.of_present(&[text], Absent::Null, |value| json!({ operator: value[0] }))
    }

    /// Code points of a text, bytes, or elements of a list.
    fn length(&self, measured: &Expr) -> Result<Json, Unsupported> {
        let operator = match self.scalar(measured) {
            _ if matches!(measured.ty.kind, TypeKind::List(_)) => "$size",
            Some(scalar) if scalar.is_bytes() => return Ok(json!({ "$binarySize": self.value(measured)? })),
            _ => "$strLenCP",
        };
        self.of_present(&[measured], Absent::Null, |value| json!({ operator: value[0] }))
    }

    /// One of several values, as one of the type that holds them all.
    fn choice(&self, expr: &Expr, operator: &str, values: &[Expr]) -> Result<Json, Unsupported> {
        let wanted = self.scalar(expr);
        let values =
            values.iter().map(|value| self.as_scalar(value, wanted)).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ operator: values }))
    }

    pub(super) fn as_scalar(&self, expr: &Expr, wanted: Option<Scalar>) -> Result<Json, Unsupported> {
        Ok(widened(self.value(expr)?, self.scalar(expr), wanted))
    }
}
