//! Casts by type name: `int(prefs.level)`, `decimal(x, 18, 2)`.

use super::super::Resolver;
use super::{Cx, broken};
use crate::expr::{Expr, ExprKind};
use crate::{Scalar, Type, TypeKind};
use polity_syntax::ast::{self, Literal, LiteralKind};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// `decimal(x, 18, 2)`
    pub(super) fn cast_to_decimal(&mut self, arguments: &'t [ast::Expr], span: Span, cx: Cx) -> Expr {
        let size = |e: &ast::Expr| match &e.kind {
            ast::ExprKind::Literal(Literal { kind: LiteralKind::Integer(n), .. }) => n.parse::<u16>().ok(),
            _ => None,
        };
        if let [operand, precision, scale] = arguments
            && let (Some(precision), Some(scale)) = (size(precision), size(scale))
            && (1..=28).contains(&precision)
            && scale <= precision
        {
            let operand = self.expr(operand, cx, None);
            return self.cast(operand, Scalar::Decimal { precision, scale }, span);
        }
        self.wrong_call(span, "a cast to `decimal` says its size", "write `decimal(x, 18, 2)`")
    }

    pub(super) fn cast(&mut self, operand: Expr, to: Scalar, span: Span) -> Expr {
        let possible = match self.underlying(&operand.ty) {
            None | Some(TypeKind::Broken) => return broken(span),
            Some(TypeKind::Null) => true,
            Some(TypeKind::Enum(_)) => matches!(to, Scalar::Text { max: None }),
            Some(TypeKind::Scalar(from)) => can_cast(from, to),
            Some(_) => false,
        };
        if !possible {
            let from = self.platform.type_name(&operand.ty);
            return self.wrong_call(
                span,
                &format!("`{from}` cannot become `{}`", to.name()),
                "numbers become numbers, texts become what they are written like, anything single becomes text",
            );
        }
        let ty = Type { kind: TypeKind::Scalar(to), optional: operand.ty.optional };
        Expr { kind: ExprKind::Cast { to, operand: Box::new(operand) }, ty, span }
    }
}

/// The type's name, where a cast by that name exists.
pub(crate) fn cast_name(scalar: Scalar) -> Option<&'static str> {
    Scalar::PLAIN.iter().find(|(_, s)| *s == scalar).map(|(name, _)| *name).filter(|name| !name.contains('.'))
}

pub(crate) fn can_cast(from: Scalar, to: Scalar) -> bool {
    let from_text = matches!(from, Scalar::Text { .. } | Scalar::Char { .. });
    let shapes = |s: Scalar| {
        matches!(
            s,
            Scalar::GeoPoint
                | Scalar::GeoLine
                | Scalar::GeoPolygon
                | Scalar::Vector { .. }
                | Scalar::Bytes
                | Scalar::Password
        )
    };
    match (from, to) {
        (a, b) if shapes(a) || shapes(b) => false,
        (a, b) if a == b => true,
        (a, b) if a.is_number() && b.is_number() => true,
        (_, Scalar::Text { max: None }) => true,
        (_, to) if from_text => !to.is_text(),
        (Scalar::Date, Scalar::Timestamp) | (Scalar::Timestamp, Scalar::Date | Scalar::Time) => true,
        _ => false,
    }
}
