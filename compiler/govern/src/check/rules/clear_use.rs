//! A line that needs a field in the clear cannot stand where the field is encrypted.

use foldhash::{HashSet, HashSetExt};

use crate::Governed;
use crate::ciphertext::{ClearUse, ClearUseKind};
use polity_model::entity::Encrypted;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{Code, E0831, E0832};
use polity_text::source::Span;

/// No blind index stands in a record.
const OF_A_MEMBER: &str =
    "leave it out, or make it a field of the entity itself, whose equal values `searchable` finds";

pub fn clear_use(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut told_of = HashSet::new();
    for entity in &platform.entities {
        for place in platform.encrypted_places(entity.id) {
            for used in platform.clear_uses_of(entity.id, &place) {
                let code = match used.what {
                    // The client computes it.
                    ClearUseKind::Computed => continue,
                    ClearUseKind::Unique if place.is_member() => E0831,
                    ClearUseKind::Unique if place.encrypted.searchable => continue,
                    ClearUseKind::Unique => E0832,
                    _ => E0831,
                };
                let help = match used.what {
                    ClearUseKind::Index | ClearUseKind::Unique if place.is_member() => OF_A_MEMBER,
                    what => what.way_out(),
                };
                // What a record says of itself is told once, however many fields hold it.
                if !place.is_member() || told_of.insert((used.span, place.encrypted.span)) {
                    let problem = told(code, used, &place.name(), place.encrypted).help(help);
                    found.push(if code == E0832 { searchable(place.encrypted, problem) } else { problem });
                }
            }
        }
    }
    for (entity, id, span) in platform.patterns_of_fields() {
        let field = platform[entity].field(id);
        if let Some(encrypted) = platform.encrypted(entity, id) {
            let used = ClearUse { what: ClearUseKind::Pattern, span };
            found.push(told(E0831, used, &field.named.name, encrypted).help(used.what.way_out()));
        }
    }
}

/// Writes `searchable` behind what encrypts the field, where the source does.
fn searchable(encrypted: &Encrypted, problem: Diagnostic) -> Diagnostic {
    let behind = Span { start: encrypted.span.end, ..encrypted.span };
    if encrypted.by_rule { problem } else { problem.edit(behind, " searchable") }
}

fn told(code: Code, used: ClearUse, name: &str, encrypted: &Encrypted) -> Diagnostic {
    let message = format!("{} cannot be of `{name}`, which is encrypted", used.what.noun());
    encrypted_here(Diagnostic::new(code, used.span, message), encrypted)
        .note("a store sees neither value nor order of what is encrypted")
}

/// Shows the line, or the rule, that encrypts the field.
pub(super) fn encrypted_here(diagnostic: Diagnostic, encrypted: &Encrypted) -> Diagnostic {
    let text = if encrypted.by_rule { "this rule encrypts it" } else { "encrypted here" };
    diagnostic.also(encrypted.span, text)
}
