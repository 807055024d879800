//! Text of the source in formats that no other crate writes, one file for each: whatever stands in a name or a comment comes out
//! of its reader as it went in, and nothing else happens.
//!
//! SQL has its own in `engines/postgres/sql.rs`; JSON and YAML are serde's, Rust is `quote!`'s.

pub mod helm;
pub mod javascript;
pub mod lua;
pub mod markdown;
pub mod promql;
pub mod shell;

/// Whether a character is none that a reader sees where it stands: it controls something, ends a line, or turns the
/// direction of what stands around it.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text with hidden characters shown by their numbers, and a tab as a blank.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}
