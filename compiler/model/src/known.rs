//! The value of an expression where some of the fields in it are known and others are not: enough to judge a check over
//! what an anonymized row holds.

use smol_str::{SmolStr, format_smolstr};

use super::exact::Exact;
use super::expr::{BinaryOp, Expr, ExprKind, FieldPath, Function, UnaryOp};
use super::numbers::compare;
use super::{EnumId, Scalar};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It depends on the row, on chance or on what only the store can tell.
    Open,
    /// Not null, and nothing more is known.
    There,
    Null,
    Bool(bool),
    /// Digits as written.
    Number(SmolStr),
    Text(SmolStr),
    Enum(EnumId, usize),
    Day(u16, u8, u8),
    /// A list of so many elements.
    Items(usize),
}

use Known::{Bool, Day, Enum, Items, Null, Number, Open, Text, There};

/// The value of an expression, where `given` says what fields are worth. As in SQL, what is compared with null is null.
pub fn value(expr: &Expr, given: &dyn Fn(&FieldPath) -> Known) -> Known {
    let of = |expr: &Expr| value(expr, given);
    match &expr.kind {
        ExprKind::Null => Null,
        ExprKind::Bool(truth) => Bool(*truth),
        ExprKind::Integer(digits) | ExprKind::Decimal(digits) => Number(digits.clone()),
        ExprKind::Text(text) => Text(text.clone()),
        ExprKind::EnumValue { of, value } => Enum(*of, *value),
        ExprKind::Date { year, month, day } => Day(*year, *month, *day),
        ExprKind::List(items) => Items(items.len()),
        ExprKind::Duration(_) | ExprKind::Record(_) => There,
        ExprKind::Case { branches, otherwise } => {
            for (condition, value) in branches {
                match of(condition) {
                    Bool(true) => return of(value),
                    Bool(false) | Null => {}
                    _ => return Open,
                }
            }
            otherwise.as_ref().map_or(Null, |value| of(value))
        }
        ExprKind::Field(path) => given(path),
        ExprKind::Call { function, arguments } => called(*function, arguments.iter().map(of).collect()),
        ExprKind::Cast { to, operand } => match (to, of(operand)) {
            (_, Null) => Null,
            (Scalar::Text { .. }, Text(text)) => Text(text),
            _ => Open,
        },
        ExprKind::Unary { op, operand } => match (op, of(operand)) {
            (_, Null) => Null,
            (UnaryOp::Not, Bool(truth)) => Bool(!truth),
            (UnaryOp::Minus, Number(digits)) => Number(match digits.strip_prefix('-') {
                Some(digits) => digits.into(),
                None => format_smolstr!("-{digits}"),
            }),
            _ => Open,
        },
        ExprKind::Binary { op, left, right } => binary(*op, of(left), of(right)),
        ExprKind::IsNull { operand, negated } => match of(operand) {
            Open => Open,
            operand => Bool((operand == Null) != *negated),
        },
        ExprKind::Between { operand, low, high, negated } => {
            let operand = of(operand);
            let above = binary(BinaryOp::GreaterEqual, operand.clone(), of(low));
            not_if(*negated, binary(BinaryOp::And, above, binary(BinaryOp::LessEqual, operand, of(high))))
        }
        ExprKind::In { operand, list, negated } => {
            let operand = of(operand);
            let any = list.iter().fold(Bool(false), |any, one| {
                binary(BinaryOp::Or, any, binary(BinaryOp::Equal, operand.clone(), of(one)))
            });
            not_if(*negated, any)
        }
        _ => Open,
    }
}

fn called(function: Function, arguments: Vec<Known>) -> Known {
    match (function, arguments.as_slice()) {
        (Function::Length, [Text(text)]) => Number(format_smolstr!("{}", text.chars().count())),
        (Function::Lower, [Text(text)]) if text.is_ascii() => Text(text.to_ascii_lowercase().into()),
        (Function::Upper, [Text(text)]) if text.is_ascii() => Text(text.to_ascii_uppercase().into()),
        (Function::Trim, [Text(text)]) => Text(text.trim_matches(' ').into()),
        (Function::Length, [Items(count)]) => Number(format_smolstr!("{count}")),
        (Function::Abs, [Number(digits)]) => Number(digits.trim_start_matches('-').into()),
        (Function::Length | Function::Lower | Function::Upper | Function::Trim | Function::Abs, [Null]) => {
            Null
        }
        (Function::Coalesce, _) => arguments.into_iter().find(|argument| *argument != Null).unwrap_or(Null),
        (Function::Now | Function::UuidV4 | Function::UuidV7 | Function::Identity, _) => There,
        _ => Open,
    }
}

