//! Finds what was meant by text that cannot be read: the ground that `unread_rest`, `unread_statement` and `odd_signs`
//! share. Only such text comes here, so nothing of it need be quick.
//!
//! A message names what is there and shows the form of what should be; it never speaks of rules of the grammar.

use pest::Parser;
use pest::error::InputLocation;

use super::forms::{CLAUSES, keywords};
use super::grammar::Grammar;
use super::odd_signs::token_length;
use super::{Pair, Reader, Rule};
use polity_text::diagnostics::{Diagnostic, Help, codes, nearest};
use polity_text::source::Span;

/// The construct that the unread text follows.
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
    pub(super) fn of(pair: &Pair<'a>) -> Self {
        Self { text: pair.as_str(), start: pair.as_span().start() }.trim()
    }

    fn trim(self) -> Self {
        let lead = self.text.len() - self.text.trim_start().len();
        Self { text: self.text.trim(), start: self.start + lead }
    }

    /// From this byte on, without blanks before it.
    pub(super) fn from(self, at: usize) -> Self {
        let at = at.min(self.text.len());
        Self { text: self.text.get(at..).unwrap_or(""), start: self.start + at }.trim()
    }

    /// Its first word, or else its first sign.
    pub(super) fn first(self) -> &'a str {
        let word = word(self.text);
        if !word.is_empty() {
            return word;
        }
        if self.text.starts_with("\"\"\"") {
            return &self.text[..3];
        }
        if self.text.starts_with('"') {
            return &self.text[..token_length(self.text)];
        }
        let end = self.text.char_indices().nth(1).map_or(self.text.len(), |(n, _)| n);
        &self.text[..end]
    }

    /// The dotted names it begins with.
    pub(super) fn first_path(self) -> &'a str {
        &self.text[..self.text.bytes().position(|b| !is_word(b) && b != b'.').unwrap_or(self.text.len())]
    }

    /// The text after its first word or sign.
    pub(super) fn after_first(self) -> Self {
        self.from(self.first().len())
    }

    pub(super) fn starts_with(self, sign: char) -> bool {
        self.text.starts_with(sign)
    }
}

impl Reader<'_> {
    /// Whether this text is reported already: by layout, or as the tail of a clause that a comma cut off.
    pub(super) fn is_known(&mut self, unread: Unread<'_>, is_clause: bool) -> bool {
        let (start, end) = (self.absolute(unread.start), self.absolute(unread.start + unread.text.len()));
        let tail = self.last_fault.is_some_and(|last| {
            last <= start && !self.text.as_bytes()[last..start].iter().any(|b| matches!(b, b'\n' | b';'))
        });
        let known = tail || self.is_marked(unread.start, unread.start + unread.text.len());
        self.last_fault = (is_clause || tail).then_some(end);
        known
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
        code: polity_text::diagnostics::Code,
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
        if self.foreign_operator(bad) {
            return;
        }
        let bare = first.trim_matches('"');
        if bare.len() + 2 == first.len()
            && bare.starts_with(|c: char| c.is_ascii_digit())
            && word_or_date(bare)
        {
            let help = Help::write(bare).and(", without quotes");
            let message = format!("unexpected `{first}` in `{keyword}`");
            return self.complain_at(code, bad, message, Some(help));
        }
        let help = match nearest(first, words.filter(|word| *word != first)) {
            Some(near) => Help::instead(near, format!("did you mean `{near}`? {help}")),
            None => Help::from(help),
        };
        self.complain_at(code, bad, format!("unexpected `{first}` in `{keyword}`"), Some(help));
    }

    /// Reports the first word of `unread`.
    pub(super) fn complain_at(
        &mut self,
        code: polity_text::diagnostics::Code,
        unread: Unread<'_>,
        message: String,
        help: Option<impl Into<Help>>,
    ) {
        let length = if unread.text.starts_with('#') && unread.text.len() == 1 {
            1
        } else {
            unread.first().len().max(1)
        };
        let length = if code == codes::E0109 || code == codes::E0108 { unread.text.len() } else { length };
        let span = self.at(unread.start, unread.start + length);
        let diagnostic = Diagnostic::new(code, span, message);
        self.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    pub(super) fn dangling(&mut self, docs: &[Pair<'_>]) {
        if let [first, ..] = docs {
            let span = self.span(first);
            self.push(
                Diagnostic::new(codes::W0101, span, "this `///` documents nothing")
                    .help("`///` stands above what it documents; for a remark write `//`")
                    .edit(Span { end: span.start + 3, ..span }, "//"),
            );
        }
    }

    pub(super) fn said_twice(&mut self, word: &str, span: Span) {
        self.push(
            Diagnostic::new(codes::E0120, span, format!("`{word}` is said twice"))
                .help("keep one of the two"),
        );
    }
}

pub(super) fn is_clause(word: &str) -> bool {
    keywords(CLAUSES).any(|keyword| keyword == word)
}

pub(super) fn is_unit(word: &str) -> bool {
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

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The word that `text` begins with; empty if it begins with none.
pub(super) fn word(text: &str) -> &str {
    &text[..text.bytes().position(|b| !is_word(b)).unwrap_or(text.len())]
}

/// The word that `text` ends with, whatever blanks stand behind it.
pub(super) fn word_before(text: &str) -> &str {
    let text = text.trim_end();
    &text[text.bytes().rposition(|b| !is_word(b)).map_or(0, |n| n + 1)..]
}

pub(super) fn listed(words: impl Iterator<Item = &'static str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ")
}

/// Whether a text is a number with its unit, or a date.
fn word_or_date(text: &str) -> bool {
    text.bytes().all(|b| is_word(b) || matches!(b, b'-' | b'.' | b'%'))
}
