//! What was meant by text that cannot be read. Only such text comes here, so nothing in this file need be quick.

use super::{Pair, Reader, Rule};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Item, ItemKind, Name};

impl Reader<'_> {
    /// A unit of which nothing could be made.
    pub(super) fn unreadable_item(&mut self, text: &str) -> Option<Item> {
        let lead = text.len() - text.trim_start_matches([' ', '\n', ';', ',']).len();
        let end = text.trim_end().len().max(lead);
        let span = self.at(lead, end);
        if !self.is_marked(lead, end) {
            self.push(Diagnostic::new(codes::E0117, span, "this item cannot be read"));
        }
        Some(Item { docs: Default::default(), span, kind: ItemKind::Broken })
    }

    /// Text after an item that does not belong to it.
    pub(super) fn leftover(&mut self, pair: &Pair<'_>) {
        self.unread(pair, "this does not belong to the item before it");
    }

    pub(super) fn stray_header(&mut self, pair: &Pair<'_>) {
        self.unread(pair, "this cannot stand before the `{`");
    }

    pub(super) fn unread_rest(&mut self, pair: &Pair<'_>, what: &str) {
        self.unread(pair, &format!("this cannot follow in a {what}"));
    }

    pub(super) fn unread_variant(&mut self, pair: &Pair<'_>) {
        self.unread(pair, "this is not a value of an enum");
    }

    pub(super) fn unread_statement(&mut self, pair: &Pair<'_>) {
        self.unread(pair, "this statement cannot be read");
    }

    /// The field of a statement of which only `name:` could be read, so that who names it is not told it is missing.
    pub(super) fn name_of_broken_field(&mut self, _pair: &Pair<'_>) -> Option<Name> {
        None
    }

    fn unread(&mut self, pair: &Pair<'_>, message: &str) {
        let span = pair.as_span();
        if !self.is_marked(span.start(), span.end()) {
            let span = self.span(pair);
            self.push(Diagnostic::new(codes::E0117, span, message));
        }
    }

    pub(super) fn dangling(&mut self, docs: &[Pair<'_>], _end: u32) {
        if let [first, ..] = docs {
            let span = self.span(first);
            self.push(
                Diagnostic::new(codes::W0101, span, "this `///` documents nothing")
                    .help("`///` stands above what it documents; for a remark write `//`"),
            );
        }
    }

    pub(super) fn said_twice(&mut self, word: &str, span: Span) {
        self.push(
            Diagnostic::new(codes::E0120, span, format!("`{word}` is said twice"))
                .help("keep one of the two"),
        );
    }

    pub(super) fn check_lower(&mut self, name: &Name) {
        if name.text.bytes().any(|b| b.is_ascii_uppercase()) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(format!("write `{}`", lower_snake(&name.text))),
            );
        }
    }

    pub(super) fn check_setting(&mut self, name: &Name) {
        if name.text.bytes().any(|b| b.is_ascii_uppercase()) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(format!(
                        "write `{}`, or `\"{}\"` where an engine calls it so",
                        lower_snake(&name.text),
                        name.text
                    )),
            );
        }
    }

    pub(super) fn check_upper(&mut self, name: &Name) {
        if !name.text.starts_with(|c: char| c.is_ascii_uppercase()) || name.text.contains('_') {
            self.push(
                Diagnostic::new(codes::E0122, name.span, format!("`{}` should be in UpperCamel", name.text))
                    .help(format!(
                        "write `{}`; what is stored can be named with `as \"…\"`",
                        upper_camel(&name.text)
                    )),
            );
        }
    }

    /// `index gim (a)` is a b-tree that is called gim, and hardly what was meant.
    pub(super) fn near_method(&mut self, name: &Name, has_method: bool, methods: &[&str]) {
        if has_method {
            return;
        }
        if let Some(method) = crate::diagnostics::nearest(&name.text, methods.iter().copied()) {
            self.push(
                Diagnostic::new(
                    codes::W0102,
                    name.span,
                    format!("`{}` is taken for the index's name", name.text),
                )
                .help(format!("for the method write `using {method}` after the columns")),
            );
        }
    }
}

fn lower_snake(name: &str) -> String {
    let mut out = String::new();
    let mut last_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && last_lower {
            out.push('_');
        }
        last_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn upper_camel(name: &str) -> String {
    let parts = name.split('_').filter(|part| !part.is_empty());
    parts.map(|part| part[..1].to_ascii_uppercase() + &part[1..]).collect()
}

#[expect(dead_code, reason = "names the rule type for the messages that follow")]
fn rule_of(pair: &Pair<'_>) -> Rule {
    pair.as_rule()
}
