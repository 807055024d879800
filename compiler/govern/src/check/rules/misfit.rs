//! A field admits the values that it is computed as.

use super::values::{Given, Valued, values};
use crate::Governed;
use polity_model::inference::{HazardKind, fit};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0346, W0346};
use polity_text::source::Span;

/// An error where no row could be written, a warning where some could not.
pub fn misfit(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for value in values(platform) {
        let overflows: Vec<(Span, String, bool)> = value
            .inference
            .hazards
            .iter()
            .filter_map(|hazard| match hazard.kind {
                HazardKind::Overflows { scalar, is_certain } => {
                    let how = if is_certain { "is" } else { "may be" };
                    Some((hazard.span, format!("this {how} beyond `{}`", scalar.name()), is_certain))
                }
                HazardKind::DividesByZero => None,
            })
            .collect();
        let whole = overflows.iter().any(|(span, ..)| *span == value.expr.span);
        for (span, why, is_certain) in overflows {
            found.push(said(&value, span, why, is_certain));
        }
        // What is said of the whole expression is not said twice.
        for misfit in fit(platform, value.field, &value.inference.value) {
            if !whole || misfit.is_certain {
                let name = &value.field.named.name;
                let why = format!("`{name}` does not admit every value of this: {}", misfit.why);
                let why = if misfit.is_certain {
                    format!("`{name}` does not admit this: {}", misfit.why)
                } else {
                    why
                };
                found.push(said(&value, value.expr.span, why, misfit.is_certain));
            }
        }
    }
}

fn said(value: &Valued<'_>, span: Span, why: String, is_certain: bool) -> Diagnostic {
    let code = if is_certain { E0346 } else { W0346 };
    let refused = match (value.given, is_certain) {
        (_, true) => "every row with this value is refused",
        (Given::Computed, false) => "a row that is computed so is refused",
        (Given::Written, false) => "a row that takes such a value is refused",
    };
    let help = if is_certain {
        "change the value, or what the field admits"
    } else {
        "give the fields that it is made of limits (`max`, `length`), or the field a wider type"
    };
    Diagnostic::new(code, span, why).also(value.field.ty_span, "the field's type").note(refused).help(help)
}
