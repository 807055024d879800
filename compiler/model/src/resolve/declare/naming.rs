//! Names of things: as written, and as stored.

use smol_str::SmolStr;

use super::Declarer;
use crate::Named;
use polity_syntax::ast::{self, Item};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0205;
use polity_text::naming::snake_case;

impl<'t> Declarer<'t> {
    pub(super) fn named(
        &mut self,
        name: &ast::Name,
        stored: Option<&ast::Text>,
        item: &Item,
        was: Option<&ast::Was>,
    ) -> Named {
        named(name, stored, &item.docs, was, &mut self.found)
    }
}

/// Returns the names, comment and place that every named thing has, and reports a name that cannot be stored.
pub(crate) fn named(
    name: &ast::Name,
    stored: Option<&ast::Text>,
    docs: &SmolStr,
    was: Option<&ast::Was>,
    found: &mut Vec<Diagnostic>,
) -> Named {
    let help = || format!("leave out `as`: it is then `{}`", snake_case(&name.text));
    let stored = stored.filter(|stored| storable(stored, help, found));
    Named {
        name: name.text.clone(),
        stored: stored.map_or_else(|| snake_case(&name.text), |s| s.value.clone()),
        aliased: stored.is_some(),
        docs: docs.clone(),
        span: name.span,
        was: was.map(|w| (w.name.clone(), w.span)),
        sealed: None,
    }
}

/// Refuses a stored name that is none; gives whether it is one. Of what it is made, the parser has judged.
pub(crate) fn storable(stored: &ast::Text, help: impl Fn() -> String, found: &mut Vec<Diagnostic>) -> bool {
    let storable = !stored.value.is_empty();
    if !storable {
        found.push(
            Diagnostic::new(E0205, stored.span, "a stored name has at least one character").help(help()),
        );
    }
    storable
}
