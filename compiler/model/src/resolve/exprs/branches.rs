//! Values of which one is taken: `case`, `coalesce`, `least`, `greatest`.

use super::super::Resolver;
use super::{Cx, broken};
use crate::expr::{Expr, ExprKind};
use crate::meaning::common;
use crate::{Scalar, Type, TypeKind};
use polity_syntax::ast;
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// `case when paid then 1 else 0 end`
    pub(super) fn case(
        &mut self,
        branches: &'t [(ast::Expr, ast::Expr)],
        otherwise: Option<&'t ast::Expr>,
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
        let conditions: Vec<Expr> = branches.iter().map(|(when, _)| self.condition(when, cx)).collect();
        let values: Vec<&'t ast::Expr> = branches.iter().map(|(_, value)| value).chain(otherwise).collect();
        let Some((mut values, mut ty)) = self.alternatives(&values, span, cx, expected) else {
            return broken(span);
        };
        ty.optional = otherwise.is_none() || values.iter().any(|value| value.ty.optional);
        let otherwise = otherwise.and_then(|_| values.pop()).map(Box::new);
        let branches = conditions.into_iter().zip(values).collect();
        Expr { kind: ExprKind::Case { branches, otherwise }, ty, span }
    }

    /// The first value that is there: absent only where all of them are.
    pub(super) fn coalesce(
        &mut self,
        values: &'t [ast::Expr],
        cx: Cx,
        expected: Option<&Type>,
    ) -> (Vec<Expr>, Type) {
        let first = self.expr(&values[0], cx, expected);
        let mut ty = first.ty.clone();
        let mut arguments = vec![first];
        for value in &values[1..] {
            let like = Type { optional: true, ..ty.clone() };
            let value = self.expect(value, cx, &like);
            ty.optional &= value.ty.optional || value.kind == ExprKind::Null;
            ty.kind = match (self.underlying(&ty), self.underlying(&value.ty)) {
                (Some(TypeKind::Null), _) => value.ty.kind.clone(),
                (Some(TypeKind::Scalar(a)), Some(TypeKind::Scalar(b))) if a != b && a.is_number() => {
                    common(a, b).map_or(ty.kind, TypeKind::Scalar)
                }
                _ => ty.kind,
            };
            arguments.push(value);
        }
        (arguments, ty)
    }

    /// The least or the greatest of the values that are there: absent only where all of them are.
    pub(super) fn extreme(
        &mut self,
        values: &'t [ast::Expr],
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Result<(Vec<Expr>, Type), Expr> {
        let all: Vec<&'t ast::Expr> = values.iter().collect();
        let Some((values, mut ty)) = self.alternatives(&all, span, cx, expected) else {
            return Err(broken(span));
        };
        let has_order = |scalar: Scalar| {
            scalar.is_number()
                || matches!(scalar, Scalar::Date | Scalar::Time | Scalar::Timestamp | Scalar::Interval)
        };
        if !matches!(self.underlying(&ty), Some(TypeKind::Scalar(scalar)) if has_order(scalar)) {
            let message =
                format!("values of `{}` have no order that all stores share", self.platform.type_name(&ty));
            return Err(self.operands(
                span,
                &message,
                "compare numbers, days, moments, times or lengths of time",
            ));
        }
        ty.optional = values.iter().all(|value| value.ty.optional);
        Ok((values, ty))
    }

    /// Values of one type, the one that tells its type by itself first, so that the others can be read by it.
    fn alternatives(
        &mut self,
        values: &[&'t ast::Expr],
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Option<(Vec<Expr>, Type)> {
        let telling = values.iter().position(|value| self.tells_its_type(value, cx));
        let mut told = telling.map(|at| self.expr(values[at], cx, expected));
        let wanted = expected.cloned().or_else(|| told.as_ref().map(|told| told.ty.clone()));
        let mut resolved = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            let known = if Some(at) == telling { told.take() } else { None };
            resolved.push(match known {
                Some(known) => known,
                None => self.expr(value, cx, wanted.as_ref()),
            });
        }
        let mut ty = Type { kind: TypeKind::Null, optional: true };
        for value in &resolved {
            if value.kind == ExprKind::Broken {
                return None;
            }
            let both = (self.underlying(&ty), self.underlying(&value.ty));
            ty = match both {
                (_, Some(TypeKind::Null)) | (None, _) | (_, None) => continue,
                (Some(TypeKind::Null), Some(_)) if !self.is_composite(&value.ty) => value.ty.clone(),
                (Some(TypeKind::Scalar(a)), Some(TypeKind::Scalar(b))) if common(a, b).is_some() => {
                    Type::required(TypeKind::Scalar(common(a, b)?))
                }
                (Some(a), Some(b)) if a == b && !self.is_composite(&value.ty) => Type::required(a),
                _ => {
                    let (a, b) = (self.platform.type_name(&ty), self.platform.type_name(&value.ty));
                    let message = match &ty.kind {
                        TypeKind::Null => format!("a `{b}` is no value to choose"),
                        _ => format!("`{a}` and `{b}` have no type in common"),
                    };
                    self.operands(span, &message, "all values must be single ones of one type");
                    return None;
                }
            };
        }
        Some((resolved, Type { optional: false, ..ty }))
    }
}
