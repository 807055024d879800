//! Text of the source in Markdown, in pages and in rustdoc: read as the text that it is, never as links, HTML, tests or
//! anything that goes on below it. Code between single backticks, as a comment marks it, stays code.

use super::visible;

/// The lines of a text, each for itself.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(line).collect()
}

/// A paragraph of our own below what the source says.
#[must_use]
pub fn with(text: &str, note: String) -> Vec<String> {
    let mut all = lines(text);
    if !all.is_empty() {
        all.push(String::new());
    }
    all.push(note);
    all
}

/// A text of many lines as paragraphs.
#[must_use]
pub fn prose(text: &str) -> String {
    lines(text).join("\n")
}

/// A text as inline code, exactly: between more backticks than stand together in it.
#[must_use]
pub fn code(text: &str) -> String {
    let shown = visible(text);
    if shown.trim().is_empty() {
        return "`\" \"`".to_owned();
    }
    let fence = "`".repeat(longest_run(&shown) + 1);
    // A backtick at an end would join the fence, and blanks at both ends would be taken for such a pair.
    let (first, last) = (shown.chars().next(), shown.chars().next_back());
    let apart = first == Some('`') || last == Some('`') || (first == Some(' ') && last == Some(' '));
    let blank = if apart { " " } else { "" };
    format!("{fence}{blank}{shown}{blank}{fence}")
}

/// A text as a cell of a table, where a pipe ends a cell even in code.
#[must_use]
pub fn cell(text: &str) -> String {
    without_pipes(&inline(text))
}

/// A text as inline code in a cell of a table.
#[must_use]
pub fn code_cell(text: &str) -> String {
    without_pipes(&code(text))
}

/// A block of code in a language, which ends nowhere before its end.
#[must_use]
pub fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// One line of text, in which nothing is markup but code between single backticks.
#[must_use]
pub fn line(text: &str) -> String {
    escaped(text, true)
}

/// A text of many lines within a line, behind something of our own.
#[must_use]
pub fn inline(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    escaped(&lines.join(" "), false)
}

fn escaped(text: &str, begins_line: bool) -> String {
    let text = visible(text);
    let text = text.trim();
    // Where backticks do not pair, or a fence would open, all are escaped.
    let paired = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut out = String::with_capacity(text.len() + 8);
    let (mut in_code, mut before) = (false, ' ');
    for (at, c) in text.char_indices() {
        let after = text[at + c.len_utf8()..].chars().next().unwrap_or(' ');
        let begins_line = begins_line && text[..at].bytes().all(|b| b.is_ascii_digit());
        match c {
            '`' if paired => in_code = !in_code,
            // A character that starts a list, a heading, a quote, a table or a fence does so at the start only.
            '#' | '>' | '-' | '+' | '=' | '~' | '|' if begins_line && at == 0 => out.push('\\'),
            '.' | ')' if begins_line && at > 0 => out.push('\\'),
            // Within a word it emphasizes nothing.
            '_' if before.is_alphanumeric() && after.is_alphanumeric() => {}
            '`' | '[' | ']' | '<' | '>' | '*' | '_' | '\\' | '&' | '~' | '|' | '$' if !in_code => {
                out.push('\\')
            }
            ':' if !in_code && text[at..].starts_with("://") => out.push('\\'),
            _ => {}
        }
        out.push(c);
        before = c;
    }
    out
}

fn without_pipes(made: &str) -> String {
    let mut out = String::with_capacity(made.len());
    let mut escaped = false;
    for c in made.chars() {
        if c == '|' && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

/// How many backticks stand together at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
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
        assert_eq!(line("created_at, _so_"), r"created_at, \_so\_");
    }

    #[test]
    fn nothing_opens_code_that_would_be_run() {
        assert_eq!(line("```rust"), r"\`\`\`rust");
        assert_eq!(line("odd ` tick"), r"odd \` tick");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(line("a\u{202e}b\rc"), r"a\\u\{202e\}b\\u\{d\}c".replace(r"\{", "{").replace(r"\}", "}"));
        assert_eq!(code("a`b\u{202e}"), "``a`b\\u{202e}``");
        assert_eq!(code(""), "`\" \"`");
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(code(" a "), "`  a  `");
        assert_eq!(block("sh", "a\n```\nb\n"), "````sh\na\n```\nb\n````\n");
    }

    #[test]
    fn a_cell_ends_where_it_should() {
        assert_eq!(code_cell("a|b\\|c"), r"`a\|b\|c`");
        assert_eq!(cell("a|b\n`c|d`"), r"a\|b `c\|d`");
    }
}
