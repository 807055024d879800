//! Computed fields, as the client computes them: where the store does not (documents), or not yet (a new row).
//!
//! What is computed is numbers and text of required fields, by `+ - * / %`, `||`, `lower`, `upper`, `trim`, `length`, `abs`,
//! `round`, `least`, `greatest` and `case` over conditions about such.
//! Anything else only a store computes, and whoever makes a record hands it in.

use std::cell::Cell;

use quote::quote;
use smol_str::SmolStr;

use super::tree;
use polity_model::expr::{BinaryOp, Expr, ExprKind, FieldPath, Function, UnaryOp};
use polity_model::{Field, Scalar, TypeKind};

/// The kinds of value that are computed with, the narrower ones first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    SmallInt,
    Int,
    BigInt,
    Decimal,
    Float,
    Text,
}

/// A part of an expression, as Rust.
pub(super) struct Expression {
    pub(super) value: syn::Expr,
    pub(super) kind: Kind,
    /// Whether it is a `String` of its own already.
    pub(super) is_string: bool,
}

impl Expression {
    pub(super) fn new(value: syn::Expr, kind: Kind) -> Self {
        Self { value, kind, is_string: false }
    }

    pub(super) fn string(value: syn::Expr) -> Self {
        Self { value, kind: Kind::Text, is_string: true }
    }
}

/// The value of a computed field.
pub(super) struct Computed {
    pub(super) value: syn::Expr,
    /// Whether it calls methods of [`number`].
    pub(super) calculates: bool,
}

/// The trait whose methods calculate, brought into sight.
pub(super) fn number() -> syn::Stmt {
    syn::parse_quote!(
        use polity_runtime::expr::Number as _;
    )
}

/// A computed field's value from the other fields of `self`; `None` where only a store computes it.
pub(super) fn value(fields: &[Field], idents: &[SmolStr], field: &Field) -> Option<Computed> {
    let TypeKind::Scalar(scalar) = field.ty.kind else { return None };
    let lowering = Lowering { fields, idents, calculates: Cell::new(false) };
    let lowered = lowering.lower(field.computed.as_ref()?)?;
    let wanted = kind_of(scalar)?;
    let value = match (lowered.kind, wanted) {
        (Kind::BigInt, Kind::Int | Kind::SmallInt) | (Kind::Int, Kind::SmallInt) => {
            tree::attempt(of("polity_runtime::expr::number", [lowered.value]))
        }
        (Kind::Text, Kind::Text) if matches!(scalar, Scalar::Text { .. } | Scalar::Char { .. }) => {
            let value = lowered.value;
            if lowered.is_string { value } else { tree::method(value, "to_string", []) }
        }
        (Kind::Text, _) | (_, Kind::Text) => return None,
        _ => widened(lowered, wanted)?,
    };
    let value = match scalar {
        Scalar::Decimal { scale, .. } => {
            of("polity_runtime::expr::rounded", [value, tree::number_literal(&scale.to_string())])
        }
        _ => value,
    };
    let value = if field.ty.optional { of("Some", [value]) } else { value };
    Some(Computed { value, calculates: lowering.calculates.get() })
}

/// The fields of `self` that an expression may name.
pub(super) struct Lowering<'a> {
    fields: &'a [Field],
    idents: &'a [SmolStr],
    calculates: Cell<bool>,
}

