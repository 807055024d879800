//! Whether the values of an expression are such as a place admits.

use super::{Inferred, Length, Range, Reader, facts::Facts};
use crate::entity::Field;
use crate::{Platform, Scalar, Type, TypeKind};

/// A way in which values do not fit, or some of them may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The end of a sentence about the value: "it may be longer than 80".
    pub why: String,
    /// Whether no value fits.
    pub is_certain: bool,
}

/// How the values of an expression may not fit a field; that they may be absent is not among it.
#[must_use]
pub fn fit(platform: &Platform, field: &Field, value: &Inferred) -> Vec<Misfit> {
    let reader = Reader { platform, fields: &[], facts: Facts::default(), hazards: Vec::new() };
    let admits = reader.of_type(&field.ty, &field.constraints);
    let mut found = Vec::new();
    let mut say = |is_certain: bool, certain: String, open: String| {
        found.push(Misfit { why: if is_certain { certain } else { open }, is_certain });
    };
    if let Some(scalar) = platform.scalar(&field.ty).filter(|scalar| scalar.is_number()) {
        // A decimal is rounded to the digits of its column.
        let range = match scalar {
            Scalar::Decimal { scale, .. } => value.range.rounded(scale.into()),
            _ => value.range,
        };
        if let Some(is_certain) = misfit(range, admits.range) {
            let (reach, limit) = reach(range, admits.range);
            say(is_certain, format!("it is always {limit}"), format!("it may be {limit}{reach}"));
        }
        return found;
    }
    if let Some(is_certain) = misfit_of_length(value.length, admits.length) {
        let limit =
            if value.length.most.is_none_or(|most| admits.length.most.is_some_and(|limit| most > limit)) {
                format!("longer than {}", admits.length.most.unwrap_or_default())
            } else {
                format!("shorter than {}", admits.length.least)
            };
        say(is_certain, format!("it is always {limit}"), format!("it may be {limit}"));
    }
    if let (Some(made_of), Some(scalar)) = (value.made_of, checked(platform, &field.ty))
        && SAMPLES.iter().any(|(of, _)| *of == made_of)
        && SAMPLES.iter().all(|(of, text)| *of != made_of || !scalar.admits(text))
    {
        let name = scalar.name();
        say(true, format!("a `{}` as a text is no `{name}`", made_of.word()), String::new());
    }
    found
}

/// Texts that are made of scalars, where one tells of all.
const SAMPLES: &[(Scalar, &str)] = &[
    (Scalar::Uuid, "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10"),
    (Scalar::Bool, "true"),
    (Scalar::Date, "2026-01-31"),
    (Scalar::Timestamp, "2026-01-31T10:00:00.000000Z"),
    (Scalar::SmallInt, "5"),
    (Scalar::Int, "5"),
    (Scalar::BigInt, "5"),
];

fn checked(platform: &Platform, ty: &Type) -> Option<Scalar> {
    match ty.kind {
        TypeKind::Scalar(scalar) => Some(scalar),
        TypeKind::Constrained(id) => checked(platform, &platform[id].base),
        _ => None,
    }
    .filter(|scalar| scalar.pattern().is_some())
}

/// `None` where all numbers of a range are within another; else whether none is.
pub(super) fn misfit(range: Range, within: Range) -> Option<bool> {
    let below = |number: Option<crate::exact::Exact>| number.zip(within.low).is_some_and(|(n, low)| n < low);
    let above =
        |number: Option<crate::exact::Exact>| number.zip(within.high).is_some_and(|(n, high)| n > high);
    let open = within.low.is_some() && range.low.is_none() || within.high.is_some() && range.high.is_none();
    if below(range.high) || above(range.low) {
        return Some(true);
    }
    (open || below(range.low) || above(range.high)).then_some(false)
}

fn misfit_of_length(length: Length, within: Length) -> Option<bool> {
    if within.most.is_some_and(|most| length.least > most) || length.most.is_some_and(|m| m < within.least) {
        return Some(true);
    }
    let too_long = within.most.is_some_and(|limit| length.most.is_none_or(|most| most > limit));
    (too_long || length.least < within.least).then_some(false)
}

/// The end that a range goes beyond, and how far it reaches.
fn reach(range: Range, within: Range) -> (String, String) {
    let to = |number: Option<crate::exact::Exact>| {
        number.map_or_else(String::new, |number| format!(": it reaches {number}"))
    };
    match (within.low, within.high) {
        (_, Some(high)) if range.high.is_none_or(|most| most > high) => {
            (to(range.high), format!("more than {high}"))
        }
        (Some(low), _) => (to(range.low), format!("less than {low}")),
        _ => (String::new(), "out of range".to_owned()),
    }
}
