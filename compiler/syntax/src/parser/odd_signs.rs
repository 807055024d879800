//! Mistakes in the small that can stand anywhere: an apostrophe, a `#` without a label, `5 m`.

use super::Reader;
use super::faults::{Unread, is_unit, is_word, word};
use polity_text::diagnostics::{Diagnostic, Help, codes};

impl Reader<'_> {
    /// Mistakes in the small that can stand anywhere: they explain the statement better than its form would.
    pub(super) fn has_odd_sign(&mut self, unread: Unread<'_>) -> bool {
        let bytes = unread.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let here = Unread { text: &unread.text[at..], start: unread.start + at };
            let follows_word = at > 0 && is_word(bytes[at - 1]);
            if self.is_odd(here, bytes[at], follows_word) {
                return true;
            }
            at += token_length(here.text);
        }
        false
    }

    /// Reports a mistake that begins here with the byte `first`.
    fn is_odd(&mut self, here: Unread<'_>, first: u8, follows_word: bool) -> bool {
        match first {
            b'#' if !here.text[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                self.lone_hash(here);
                true
            }
            b'@' => {
                self.at_sign(here);
                true
            }
            b'$' | b'\\' | b'\'' | b'`' => {
                let help = "names are made of ASCII letters, digits and `_`; anything may stand in a text between `\"`";
                let sign = Unread { text: &here.text[..1], ..here };
                let message = format!("`{}` has no meaning here", first as char);
                self.complain_at(codes::E0108, sign, message, Some(help));
                true
            }
            byte if byte.is_ascii_digit() && !follows_word => self.has_loose_unit(here),
            _ => false,
        }
    }

    fn lone_hash(&mut self, here: Unread<'_>) {
        let name = word(here.text[1..].trim_start());
        let help = if name.is_empty() {
            Help::from("a label is written `#name`; a comment begins with `//`")
        } else {
            Help::instead("#", format!("glue it to its `#`: write `#{name}`; a comment begins with `//`"))
        };
        let blanks = here.text[1..].len() - here.text[1..].trim_start().len();
        let length = if name.is_empty() { 1 } else { 1 + blanks };
        let span = self.at(here.start, here.start + length);
        self.push(Diagnostic::new(codes::E0123, span, "this `#` has no label").help(help).certain());
    }

    /// Reports a number with blanks between it and its unit.
    fn has_loose_unit(&mut self, here: Unread<'_>) -> bool {
        let number = word(here.text);
        let rest = &here.text[number.len()..];
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let unit = word(&rest[blanks..]);
        if blanks == 0 || !number.bytes().all(|b| b.is_ascii_digit() || b == b'_') || !is_unit(unit) {
            return false;
        }
        let both = Unread { text: &here.text[..number.len() + blanks + unit.len()], ..here };
        let help = format!("units are glued to their number: write `{number}{unit}`");
        let help = Help::instead(format!("{number}{unit}"), help);
        self.complain_at(codes::E0109, both, format!("`{}` is two words", both.text), Some(help));
        true
    }
}

/// The length of the text, the comment, the word or the sign that begins here.
pub(super) fn token_length(text: &str) -> usize {
    match text.as_bytes() {
        [b'"', ..] => {
            let close = match text.strip_prefix("\"\"\"") {
                Some(raw) => raw.find("\"\"\"").map(|n| n + 6),
                None => closing_quote(text),
            };
            close.unwrap_or(text.len())
        }
        [b'/', b'/', b'/', ..] => text.find('\n').unwrap_or(text.len()),
        [byte, ..] if is_word(*byte) => word(text).len(),
        _ => text.chars().next().map_or(1, char::len_utf8),
    }
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
