//! Values beside fields, held against everything that their place admits, all the way down.

use super::super::fields::integer_fits;
use super::super::{Owner, Resolver};
use crate::expr::{Expr, ExprKind};
use crate::numbers::{compare, digits};
use crate::types::Constraints;
use crate::{Duration, FieldId, Scalar, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0307;
use polity_text::source::Span;

/// The longest length of time that every store and the client hold, in milliseconds: PostgreSQL counts microseconds in
/// 64 bits.
const LONGEST: u64 = i64::MAX as u64 / 1_000;

/// A part of a value that its place does not admit, and why.
type Refused = (Span, String);

impl Resolver<'_> {
    /// A value beside a field must be one that the field admits, and so must everything in it.
    pub(crate) fn judge_value(&mut self, owner: Owner, field: FieldId, value: &Expr) {
        let field = match owner {
            Owner::Entity(id) => &self.platform[id].fields[field.index()],
            Owner::Struct(id) => &self.platform[id].fields[field.index()],
        };
        let mut refused = Vec::new();
        // That a field itself is never absent was said where the value was read.
        if value.kind != ExprKind::Null {
            self.refused(&field.ty, &[&field.constraints], value, &mut refused);
        }
        let (name, ty) = (field.named.name.clone(), field.ty_span);
        for (span, why) in refused {
            let message = format!("`{name}` does not admit this value: {why}");
            self.error(
                Diagnostic::new(E0307, span, message)
                    .also(ty, "the field's type")
                    .help("change the value, or what the field admits"),
            );
        }
    }

    fn refused(&self, ty: &Type, limits: &[&Constraints], value: &Expr, found: &mut Vec<Refused>) {
        if value.kind == ExprKind::Null {
            if !ty.optional && !matches!(ty.kind, TypeKind::Broken) {
                found.push((value.span, format!("a `{}` is never absent", self.platform.type_name(ty))));
            }
            return;
        }
        if let Some(why) = limits.iter().find_map(|limits| self.refused_by(limits, value)) {
            found.push((value.span, why));
            return;
        }
        match (&ty.kind, &value.kind) {
            (TypeKind::Constrained(id), _) => {
                let named = &self.platform[*id];
                self.refused(&named.base, &[&named.constraints], value, found);
            }
            (TypeKind::Reference { entity, field }, _) => {
                if let Some(target) = self.platform[*entity].fields.get(field.index()) {
                    self.refused(&target.ty, &[&target.constraints], value, found);
                }
            }
            (TypeKind::Scalar(scalar), _) => refused_by_scalar(*scalar, value, found),
            (TypeKind::List(of), ExprKind::List(items)) => {
                items.iter().for_each(|item| self.refused(of, &[], item, found));
            }
            (TypeKind::Map(of), ExprKind::Record(entries)) => {
                entries.iter().for_each(|(_, entry)| self.refused(of, &[], entry, found));
            }
            (TypeKind::Struct(id), ExprKind::Record(entries)) => {
                for (name, entry) in entries {
                    let member = self.platform[*id].fields.iter().find(|field| field.named.name == *name);
                    if let Some(member) = member {
                        self.refused(&member.ty, &[&member.constraints], entry, found);
                    }
                }
            }
            _ => {}
        }
    }

    fn refused_by(&self, limits: &Constraints, value: &Expr) -> Option<String> {
        match &value.kind {
            ExprKind::Integer(n) | ExprKind::Decimal(n) => {
                if let Some((min, _)) = &limits.min
                    && compare(n, &min.0).is_lt()
                {
                    return Some(format!("it is less than {}", min.0));
                }
                let (max, _) = limits.max.as_ref()?;
                compare(n, &max.0).is_gt().then(|| format!("it is more than {}", max.0))
            }
            ExprKind::Text(text) => {
                let refused = refused_length(limits, text.chars().count(), ["shorter", "longer"]);
                refused.or_else(|| self.patterns.refuses(&limits.matches.as_ref()?.0, text))
            }
            ExprKind::List(items) => refused_length(limits, items.len(), ["a shorter list", "a longer list"]),
            _ => None,
        }
    }
}

