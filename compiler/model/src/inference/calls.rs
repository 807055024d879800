//! Functions and casts: what is known of their values.

use super::{Inferred, Length, Presence, Range, Reader, of_scalar, together};
use crate::exact::Exact;
use crate::expr::{Expr, ExprKind, Function};
use crate::{Scalar, TypeKind};
use polity_text::source::Span;

impl Reader<'_> {
    pub(super) fn call(&mut self, function: Function, arguments: &[Expr], expr: &Expr) -> Inferred {
        let values: Vec<Inferred> = arguments.iter().map(|argument| self.value(argument)).collect();
        let first = values.first().copied().unwrap_or(Inferred::ANY);
        match function {
            Function::Now | Function::UuidV4 | Function::UuidV7 => Inferred::ANY,
            Function::Identity => {
                let scalar = self.platform.scalar(&expr.ty).unwrap_or(Scalar::BigInt);
                Inferred { range: Range::of_scalar(scalar), scale: Some(0), ..Inferred::ANY }
            }
            // As many characters come out as go in.
            Function::Lower | Function::Upper => Inferred { made_of: None, ..first },
            Function::Trim => {
                let length = Length { least: 0, ..first.length };
                Inferred { length, made_of: None, ..first }
            }
            Function::Length => {
                let whole = |count: u64| Exact::whole(count.into());
                let low = Some(whole(first.length.least));
                let high = Some(first.length.most.map_or(whole(i32::MAX as u64), whole));
                let range = Range { low, high, is_not_zero: false };
                Inferred { presence: first.presence, range, scale: Some(0), ..Inferred::ANY }
            }
            Function::Coalesce => coalesced(&values),
            Function::DateTrunc => {
                Inferred { presence: together(values.iter().map(|v| v.presence)), ..Inferred::ANY }
            }
            Function::Abs => Inferred { range: first.range.absolute(), ..first },
            Function::Round => {
                let digits = arguments.get(1).map_or(Some(0), |digits| match &digits.kind {
                    ExprKind::Integer(digits) => digits.parse().ok(),
                    _ => None,
                });
                let digits = digits.unwrap_or(0);
                let scale = Some(first.scale.map_or(digits, |scale| scale.min(digits)));
                Inferred { range: first.range.rounded(digits), scale, ..first }
            }
            Function::Least | Function::Greatest => {
                let pick = if function == Function::Least { Range::least } else { Range::greatest };
                let range = values.iter().map(|value| value.range).reduce(pick).unwrap_or(Range::ANY);
                let any_there = coalesced(&values);
                // One that may be absent bounds nothing.
                let all_there = values.iter().all(|value| value.presence == Presence::Always);
                Inferred { range: if all_there { range } else { any_there.range }, ..any_there }
            }
        }
    }

    pub(super) fn cast(&mut self, to: Scalar, operand: &Expr, span: Span) -> Inferred {
        let value = self.value(operand);
        let from = self.platform.scalar(&operand.ty);
        if to == (Scalar::Text { max: None }) {
            if matches!(operand.ty.kind, TypeKind::Enum(_)) || from.is_some_and(Scalar::is_text) {
                return value;
            }
            let length = from.map_or(Length::ANY, written);
            return Inferred { length, made_of: from, presence: value.presence, ..Inferred::ANY };
        }
        let mut found = of_scalar(to);
        found.presence = value.presence;
        if !from.is_some_and(Scalar::is_number) {
            return found;
        }
        match to {
            Scalar::SmallInt | Scalar::Int | Scalar::BigInt => {
                found.range = self.held(value.range.rounded(0), to, span);
            }
            Scalar::Decimal { scale, .. } => {
                found.range = self.held(value.range.rounded(scale.into()), to, span);
                found.scale = value.scale.map_or(found.scale, |own| Some(own.min(scale.into())));
            }
            _ => found.range = value.range,
        }
        found
    }
}

/// The first of the values that is there.
fn coalesced(values: &[Inferred]) -> Inferred {
    let mut found: Option<Inferred> = None;
    for value in values {
        let before = found.map(|found| found.presence);
        let both = match found {
            Some(found) => Inferred { presence: value.presence, ..found.or(*value) },
            None => *value,
        };
        found = Some(both);
        if value.presence == Presence::Always {
            return both;
        }
        if let (Some(Presence::Unless(span)), Presence::Never(_)) = (before, value.presence) {
            found = Some(Inferred { presence: Presence::Unless(span), ..both });
        }
    }
    found.unwrap_or(Inferred::ANY)
}

/// The characters of a value as a text.
fn written(scalar: Scalar) -> Length {
    match scalar {
        Scalar::Bool => Length::of(4, 5),
        Scalar::SmallInt => Length::of(1, 6),
        Scalar::Int => Length::of(1, 11),
        Scalar::BigInt => Length::of(1, 20),
        Scalar::Decimal { precision, scale } => {
            // A sign, a point, and a zero before the point.
            let point = if scale > 0 { 2 } else { 0 };
            Length::of(1, u64::from(precision) + 1 + point)
        }
        Scalar::Float => Length::of(1, 24),
        Scalar::Uuid => Length::of(36, 36),
        Scalar::ObjectId => Length::of(24, 24),
        Scalar::Inet => Length::of(2, 43),
        Scalar::Date => Length::of(10, 10),
        Scalar::Time => Length::of(8, 15),
        Scalar::Timestamp => Length::of(20, 27),
        _ => Length::ANY,
    }
}
