//! Limits of values: `min`, `max`, `length`, `matches`, at a field or at a named type.

use smol_str::SmolStr;

use super::super::Resolver;
use super::super::declare::TypeItem;
use crate::numbers::{compare, digits};
use crate::types::Constraints;
use crate::{ConstrainedId, Scalar, Type, TypeKind};
use polity_syntax::ast::{self, Literal, ModifierKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0206, E0310, E0319};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// `min 0`: a number of the field's own kind.
    pub(super) fn bound(
        &mut self,
        ty: &Type,
        literal: &Literal,
        span: Span,
        what: &str,
    ) -> Option<(crate::types::Number, Span)> {
        if ty.kind == TypeKind::Broken {
            return None;
        }
        let Some(scalar) = self.own_scalar(ty).filter(|s| s.is_number()) else {
            self.misplaced(span, what, "a number; a text takes `length 1..80`, a date `check (…)`");
            return None;
        };
        let number = self.number(literal)?;
        let (whole, fraction) = digits(&number.0);
        let fits = match scalar {
            Scalar::Decimal { precision, scale } => {
                fraction <= usize::from(scale) && whole <= usize::from(precision - scale)
            }
            Scalar::Float => true,
            _ => fraction == 0 && integer_fits(&number.0, scalar),
        };
        if !fits {
            self.error(
                Diagnostic::new(E0319, literal.span, format!("no `{}` can be {}", scalar.name(), number.0))
                    .help("give a number that a value of the type can reach"),
            );
            return None;
        }
        Some((number, span))
    }

    pub(super) fn length(
        &mut self,
        ty: &Type,
        min: Option<&Literal>,
        max: Option<&Literal>,
        span: Span,
        constraints: &mut Constraints,
    ) {
        let applies = match &ty.kind {
            TypeKind::Broken => return,
            TypeKind::List(_) => true,
            _ => self.own_scalar(ty).is_some_and(|s| s.is_text() || s == Scalar::Bytes),
        };
        if !applies {
            self.misplaced(span, "`length`", "a text, bytes or a list; a number takes `min` and `max`");
            return;
        }
        let limit = u64::from(u32::MAX);
        constraints.min_length = min.and_then(|l| self.whole(l, 0, limit)).map(|n| (n as u32, span));
        constraints.max_length = max.and_then(|l| self.whole(l, 0, limit)).map(|n| (n as u32, span));
    }

    /// A pattern of the subset that means the same in PostgreSQL, PCRE and Rust.
    pub(crate) fn matches(&mut self, ty: &Type, text: &ast::Text) -> Option<(SmolStr, Span)> {
        if ty.kind == TypeKind::Broken {
            return None;
        }
        if !self.own_scalar(ty).is_some_and(Scalar::is_text) {
            self.misplaced(text.span, "`matches`", "a text");
            return None;
        }
        self.judged_pattern(text.value.clone(), text.span).map(|pattern| (pattern, text.span))
    }

    pub(crate) fn judged_pattern(&mut self, value: SmolStr, span: Span) -> Option<SmolStr> {
        match self.patterns.judge(&value) {
            Ok(()) => Some(value),
            Err(refused) => {
                self.error(
                    Diagnostic::new(E0310, span, format!("the pattern has {}", refused.what))
                        .note("only what PostgreSQL, PCRE and Rust read alike may stand in a pattern")
                        .help(refused.help),
                );
                None
            }
        }
    }

    /// Limits that no value can meet.
    pub(super) fn judge_limits(&mut self, ty: &Type, constraints: &mut Constraints) {
        if let (Some((min, _)), Some((max, span))) = (&constraints.min, &constraints.max)
            && compare(&min.0, &max.0).is_gt()
        {
            self.error(
                Diagnostic::new(
                    E0319,
                    *span,
                    format!("no value is at least {} and at most {}", min.0, max.0),
                )
                .help("swap the two"),
            );
        }
        if let (Some((min, _)), Some((max, span))) = (constraints.min_length, constraints.max_length)
            && min > max
        {
            self.error(
                Diagnostic::new(E0319, span, format!("no length is at least {min} and at most {max}"))
                    .help("swap the two"),
            );
        }
        let most = match self.own_scalar(ty) {
            Some(Scalar::Text { max: Some(max) }) => max,
            Some(Scalar::Char { length }) => length,
            _ => return,
        };
        for (length, span) in constraints.min_length.iter().chain(&constraints.max_length) {
            if *length > most {
                self.error(
                    Diagnostic::new(E0319, *span, format!("the type holds at most {most} characters"))
                        .help(format!("write a length up to {most}, or a longer type")),
                );
            }
        }
    }

    /// Resolves the limits and labels after the type of `type Sku = …`.
    pub(crate) fn constraints_of_type(&mut self, id: ConstrainedId, item: TypeItem<'t>) {
        let ty = self.platform[id].base.clone();
        let mut constraints = Constraints::default();
        let mut labels = self.labels(item.labels);
        for modifier in item.modifiers {
            match &modifier.kind {
                ModifierKind::Min(literal) => {
                    constraints.min = self.bound(&ty, literal, modifier.span, "`min`");
                }
                ModifierKind::Max(literal) => {
                    constraints.max = self.bound(&ty, literal, modifier.span, "`max`");
                }
                ModifierKind::Length { min, max } => {
                    self.length(&ty, min.as_ref(), max.as_ref(), modifier.span, &mut constraints);
                }
                ModifierKind::Matches(text) => constraints.matches = self.matches(&ty, text),
                ModifierKind::Label(name) => labels.extend(self.label(name)),
                _ => self.error(
                    Diagnostic::new(E0206, modifier.span, "this belongs to a field, not to a type").help(
                        "a type takes `min`, `max`, `length`, `matches` and labels; write the rest at the field",
                    ),
                ),
            }
        }
        self.judge_limits(&ty, &mut constraints);
        self.platform[id].constraints = constraints;
        self.platform[id].labels = labels;
    }
}

pub(crate) fn integer_fits(digits: &str, scalar: Scalar) -> bool {
    match scalar {
        Scalar::SmallInt => digits.parse::<i16>().is_ok(),
        Scalar::Int => digits.parse::<i32>().is_ok(),
        _ => digits.parse::<i64>().is_ok(),
    }
}
