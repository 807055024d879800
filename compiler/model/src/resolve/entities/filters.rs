//! Conditions of indexes and of unique constraints.

use polity_text::diagnostics::codes::{E0201, E0893};
use polity_text::diagnostics::{Diagnostic, Help};
use polity_text::source::Span;

use super::super::Resolver;
use super::super::exprs::{Cx, broken};
use crate::entity::Column;
use crate::expr::{Expr, ExprKind};
use crate::{EntityId, Scalar, Type, TypeKind};
use polity_syntax::ast;

impl<'t> Resolver<'t> {
    /// The condition on rows; `not deleted` is one word for rows that are not deleted softly.
    pub(super) fn filter(&mut self, id: EntityId, written: &'t ast::Expr, cx: Cx) -> Expr {
        let entity = &self.platform[id];
        let has_field = entity.fields.iter().any(|field| field.named.name == "deleted");
        if has_field || !is_not_deleted(written) {
            let soft = entity.soft_delete().map(|field| entity.field(field).named.name.clone());
            let part = soft.filter(|_| !has_field).zip(part_not_deleted(written));
            return match part {
                Some((field, span)) => self.only_whole(&field, span),
                None => self.condition(written, cx),
            };
        }
        let ty = Type::required(TypeKind::Scalar(Scalar::Bool));
        let Some(field) = entity.soft_delete() else {
            let name = entity.named.name.clone();
            self.error(
                Diagnostic::new(E0893, written.span, format!("no row of `{name}` is deleted softly"))
                    .help("add a field such as `deleted_at: timestamp? soft_delete`"),
            );
            return Expr { kind: ExprKind::Broken, ty, span: written.span };
        };
        let operand = Box::new(Column::of(field, entity.field(field)).expr);
        Expr { kind: ExprKind::IsNull { operand, negated: false }, ty, span: written.span }
    }

    /// Reports `not deleted` as a part of a condition.
    fn only_whole(&mut self, field: &str, span: Span) -> Expr {
        self.error(
            Diagnostic::new(E0201, span, "`not deleted` is a whole condition and no part of one")
                .help(Help::write(format!("{field} is null")))
                .certain(),
        );
        broken(span)
    }
}

/// The place of `not deleted` among what `and` and `or` join.
fn part_not_deleted(written: &ast::Expr) -> Option<Span> {
    let mut parts = vec![written];
    while let Some(part) = parts.pop() {
        match &part.kind {
            _ if is_not_deleted(part) => return Some(part.span),
            ast::ExprKind::Paren(inner) => parts.push(inner),
            ast::ExprKind::Binary { op: ast::BinaryOp::And | ast::BinaryOp::Or, left, right } => {
                parts.extend([&**left, right]);
            }
            _ => {}
        }
    }
    None
}

fn is_not_deleted(written: &ast::Expr) -> bool {
    match &written.kind {
        ast::ExprKind::Paren(inner) => is_not_deleted(inner),
        ast::ExprKind::Unary { op: ast::UnaryOp::Not, operand } => match &operand.kind {
            ast::ExprKind::Path(path) => matches!(&path.names[..], [name] if name.text == "deleted"),
            _ => false,
        },
        _ => false,
    }
}
