//! What was meant by text that cannot be read. Only such text comes here, so nothing in this file need be quick.
//!
//! A message names what is there and shows the form of what should be; it never speaks of rules of the grammar.

use pest::Parser;
use pest::error::InputLocation;

use super::forms::{
    CLAUSES, FOREIGN_MODIFIERS, FOREIGN_OPERATORS, FOREIGN_TYPES, MODIFIERS, TYPES, form, keywords, words_of,
};
use super::grammar::Grammar;
use super::{Pair, Reader, Rule};
use crate::diagnostics::{Diagnostic, codes, did_you_mean, nearest};
use crate::source::Span;
use crate::syntax::ast::Name;

/// What the unread text follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After<'a> {
    Field,
    Setting,
    /// A clause that begins with this word.
    Clause(&'a str),
    Variant,
    Item,
}

/// A piece of unread text and where it begins in the unit.
#[derive(Clone, Copy)]
pub(super) struct Unread<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl<'a> Unread<'a> {
    fn of(pair: &Pair<'a>) -> Self {
        Self { text: pair.as_str(), start: pair.as_span().start() }.trim()
    }

    fn trim(self) -> Self {
        let lead = self.text.len() - self.text.trim_start().len();
        Self { text: self.text.trim(), start: self.start + lead }
    }

    /// From this byte on, without blanks before it.
    fn from(self, at: usize) -> Self {
        let at = at.min(self.text.len());
        Self { text: self.text.get(at..).unwrap_or(""), start: self.start + at }.trim()
    }

    /// Its first word, or else its first sign.
    pub(super) fn first(self) -> &'a str {
        let word = word(self.text);
        if !word.is_empty() {
            return word;
        }
        if self.text.starts_with('"') {
            let end = self.text[1..].find('"').map_or(self.text.len(), |n| n + 2);
            return &self.text[..end];
        }
        let end = self.text.char_indices().nth(1).map_or(self.text.len(), |(n, _)| n);
        &self.text[..end]
    }

    /// What follows its first word.
    pub(super) fn after_first(self) -> Self {
        self.from(self.first().len())
    }

    pub(super) fn starts_with(self, sign: char) -> bool {
        self.text.starts_with(sign)
    }
}

