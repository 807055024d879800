//! How names are written: members in lower_snake, types in UpperCamel, and stored names without anything that nobody
//! sees.

use smol_str::{SmolStr, format_smolstr};

use super::{Pair, Reader, Rule};
use crate::ast::{Literal, LiteralKind, Name, Text};
use polity_text::diagnostics::{Diagnostic, Help, codes, nearest};
use polity_text::naming::{snake_case, upper_camel};
use polity_text::quoting::{is_hidden, is_invisible};
use polity_text::source::Span;

impl Reader<'_> {
    pub(super) fn check_lower(&mut self, name: &Name) {
        if !is_lower_snake(&name.text) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(Help::write(snake_case(&name.text))),
            );
        }
    }

    pub(super) fn check_variant(&mut self, name: &Name) {
        if !is_lower_snake(&name.text) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(Help::write(snake_case(&name.text)).and(&format!(
                        ", or `{} as \"{}\"` if it is stored so",
                        snake_case(&name.text),
                        name.text
                    ))),
            );
        }
    }

    pub(super) fn check_setting(&mut self, name: &Name) {
        if !name.text.split('.').all(is_lower_snake) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(
                        Help::write(snake_case(&name.text))
                            .and(&format!(", or `\"{}\"` where an engine calls it so", name.text)),
                    ),
            );
        }
    }

    pub(super) fn check_upper(&mut self, name: &Name) {
        if !name.text.starts_with(|c: char| c.is_ascii_uppercase()) || name.text.contains('_') {
            self.push(
                Diagnostic::new(codes::E0122, name.span, format!("`{}` should be in UpperCamel", name.text))
                    .help(
                        Help::write(type_name(&name.text))
                            .and("; how it is stored can be said with `as \"…\"`"),
                    ),
            );
        }
    }

    /// A text that becomes a name outside of the source, whatever the store: `as "…"`, `was "…"`, a pattern.
    pub(super) fn stored_text(&mut self, pair: &Pair<'_>) -> Text {
        let Text { value, span } = self.text(pair);
        Text { value: self.seen(value, span, is_invisible), span }
    }

    /// The name of a setting: a word, a dotted path or a text.
    pub(super) fn setting_name(&mut self, pair: &Pair<'_>) -> Name {
        if pair.as_rule() == Rule::string {
            let Text { value, span } = self.stored_text(pair);
            return Name { text: value, span };
        }
        let name = self.name(pair);
        self.check_setting(&name);
        name
    }

    /// The text of a setting. It names a database, a secret, a file or whatever else stands outside; what `annotations`
    /// carry along may have lines.
    pub(super) fn setting_text(&mut self, pair: &Pair<'_>) -> Literal {
        let Literal { kind, span } = self.literal(pair);
        let carried = self.carried;
        let refused = |c: char| is_hidden(c) && !(carried && matches!(c, '\n' | '\t'));
        let kind = match kind {
            LiteralKind::Text(text) => LiteralKind::Text(self.seen(text, span, refused)),
            LiteralKind::RawText(text) => LiteralKind::RawText(self.seen(text, span, refused)),
            other => other,
        };
        Literal { span, kind }
    }

    /// The one place that every text passes which becomes a name or a setting. What is refused is not there any more, so
    /// that no store judges it again.
    fn seen(&mut self, text: SmolStr, span: Span, refused: impl Fn(char) -> bool) -> SmolStr {
        let Some(hidden) = text.chars().find(|c| refused(*c)) else { return text };
        self.push(
            Diagnostic::new(
                codes::E0126,
                span,
                format!("the character `{}` stands in a name or a setting", hidden.escape_unicode()),
            )
            .note("it ends a line, controls a reader or turns what stands around it, and nobody sees it")
            .help("leave it out, or write a character that can be seen"),
        );
        text.replace(refused, "_").into()
    }

    /// `index gim (a)` is a b-tree that is called gim, and hardly what was meant.
    pub(super) fn near_method(&mut self, name: &Name, columns: Span, has_method: bool, methods: &[&str]) {
        if has_method {
            return;
        }
        if let Some(method) = nearest(&name.text, methods.iter().copied()) {
            self.push(
                Diagnostic::new(
                    codes::W0102,
                    name.span,
                    format!("`{}` is taken for the index's name", name.text),
                )
                .help(format!("for the method write `using {method}` after the columns"))
                .edit(Span { end: columns.start, ..name.span }, "")
                .edit(Span { start: columns.end, ..columns }, format!(" using {method}")),
            );
        }
    }
}

fn is_lower_snake(name: &str) -> bool {
    !name.bytes().any(|b| b.is_ascii_uppercase())
}

/// A name that a type may have: `2fa` would begin with a digit.
fn type_name(name: &str) -> SmolStr {
    let camel = upper_camel(name);
    if camel.starts_with(|c: char| c.is_ascii_uppercase()) { camel } else { format_smolstr!("N{camel}") }
}