fn refused_length(limits: &Constraints, length: usize, [shorter, longer]: [&str; 2]) -> Option<String> {
    match (limits.min_length, limits.max_length) {
        (Some((min, _)), _) if length < min as usize => Some(format!("it is {shorter} than {min}")),
        (_, Some((max, _))) if length > max as usize => Some(format!("it is {longer} than {max}")),
        _ => None,
    }
}

fn refused_by_scalar(scalar: Scalar, value: &Expr, found: &mut Vec<Refused>) {
    match (&value.kind, scalar) {
        (ExprKind::List(items), Scalar::Vector { .. }) => {
            items.iter().for_each(|item| refused_by_scalar(Scalar::Float, item, found));
        }
        (ExprKind::List(items), Scalar::Json) => {
            items.iter().for_each(|item| refused_by_scalar(scalar, item, found));
        }
        (ExprKind::Record(entries), Scalar::Json) => {
            entries.iter().for_each(|(_, entry)| refused_by_scalar(scalar, entry, found));
        }
        _ => {}
    }
    let why =
        match (&value.kind, scalar) {
            (ExprKind::Integer(n) | ExprKind::Decimal(n), scalar) => beyond(scalar, n),
            (ExprKind::Text(text), Scalar::Text { max: Some(max) }) => (text.chars().count() > max as usize)
                .then(|| format!("it is longer than `{}`", scalar.name())),
            (ExprKind::Text(text), Scalar::Char { length }) => (text.chars().count() != length as usize)
                .then(|| format!("it is not {length} characters long")),
            (ExprKind::Text(text), scalar) => {
                (!scalar.admits(text)).then(|| format!("it is no `{}`", scalar.name()))
            }
            (ExprKind::List(values), Scalar::Vector { dimensions }) => (values.len() != dimensions as usize)
                .then(|| format!("it has {} numbers, not {dimensions}", values.len())),
            (ExprKind::Duration(duration), _) => without_length(*duration),
            // Somewhere on earth that day is in the year 10000 (`form::MOMENTS`).
            (ExprKind::Date { year: 9999, month: 12, day: 31 }, Scalar::Timestamp) => {
                Some("the last moment that stores and clients hold is on 9999-12-30".to_owned())
            }
            (ExprKind::Null, Scalar::Float) => Some("a number of a vector is never absent".to_owned()),
            _ => None,
        };
    found.extend(why.map(|why| (value.span, why)));
}

/// Why a scalar cannot be a number.
pub(super) fn beyond(scalar: Scalar, number: &str) -> Option<String> {
    let name = scalar.name();
    let is_beyond = match scalar {
        Scalar::Decimal { precision, scale } => {
            let (whole, fraction) = digits(number);
            let too_long = whole > usize::from(precision - scale) || fraction > usize::from(scale);
            return too_long.then(|| format!("it has more digits than `{name}`"));
        }
        Scalar::SmallInt | Scalar::Int | Scalar::BigInt => !integer_fits(number, scalar),
        Scalar::Float => {
            let float: f64 = number.parse().unwrap_or(f64::INFINITY);
            !float.is_finite() || float == 0.0 && digits(number) != (0, 0)
        }
        Scalar::Json => {
            let keeps = |text: &str| compare(text, number).is_eq();
            let exact = number.parse::<i64>().is_ok()
                || number.parse::<f64>().is_ok_and(|float| float.is_finite() && keeps(&format!("{float}")));
            return (!exact).then(|| {
                "a number of json is a double, which would lose digits of it; write it as a text".to_owned()
            });
        }
        _ => false,
    };
    is_beyond.then(|| format!("it is beyond `{name}`"))
}

/// Why a length of time is none that a field can hold.
fn without_length(duration: Duration) -> Option<String> {
    if duration.is_calendar() {
        return Some(format!("how long `{duration}` is depends on the calendar; write it in days"));
    }
    (duration.at_least_milliseconds() > LONGEST).then(|| "it is beyond `interval`".to_owned())
}
