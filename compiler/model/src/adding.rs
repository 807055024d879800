//! Statements that a help proposes to add to an entity.

use crate::Entity;
use polity_text::diagnostics::Diagnostic;
use polity_text::source::Span;

impl Entity {
    /// Adds to a diagnostic the edit that writes one more statement at the end of the entity's block.
    #[must_use]
    pub fn adding(&self, statement: &str, diagnostic: Diagnostic) -> Diagnostic {
        let Some(body) = self.body else { return diagnostic };
        let end = body.end.saturating_sub(1);
        diagnostic.edit(Span { start: end, end, ..body }, format!("\n    {statement}\n  "))
    }
}