impl Reader<'_> {
    /// Text after a statement that does not belong to it.
    pub(super) fn unread_rest(&mut self, pair: &Pair<'_>, after: After<'_>) {
        let unread = Unread::of(pair);
        if self.is_known(unread, matches!(after, After::Clause(_))) || self.has_odd_sign(unread) {
            return;
        }
        let first = unread.first();
        let next = unread.after_first();
        if is_unit(first) && self.is_unit_apart(unread) {
            return;
        }
        if next.starts_with(':') && !word(first).is_empty() {
            return self.complain_at(
                codes::E0124,
                unread,
                format!("`{first}` begins a new member"),
                Some("put it on a line of its own, or a comma before it".to_owned()),
            );
        }
        match after {
            After::Field => self.after_field(unread),
            After::Setting => self.after_setting(unread),
            After::Clause(keyword) => self.after_clause(unread, keyword),
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
    }

    fn after_field(&mut self, unread: Unread<'_>) {
        let first = unread.first();
        let next = unread.after_first();
        if first == "?" || first == "[" && next.starts_with(']') {
            let sign = if first == "?" { "?" } else { "[]" };
            let help = format!("glue `{sign}` to the type, before any modifier");
            return self.complain_at(
                codes::E0118,
                unread,
                format!("`{sign}` stands apart from its type"),
                Some(help),
            );
        }
        if first == "<" {
            let before = self.unit_text_before(unread.start).trim_end();
            let name = &before
                [before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |n| n + 1)..];
            let help = match form(FOREIGN_TYPES, &name.to_ascii_lowercase()) {
                Some(ours) if !word(next.text).is_empty() => {
                    format!("write `{}`", ours.replace('T', word(next.text)))
                }
                _ => "a list is written `T[]`, a map with text keys `map<T>`".to_owned(),
            };
            return self.complain_at(codes::E0118, unread, "this type takes no `<…>`".to_owned(), Some(help));
        }
        if first == "(" {
            let help = "a clause such as `key (a, b)` stands on a line of its own; a condition is written `check (…)`".to_owned();
            return self.complain_at(
                codes::E0119,
                unread,
                "unexpected `(` after the modifiers".to_owned(),
                Some(help),
            );
        }
        let two_words = format!("{first} {}", word(next.text));
        let foreign = form(FOREIGN_MODIFIERS, &two_words)
            .or_else(|| form(FOREIGN_MODIFIERS, &first.to_ascii_lowercase()));
        if let Some(form) = form(MODIFIERS, first)
            && foreign.is_none()
        {
            let bad = self.furthest(Rule::modifier, unread);
            return self.unexpected(
                codes::E0119,
                bad,
                first,
                &format!("it is written `{form}`"),
                words_of(form),
            );
        }
        if let Some(mend) = foreign {
            return self.complain_at(
                codes::E0119,
                unread,
                format!("`{first}` is no modifier"),
                Some(mend.to_owned()),
            );
        }
        if is_clause(first) && nearest(first, keywords(MODIFIERS)).is_none() {
            return self.two_statements(unread);
        }
        let help = did_you_mean(first, keywords(MODIFIERS))
            .unwrap_or_else(|| format!("modifiers are {}, `#label`", listed(keywords(MODIFIERS))));
        self.complain_at(codes::E0119, unread, format!("`{first}` is no modifier"), Some(help));
    }

    fn after_setting(&mut self, unread: Unread<'_>) {
        let first = unread.first();
        if matches!(first, "+" | "-" | "*" | "/" | "%") {
            let help = "write the value itself; settings are not computed".to_owned();
            return self.complain_at(
                codes::E0117,
                unread,
                "the value of a setting is no expression".to_owned(),
                Some(help),
            );
        }
        if is_clause(first) {
            return self.two_statements(unread);
        }
        let help = "a value is a literal, a word with what belongs to it, a list `[…]` or a record `{ … }`; several words are a text";
        self.complain_at(
            codes::E0117,
            unread,
            format!("unexpected `{first}` after the value"),
            Some(help.to_owned()),
        );
    }

    fn after_clause(&mut self, unread: Unread<'_>, keyword: &str) {
        let first = unread.first();
        if let Some(mend) = form(FOREIGN_OPERATORS, &first.to_ascii_lowercase()) {
            return self.complain_at(
                codes::E0112,
                unread,
                format!("`{first}` is no operator here"),
                Some(mend.to_owned()),
            );
        }
        let form = form(CLAUSES, keyword).unwrap_or("");
        let belongs = words_of(form).any(|word| word == first && word != keyword);
        let others = words_of(form).filter(|word| *word != keyword);
        if !belongs && is_clause(first) && nearest(first, others).is_none() {
            return self.two_statements(unread);
        }
        if keyword == "value" && first == "of" {
            let before = self.unit_text_before(unread.start);
            let help = match before.rsplit(' ').find(|w| !w.is_empty()) {
                Some("sorted_set" | "sortedset" | "zset") => "write `sorted set of …`".to_owned(),
                _ => format!("it is written `{form}`"),
            };
            return self.complain_at(codes::E0117, unread, "unexpected `of`".to_owned(), Some(help));
        }
        self.unexpected(codes::E0117, unread, keyword, &format!("it is written `{form}`"), words_of(form));
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

    /// A statement of which nothing could be read. `is_setting`: it stands among settings, not fields.
    pub(super) fn unread_statement(&mut self, pair: &Pair<'_>, is_setting: bool) {
        let unread = Unread::of(pair);
        let first = unread.first();
        let next = unread.after_first();
        let is_member = next.starts_with(':') && !word(first).is_empty();
        if self.is_known(unread, !is_member) || self.has_odd_sign(unread) {
            return;
        }
        if is_member {
            return if is_setting { self.unread_setting(unread) } else { self.unread_field(unread) };
        }
        if word(first).is_empty() && !unread.starts_with('"') {
            let (code, message, help) = match first {
                "{" => (
                    codes::E0106,
                    "this block belongs to nothing".to_owned(),
                    "`{` stands on the line of what it opens",
                ),
                _ => (
                    codes::E0117,
                    format!("a statement cannot begin with `{first}`"),
                    "a statement begins with a word: `name: …`, or a keyword",
                ),
            };
            return self.complain_at(code, unread, message, Some(help.to_owned()));
        }
        if next.starts_with('=') && !next.text.starts_with("==") {
            let help = format!("write `{first}: …`");
            return self.complain_at(
                codes::E0114,
                next,
                "`=` stands where a colon should".to_owned(),
                Some(help),
            );
        }
        if is_clause(first) {
            return self.unread_clause(unread, is_setting);
        }
        if first == "table" || first == "column" || first == "field" {
            let help = "a field is written `name: type`".to_owned();
            return self.complain_at(
                codes::E0116,
                unread,
                format!("`{first}` begins no statement"),
                Some(help),
            );
        }
        let follows_type = next.starts_with('-')
            || next.text.starts_with(|c: char| c.is_ascii_uppercase())
            || TYPES.contains(&word(next.text));
        let near = nearest(first, keywords(CLAUSES));
        if near.is_none() || follows_type && !is_setting {
            if next.text.is_empty() {
                let help = if is_setting { "write `name: value`" } else { "write `name: type`" };
                return self.complain_at(
                    codes::E0116,
                    unread,
                    format!("`{first}` begins no statement"),
                    Some(help.to_owned()),
                );
            }
            let help = format!("write `{first}: {}`", shortened(next.text));
            let end = Unread { text: first, start: unread.start };
            return self.complain_at(
                codes::E0114,
                end,
                format!("a colon is missing after `{first}`"),
                Some(help),
            );
        }
        let help = did_you_mean(first, keywords(CLAUSES));
        self.complain_at(codes::E0116, unread, format!("`{first}` begins no statement"), help);
    }

    fn unread_clause(&mut self, unread: Unread<'_>, is_setting: bool) {
        let keyword = unread.first();
        let next = unread.after_first();
        let form = form(CLAUSES, keyword).unwrap_or("");
        if keyword == "key" && next.starts_with('"') {
            let help = "the pattern of a key is written `pattern \"…\"`".to_owned();
            return self.complain_at(
                codes::E0117,
                unread,
                "a keyspace has no `key` clause".to_owned(),
                Some(help),
            );
        }
        let is_value =
            next.text.starts_with(['"', '[']) || next.text.starts_with(|c: char| c.is_ascii_digit());
        if is_setting
            && is_value
            && !form.contains('"')
            && !form.contains('[')
            && !matches!(keyword, "ttl" | "limit")
        {
            let help = format!("a setting takes one: `{keyword}: {}`", shortened(next.text));
            let end = Unread { text: keyword, start: unread.start };
            return self.complain_at(
                codes::E0114,
                end,
                format!("a colon is missing after `{keyword}`"),
                Some(help),
            );
        }
        let bad = self.furthest(Rule::clause, unread);
        self.unexpected(codes::E0117, bad, keyword, &format!("it is written `{form}`"), words_of(form));
    }

    /// `name: …`, where no type could be read.
    fn unread_field(&mut self, unread: Unread<'_>) {
        let name = unread.first();
        let given = unread.after_first().from(1);
        if self.is_clause_with_colon(unread) {
            let form = form(CLAUSES, name).unwrap_or("");
            let colon = unread.after_first();
            let colon = Unread { text: &colon.text[..1], ..colon };
            return self.complain_at(
                codes::E0115,
                colon,
                format!("`{name}` takes no colon"),
                Some(format!("it is written `{form}`")),
            );
        }
        if given.text.is_empty() {
            let at = Unread { text: &unread.text[..name.len()], ..unread };
            return self.complain_at(
                codes::E0118,
                at,
                format!("the type of `{name}` is missing"),
                Some(format!("write `{name}: text`, or whatever it holds")),
            );
        }
        let first = given.first();
        let help = match first {
            "[" => {
                let inner = given.text.trim_start_matches('[').trim();
                let inner = word(inner);
                if inner.is_empty() { "a list is written `T[]`".to_owned() } else { format!("a list is written `{inner}[]`") }
            }
            "?" => "`?` stands after the type, such as `text?`".to_owned(),
            "-" => "a reference is written `-> Entity`, `-> schema.Entity` or `-> Entity.field`".to_owned(),
            "map" => "a map is written `map<T>`; its keys are texts".to_owned(),
            "\"" | "(" => "write a type, such as `text(80)`".to_owned(),
            _ => "a type is a name such as `text(80)`, a reference `-> Entity`, a record `{ … }` or `map<T>`; `?` makes it optional, `[]` a list".to_owned(),
        };
        self.complain_at(codes::E0118, given, format!("the type of `{name}` cannot be read"), Some(help));
    }

    /// `name: …`, where no value could be read.
    fn unread_setting(&mut self, unread: Unread<'_>) {
        let name = unread.first();
        let given = unread.after_first().from(1);
        if given.text.is_empty() {
            let at = Unread { text: &unread.text[..name.len()], ..unread };
            return self.complain_at(
                codes::E0117,
                at,
                format!("the value of `{name}` is missing"),
                Some(format!("write `{name}: value`")),
            );
        }
        let bad = self.furthest(Rule::setting, unread);
        let help = "a value is a literal, a word with what belongs to it, a list `[…]` or a record `{ … }`";
        self.complain_at(
            codes::E0117,
            bad,
            format!("the value of `{name}` cannot be read"),
            Some(help.to_owned()),
        );
    }

    /// The field of a statement of which only `name:` could be read, so that who names it is not told it is missing.
    pub(super) fn name_of_broken_field(&mut self, pair: &Pair<'_>) -> Option<Name> {
        let unread = Unread::of(pair);
        let name = word(unread.text);
        let is_field =
            !name.is_empty() && unread.after_first().starts_with(':') && !self.is_clause_with_colon(unread);
        is_field.then(|| Name { text: name.into(), span: self.at(unread.start, unread.start + name.len()) })
    }

    /// A clause's word with a colon, where only clauses stand.
    pub(super) fn clause_with_colon(&mut self, name: &Name) {
        let form = form(CLAUSES, &name.text).unwrap_or("");
        self.push(
            Diagnostic::new(codes::E0115, name.span, format!("`{}` takes no colon", name.text))
                .help(format!("it is written `{form}`")),
        );
    }

    /// `retain: 5y` and the like: a clause's word, and after the colon what no type begins with.
    fn is_clause_with_colon(&self, unread: Unread<'_>) -> bool {
        let given = unread.after_first().from(1);
        is_clause(unread.first())
            && given.text.starts_with(|c: char| c.is_ascii_digit() || "(\"[#".contains(c))
    }

    pub(super) fn unread_variant(&mut self, pair: &Pair<'_>) {
        let unread = Unread::of(pair);
        if self.is_known(unread, false) || self.has_odd_sign(unread) {
            return;
        }
        let first = unread.first();
        let help = if first.starts_with('"') {
            let name: String = first.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let name = if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                "name".to_owned()
            } else {
                name
            };
            format!("a value has a name; write `{} as {first}`", name.to_ascii_lowercase())
        } else if first.starts_with(|c: char| c.is_ascii_digit()) {
            format!("a value has a name; write `name as \"{first}\"`")
        } else {
            "values are names, separated by commas or new lines".to_owned()
        };
        self.complain_at(codes::E0117, unread, format!("unexpected `{first}` among the values"), Some(help));
    }

    /// What stands in a header and belongs to none.
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
            _ => did_you_mean(first, words_of(form)).unwrap_or_else(|| format!("it is written `{form}`")),
        };
        self.complain_at(codes::E0125, unread, format!("unexpected `{first}` before the `{{`"), Some(help));
    }

    /// Whether this text is reported already: by layout, or as the tail of a clause that a comma cut off.
    fn is_known(&mut self, unread: Unread<'_>, is_clause: bool) -> bool {
        let (start, end) = (self.absolute(unread.start), self.absolute(unread.start + unread.text.len()));
        let tail = self.last_fault.is_some_and(|last| {
            last <= start && !self.text.as_bytes()[last..start].iter().any(|b| matches!(b, b'\n' | b';'))
        });
        let known = tail || self.is_marked(unread.start, unread.start + unread.text.len());
        self.last_fault = (is_clause || tail).then_some(end);
        known
    }

    /// Mistakes in the small that can stand anywhere: they explain the statement better than its form would.
    pub(super) fn has_odd_sign(&mut self, unread: Unread<'_>) -> bool {
        let bytes = unread.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !unread.text.is_char_boundary(at) {
                at += 1;
                continue;
            }
            let here = Unread { text: &unread.text[at..], start: unread.start + at };
            match bytes[at] {
                b'"' => {
                    let raw = here.text.starts_with("\"\"\"");
                    let close = if raw {
                        here.text[3..].find("\"\"\"").map(|n| n + 6)
                    } else {
                        closing_quote(here.text)
                    };
                    at += close.unwrap_or(here.text.len());
                    continue;
                }
                b'/' if here.text.starts_with("///") => {
                    at += here.text.find('\n').unwrap_or(here.text.len());
                    continue;
                }
                b'#' if !here.text[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                    let name = word(here.text[1..].trim_start());
                    let help = if name.is_empty() {
                        "a label is written `#name`; a comment begins with `//`".to_owned()
                    } else {
                        format!("glue it to its `#`: write `#{name}`; a comment begins with `//`")
                    };
                    self.complain_at(
                        codes::E0123,
                        Unread { text: "#", ..here },
                        "this `#` has no label".to_owned(),
                        Some(help),
                    );
                    return true;
                }
                b'\'' => {
                    let end = here.text[1..].find('\'').map_or(1, |n| n + 2);
                    let help = "texts stand in double quotes".to_owned();
                    self.complain_at(
                        codes::E0108,
                        Unread { text: &here.text[..end], ..here },
                        "single quotes have no meaning here".to_owned(),
                        Some(help),
                    );
                    return true;
                }
                sign @ (b'@' | b'$' | b'`' | b'\\') => {
                    let help =
                        "names are made of ASCII letters, digits and `_`; anything may stand in a text"
                            .to_owned();
                    let shown =
                        if sign == b'`' { "a backtick".to_owned() } else { format!("`{}`", sign as char) };
                    self.complain_at(
                        codes::E0108,
                        Unread { text: &here.text[..1], ..here },
                        format!("{shown} has no meaning here"),
                        Some(help),
                    );
                    return true;
                }
                byte if byte.is_ascii_digit() && (at == 0 || !is_word(bytes[at - 1])) => {
                    let number = word(here.text);
                    let blanks = here.text[number.len()..].len()
                        - here.text[number.len()..].trim_start_matches(' ').len();
                    let unit = word(&here.text[number.len() + blanks..]);
                    if blanks > 0 && number.bytes().all(|b| b.is_ascii_digit() || b == b'_') && is_unit(unit)
                    {
                        let all = number.len() + blanks + unit.len();
                        let text = Unread { text: &here.text[..all], ..here };
                        let help = format!("units are glued to their number: write `{number}{unit}`");
                        self.complain_at(
                            codes::E0109,
                            text,
                            format!("`{}` is two words", text.text),
                            Some(help),
                        );
                        return true;
                    }
                    at += number.len().max(1);
                    continue;
                }
                byte if is_word(byte) => {
                    at += word(here.text).len().max(1);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        false
    }

    /// Where reading `unread` by this rule got to: what could not be read any more.
    pub(super) fn furthest<'a>(&self, rule: Rule, unread: Unread<'a>) -> Unread<'a> {
        let read = match Grammar::parse(rule, unread.text) {
            Ok(pairs) => pairs.last().map_or(0, |pair| pair.as_span().end()),
            Err(error) => match error.location {
                InputLocation::Pos(at) => at,
                InputLocation::Span((at, _)) => at,
            },
        };
        // A keyword that nothing readable follows is not what is wrong.
        if read == 0 { unread.after_first() } else { unread.from(read) }
    }

    /// "unexpected `wher` in `index`", or that it ends too early.
    pub(super) fn unexpected(
        &mut self,
        code: crate::diagnostics::Code,
        bad: Unread<'_>,
        keyword: &str,
        help: &str,
        words: impl Iterator<Item = &'static str>,
    ) {
        let first = bad.first();
        if first.is_empty() {
            let span = self.at(bad.start.saturating_sub(1), bad.start);
            let mut diagnostic = Diagnostic::new(code, span, format!("`{keyword}` is not complete"));
            diagnostic.help = Some(help.to_owned());
            return self.push(diagnostic);
        }
        if let Some(mend) = form(FOREIGN_OPERATORS, &first.to_ascii_lowercase()) {
            return self.complain_at(
                codes::E0112,
                bad,
                format!("`{first}` is no operator here"),
                Some(mend.to_owned()),
            );
        }
        let near = did_you_mean(first, words.filter(|word| *word != first));
        let help = near.map_or_else(|| help.to_owned(), |near| format!("{near} {help}"));
        self.complain_at(code, bad, format!("unexpected `{first}` in `{keyword}`"), Some(help));
    }

    /// Reports the first word of `unread`.
    pub(super) fn complain_at(
        &mut self,
        code: crate::diagnostics::Code,
        unread: Unread<'_>,
        message: String,
        help: Option<String>,
    ) {
        let length = if unread.text.starts_with('#') && unread.text.len() == 1 {
            1
        } else {
            unread.first().len().max(1)
        };
        let length = if code == codes::E0109 || code == codes::E0108 { unread.text.len() } else { length };
        let span = self.at(unread.start, unread.start + length);
        let mut diagnostic = Diagnostic::new(code, span, message);
        diagnostic.help = help;
        self.push(diagnostic);
    }

    pub(super) fn dangling(&mut self, docs: &[Pair<'_>]) {
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
        if !is_lower_snake(&name.text) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(format!("write `{}`", lower_snake(&name.text))),
            );
        }
    }

    pub(super) fn check_variant(&mut self, name: &Name) {
        if !is_lower_snake(&name.text) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(format!(
                        "write `{}`, or `{} as \"{}\"` if it is stored so",
                        lower_snake(&name.text),
                        lower_snake(&name.text),
                        name.text
                    )),
            );
        }
    }

    pub(super) fn check_setting(&mut self, name: &Name) {
        if !name.text.split('.').all(is_lower_snake) {
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
                        "write `{}`; how it is stored can be said with `as \"…\"`",
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
        if let Some(method) = nearest(&name.text, methods.iter().copied()) {
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

pub(super) fn is_clause(word: &str) -> bool {
    keywords(CLAUSES).any(|keyword| keyword == word)
}

fn is_unit(word: &str) -> bool {
    matches!(
        word,
        "ms" | "s"
            | "m"
            | "h"
            | "d"
            | "w"
            | "mo"
            | "y"
            | "B"
            | "KB"
            | "MB"
            | "GB"
            | "TB"
            | "KiB"
            | "MiB"
            | "GiB"
            | "TiB"
    )
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The word that `text` begins with; empty if it begins with none.
pub(super) fn word(text: &str) -> &str {
    &text[..text.bytes().position(|b| !is_word(b)).unwrap_or(text.len())]
}

/// Where the text that begins here ends.
fn closing_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

fn listed(words: impl Iterator<Item = &'static str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ")
}

/// At most a few words of a text, for a help that shows the mended line.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= 40 { line.to_owned() } else { line.chars().take(39).chain(['…']).collect() }
}

fn is_lower_snake(name: &str) -> bool {
    !name.bytes().any(|b| b.is_ascii_uppercase())
}

/// `userID` as `user_id`, `HTTPServer` as `http_server`.
fn lower_snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let begins = i > 0
            && c.is_ascii_uppercase()
            && (chars[i - 1].is_ascii_lowercase()
                || chars[i - 1].is_ascii_digit()
                || chars[i - 1].is_ascii_uppercase()
                    && chars.get(i + 1).is_some_and(char::is_ascii_lowercase));
        if begins {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn upper_camel(name: &str) -> String {
    let parts = name.split('_').filter(|part| !part.is_empty());
    let camel: String = parts.map(|part| part[..1].to_ascii_uppercase() + &part[1..]).collect();
    if camel.starts_with(|c: char| c.is_ascii_uppercase()) { camel } else { format!("N{camel}") }
}
