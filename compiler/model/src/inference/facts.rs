//! Facts about fields that follow from a condition: within a branch of `case`, and from the checks of the row.

use super::range::Range;
use crate::exact::Exact;
use crate::expr::{BinaryOp, Expr, ExprKind, FieldPath, UnaryOp};

/// The facts about fields that are known beyond their types and limits.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) present: Vec<FieldPath>,
    pub(super) ranges: Vec<(FieldPath, Range)>,
}

/// How a condition is known to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// It is true.
    True,
    /// It is false or unknown.
    NotTrue,
    /// It is true or unknown, as of every check.
    NotFalse,
}

impl Facts {
    /// Adds what follows from a condition.
    pub(super) fn assume(&mut self, condition: &Expr, holds: Holds) {
        match &condition.kind {
            ExprKind::Binary { op: BinaryOp::And, left, right } if holds != Holds::NotTrue => {
                self.assume(left, holds);
                self.assume(right, holds);
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } if holds == Holds::NotTrue => {
                self.assume(left, holds);
                self.assume(right, holds);
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => match holds {
                // Its operand is false, and so not unknown.
                Holds::True => self.assume_false(operand),
                Holds::NotTrue => self.assume(operand, Holds::NotFalse),
                Holds::NotFalse => self.assume(operand, Holds::NotTrue),
            },
            ExprKind::IsNull { operand, negated } if *negated == (holds != Holds::NotTrue) => {
                self.is_there(operand);
            }
            ExprKind::IsNull { .. } => {}
            ExprKind::Binary { op, left, right } => {
                if holds == Holds::True {
                    self.is_there(left);
                    self.is_there(right);
                }
                let op = if holds == Holds::NotTrue { opposite(*op) } else { Some(*op) };
                if let Some(op) = op {
                    self.compare(left, op, right);
                    self.compare(right, op.mirrored(), left);
                }
            }
            ExprKind::Between { operand, low, high, negated } if (holds != Holds::NotTrue) != *negated => {
                if holds == Holds::True {
                    self.is_there(operand);
                }
                self.compare(operand, BinaryOp::GreaterEqual, low);
                self.compare(operand, BinaryOp::LessEqual, high);
            }
            ExprKind::In { operand, list, negated } if (holds != Holds::NotTrue) != *negated => {
                if holds == Holds::True {
                    self.is_there(operand);
                }
                let mut numbers = list.iter().map(number);
                let all = numbers.next().flatten().map(Range::one).and_then(|first| {
                    numbers.try_fold(first, |all, one| one.map(|one| all.with(Range::one(one))))
                });
                if let (ExprKind::Field(path), Some(all)) = (&operand.kind, all) {
                    self.ranges.push((path.clone(), all));
                }
            }
            ExprKind::Field(_) if holds == Holds::True => self.is_there(condition),
            _ => {}
        }
    }

    fn assume_false(&mut self, condition: &Expr) {
        if let ExprKind::Binary { op, left, right } = &condition.kind
            && opposite(*op).is_some()
        {
            self.is_there(left);
            self.is_there(right);
        }
        self.assume(condition, Holds::NotTrue);
    }

    /// The fields without which an expression would have no value.
    fn is_there(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Field(path) => self.present.push(path.clone()),
            ExprKind::Binary { op, left, right } if !matches!(op, BinaryOp::And | BinaryOp::Or) => {
                self.is_there(left);
                self.is_there(right);
            }
            ExprKind::Unary { operand, .. } | ExprKind::Cast { operand, .. } => self.is_there(operand),
            _ => {}
        }
    }

    fn compare(&mut self, left: &Expr, op: BinaryOp, right: &Expr) {
        let (ExprKind::Field(path), Some(number)) = (&left.kind, number(right)) else { return };
        let range = match op {
            BinaryOp::Equal => Range::one(number),
            BinaryOp::NotEqual => Range { is_not_zero: number.is_zero(), ..Range::ANY },
            BinaryOp::Less => Range { high: Some(number), is_not_zero: number.is_zero(), low: None },
            BinaryOp::LessEqual => Range { high: Some(number), ..Range::ANY },
            BinaryOp::Greater => Range { low: Some(number), is_not_zero: number.is_zero(), high: None },
            BinaryOp::GreaterEqual => Range { low: Some(number), ..Range::ANY },
            _ => return,
        };
        self.ranges.push((path.clone(), range));
    }
}

fn opposite(op: BinaryOp) -> Option<BinaryOp> {
    match op {
        BinaryOp::Equal => Some(BinaryOp::NotEqual),
        BinaryOp::NotEqual => Some(BinaryOp::Equal),
        BinaryOp::Less => Some(BinaryOp::GreaterEqual),
        BinaryOp::LessEqual => Some(BinaryOp::Greater),
        BinaryOp::Greater => Some(BinaryOp::LessEqual),
        BinaryOp::GreaterEqual => Some(BinaryOp::Less),
        _ => None,
    }
}

fn number(expr: &Expr) -> Option<Exact> {
    match &expr.kind {
        ExprKind::Integer(digits) | ExprKind::Decimal(digits) => Exact::read(digits),
        _ => None,
    }
}
