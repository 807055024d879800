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

/// Whether a character is drawn as nothing where it stands: hidden, or ignored by default (`Default_Ignorable_Code_Point` of
/// Unicode 16, <https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt>), so that two names that differ by it
/// look alike.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    is_hidden(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
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

#[cfg(test)]
mod tests {
    use super::{is_hidden, is_invisible};

    #[test]
    fn what_is_drawn_as_nothing_is_invisible_and_letters_of_all_scripts_are_not() {
        for c in [
            '\n',
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{2060}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert!(is_invisible(c), "{}", c.escape_unicode());
        }
        assert!(!"Straße 東京 שלום नमस्ते \"$%".chars().any(is_invisible));
        assert!(('\0'..=char::MAX).filter(|c| is_hidden(*c)).all(is_invisible));
    }
}
