//! Text after a statement that was read: what it was meant to be.

use super::faults::{After, Unread, is_clause, is_unit, listed, word};
use super::forms::{
    CLAUSES, FOREIGN_MODIFIERS, FOREIGN_OPERATORS, FOREIGN_TYPES, MODIFIERS, form, keywords, words_of,
};
use super::{Pair, Reader, Rule};
use polity_text::diagnostics::{Diagnostic, codes, did_you_mean, nearest};

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
        if next.starts_with(':') && !word(first).is_empty() {
            self.complain_at(
                codes::E0124,
                unread,
                format!("`{first}` begins a new member"),
                Some("put it on a line of its own, or a comma before it".to_owned()),
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
        if let Some((message, help)) = self.type_goes_on(unread) {
            // A comma inside `<…>` cuts off a tail, which belongs to the same mistake.
            self.last_fault = Some(self.absolute(unread.start + unread.text.len()));
            self.complain_at(codes::E0118, unread, message, Some(help));
            return true;
        }
        let first = unread.first();
        let next = unread.after_first();
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
        let two_words = format!("{first} {}", word(next.text));
        let foreign = form(FOREIGN_MODIFIERS, &two_words)
            .or_else(|| form(FOREIGN_MODIFIERS, &first.to_ascii_lowercase()));
        if let Some(form) = form(MODIFIERS, first)
            && foreign.is_none()
        {
            let bad = self.furthest(Rule::modifier, unread);
            self.unexpected(codes::E0119, bad, first, &format!("it is written `{form}`"), words_of(form));
            return false;
        }
        if foreign.is_none() && is_clause(first) && nearest(first, keywords(MODIFIERS)).is_none() {
            self.two_statements(unread);
            return false;
        }
        let help = foreign
            .map(str::to_owned)
            .or_else(|| did_you_mean(word(first), keywords(MODIFIERS)))
            .unwrap_or_else(|| format!("modifiers are {}, `#label`", listed(keywords(MODIFIERS))));
        self.complain_at(codes::E0119, unread, format!("`{first}` is no modifier"), Some(help));
        false
    }

    /// The message and the help, where the unread text shows that the type was meant to go on and it cannot.
    fn type_goes_on(&self, unread: Unread<'_>) -> Option<(String, String)> {
        let first = unread.first();
        let next = unread.after_first();
        let before = self.unit_text_before(unread.start);
        let ty = before.trim_end();
        let ty = &ty[ty.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |n| n + 1)..];
        let (message, help) = match first {
            "?" => ("`?` stands apart from its type", "glue `?` to the type, before any modifier".to_owned()),
            "[" if next.starts_with(']') => {
                ("`[]` stands apart from its type", "glue `[]` to the type, before any modifier".to_owned())
            }
            "<" => {
                let help = match form(FOREIGN_TYPES, &ty.to_ascii_lowercase()) {
                    Some(ours) if !word(next.text).is_empty() => {
                        format!("write `{}`", ours.replace('T', word(next.text)))
                    }
                    _ if ty.eq_ignore_ascii_case("map") => {
                        "the keys of a map are texts: write `map<T>` with the type of its values".to_owned()
                    }
                    _ => "a list is written `T[]`, a map with text keys `map<T>`".to_owned(),
                };
                ("this type takes no `<…>`", help)
            }
            "|" if before.contains("->") => (
                "this `|` does not go on with the reference",
                "one `->` stands before all arms: `-> Product | core.Provider`".to_owned(),
            ),
            "|" => (
                "a value has one type",
                "write one type; only a reference has several arms, `-> Product | core.Provider`".to_owned(),
            ),
            "{" if ty == "enum" => (
                "an enum stands on its own",
                "declare `enum Name { … }` and write its name as the type".to_owned(),
            ),
            "(" if before.ends_with(ty) && !ty.is_empty() => (
                "the size of a type is made of whole numbers",
                "write for example `text(80)` or `decimal(18, 2)`".to_owned(),
            ),
            _ => return None,
        };
        Some((message.to_owned(), help))
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
        if let Some(mend) = form(FOREIGN_OPERATORS, &first.to_ascii_lowercase()) {
            self.complain_at(
                codes::E0112,
                unread,
                format!("`{first}` is no operator here"),
                Some(mend.to_owned()),
            );
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
        self.push(
            Diagnostic::new(codes::E0109, span, format!("`{number} {unit}` is two words"))
                .help(format!("units are glued to their number: write `{number}{unit}`")),
        );
        true
    }

    fn two_statements(&mut self, unread: Unread<'_>) {
        let first = unread.first();
        let help = "put it on a line of its own, or `;` before it".to_owned();
        self.complain_at(codes::E0124, unread, format!("`{first}` begins a new statement"), Some(help));
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
                format!("a stored name is a text: write `as \"{}\"`", word(next.text))
            }
            "extends" | "inherits" | "implements" => {
                "there is no inheritance; write `include Struct` inside the block".to_owned()
            }
            _ => did_you_mean(first, words_of(form).filter(|word| *word != first))
                .unwrap_or_else(|| format!("it is written `{form}`")),
        };
        self.complain_at(codes::E0125, unread, format!("unexpected `{first}` before the `{{`"), Some(help));
    }
}
