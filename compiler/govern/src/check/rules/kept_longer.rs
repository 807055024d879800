//! A row that must be kept cannot go with the person.

use crate::Governed;
use crate::erasure::Action;
use polity_model::entity::OnDelete;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0853;

/// `retain` says how long a row is kept and `on delete restrict` that nothing may take it away before; an erasure would.
pub fn kept_longer(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for plan in platform.erasure_plans() {
        for rows in plan.found_rows().filter(|rows| rows.action == Action::Delete) {
            let entity = &platform[rows.entity];
            let Some(retain) = platform.retain(entity.id) else { continue };
            let held = rows.by.iter().map(|i| platform.reference(entity.id, *i));
            let held = held.filter_map(|r| r.on_delete.filter(|(action, _)| *action == OnDelete::Restrict));
            let Some((_, span)) = held.into_iter().next() else { continue };
            let name = &entity.named.name;
            found.push(
                Diagnostic::new(
                    E0853,
                    retain.span,
                    format!("`{name}` is kept for {}, and an erasure would delete it", retain.duration),
                )
                .also(span, "nothing may take it away before")
                .also(platform[plan.subject].named.span, "it goes with this person")
                .help(
                    "keep it without the person with `then anonymize`, or let it go with `on delete cascade`",
                ),
            );
        }
    }
}
