//! `between` and `in`: a value held against a range or a list.

use super::super::Resolver;
use super::{Cx, boolean, broken};
use crate::expr::{BinaryOp, Expr, ExprKind};
use polity_syntax::ast;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0309;
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// `age between 18 and 99`
    pub(super) fn between(
        &mut self,
        operand: &'t ast::Expr,
        [low, high]: [&'t ast::Expr; 2],
        negated: bool,
        span: Span,
        cx: Cx,
    ) -> Expr {
        let operand = self.expr(operand, cx, None);
        let (low, high) = (self.expr(low, cx, Some(&operand.ty)), self.expr(high, cx, Some(&operand.ty)));
        self.comparable(&operand, &low, BinaryOp::LessEqual, span);
        self.comparable(&operand, &high, BinaryOp::LessEqual, span);
        let optional = operand.ty.optional;
        let (operand, low, high) = (Box::new(operand), Box::new(low), Box::new(high));
        boolean(ExprKind::Between { operand, low, high, negated }, optional, span)
    }

    /// `state in [open, paid]`
    pub(super) fn within_list(
        &mut self,
        operand: Expr,
        list: &'t ast::Expr,
        negated: bool,
        span: Span,
        cx: Cx,
    ) -> Expr {
        if operand.kind == ExprKind::Broken && !matches!(list.kind, ast::ExprKind::List(_)) {
            return broken(span);
        }
        let ast::ExprKind::List(values) = &list.kind else {
            self.error(Diagnostic::new(E0309, list.span, "`in` takes a list").help("write `in [one, two]`"));
            return broken(span);
        };
        if values.is_empty() {
            self.error(
                Diagnostic::new(E0309, list.span, "nothing is in an empty list")
                    .help("list the values, or leave the comparison out"),
            );
        }
        let mut list = Vec::with_capacity(values.len());
        for value in values {
            let value = self.expr(value, cx, Some(&operand.ty));
            self.comparable(&operand, &value, BinaryOp::Equal, value.span);
            list.push(value);
        }
        let optional = operand.ty.optional;
        boolean(ExprKind::In { operand: Box::new(operand), list, negated }, optional, span)
    }
}
