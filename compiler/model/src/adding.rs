//! Statements that a help proposes to add to a block, and items to add beside another.

use crate::{Entity, Layered};
use polity_text::diagnostics::Diagnostic;
use polity_text::source::Span;

impl Entity {
    /// Adds to a diagnostic the edit that writes one more statement at the end of the entity's block.
    #[must_use]
    pub fn adding(&self, statement: &str, diagnostic: Diagnostic) -> Diagnostic {
        let Some(body) = self.body else { return diagnostic };
        diagnostic.edit(end_of(body), format!("\n    {statement}\n  "))
    }
}

impl Layered {
    /// Adds to a diagnostic the edit that says a setting for every environment: in place of its value, or at the end of the block.
    #[must_use]
    pub fn saying(&self, name: &str, value: &str, diagnostic: Diagnostic) -> Diagnostic {
        match (self.base.get(name), self.block) {
            (Some(setting), _) => diagnostic.edit(setting.value_span, value),
            (None, Some(block)) => diagnostic.edit(end_of(block), format!("\n  {name}: {value}\n")),
            (None, None) => diagnostic,
        }
    }
}

/// Adds to a diagnostic the edit that writes one more item behind another.
#[must_use]
pub fn item_behind(item: Span, text: &str, diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.edit(Span { start: item.end, ..item }, format!("\n\n{text}"))
}

/// The place before the `}` of a block.
fn end_of(block: Span) -> Span {
    let end = block.end.saturating_sub(1);
    Span { start: end, end, ..block }
}
