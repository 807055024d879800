//! There is an order in which a person's rows can go.

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0854;

/// In a ring, a row of one person could be that of every other, and none can go first.
pub fn erasure_ring(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for plan in platform.erasure_plans() {
        for (entity, reference) in &plan.rings {
            let (entity, subject) = (&platform[*entity], &platform[plan.subject]);
            let reference = platform.reference(entity.id, *reference);
            let target = &platform[reference.target];
            let message = if entity.id == target.id {
                format!(
                    "rows of `{}` hold on to each other, so that one person's would be another's",
                    entity.named.name
                )
            } else {
                format!(
                    "`{}` and `{}` hold on to each other, so neither can go first",
                    entity.named.name, target.named.name
                )
            };
            found.push(
                Diagnostic::new(E0854, reference.span, message)
                    .also(target.named.span, "what it refers to goes with a person")
                    .also(subject.named.span, "the person")
                    .help(format!(
                        "let this reference give way: `-> {}? on delete set null`",
                        target.named.name
                    )),
            );
        }
    }
}
