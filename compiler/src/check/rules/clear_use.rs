//! A line that needs a field in the clear cannot stand where the field is encrypted.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::Code;
use crate::diagnostics::codes::{E0831, E0832};
use crate::model::ciphertext::{ClearUse, ClearUseKind};
use crate::model::entity::Encrypted;
use crate::model::{Field, Platform};

pub fn clear_use(platform: &Platform, found: &mut Vec<Diagnostic>) {
    for entity in &platform.entities {
        for (id, field) in entity.fields() {
            let Some(encrypted) = &field.encrypted else { continue };
            for used in platform.clear_uses(entity.id, id) {
                let code = match used.what {
                    // The client computes it.
                    ClearUseKind::Computed => continue,
                    ClearUseKind::Unique if encrypted.searchable => continue,
                    ClearUseKind::Unique => E0832,
                    _ => E0831,
                };
                found.push(told(code, used, field, encrypted));
            }
        }
    }
    for (entity, id, span) in platform.patterns_of_fields() {
        let field = platform[entity].field(id);
        if let Some(encrypted) = &field.encrypted {
            found.push(told(E0831, ClearUse { what: ClearUseKind::Pattern, span }, field, encrypted));
        }
    }
}

fn told(code: Code, used: ClearUse, field: &Field, encrypted: &Encrypted) -> Diagnostic {
    let message = format!("{} cannot be of `{}`, which is encrypted", used.what.noun(), field.named.name);
    encrypted_here(Diagnostic::new(code, used.span, message), encrypted)
        .note("a store sees neither value nor order of what is encrypted")
        .help(used.what.way_out())
}

/// Shows the line, or the rule, that encrypts the field.
pub(super) fn encrypted_here(diagnostic: Diagnostic, encrypted: &Encrypted) -> Diagnostic {
    let text = if encrypted.by_rule { "this rule encrypts it" } else { "encrypted here" };
    diagnostic.also(encrypted.span, text)
}
