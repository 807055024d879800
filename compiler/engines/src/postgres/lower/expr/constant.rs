//! Constants as values of JSON.

use polity_govern::Stored;
use polity_model::expr::ExprKind;
use polity_model::{Expr, Scalar};

/// The json value that an expression stands for, where it is a constant. Numbers that a reader of JSON could
/// round are texts, as everywhere in Polity.
pub(super) fn constant(platform: &Stored, expr: &Expr) -> Option<serde_json::Value> {
    use serde_json::Value;
    Some(match &expr.kind {
        ExprKind::Null => Value::Null,
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Integer(digits) => Value::Number(digits.parse::<i64>().ok()?.into()),
        ExprKind::Decimal(digits) => match platform.scalar(&expr.ty) {
            Some(Scalar::Float) | None => serde_json::from_str(digits).ok()?,
            // Only what a double holds exactly; the rest is written as `numeric`, which rounds nothing.
            Some(Scalar::Json) => {
                let trimmed = |text: &str| text.trim_end_matches('0').trim_end_matches('.').to_owned();
                let value: Value = serde_json::from_str(digits).ok()?;
                return (trimmed(&value.to_string()) == trimmed(digits)).then_some(value);
            }
            Some(_) => Value::String(digits.to_string()),
        },
        ExprKind::Text(text) => Value::String(text.to_string()),
        ExprKind::Date { year, month, day } => Value::String(format!("{year:04}-{month:02}-{day:02}")),
        ExprKind::EnumValue { of, value } => {
            Value::String(platform[*of].values.get(*value)?.named.stored.to_string())
        }
        ExprKind::List(items) => {
            Value::Array(items.iter().map(|item| constant(platform, item)).collect::<Option<_>>()?)
        }
        ExprKind::Record(entries) => Value::Object(
            entries
                .iter()
                .map(|(name, value)| Some((name.to_string(), constant(platform, value)?)))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}