fn binary(op: BinaryOp, left: Known, right: Known) -> Known {
    match (op, left, right) {
        (BinaryOp::And, Bool(false), _) | (BinaryOp::And, _, Bool(false)) => Bool(false),
        (BinaryOp::Or, Bool(true), _) | (BinaryOp::Or, _, Bool(true)) => Bool(true),
        (BinaryOp::And, Bool(true), other) | (BinaryOp::And, other, Bool(true)) => other,
        (BinaryOp::Or, Bool(false), other) | (BinaryOp::Or, other, Bool(false)) => other,
        (BinaryOp::And | BinaryOp::Or, Null, Null) => Null,
        (BinaryOp::And | BinaryOp::Or, _, _) => Open,
        (_, Null, _) | (_, _, Null) => Null,
        (BinaryOp::Matches, Text(text), Text(pattern)) => {
            regex_lite::Regex::new(&pattern).map_or(Open, |regex| Bool(regex.is_match(&text)))
        }
        (BinaryOp::Concat, Text(left), Text(right)) => Text(format_smolstr!("{left}{right}")),
        (
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Modulo,
            Number(left),
            Number(right),
        ) => computed(op, &left, &right).unwrap_or(Open),
        (BinaryOp::Equal, Number(left), Number(right)) => Bool(compare(&left, &right).is_eq()),
        (BinaryOp::NotEqual, Number(left), Number(right)) => Bool(compare(&left, &right).is_ne()),
        (BinaryOp::Less, Number(left), Number(right)) => Bool(compare(&left, &right).is_lt()),
        (BinaryOp::LessEqual, Number(left), Number(right)) => Bool(compare(&left, &right).is_le()),
        (BinaryOp::Greater, Number(left), Number(right)) => Bool(compare(&left, &right).is_gt()),
        (BinaryOp::GreaterEqual, Number(left), Number(right)) => Bool(compare(&left, &right).is_ge()),
        (_, Open | There, _) | (_, _, Open | There) => Open,
        (BinaryOp::Less, Day(y, m, d), Day(z, n, e)) => Bool((y, m, d) < (z, n, e)),
        (BinaryOp::LessEqual, Day(y, m, d), Day(z, n, e)) => Bool((y, m, d) <= (z, n, e)),
        (BinaryOp::Greater, Day(y, m, d), Day(z, n, e)) => Bool((y, m, d) > (z, n, e)),
        (BinaryOp::GreaterEqual, Day(y, m, d), Day(z, n, e)) => Bool((y, m, d) >= (z, n, e)),
        // How texts are ordered, the store decides.
        (BinaryOp::Equal, left, right) => Bool(left == right),
        (BinaryOp::NotEqual, left, right) => Bool(left != right),
        _ => Open,
    }
}

fn computed(op: BinaryOp, left: &str, right: &str) -> Option<Known> {
    let (left, right) = (Exact::read(left)?, Exact::read(right)?);
    let result = match op {
        BinaryOp::Add => left.plus(right),
        BinaryOp::Subtract => left.minus(right),
        BinaryOp::Multiply => left.times(right),
        _ => left.remainder(right),
    };
    Some(Number(result?.text()))
}

fn not_if(negated: bool, known: Known) -> Known {
    match known {
        Bool(truth) => Bool(truth != negated),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FieldId, Type, TypeKind};
    use polity_text::source::{FileId, Span};

    fn expr(kind: ExprKind) -> Expr {
        Expr { kind, ty: Type::required(TypeKind::Null), span: Span::new(FileId(0), 0, 0) }
    }

    #[test]
    fn null_and_what_is_open_decide_nothing_that_they_need_not() {
        assert_eq!(binary(BinaryOp::And, Open, Bool(false)), Bool(false));
        assert_eq!(binary(BinaryOp::Or, Null, Bool(true)), Bool(true));
        assert_eq!(binary(BinaryOp::Or, Bool(false), Null), Null);
        assert_eq!(binary(BinaryOp::And, Open, Null), Open);
        assert_eq!(binary(BinaryOp::Equal, Null, Text("a".into())), Null);
        assert_eq!(binary(BinaryOp::Less, Text("a".into()), Text("b".into())), Open);
        assert_eq!(binary(BinaryOp::Greater, Number("10.50".into()), Number("9".into())), Bool(true));
    }

    #[test]
    fn a_field_is_worth_what_is_given() {
        let name = expr(ExprKind::Field(FieldPath { root: FieldId(0), steps: Vec::new() }));
        let length = expr(ExprKind::Call { function: Function::Length, arguments: vec![name] });
        let three = expr(ExprKind::Integer("3".into()));
        let check =
            expr(ExprKind::Binary { op: BinaryOp::Greater, left: Box::new(length), right: Box::new(three) });
        for (given, wanted) in [(Text("é".into()), Bool(false)), (Null, Null), (Open, Open)] {
            assert_eq!(value(&check, &|_| given.clone()), wanted);
        }
    }
}