impl Lowering<'_> {
    pub(super) fn lower(&self, expr: &Expr) -> Option<Expression> {
        match &expr.kind {
            ExprKind::Integer(digits) => {
                let number: i64 = digits.parse().ok()?;
                let (suffix, kind) = match i32::try_from(number) {
                    Ok(_) => ("i32", Kind::Int),
                    Err(_) => ("i64", Kind::BigInt),
                };
                let value = tree::integer(number, suffix);
                // `-1i32.plus(…)` would be `-(1i32.plus(…))`.
                Some(Expression::new(if number < 0 { tree::parenthesized(value) } else { value }, kind))
            }
            ExprKind::Decimal(digits) => {
                let decimal = super::limits::decimal(digits)?;
                Some(Expression::new(decimal, Kind::Decimal))
            }
            ExprKind::Text(text) => Some(Expression::new(tree::text_literal(text), Kind::Text)),
            ExprKind::Field(path) => {
                let (field, ident) = self.plain_field(path)?;
                let TypeKind::Scalar(scalar) = field.ty.kind else { return None };
                // A field that is absent, or computed itself, is left to the store.
                if field.ty.optional || field.computed.is_some() {
                    return None;
                }
                Some(Expression::new(tree::member("self", ident), kind_of(scalar)?))
            }
            ExprKind::Unary { op: UnaryOp::Minus, operand } => {
                let operand = self.lower(operand)?;
                let zero = match operand.kind {
                    Kind::SmallInt | Kind::Int | Kind::BigInt => tree::number_literal("0"),
                    Kind::Decimal => tree::named("polity_runtime::Decimal::ZERO"),
                    Kind::Float => tree::number_literal("0.0"),
                    Kind::Text => return None,
                };
                let value = of("polity_runtime::expr::Number::minus", [zero, operand.value]);
                Some(Expression::new(tree::attempt(value), operand.kind))
            }
            ExprKind::Binary { op: BinaryOp::Concat, .. } => {
                let mut parts = Vec::new();
                self.concatenated(expr, &mut parts)?;
                let form = "{}".repeat(parts.len());
                Some(Expression::string(tree::macro_value("format", quote!(#form, #(#parts),*))))
            }
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::Call { function, arguments } => self.call(*function, arguments),
            ExprKind::Case { branches, otherwise } => self.case(branches, otherwise.as_deref()),
            _ => None,
        }
    }

    /// A field that a path names by itself, and what it is called.
    pub(super) fn plain_field(&self, path: &FieldPath) -> Option<(&Field, &SmolStr)> {
        let at = path.root.index();
        Some((self.fields.get(at)?, self.idents.get(at)?)).filter(|_| path.steps.is_empty())
    }

    /// The operands of a chain of `||`.
    fn concatenated(&self, expr: &Expr, parts: &mut Vec<syn::Expr>) -> Option<()> {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Concat, left, right } => {
                self.concatenated(left, parts)?;
                self.concatenated(right, parts)
            }
            _ => {
                parts.push(self.lower(expr)?.value);
                Some(())
            }
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Expression> {
        let (left, right) = (self.lower(left)?, self.lower(right)?);
        let function = match op {
            BinaryOp::Add => "plus",
            BinaryOp::Subtract => "minus",
            BinaryOp::Multiply => "times",
            BinaryOp::Divide => "over",
            BinaryOp::Modulo => "modulo",
            _ => return None,
        };
        let kind = left.kind.max(right.kind);
        if kind == Kind::Text {
            return None;
        }
        // Two `smallint` are computed as `int`.
        let kind = kind.max(Kind::Int);
        let (left, right) = (widened(left, kind)?, widened(right, kind)?);
        // One call behind the other, since a long sum would have a level of indentation for each term.
        self.calculates.set(true);
        Some(Expression::new(tree::attempt(tree::method(left, function, [right])), kind))
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Option<Expression> {
        if matches!(function, Function::Least | Function::Greatest) {
            return self.extreme(function, arguments);
        }
        let (argument, rest) = arguments.split_first()?;
        let argument = self.lower(argument)?;
        if matches!(function, Function::Abs | Function::Round) && argument.kind != Kind::Text {
            return self.call_of_number(function, argument, rest);
        }
        if argument.kind != Kind::Text {
            return None;
        }
        let value = argument.value;
        Some(match function {
            Function::Lower => Expression::string(tree::method(value, "to_ascii_lowercase", [])),
            Function::Upper => Expression::string(tree::method(value, "to_ascii_uppercase", [])),
            Function::Trim => {
                let blank = syn::parse_quote!(' ');
                let trimmed = tree::method(value, "trim_matches", [blank]);
                // A part of the text, until it is stored.
                Expression { value: trimmed, kind: Kind::Text, is_string: false }
            }
            Function::Length => {
                let is_part = matches!(&value, syn::Expr::MethodCall(call) if call.method == "trim_matches");
                let value = if is_part { value } else { tree::borrow(value) };
                let length = of("polity_runtime::expr::length", [value]);
                Expression::new(tree::attempt(length), Kind::Int)
            }
            _ => return None,
        })
    }
}

impl Lowering<'_> {
    fn call_of_number(&self, function: Function, operand: Expression, rest: &[Expr]) -> Option<Expression> {
        let Expression { value, kind, .. } = operand;
        if function == Function::Abs {
            self.calculates.set(true);
            return Some(Expression::new(tree::attempt(tree::method(value, "absolute", [])), kind));
        }
        let digits = match rest.first().map(|digits| &digits.kind) {
            None => "0",
            Some(ExprKind::Integer(digits)) => digits,
            Some(_) => return None,
        };
        Some(match kind {
            Kind::Decimal => Expression::new(
                of("polity_runtime::expr::rounded", [value, tree::number_literal(digits)]),
                kind,
            ),
            Kind::Float => Expression::new(tree::method(value, "round_ties_even", []), kind),
            _ => Expression::new(value, kind),
        })
    }
}

fn kind_of(scalar: Scalar) -> Option<Kind> {
    Some(match scalar {
        Scalar::SmallInt => Kind::SmallInt,
        Scalar::Int => Kind::Int,
        Scalar::BigInt => Kind::BigInt,
        Scalar::Float => Kind::Float,
        Scalar::Decimal { .. } => Kind::Decimal,
        scalar if scalar.is_text() => Kind::Text,
        _ => return None,
    })
}

/// A number as one of a wider kind; `None` where that would lose digits.
pub(super) fn widened(from: Expression, to: Kind) -> Option<syn::Expr> {
    let wider = match (from.kind, to) {
        (from, to) if from == to => None,
        (Kind::SmallInt, Kind::Int) => Some("i32::from"),
        (Kind::SmallInt | Kind::Int, Kind::BigInt) => Some("i64::from"),
        (Kind::SmallInt | Kind::Int | Kind::BigInt, Kind::Decimal) => Some("polity_runtime::Decimal::from"),
        (Kind::SmallInt | Kind::Int, Kind::Float) => Some("f64::from"),
        _ => return None,
    };
    Some(match wider {
        Some(function) => of(function, [from.value]),
        None => from.value,
    })
}

/// A call of a function by its path.
fn of<const N: usize>(function: &str, arguments: [syn::Expr; N]) -> syn::Expr {
    tree::call(tree::path(function), arguments)
}
