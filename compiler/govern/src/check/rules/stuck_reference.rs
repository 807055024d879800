//! A row that stays does not hold on to one that goes.

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0855;

pub fn stuck_reference(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for plan in platform.erasure_plans() {
        for (entity, reference) in &plan.stuck {
            let entity = &platform[*entity];
            let reference = platform.reference(entity.id, *reference);
            let target = &platform[reference.target];
            let (name, other) = (&entity.named.name, &target.named.name);
            let is_whose = platform.is_whose(entity.id, reference);
            let message = match is_whose {
                true => format!("a `{name}` stays without its person and refers to a `{other}`, which goes"),
                false => format!("a `{name}` is somebody else's and refers to a `{other}`, which goes"),
            };
            let mut problem = Diagnostic::new(E0855, reference.span, message);
            if let Some(retain) = platform.retain(entity.id).filter(|_| is_whose) {
                problem = problem.also(retain.span, format!("`{name}` is anonymized"));
            }
            let gives_way = if platform.keeps(entity.id, reference) { " on delete set null" } else { "" };
            let help = match platform.append_only(entity.id) {
                // A row that never changes lets nothing give way.
                Some(_) => format!("anonymize `{other}` too, or leave out `append only`"),
                None => format!(
                    "let the reference give way, `-> {other}?{gives_way}`, or anonymize `{other}` too"
                ),
            };
            found.push(problem.also(target.named.span, format!("`{other}` is deleted")).help(help));
        }
    }
}
