//! Text that cannot take over a terminal or reorder what is read.

use std::borrow::Cow;

/// The text in one line, so that nothing in it can look like a line of ours.
pub(super) fn one_line(text: &str) -> String {
    visible(text).replace(['\r', '\n'], " ")
}

/// Replaces control and direction characters by a visible sign of as many bytes, so that places stay where they are.
/// Line ends and tabs stay.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let sign = match c {
            '\n' | '\t' => continue,
            '\r' if text[at + 1..].starts_with('\n') => continue,
            '\0'..='\u{1f}' | '\u{7f}' => "?",
            '\u{80}'..='\u{9f}' | '\u{61c}' => "\u{b7}",
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => "\u{fffd}",
            _ => continue,
        };
        out.push_str(&text[done..at]);
        out.push_str(sign);
        done = at + c.len_utf8();
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}
