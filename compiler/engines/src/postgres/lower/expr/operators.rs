//! Operators: their signs, how tightly they bind, and what is written between two operands.

use std::fmt::Write;

use super::super::super::sql::Literal;
use super::super::types::is_array;
use super::{Scope, is_text, values};
use polity_model::expr::{BinaryOp, ExprKind, UnaryOp};
use polity_model::pattern::portable;
use polity_model::{Expr, Scalar};

impl Scope<'_> {
    pub(super) fn write_binary(
        &self,
        expr: &Expr,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        binds: u8,
        out: &mut String,
    ) {
        let scalar = |e: &Expr| self.platform.scalar(&e.ty);
        let (l, r) = (scalar(left), scalar(right));
        match (op, l, r) {
            (BinaryOp::Add | BinaryOp::Subtract, Some(moment), Some(Scalar::Interval))
                if moment.is_moment() =>
            {
                return self.write_shifted(moment, op, left, right, out);
            }
            (BinaryOp::Add, Some(Scalar::Interval), Some(moment)) if moment.is_moment() => {
                return self.write_shifted(moment, op, right, left, out);
            }
            _ => {}
        }
        let mixed = matches!(
            (l, r),
            (Some(Scalar::Timestamp), Some(Scalar::Date)) | (Some(Scalar::Date), Some(Scalar::Timestamp))
        );
        let wanted = mixed.then_some(Scalar::Timestamp);
        // `and` and `or` chain; of the others the right side is always set apart.
        let right_binds = if matches!(op, BinaryOp::And | BinaryOp::Or) { binds - 1 } else { binds };
        let left_binds = if is_comparison(op) { binds } else { binds - 1 };
        let text = |e: &Expr| {
            // `text || anything` would follow the session's date style; texts are joined with texts only.
            op == BinaryOp::Concat && !is_text(scalar(e)) && !is_array(self.platform, &e.ty)
        };
        let widened = widened(op, (left, l), (right, r), scalar(expr));
        if let (BinaryOp::Matches, ExprKind::Text(pattern)) = (op, &right.kind) {
            self.write(left, binds, out);
            let _ = write!(out, " ~ {}", Literal(&portable(pattern, "$")));
            return;
        }
        for (i, (side, binds)) in [(left, left_binds), (right, right_binds)].into_iter().enumerate() {
            if i > 0 {
                out.push_str(operator(op));
            }
            if let Some(to) = widened.filter(|_| i == 0) {
                let _ = write!(out, "{}::{}", self.inner(side, 9), to);
            } else if text(side) {
                let inner = self.inner(side, 9);
                let _ = match scalar(side) {
                    Some(from) => write!(out, "({})", values::written(from, &inner)),
                    None => write!(out, "{inner}::text"),
                };
            } else {
                self.write_as(side, wanted, binds, out);
            }
            if i == 0 && is_order(op) && is_ordered_text(l) {
                out.push_str(CODE_POINTS);
            }
        }
    }

    /// A moment later or earlier. `timestamptz + interval` asks the session's time zone how long a day is;
    /// `timestamp + interval` does not.
    fn write_shifted(&self, of: Scalar, op: BinaryOp, moment: &Expr, by: &Expr, out: &mut String) {
        let sign = if op == BinaryOp::Add { '+' } else { '-' };
        let (moment, by) = (self.inner(moment, 8), self.inner(by, 6));
        let _ = if of == Scalar::Timestamp {
            write!(out, "(({moment} AT TIME ZONE 'UTC') {sign} {by}) AT TIME ZONE 'UTC'")
        } else {
            write!(out, "({moment} {sign} {by})::date")
        };
    }
}

/// How tightly PostgreSQL binds the outermost operator; 10 where there is none.
pub(super) fn binding(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Binary { op, .. } => match op {
            BinaryOp::Or => 1,
            BinaryOp::And => 2,
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => 4,
            BinaryOp::Matches | BinaryOp::Concat => 5,
            BinaryOp::Add | BinaryOp::Subtract => 6,
            BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 7,
        },
        ExprKind::Unary { op: UnaryOp::Not, .. } => 3,
        ExprKind::Unary { op: UnaryOp::Minus, .. } => 8,
        ExprKind::IsNull { .. } | ExprKind::Between { .. } | ExprKind::In { .. } => 4,
        ExprKind::Integer(digits) | ExprKind::Decimal(digits) if digits.starts_with('-') => 8,
        _ => 10,
    }
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::And => " AND ",
        BinaryOp::Or => " OR ",
        BinaryOp::Equal => " = ",
        BinaryOp::NotEqual => " <> ",
        BinaryOp::Less => " < ",
        BinaryOp::LessEqual => " <= ",
        BinaryOp::Greater => " > ",
        BinaryOp::GreaterEqual => " >= ",
        BinaryOp::Matches => " ~ ",
        BinaryOp::Add => " + ",
        BinaryOp::Subtract => " - ",
        BinaryOp::Multiply => " * ",
        BinaryOp::Divide => " / ",
        BinaryOp::Modulo => " % ",
        BinaryOp::Concat => " || ",
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
    )
}

/// Texts have the order of their code points, whatever a database's own collation is.
pub(super) const CODE_POINTS: &str = " COLLATE \"C\"";

fn is_order(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
}

pub(super) fn is_ordered_text(scalar: Option<Scalar>) -> bool {
    scalar.is_some_and(Scalar::is_text)
}

/// The type that the left side of arithmetic is written in, where PostgreSQL would compute in a narrower one than the
/// language: two `smallint` as such, and whole literals that stand for decimals.
fn widened(
    op: BinaryOp,
    (left, l): (&Expr, Option<Scalar>),
    (right, r): (&Expr, Option<Scalar>),
    result: Option<Scalar>,
) -> Option<&'static str> {
    let is_literal = |e: &Expr| matches!(e.kind, ExprKind::Integer(_));
    let is_arithmetic = matches!(
        op,
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo
    );
    if !is_arithmetic {
        return None;
    }
    if l == Some(Scalar::SmallInt) && r == l && !is_literal(left) && !is_literal(right) {
        return Some("integer");
    }
    match result {
        Some(Scalar::Decimal { .. }) if is_literal(left) && is_literal(right) => Some("numeric"),
        Some(Scalar::Float) if is_literal(left) && is_literal(right) => Some("double precision"),
        _ => None,
    }
}
