//! A divisor is never zero.

use super::values::{conditions, values};
use crate::Governed;
use polity_model::inference::{Hazard, HazardKind, infer};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0345;

/// A row whose divisor is zero is refused by every store, whatever is divided.
pub fn division(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut hazards: Vec<Hazard> = values(platform).flat_map(|value| value.inference.hazards).collect();
    for (fields, condition) in conditions(platform) {
        hazards.extend(infer(platform, fields, [], condition).hazards);
    }
    for hazard in hazards.iter().filter(|hazard| hazard.kind == HazardKind::DividesByZero) {
        found.push(
            Diagnostic::new(W0345, hazard.span, "this may be zero, and nothing can be divided by zero")
                .note("a row in which it is zero is refused")
                .help("say that it never is, with `min 1` or `check (… > 0)`, or write `case when … = 0 then … else … end`"),
        );
    }
}
