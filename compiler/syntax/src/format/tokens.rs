//! A file cut into tokens, comments and line ends among them.

use super::super::parser::Marks;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word, a dotted path, a number, a label, a text.
    Word,
    /// An operator, `:` or `?`.
    Sign,
    Open,
    Close,
    Comma,
    Semicolon,
    /// `//` or `///`, without its line end.
    Comment,
    /// A line end; `ends`: it ends a statement.
    Newline {
        ends: bool,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'t> {
    pub(super) kind: Kind,
    pub(crate) text: &'t str,
    pub(crate) start: usize,
    /// Nothing stands between this and what is before it: `now(`, `text[]`, `map<`.
    pub(super) glued: bool,
    /// Nothing stands between this and what follows: a leading `-`, the `<` of a map.
    pub(super) glues: bool,
}

/// The tokens of a text that parses.
pub(crate) fn tokens<'t>(text: &'t str, marks: &Marks) -> Vec<Token<'t>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while at < bytes.len() {
        let (kind, end) = match bytes[at] {
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'\n' => (Kind::Newline { ends: marks.laid.as_bytes().get(at) == Some(&b'\n') }, at + 1),
            b'/' if bytes[at..].starts_with(b"//") => {
                let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
                (Kind::Comment, at + text[at..end].trim_end().len())
            }
            b'"' => (Kind::Word, text_end(bytes, at)),
            b'(' | b'[' | b'{' => (Kind::Open, at + 1),
            b')' | b']' | b'}' => (Kind::Close, at + 1),
            b',' => (Kind::Comma, at + 1),
            b';' => (Kind::Semicolon, at + 1),
            byte if byte.is_ascii_digit() => (Kind::Word, number_end(bytes, at)),
            b'.' => (Kind::Word, number_end(bytes, at)),
            byte if is_word(byte) || byte == b'#' => (Kind::Word, path_end(bytes, at)),
            _ => (Kind::Sign, sign_end(text, at)),
        };
        // `[]` after a type is one sign.
        let (kind, end) =
            if bytes[at] == b'[' && marks.glued.contains(&at) { (Kind::Sign, at + 2) } else { (kind, end) };
        tokens.push(Token {
            kind,
            text: &text[at..end],
            start: at,
            glued: marks.glued.contains(&at),
            glues: marks.glues.contains(&at),
        });
        at = end;
    }
    tokens
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn text_end(bytes: &[u8], start: usize) -> usize {
    if bytes[start..].starts_with(b"\"\"\"") {
        return memchr::memmem::find(&bytes[start + 3..], b"\"\"\"").map_or(bytes.len(), |n| start + n + 6);
    }
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A number with its unit, a range (`1..80`) or a date.
fn number_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match bytes[at] {
            byte if is_word(byte) || byte == b'%' && at > start => at += 1,
            b'.' if next.is_ascii_digit() || next == b'.' || at > start && bytes[at - 1] == b'.' => at += 1,
            b'-' if is_date(&bytes[start..]) => at += 1,
            _ => break,
        }
    }
    at.max(start + 1)
}

fn is_date(bytes: &[u8]) -> bool {
    matches!(bytes, [y, _, _, _, b'-', m, _, b'-', d, ..] if y.is_ascii_digit() && m.is_ascii_digit() && d.is_ascii_digit())
}

/// A word, a path, a label, or all of a path (`core.*`).
fn path_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match bytes[at] {
            byte if is_word(byte) => at += 1,
            b'.' if is_word(next) => at += 1,
            b'.' if next == b'*' => return at + 2,
            _ => break,
        }
    }
    at
}

fn sign_end(text: &str, start: usize) -> usize {
    let two = ["->", "!=", "<=", ">=", "||"];
    let length = if two.iter().any(|sign| text[start..].starts_with(sign)) {
        2
    } else {
        text[start..].chars().next().map_or(1, char::len_utf8)
    };
    start + length
}
