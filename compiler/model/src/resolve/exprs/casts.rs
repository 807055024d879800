//! Casts by type name: `int(prefs.level)`, `decimal(x, 18, 2)`.

use super::super::Resolver;
use super::{Cx, broken, constants};
use crate::expr::{Expr, ExprKind};
use crate::{Scalar, Type, TypeKind, meaning};
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
        if let Some(TypeKind::Scalar(from)) = self.underlying(&operand.ty)
            && let Some(literal) = self.literal_cast(&operand, from, to, span)
        {
            return literal;
        }
        Expr { kind: ExprKind::Cast { to, operand: Box::new(operand) }, ty, span }
    }
}

impl Resolver<'_> {
    /// A literal of another type, where the cast makes one.
    fn literal_cast(&mut self, operand: &Expr, from: Scalar, to: Scalar, span: Span) -> Option<Expr> {
        if let ExprKind::Text(text) = &operand.kind
            && from.is_text()
        {
            match to {
                Scalar::Date | Scalar::Timestamp | Scalar::Interval | Scalar::Json => {
                    let help = "write the value without the cast: `2026-01-31`, `90d`, `{ a: 1 }`";
                    return Some(self.wrong_call(span, "a text is no such literal", help));
                }
                Scalar::Time | Scalar::Uuid | Scalar::Inet | Scalar::ObjectId => {
                    return Some(self.text_literal(text, operand.span, Some(to)));
                }
                _ => {}
            }
        }
        Some(match constants::cast(operand, from, to)? {
            Ok(kind) => Expr { kind, ty: Type::required(TypeKind::Scalar(to)), span },
            Err(why) => self.wrong_call(span, &why, "write the value as it is, or one that the type holds"),
        })
    }
}

/// The type's name, where a cast by that name exists.
pub(crate) fn cast_name(scalar: Scalar) -> Option<&'static str> {
    Scalar::PLAIN.iter().find(|(_, s)| *s == scalar).map(|(name, _)| *name).filter(|name| !name.contains('.'))
}

pub(crate) fn can_cast(from: Scalar, to: Scalar) -> bool {
    meaning::cast(from, to).is_some()
}
