//! Everything that is declared is used.

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0103;

/// An enum, a struct, a named type, a sequence, a label, a key, an audit log or a store that nothing leads to.
pub fn unused(platform: &Governed, found: &mut Vec<Diagnostic>) {
    found.extend(platform.unused.iter().map(|unused| {
        Diagnostic::new(W0103, unused.span, format!("nothing uses the {} `{}`", unused.noun, unused.name))
            .help(unused.help)
    }));
}
