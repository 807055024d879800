//! Constants: what is computed of literals alone is computed here, exactly, so that every store is given the result.

use smol_str::{SmolStr, format_smolstr};

use crate::exact::Exact;
use crate::expr::{BinaryOp, Expr, ExprKind, Function, UnaryOp};
use crate::{Scalar, Type, TypeKind};

/// The expression, or the literal that it comes to.
pub(super) fn folded(expr: Expr) -> Expr {
    match value_of(&expr) {
        Some(kind) => Expr { kind, ..expr },
        None => expr,
    }
}

/// The number that a literal is.
pub(crate) fn number(expr: &Expr) -> Option<Exact> {
    match &expr.kind {
        ExprKind::Integer(digits) | ExprKind::Decimal(digits) => Exact::read(digits),
        _ => None,
    }
}

/// The literal of a number.
pub(super) fn literal(number: Exact) -> ExprKind {
    let digits = number.text();
    if digits.contains('.') { ExprKind::Decimal(digits) } else { ExprKind::Integer(digits) }
}

fn value_of(expr: &Expr) -> Option<ExprKind> {
    match &expr.kind {
        ExprKind::Unary { op: UnaryOp::Minus, operand } => Some(literal(number(operand)?.negated())),
        ExprKind::Binary { op: BinaryOp::Concat, left, right } => {
            Some(ExprKind::Text(format_smolstr!("{}{}", text(left)?, text(right)?)))
        }
        ExprKind::Binary { op, left, right } => {
            let (left, right) = (number(left)?, number(right)?);
            let result = computed(*op, left, right, is_whole(&expr.ty)).or_else(|| {
                // More digits than a float holds.
                let is_float = expr.ty.kind == TypeKind::Scalar(Scalar::Float) && *op == BinaryOp::Divide;
                is_float.then(|| left.over_rounded(right, 20)).flatten()
            })?;
            Some(literal(result))
        }
        ExprKind::Call { function, arguments } => called(*function, arguments),
        _ => None,
    }
}

/// The result for two numbers; `None` for what has no end, or more digits than can be told.
fn computed(op: BinaryOp, a: Exact, b: Exact, is_whole: bool) -> Option<Exact> {
    match op {
        BinaryOp::Add => a.plus(b),
        BinaryOp::Subtract => a.minus(b),
        BinaryOp::Multiply => a.times(b),
        BinaryOp::Divide if is_whole => a.over_whole(b),
        BinaryOp::Divide => a.over(b),
        BinaryOp::Modulo => a.remainder(b),
        _ => None,
    }
}

fn called(function: Function, arguments: &[Expr]) -> Option<ExprKind> {
    match (function, arguments) {
        (Function::Abs, [operand]) => return Some(literal(number(operand)?.absolute())),
        (Function::Round, [operand, rest @ ..]) => {
            let digits = rest.first().map_or(Some(0), digits_of)?;
            return Some(literal(quotient(operand, digits)?.rounded(digits)));
        }
        (Function::Least, _) => {
            return Some(literal(
                arguments.iter().map(number).collect::<Option<Vec<_>>>()?.into_iter().min()?,
            ));
        }
        (Function::Greatest, _) => {
            return Some(literal(
                arguments.iter().map(number).collect::<Option<Vec<_>>>()?.into_iter().max()?,
            ));
        }
        _ => {}
    }
    let [argument] = arguments else { return None };
    let text = text(argument)?;
    match function {
        Function::Lower => Some(ExprKind::Text(text.to_ascii_lowercase().into())),
        Function::Upper => Some(ExprKind::Text(text.to_ascii_uppercase().into())),
        Function::Trim => Some(ExprKind::Text(text.trim_matches(' ').into())),
        Function::Length => Some(ExprKind::Integer(format_smolstr!("{}", text.chars().count()))),
        _ => None,
    }
}

/// A number, or a quotient of two that has no end, with so many digits.
fn quotient(expr: &Expr, digits: u32) -> Option<Exact> {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::Divide, left, right } if !is_whole(&expr.ty) => {
            number(left)?.over_rounded(number(right)?, digits)
        }
        _ => number(expr),
    }
}

fn digits_of(expr: &Expr) -> Option<u32> {
    match &expr.kind {
        ExprKind::Integer(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// The characters of a literal that is a text, whatever form it must have.
fn text(expr: &Expr) -> Option<&SmolStr> {
    match (&expr.kind, &expr.ty.kind) {
        (ExprKind::Text(text), TypeKind::Scalar(scalar)) if scalar.is_text() => Some(text),
        _ => None,
    }
}

fn is_whole(ty: &Type) -> bool {
    matches!(ty.kind, TypeKind::Scalar(scalar) if scalar.is_whole())
}

/// A literal as a cast makes it; `None` where it is none that can be told here, an error where it can be of no row.
pub(super) fn cast(operand: &Expr, from: Scalar, to: Scalar) -> Option<Result<ExprKind, String>> {
    if let Some(number) = number(operand) {
        return to_number(number, to).or_else(|| {
            let is_text = to == Scalar::Text { max: None } && from.is_whole();
            is_text.then(|| Ok(ExprKind::Text(number.text())))
        });
    }
    match (&operand.kind, to) {
        (ExprKind::Text(text), to) if from.is_text() && to.is_number() => {
            let is_number = text.strip_prefix('-').unwrap_or(text).split('.').all(is_digits);
            let is_number = is_number && text.matches('.').count() <= usize::from(!to.is_whole());
            let number = Exact::read(text).filter(|_| is_number);
            Some(match number {
                Some(number) => to_number(number, to)?,
                None => Err(format!("this text is no `{}`", to.name())),
            })
        }
        (ExprKind::Text(text), Scalar::Bool) if from.is_text() => Some(match text.as_str() {
            "true" => Ok(ExprKind::Bool(true)),
            "false" => Ok(ExprKind::Bool(false)),
            _ => Err("this text is neither `true` nor `false`".to_owned()),
        }),
        (ExprKind::Bool(value), Scalar::Text { max: None }) => {
            Some(Ok(ExprKind::Text(format_smolstr!("{value}"))))
        }
        (ExprKind::Text(text), Scalar::Text { max: None }) => Some(Ok(ExprKind::Text(text.clone()))),
        (ExprKind::Date { year, month, day }, Scalar::Text { max: None }) if from == Scalar::Date => {
            Some(Ok(ExprKind::Text(format_smolstr!("{year:04}-{month:02}-{day:02}"))))
        }
        (ExprKind::Date { .. }, Scalar::Date | Scalar::Timestamp) => Some(Ok(operand.kind.clone())),
        _ => None,
    }
}

fn to_number(number: Exact, to: Scalar) -> Option<Result<ExprKind, String>> {
    let number = match to {
        Scalar::Decimal { scale, .. } => number.rounded(u32::from(scale)),
        Scalar::SmallInt | Scalar::Int | Scalar::BigInt => number.rounded(0),
        Scalar::Float => number,
        _ => return None,
    };
    let is_beyond = super::admitted::beyond(to, &number.text()).is_some();
    Some(if is_beyond { Err(format!("no `{}` is {number}", to.name())) } else { Ok(literal(number)) })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
