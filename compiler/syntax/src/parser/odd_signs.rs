//! Mistakes in the small that can stand anywhere: single quotes, a `#` without a label, `5 m`.

use super::Reader;
use super::faults::{Unread, is_unit, is_word, word};
use polity_text::diagnostics::codes;

impl Reader<'_> {
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
