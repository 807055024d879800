//! Text after a statement that was read: what it was meant to be.

use super::faults::{After, Unread, is_clause, is_unit, listed, word};
use super::forms::{CLAUSES, MODIFIERS, form, keywords, words_of};
use super::{Pair, Reader, Rule};
use polity_text::diagnostics::{Diagnostic, Help, codes, did_you_mean, nearest};
use polity_text::source::Span;

impl Reader<'_> {
    /// Text after a statement that does not belong to it. Gives whether the statement itself was meant otherwise, so
    /// that it is not to be judged as it was read.
    pub(super) fn unread_rest(&mut self, pair: &Pair<'_>, after: After<'_>) -> bool {
        let unread = Unread::of(pair);
        if self.is_known(unread, matches!(after, After::Clause(_))) || self.has_odd_sign(unread) {
            return !matches!(after, After::Field);
        }
        let first = unread.first();
        let next = unread.after_first();
        if is_unit(first) && self.is_unit_apart(unread) {
            return !matches!(after, After::Field);
        }
        if next.starts_with(':') && !word(first).is_empty() && first != "default" {
            let span = self.at(unread.start, unread.start + first.len());
            self.push(
                Diagnostic::new(codes::E0124, span, format!("`{first}` begins a new member"))
                    .help("put it on a line of its own, or a comma before it")
                    .edit(self.before(unread), ", ")
                    .certain(),
            );
            return false;
        }
        match after {
            After::Field => return self.after_field(unread),
            After::Setting => return self.after_setting(unread),
            After::Clause(keyword) => return self.after_clause(unread, keyword),
            After::Variant => {
                let help = if first == "=" || first == ":" {
                    "values of an enum have no number; what is stored is named with `as \"…\"`"
                } else {
                    "a value is written `name [as \"stored\"] [was old_name] [#label]`, with a comma or a new line after it"
                };
                self.complain_at(
                    codes::E0117,
                    unread,
                    format!("unexpected `{first}` after a value"),
                    Some(help.to_owned()),
                );
            }
            After::Item => self.complain_at(
                codes::E0124,
                unread,
                format!("`{first}` does not belong to the item before it"),
                Some("put a new item on a line of its own".to_owned()),
            ),
        }
        false
    }

    fn after_field(&mut self, unread: Unread<'_>) -> bool {
        if self.type_goes_on(unread) {
            return true;
        }
        let first = unread.first();
        if first == "(" {
            let help = "a clause such as `key (a, b)` stands on a line of its own; a condition is written `check (…)`".to_owned();
            self.complain_at(
                codes::E0119,
                unread,
                "unexpected `(` after the modifiers".to_owned(),
                Some(help),
            );
            return false;
        }
        if self.foreign_modifier(unread) {
            return false;
        }
        if let Some(form) = form(MODIFIERS, first) {
            let bad = self.furthest(Rule::modifier, unread);
            self.unexpected(codes::E0119, bad, first, &format!("it is written `{form}`"), words_of(form));
            return false;
        }
        if is_clause(first) && nearest(first, keywords(MODIFIERS)).is_none() {
            self.two_statements(unread);
            return false;
        }
        let help = did_you_mean(word(first), keywords(MODIFIERS))
            .unwrap_or_else(|| format!("modifiers are {}, `#label`", listed(keywords(MODIFIERS))));
        self.complain_at(codes::E0119, unread, format!("`{first}` is no modifier"), Some(help));
        false
    }

    fn after_setting(&mut self, unread: Unread<'_>) -> bool {
        let first = unread.first();
        if is_clause(first) {
            self.two_statements(unread);
            return false;
        }
        let (message, help) = if matches!(first, "+" | "-" | "*" | "/" | "%") {
            (
                "the value of a setting is no expression".to_owned(),
                "write the value itself; settings are not computed",
            )
        } else {
            (
                format!("unexpected `{first}` after the value"),
                "a value is a literal, a word with what belongs to it, a list `[…]` or a record `{ … }`; several words are a text",
            )
        };
        self.complain_at(codes::E0117, unread, message, Some(help.to_owned()));
        true
    }

    fn after_clause(&mut self, unread: Unread<'_>, keyword: &str) -> bool {
        let first = unread.first();
        if self.foreign_operator(unread) {
            return true;
        }
        let form = form(CLAUSES, keyword).unwrap_or("");
        let belongs = words_of(form).any(|word| word == first && word != keyword);
        let others = words_of(form).filter(|word| *word != keyword);
        if !belongs && is_clause(first) && nearest(first, others).is_none() {
            self.two_statements(unread);
            return false;
        }
        if keyword == "value" && first == "of" {
            let before = self.unit_text_before(unread.start);
            let help = match before.rsplit(' ').find(|w| !w.is_empty()) {
                Some("sorted_set" | "sortedset" | "zset") => "write `sorted set of …`".to_owned(),
                _ => format!("it is written `{form}`"),
            };
            self.complain_at(codes::E0117, unread, "unexpected `of`".to_owned(), Some(help));
            return true;
        }
        self.unexpected(codes::E0117, unread, keyword, &format!("it is written `{form}`"), words_of(form));
        true
    }

    /// `5 m`, of which the grammar took the `5`.
    fn is_unit_apart(&mut self, unread: Unread<'_>) -> bool {
        let unit = unread.first();
        let before = self.unit_text_before(unread.start);
        let number = before.trim_end_matches(' ');
        let digits = number.bytes().rev().take_while(|b| b.is_ascii_digit() || *b == b'_').count();
        if digits == 0 {
            return false;
        }
        let start = unread.start - (before.len() - number.len()) - digits;
        let number = &number[number.len() - digits..];
        let span = self.at(start, unread.start + unit.len());
        let help = format!("units are glued to their number: write `{number}{unit}`");
        self.push(
            Diagnostic::new(codes::E0109, span, format!("`{number} {unit}` is two words"))
                .help(Help::instead(format!("{number}{unit}"), help))
                .certain(),
        );
        true
    }

    fn two_statements(&mut self, unread: Unread<'_>) {
        let first = unread.first();
        let span = self.at(unread.start, unread.start + first.len().max(1));
        self.push(
            Diagnostic::new(codes::E0124, span, format!("`{first}` begins a new statement"))
                .help("put it on a line of its own, or `;` before it")
                .edit(self.before(unread), "; ")
                .certain(),
        );
    }

    /// The blanks before unread text.
    fn before(&self, unread: Unread<'_>) -> Span {
        let before = self.unit_text_before(unread.start);
        self.at(unread.start - (before.len() - before.trim_end_matches(' ').len()), unread.start)
    }

    /// Reports text in a header that belongs to no header.
    pub(super) fn stray_header(&mut self, pair: &Pair<'_>, form: &'static str) {
        let unread = Unread::of(pair);
        if self.is_known(unread, false) || self.has_odd_sign(unread) {
            return;
        }
        let first = unread.first();
        let next = unread.after_first();
        let help = match first {
            "as" if !word(next.text).is_empty() => {
                let name = word(next.text);
                let span = self.at(unread.start, next.start + name.len());
                let message = format!("unexpected `{first}` before the `{{`");
                let found = Diagnostic::new(codes::E0125, span, message);
                let text = format!("as \"{name}\"");
                return self.push(
                    found
                        .help(Help::instead(text.clone(), format!("a stored name is a text: write `{text}`")))
                        .certain(),
                );
            }
            "extends" | "inherits" | "implements" => {
                "there is no inheritance; write `include Struct` inside the block".into()
            }
            _ => did_you_mean(first, words_of(form).filter(|word| *word != first))
                .unwrap_or_else(|| format!("it is written `{form}`")),
        };
        self.complain_at(codes::E0125, unread, format!("unexpected `{first}` before the `{{`"), Some(help));
    }
}
