//! Computed fields, as the client computes them: where the store does not (documents), or not yet (a new row).
//!
//! What is computed is numbers and text of required fields, by `+ - * / %`, `||`, `lower`, `upper` and `length`.
//! Anything else only a store computes, and whoever makes a record hands it in.

use std::cell::Cell;

use proc_macro2::TokenStream;
use quote::quote;
use smol_str::SmolStr;

use super::tree;
use crate::model::expr::{BinaryOp, Expr, ExprKind, Function, UnaryOp};
use crate::model::{Field, Scalar, TypeKind};

/// The kinds of value that are computed with, the narrower ones first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    SmallInt,
    Int,
    BigInt,
    Decimal,
    Float,
    Text,
}

struct Lowered {
    tokens: TokenStream,
    kind: Kind,
    /// Whether it is a `String` of its own already.
    is_string: bool,
}

impl Lowered {
    fn new(tokens: TokenStream, kind: Kind) -> Self {
        Self { tokens, kind, is_string: false }
    }

    fn string(tokens: TokenStream) -> Self {
        Self { tokens, kind: Kind::Text, is_string: true }
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
    let tokens = match (lowered.kind, wanted) {
        (Kind::BigInt, Kind::Int | Kind::SmallInt) | (Kind::Int, Kind::SmallInt) => {
            let tokens = lowered.tokens;
            quote!(polity_runtime::expr::number(#tokens)?)
        }
        (Kind::Text, Kind::Text) if matches!(scalar, Scalar::Text { .. } | Scalar::Char { .. }) => {
            let tokens = lowered.tokens;
            if lowered.is_string { tokens } else { quote!(#tokens.to_string()) }
        }
        (Kind::Text, _) | (_, Kind::Text) => return None,
        _ => widened(lowered, wanted)?,
    };
    let tokens = match scalar {
        Scalar::Decimal { scale, .. } => {
            let scale = proc_macro2::Literal::u16_unsuffixed(scale);
            quote!(polity_runtime::expr::rounded(#tokens, #scale))
        }
        _ => tokens,
    };
    // Rare, and so parsed rather than built by hand.
    let value = syn::parse2(if field.ty.optional { quote!(Some(#tokens)) } else { tokens }).ok()?;
    Some(Computed { value, calculates: lowering.calculates.get() })
}

struct Lowering<'a> {
    fields: &'a [Field],
    idents: &'a [SmolStr],
    calculates: Cell<bool>,
}

impl Lowering<'_> {
    fn lower(&self, expr: &Expr) -> Option<Lowered> {
        match &expr.kind {
            ExprKind::Integer(digits) => {
                let number: i64 = digits.parse().ok()?;
                let (tokens, kind) = match i32::try_from(number) {
                    Ok(number) => (quote!(#number), Kind::Int),
                    Err(_) => (quote!(#number), Kind::BigInt),
                };
                // `-1i32.plus(…)` would be `-(1i32.plus(…))`.
                Some(Lowered::new(if number < 0 { quote!((#tokens)) } else { tokens }, kind))
            }
            ExprKind::Decimal(digits) => {
                let decimal = super::limits::decimal(digits)?;
                Some(Lowered::new(quote!(#decimal), Kind::Decimal))
            }
            ExprKind::Text(text) => {
                let text = text.as_str();
                Some(Lowered::new(quote!(#text), Kind::Text))
            }
            ExprKind::Field(path) if path.steps.is_empty() => {
                let (field, ident) =
                    (self.fields.get(path.root.index())?, self.idents.get(path.root.index())?);
                let TypeKind::Scalar(scalar) = field.ty.kind else { return None };
                // A field that is absent, or computed itself, is left to the store.
                if field.ty.optional || field.computed.is_some() {
                    return None;
                }
                let (ident, kind) = (tree::ident(ident), kind_of(scalar)?);
                Some(Lowered::new(quote!(self.#ident), kind))
            }
            ExprKind::Unary { op: UnaryOp::Minus, operand } => {
                let operand = self.lower(operand)?;
                let zero = match operand.kind {
                    Kind::SmallInt | Kind::Int | Kind::BigInt => quote!(0),
                    Kind::Decimal => quote!(polity_runtime::Decimal::ZERO),
                    Kind::Float => quote!(0.0),
                    Kind::Text => return None,
                };
                let tokens = operand.tokens;
                Some(Lowered::new(quote!(polity_runtime::expr::Number::minus(#zero, #tokens)?), operand.kind))
            }
            ExprKind::Binary { op: BinaryOp::Concat, .. } => {
                let mut parts = Vec::new();
                self.concatenated(expr, &mut parts)?;
                let form = "{}".repeat(parts.len());
                Some(Lowered::string(quote!(format!(#form, #(#parts),*))))
            }
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::Call { function, arguments } => self.call(*function, arguments),
            _ => None,
        }
    }

    /// The operands of a chain of `||`.
    fn concatenated(&self, expr: &Expr, parts: &mut Vec<TokenStream>) -> Option<()> {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Concat, left, right } => {
                self.concatenated(left, parts)?;
                self.concatenated(right, parts)
            }
            _ => {
                parts.push(self.lower(expr)?.tokens);
                Some(())
            }
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Lowered> {
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
        let (left, right, function) = (widened(left, kind)?, widened(right, kind)?, tree::ident(function));
        // One call behind the other, since a long sum would have a level of indentation for each term; and written behind
        // what is there, since a copy for each term takes the square of their number.
        self.calculates.set(true);
        let mut tokens = left;
        tokens.extend(quote!(.#function(#right)?));
        Some(Lowered::new(tokens, kind))
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Option<Lowered> {
        let [argument] = arguments else { return None };
        let argument = self.lower(argument)?;
        if argument.kind != Kind::Text {
            return None;
        }
        let tokens = argument.tokens;
        Some(match function {
            Function::Lower => Lowered::string(quote!(#tokens.to_lowercase())),
            Function::Upper => Lowered::string(quote!(#tokens.to_uppercase())),
            Function::Length => Lowered::new(quote!(polity_runtime::expr::length(&#tokens)?), Kind::Int),
            _ => return None,
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
fn widened(from: Lowered, to: Kind) -> Option<TokenStream> {
    let tokens = from.tokens;
    Some(match (from.kind, to) {
        (from, to) if from == to => tokens,
        (Kind::SmallInt, Kind::Int) => quote!(i32::from(#tokens)),
        (Kind::SmallInt | Kind::Int, Kind::BigInt) => quote!(i64::from(#tokens)),
        (Kind::SmallInt | Kind::Int | Kind::BigInt, Kind::Decimal) => {
            quote!(polity_runtime::Decimal::from(#tokens))
        }
        (Kind::SmallInt | Kind::Int, Kind::Float) => quote!(f64::from(#tokens)),
        _ => return None,
    })
}
