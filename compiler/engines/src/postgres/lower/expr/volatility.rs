//! Whether an expression is immutable.

use super::{is_calendar, is_text};
use polity_govern::Stored;
use polity_model::entity::Field;
use polity_model::expr::{BinaryOp, ExprKind, FieldPath, Function, Step};
use polity_model::{Expr, Scalar};

/// Why a float as a text is not immutable.
const FLOAT: &str = "how many digits of a float are written depends on the session";

/// Why an expression is not immutable: PostgreSQL could answer otherwise for the same row on another day or in
/// another session. The fields are those that the expression counts.
pub(in crate::postgres) fn volatility(
    platform: &Stored,
    fields: &[Field],
    expr: &Expr,
) -> Option<(polity_text::source::Span, String)> {
    let mut first = None;
    expr.walk(&mut |e| {
        if first.is_some() {
            return;
        }
        let why = match &e.kind {
            ExprKind::Call { function, .. } => match function {
                Function::Now => Some("`now()` is another moment at every call".to_owned()),
                Function::UuidV4 | Function::UuidV7 => Some("it is another value at every call".to_owned()),
                Function::Identity => Some("it counts up at every call".to_owned()),
                Function::Lower
                | Function::Upper
                | Function::Length
                | Function::Coalesce
                | Function::DateTrunc
                | Function::Abs
                | Function::Round
                | Function::Trim
                | Function::Least
                | Function::Greatest => None,
            },
            ExprKind::Next(_) => Some("it counts up at every call".to_owned()),
            ExprKind::Cast { to, operand } => {
                let from = platform.scalar(&operand.ty);
                let reads = is_text(from) && is_calendar(Some(*to));
                let writes = is_calendar(from) && is_text(Some(*to));
                let float = from == Some(Scalar::Float) && is_text(Some(*to));
                (reads || writes)
                    .then(|| "how a moment is written depends on the session's date style".to_owned())
                    .or_else(|| float.then(|| FLOAT.to_owned()))
            }
            // A key of json is read as a text; that of a map as what the map holds.
            ExprKind::Field(path) if !has_column(platform, fields, path) => {
                is_calendar(platform.scalar(&e.ty)).then(|| {
                    "a moment within jsonb is a text, and reading it depends on the session".to_owned()
                })
            }
            ExprKind::Binary { op: BinaryOp::Concat, left, right } => [left, right]
                .into_iter()
                .any(|side| is_calendar(platform.scalar(&side.ty)))
                .then(|| "how a moment is written depends on the session's date style".to_owned())
                .or_else(|| {
                    let is_float = |side: &Expr| platform.scalar(&side.ty) == Some(Scalar::Float);
                    (is_float(left) || is_float(right)).then(|| FLOAT.to_owned())
                }),
            ExprKind::Sql { text: fragment, .. } => super::super::handwritten::volatile_call(fragment)
                .map(|name| format!("`{name}` can give another result for the same row")),
            _ => None,
        };
        if let Some(why) = why {
            first = Some((e.span, why));
        }
    });
    first
}

/// Whether a path is a column: a field, or a member of records that have a column for each.
fn has_column(platform: &Stored, fields: &[Field], path: &FieldPath) -> bool {
    let Some(mut field) = fields.get(path.root.index()) else { return true };
    for step in &path.steps {
        let (Step::Member(of, member), Some(_)) = (step, field.inline) else { return false };
        let Some(inner) = platform[*of].fields.get(member.index()) else { return false };
        field = inner;
    }
    true
}
