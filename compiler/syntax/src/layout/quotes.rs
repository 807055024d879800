//! Texts as other languages quote them: each is said once, and read on as the text or the name that it is, so that nothing in
//! it is taken for a sign or for a comment.

use super::brackets::closing;
use super::words::{is_word, line_end, skip_blanks};
use super::{Before, Scan};
use polity_text::diagnostics::{Diagnostic, Help, codes};

const NAMES: &str = "names are made of ASCII letters, digits and `_`; anything may stand in a text";

impl Scan<'_> {
    /// Passes over a text of another language that begins here, if one does.
    pub(super) fn foreign_text(&mut self) -> bool {
        let (src, start) = (self.src, self.at);
        let end = match foreign_text_end(src, start) {
            Ok(end) => end,
            Err(_) if src[start] == b'$' || self.follows_word() => return false,
            Err(end) => {
                self.begin_unit();
                self.unclosed_text(start, end);
                self.before = Before::Operand;
                return true;
            }
        };
        self.begin_unit();
        let written = &self.text[start..end];
        let meant = self.meant_by(written, start, end);
        let fault = Diagnostic::new(codes::E0108, self.span(start, end), no_meaning(src[start]));
        self.fault(match &meant {
            Meant::Name(name) => fault
                .help(Help::instead(*name, format!("names stand without quotes: write `{name}`")))
                .certain(),
            Meant::Text(text) => {
                let help = Help::instead(text, format!("texts stand in double quotes: write `{text}`"));
                let fault = fault.help(help);
                // A `\` is one to SQL, and begins an escape elsewhere.
                if written.contains('\\') { fault } else { fault.certain() }
            }
            Meant::Unknown if src[start] == b'`' => fault.help(NAMES),
            Meant::Unknown => fault.help("texts stand in double quotes"),
        });
        match meant {
            Meant::Name(name) => self.read_on(start, end, &format!(" {name}")),
            Meant::Text(text) if text.len() <= end - start => self.read_on(start, end, &text),
            _ => self.mark(start, end),
        }
        self.unseen.push(start..end);
        self.at = end;
        self.before = Before::Operand;
        true
    }

    fn meant_by<'s>(&self, written: &'s str, start: usize, end: usize) -> Meant<'s> {
        // `'''` begins one text in SQL and another in Python.
        let is_plain = !self.follows_word() && !written.starts_with("'''") && !written.contains('\n');
        let inner = written.get(1..written.len() - 1).filter(|_| is_plain);
        let Some(inner) = inner else { return Meant::Unknown };
        let is_name =
            inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && inner.bytes().all(is_word);
        let is_named = self.before != Before::Operand
            && (self.in_enum() || self.src.get(skip_blanks(self.src, end)) == Some(&b':'));
        match self.src[start] {
            b'`' if is_name => Meant::Name(inner),
            b'\'' if is_name && is_named => Meant::Name(inner),
            b'\'' => Meant::Text(in_double_quotes(inner)),
            _ => Meant::Unknown,
        }
    }

    fn follows_word(&self) -> bool {
        self.at > 0 && is_word(self.src[self.at - 1])
    }

    /// Puts what was meant in the place of what is written, for the grammar to read.
    fn read_on(&mut self, start: usize, end: usize, meant: &str) {
        self.out[start..end].fill(b' ');
        self.out[start..start + meant.len()].copy_from_slice(meant.as_bytes());
    }
}

/// The thing that a text of another language is here.
enum Meant<'s> {
    Name(&'s str),
    /// A text, in its quotes.
    Text(String),
    Unknown,
}

/// Where the text of another language ends that begins at `at`: on its line, or anywhere if it stands between `'''` or `$$`.
/// An error has the end of a line on which it does not.
fn foreign_text_end(src: &[u8], at: usize) -> Result<usize, usize> {
    let quote = src[at];
    let opener: &[u8] = if quote == b'$' { b"$$" } else { b"'''" };
    let rest = src[at..].strip_prefix(opener);
    if let Some(close) = rest.and_then(|rest| memchr::memmem::find(rest, opener)) {
        return Ok(at + close + 2 * opener.len());
    }
    if quote == b'$' {
        return Err(at);
    }
    let mut end = closing(src, at, quote)?;
    // `'it''s'` of SQL
    while quote == b'\'' && src.get(end) == Some(&quote) {
        end = closing(src, end, quote)?;
    }
    // What a word follows closes nothing: it opens the next text, or it is an apostrophe.
    if src.get(end).is_some_and(|byte| is_word(*byte)) { Err(line_end(src, end)) } else { Ok(end) }
}

/// The text between single quotes, as it is written between double ones.
fn in_double_quotes(inner: &str) -> String {
    let mut text = String::from("\"");
    let mut rest = inner.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '\'' => {
                rest.next_if_eq(&'\'');
                text.push('\'');
            }
            '\\' if rest.peek() == Some(&'\'') => {}
            '\\' => text.extend([Some('\\'), rest.next()].into_iter().flatten()),
            '"' => text.push_str("\\\""),
            char => text.push(char),
        }
    }
    text.push('"');
    text
}

fn no_meaning(quote: u8) -> &'static str {
    match quote {
        b'\'' => "single quotes have no meaning here",
        b'`' => "a backtick has no meaning here",
        _ => "`$` has no meaning here",
    }
}
