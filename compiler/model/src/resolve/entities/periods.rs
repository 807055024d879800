//! `no overlap`: the periods of rows, which say whether their last end is part of them.

use super::super::Resolver;
use super::super::exprs::{Cx, Place, Purpose};
use crate::entity::{Check, NoOverlap};
use crate::expr::{BinaryOp, Expr, ExprKind, FieldPath, Step};
use crate::{EntityId, Scalar, Type, TypeKind};
use polity_syntax::ast::{self, ClauseKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0303, E0319, E0340};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// `no overlap stays [from, to) per (room) where …`
    pub(super) fn no_overlap(&mut self, id: EntityId, clause: &'t ClauseKind, span: Span, cx: Cx) {
        let ClauseKind::NoOverlap { name, from, to, closed, period, per, filter } = clause else { return };
        self.judge_bounds(*closed, [from, to], *period);
        let [from, to] = [from, to].map(|end| self.column_at(id, end, cx));
        let per = per.iter().filter_map(|path| self.column_at(id, path, cx)).collect();
        let predicate = Cx { purpose: Purpose::Predicate, ..cx };
        let filter = filter.as_ref().map(|e| self.condition(e, predicate));
        if let (Some(from), Some(to)) = (from, to) {
            self.judge_ends(&from, &to, span);
            let (name, closed) = (name.as_ref().map(|name| name.text.clone()), closed[1]);
            self.platform[id].no_overlaps.push(NoOverlap { name, from, to, closed, per, filter, span });
        }
    }

    /// Adds the check that a period does not end before it begins, where the source does not say it itself.
    pub(super) fn periods_begin_first(&mut self, id: EntityId) {
        let entity = &self.platform[id];
        let mut checks: Vec<Check> = Vec::new();
        for overlap in &entity.no_overlaps {
            let [first, ..] = &orders(overlap);
            let said = |check: &Check| orders(overlap).iter().any(|order| check.expr.same(order));
            if !entity.checks.iter().chain(&checks).any(said) {
                checks.push(Check { name: None, expr: first.clone(), span: overlap.span });
            }
        }
        self.platform[id].checks.extend(checks);
    }

    fn judge_bounds(&mut self, closed: [bool; 2], ends: [&ast::Path; 2], period: Span) {
        let [from, to] = ends.map(super::super::names::written);
        let (both, first) = (format!("[{from}, {to}]"), format!("[{from}, {to})"));
        let message = match closed {
            [true, _] => return,
            [false, false] => "the period does not say whether its ends are part of it".to_owned(),
            [false, true] => "a period begins with its first end".to_owned(),
        };
        self.error(Diagnostic::new(E0340, period, message).help(format!(
            "in `{both}` is `{to}` its last day or moment, in `{first}` the first one behind it"
        )));
    }

    /// A field, or what lies in records whose members have columns of their own.
    fn column_at(&mut self, id: EntityId, path: &'t ast::Path, cx: Cx) -> Option<Expr> {
        let [first, ..] = &path.names[..] else { return None };
        self.field_of(id, first)?;
        let expr = self.path(path, Cx { place: Place::Row, ..cx }, None);
        let ExprKind::Field(found) = &expr.kind else { return None };
        if !self.is_column(id, found) {
            self.error(
                Diagnostic::new(E0319, path.span, "a column is expected, and this lies within a value")
                    .help("make the record `inline`, or give the value a field of its own"),
            );
            return None;
        }
        Some(expr)
    }

    fn is_column(&self, id: EntityId, path: &FieldPath) -> bool {
        let mut field = self.platform[id].field(path.root);
        for step in &path.steps {
            let (Step::Member(of, member), Some(_)) = (step, field.inline) else { return false };
            let Some(inner) = self.platform[*of].fields.get(member.index()) else { return false };
            field = inner;
        }
        true
    }

    fn judge_ends(&mut self, from: &Expr, to: &Expr, span: Span) {
        let (a, b) = (self.platform.scalar(&from.ty), self.platform.scalar(&to.ty));
        let is_range = matches!(
            a,
            Some(
                Scalar::Date
                    | Scalar::Timestamp
                    | Scalar::SmallInt
                    | Scalar::Int
                    | Scalar::BigInt
                    | Scalar::Decimal { .. }
            )
        );
        let is_broken = [from, to].iter().any(|end| end.ty.kind == TypeKind::Broken);
        if !is_broken && (!is_range || a != b) {
            let help = match a == b {
                true => "make both dates, timestamps, whole numbers or decimals",
                false => "give both fields the same type",
            };
            self.error(
                Diagnostic::new(
                    E0303,
                    span,
                    "a period has two ends of one type: dates, timestamps or numbers",
                )
                .also(from.span, "from")
                .also(to.span, "to")
                .help(help),
            );
        }
    }
}

/// Returns what says that a period does not end before it begins: `from <= to`, the same from the other side, and what says
/// more.
fn orders(overlap: &NoOverlap) -> [Expr; 4] {
    let (from, to) = (&overlap.from, &overlap.to);
    let optional = from.ty.optional || to.ty.optional;
    let ordered = |left: &Expr, op, right: &Expr| {
        let kind = ExprKind::Binary { op, left: Box::new(left.clone()), right: Box::new(right.clone()) };
        let ty = Type { kind: TypeKind::Scalar(Scalar::Bool), optional };
        Expr { kind, ty, span: overlap.span }
    };
    [
        ordered(from, BinaryOp::LessEqual, to),
        ordered(from, BinaryOp::Less, to),
        ordered(to, BinaryOp::GreaterEqual, from),
        ordered(to, BinaryOp::Greater, from),
    ]
}
