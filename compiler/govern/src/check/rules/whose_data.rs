//! Personal data is one person's, and the source says whose where several are referred to.

use crate::Governed;
use crate::erasure::{Path, Step};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0885, E0887};

pub fn whose_data(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for (id, paths) in platform.disputed() {
        let entity = &platform[id];
        let held = platform.personal_field(id).map_or(&entity.named, |field| &entity.field(field).named);
        let mut problem = Diagnostic::new(
            E0885,
            held.span,
            format!(
                "nothing says whose data a `{}` holds: several paths lead to a person",
                entity.named.name
            ),
        );
        for path in &paths {
            if let Some(first) = path.first() {
                problem = problem
                    .also(platform[first.entity].field(first.field).named.span, written(platform, path));
            }
        }
        found.push(help(platform, &paths, problem));
    }
    for entity in &platform.entities {
        let mut said = entity.personal_of.iter();
        let Some(first) = said.next() else { continue };
        if let Some(other) = said.find(|other| other.path != first.path) {
            found.push(
                Diagnostic::new(
                    E0887,
                    other.span,
                    format!("a `{}` would be two persons' at once", entity.named.name),
                )
                .also(first.span, "said here first")
                .help("keep what is the other's in an entity of its own, which refers to both"),
            );
        }
    }
}

/// `Line.order → Order.merchant_id`
fn written(platform: &Governed, path: &Path) -> String {
    let step = |step: &Step| format!("{}.{}", platform[step.entity].named.name, step.said);
    let steps: Vec<String> = path.iter().map(step).collect();
    format!("leads to a person: {}", steps.join(" → "))
}

/// Proposes the clause at the entity where two paths part: what lies behind it is settled as well.
fn help(platform: &Governed, paths: &[Path], problem: Diagnostic) -> Diagnostic {
    let parts = |[first, second]: [&Path; 2]| {
        first.iter().zip(second).find(|(one, other)| one != other).map(|(one, _)| one.clone())
    };
    let step = match paths {
        [first, second, ..] => parts([first, second]),
        _ => None,
    };
    let Some(step) = step else { return problem.help("write `personal of REFERENCE`") };
    let (entity, clause) = (&platform[step.entity], format!("personal of {}", step.said));
    let words = format!(
        "write `{clause}` in `{}`, or name the other reference: erasing whoever is merely referred to takes nothing",
        entity.named.name
    );
    entity.adding(&clause, problem.help(words))
}
