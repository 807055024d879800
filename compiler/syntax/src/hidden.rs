//! Characters of a source that nobody sees where they stand.

use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0127;
use polity_text::source::{FileId, Span};

/// Reports the first character that controls a terminal or turns the direction of what stands around it: a reviewer would
/// see another text than the one that is compiled (CVE-2021-42574), and comments are written out to every store.
pub fn hidden(file: FileId, text: &str) -> Option<Diagnostic> {
    if text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~')) {
        return None;
    }
    let mut all = text.char_indices().filter(|(at, c)| is_refused(*c, &text[at + c.len_utf8()..]));
    let (at, first) = all.next()?;
    let more = match all.count() {
        0 => String::new(),
        more => format!(", and so do {more} more like it"),
    };
    let message = format!("the character `{}` stands in the source{more}", first.escape_unicode());
    Some(
        Diagnostic::new(E0127, Span::new(file, at, at + first.len_utf8()), message)
            .note("nobody sees it, and it changes how what stands around it is shown")
            .help(format!("leave it out; a text may hold it as `{}`", first.escape_unicode())),
    )
}

fn is_refused(c: char, rest: &str) -> bool {
    match c {
        '\t' | '\n' => false,
        '\r' => !rest.starts_with('\n'),
        _ => is_hidden(c),
    }
}

/// Whether a character controls a terminal or the direction of text.
pub fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_another_text_is_told_and_nothing_else() {
        let told = |text: &str| hidden(FileId(0), text).map(|found| found.message);
        for text in ["", "a\tb\r\nc\n", "// שלום \u{200f}é漢🎉", "/// caf\u{e9}"] {
            assert_eq!(told(text), None, "{text:?}");
        }
        for c in ['\0', '\u{1b}', '\r', '\u{7f}', '\u{9b}', '\u{202e}', '\u{2066}'] {
            let said = told(&format!("// a{c}b{c}")).expect("it is hidden");
            assert!(said.starts_with(&format!("the character `{}`", c.escape_unicode())), "{said}");
            assert!(said.ends_with(", and so do 1 more like it"), "{said}");
        }
    }
}
