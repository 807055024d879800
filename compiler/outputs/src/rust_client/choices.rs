//! Conditions, and values of which one is taken, as the client computes them.

use super::computed::{Expression, Kind, Lowering, widened};
use super::tree;
use polity_model::expr::{BinaryOp, Expr, ExprKind, Function, UnaryOp};
use polity_model::{Scalar, TypeKind};

impl Lowering<'_> {
    /// `case when … then … else … end`; without an `else` it may be absent, which is left to the store.
    pub(super) fn case(&self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Option<Expression> {
        let last = self.lower(otherwise?)?;
        let mut lowered = Vec::with_capacity(branches.len());
        for (condition, value) in branches {
            lowered.push((self.condition(condition)?, self.lower(value)?));
        }
        let kind = lowered.iter().fold(last.kind, |kind, (_, value)| kind.max(value.kind));
        let is_text = |value: &Expression| value.kind == Kind::Text;
        if kind == Kind::Text && !(is_text(&last) && lowered.iter().all(|(_, value)| is_text(value))) {
            return None;
        }
        let one = |value: Expression| {
            if kind == Kind::Text {
                let is_string = value.is_string;
                Some(if is_string { value.value } else { tree::method(value.value, "to_string", []) })
            } else {
                widened(value, kind)
            }
        };
        let mut all = one(last)?;
        for (at, (condition, value)) in lowered.into_iter().rev().enumerate() {
            let value = one(value)?;
            all = match at {
                0 => syn::parse_quote!(if #condition { #value } else { #all }),
                _ => syn::parse_quote!(if #condition { #value } else #all),
            };
        }
        Some(if kind == Kind::Text { Expression::string(all) } else { Expression::new(all, kind) })
    }

    /// The least or the greatest of whole numbers or decimals.
    pub(super) fn extreme(&self, function: Function, values: &[Expr]) -> Option<Expression> {
        let values = values.iter().map(|value| self.lower(value)).collect::<Option<Vec<_>>>()?;
        let kind = values.iter().map(|value| value.kind).max()?;
        if matches!(kind, Kind::Text | Kind::Float) {
            return None;
        }
        let method = if function == Function::Least { "min" } else { "max" };
        let mut values = values.into_iter().map(|value| widened(value, kind));
        let first = values.next()??;
        let all = values.try_fold(first, |all, value| Some(tree::method(all, method, [value?])))?;
        Some(Expression::new(all, kind))
    }

    /// A condition about numbers, texts and truth values that are there, and about what is.
    fn condition(&self, expr: &Expr) -> Option<syn::Expr> {
        match &expr.kind {
            ExprKind::Bool(value) => Some(tree::bool_literal(*value)),
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let operand = tree::parenthesized(self.condition(operand)?);
                Some(syn::parse_quote!(!#operand))
            }
            ExprKind::Binary { op: BinaryOp::And, left, right } => {
                let [left, right] = [self.condition(left)?, self.condition(right)?].map(|side| match side {
                    // An `or` within binds less tightly.
                    syn::Expr::Binary(syn::ExprBinary { op: syn::BinOp::Or(_), .. }) => {
                        tree::parenthesized(side)
                    }
                    side => side,
                });
                Some(syn::parse_quote!(#left && #right))
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                let (left, right) = (self.condition(left)?, self.condition(right)?);
                Some(syn::parse_quote!(#left || #right))
            }
            ExprKind::Binary { op, left, right } => self.comparison(*op, left, right),
            ExprKind::IsNull { operand, negated } => {
                let ExprKind::Field(path) = &operand.kind else { return None };
                let (field, ident) = self.plain_field(path)?;
                // What is computed itself is not there yet.
                if !field.ty.optional || field.computed.is_some() {
                    return None;
                }
                let asked = if *negated { "is_some" } else { "is_none" };
                Some(tree::method(tree::member("self", ident), asked, []))
            }
            ExprKind::Field(path) => {
                let (field, ident) = self.plain_field(path)?;
                let is_bool = field.ty.kind == TypeKind::Scalar(Scalar::Bool);
                (is_bool && !field.ty.optional && field.computed.is_none())
                    .then(|| tree::member("self", ident))
            }
            _ => None,
        }
    }

    /// Numbers have an order; how texts are ordered, a store decides.
    fn comparison(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<syn::Expr> {
        let (left, right) = (self.lower(left)?, self.lower(right)?);
        let kind = left.kind.max(right.kind);
        let is_equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        // Whether a float is NaN, and what it equals then, is the store's to say.
        if kind == Kind::Float || kind == Kind::Text && !(left.kind == right.kind && is_equality) {
            return None;
        }
        let apart = |side| if let syn::Expr::If(_) = side { tree::parenthesized(side) } else { side };
        let (left, right) = if kind == Kind::Text {
            let text = |value| -> syn::Expr { syn::parse_quote!(*#value) };
            (text(apart(left.value)), text(apart(right.value)))
        } else {
            (apart(widened(left, kind)?), apart(widened(right, kind)?))
        };
        Some(match op {
            BinaryOp::Equal => syn::parse_quote!(#left == #right),
            BinaryOp::NotEqual => syn::parse_quote!(#left != #right),
            BinaryOp::Less => syn::parse_quote!(#left < #right),
            BinaryOp::LessEqual => syn::parse_quote!(#left <= #right),
            BinaryOp::Greater => syn::parse_quote!(#left > #right),
            BinaryOp::GreaterEqual => syn::parse_quote!(#left >= #right),
            _ => return None,
        })
    }
}
