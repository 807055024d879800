//! Doc comments of the source as rustdoc: read as the text that they are, never as links, HTML or tests.

/// The lines of a doc comment of the source.
pub(super) fn lines(docs: &str) -> Vec<String> {
    docs.lines().map(line).collect()
}

/// A paragraph of our own below what the source says.
pub(super) fn with(docs: &str, note: String) -> Vec<String> {
    let mut all = lines(docs);
    if !all.is_empty() {
        all.push(String::new());
    }
    all.push(note);
    all
}

/// A stored name or a pattern as inline code.
pub(super) fn code(text: &str) -> String {
    let shown = visible(text).replace('`', "'");
    format!("`{}`", if shown.trim().is_empty() { "\" \"".to_owned() } else { shown })
}

fn line(text: &str) -> String {
    let text = visible(text);
    let text = text.trim();
    // Code between single backticks stays; where they do not pair, or a fence would open, all are escaped.
    let paired = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut out = String::with_capacity(text.len() + 8);
    let mut in_code = false;
    for (at, c) in text.char_indices() {
        match c {
            '`' if paired => in_code = !in_code,
            // A character that starts a list, a heading, a quote, a table or a fence does so at the start only.
            '#' | '>' | '-' | '+' | '=' | '~' | '|' if at == 0 => out.push('\\'),
            '`' | '[' | ']' | '<' | '>' | '*' | '_' | '\\' | '&' | '~' | '|' | '$' if !in_code => {
                out.push('\\')
            }
            ':' if !in_code && text[at..].starts_with("://") => out.push('\\'),
            '.' | ')' if !in_code && at > 0 && text[..at].bytes().all(|b| b.is_ascii_digit()) => {
                out.push('\\')
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

/// The text with what changes how it is read, or ends a comment, shown as `\u{…}`.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
        match c {
            '\t' => out.push(' '),
            _ if hidden => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(line("A person with an account."), "A person with an account.");
        assert_eq!(
            line("its state is in `cache.UserSession`, a [link] <b>"),
            r"its state is in `cache.UserSession`, a \[link\] \<b\>"
        );
        assert_eq!(line("see https://example.org"), r"see https\://example.org");
        assert_eq!(line("    indented"), "indented");
        assert_eq!(line("# heading"), r"\# heading");
        assert_eq!(line("1. first"), r"1\. first");
    }

    #[test]
    fn nothing_opens_code_that_would_be_run() {
        assert_eq!(line("```rust"), r"\`\`\`rust");
        assert_eq!(line("odd ` tick"), r"odd \` tick");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(line("a\u{202e}b\rc"), r"a\\u\{202e\}b\\u\{d\}c".replace(r"\{", "{").replace(r"\}", "}"));
        assert_eq!(code("a`b\u{202e}"), "`a'b\\u{202e}`");
        assert_eq!(code(""), "`\" \"`");
    }
}
