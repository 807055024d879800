//! Text of others, made fit to be printed: nothing in it ends a line, steers a terminal, turns the direction of what is
//! read, hides, or speaks to the CI server that keeps the log.

use std::borrow::Cow;

/// Text in one line: each hidden character is an escape, such as `\n`, `\u{1b}` or `\u{202e}`.
#[must_use]
pub fn in_one_line(text: &str) -> Cow<'_, str> {
    replaced(text, |_, c| is_hidden(c).then(|| Cow::Owned(c.escape_default().collect())))
}

/// Source as it is drawn: each hidden character is a sign of as many bytes, so that places stay where they are. Line
/// ends, tabs and a byte order mark at the beginning are kept.
#[must_use]
pub fn in_place(text: &str) -> Cow<'_, str> {
    let commands: Vec<usize> = commands(text).collect();
    replaced(text, |at, c| match c {
        '\n' | '\t' => None,
        '\r' if text[at + 1..].starts_with('\n') => None,
        '\u{feff}' if at == 0 => None,
        '#' => commands.binary_search(&at).is_ok().then_some(Cow::Borrowed("?")),
        c if !is_hidden(c) => None,
        c => Some(Cow::Borrowed(match c.len_utf8() {
            1 => "?",
            2 => "\u{b7}",
            3 => "\u{fffd}",
            _ => "\u{b7}\u{b7}",
        })),
    })
}

/// Finished text for people, in which a CI server finds no command: GitHub takes one from a line that begins with `::`,
/// whatever space is before it, and several take one from `##[…]` or `##word[…]` anywhere.
#[must_use]
pub fn without_commands(text: &str) -> Cow<'_, str> {
    let commands: Vec<usize> = commands(text).collect();
    let mut begins = true;
    replaced(text, |at, c| match c {
        '\n' => {
            begins = true;
            None
        }
        c if c.is_whitespace() => None,
        c => {
            let is_command =
                (begins && text[at..].starts_with("::")) || (c == '#' && commands.binary_search(&at).is_ok());
            begins = false;
            is_command.then(|| Cow::Owned(format!("\\{c}")))
        }
    })
}

/// JSON in which what is no ASCII and hidden is escaped, and what a CI server would take for a command is broken by an
/// escape. It says the same as before.
#[must_use]
pub fn in_json(json: &str) -> Cow<'_, str> {
    let commands: Vec<usize> = commands(json).collect();
    replaced(json, |at, c| match c {
        '#' => commands.binary_search(&at).is_ok().then_some(Cow::Borrowed("\\u0023")),
        c if c < '\u{7f}' || !is_hidden(c) => None,
        c => {
            let units = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
            Some(Cow::Owned(units))
        }
    })
}

/// Text in which some characters, by their offset, are another text.
fn replaced<'t>(
    text: &'t str,
    mut with: impl FnMut(usize, char) -> Option<Cow<'static, str>>,
) -> Cow<'t, str> {
    let (mut out, mut done) = (String::new(), 0);
    for (at, c) in text.char_indices() {
        if let Some(other) = with(at, c) {
            out.push_str(&text[done..at]);
            out.push_str(&other);
            done = at + c.len_utf8();
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Where the second `#` of each `##[` and `##word[` stands.
fn commands(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices('[').filter_map(|(at, _)| {
        let before = text[..at].trim_end_matches(|c: char| c.is_ascii_alphabetic());
        before.ends_with("##").then(|| before.len() - 1)
    })
}

/// Whether a character is of the categories Cc, Cf, Zl or Zp of Unicode: it ends a line, steers a terminal, turns the
/// direction of text, or is not seen.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str =
        "\u{feff}a\r\nb\rc\td\u{1b}[0m\u{9b}\u{7f}\u{85}\u{ad}\u{2028}\u{202e}\u{2066}\u{e0041}\u{feff}##[x]";

    #[test]
    fn one_line_is_one_line_whatever_the_text() {
        let line = in_one_line(HOSTILE);
        assert_eq!(
            line,
            "\\u{feff}a\\r\\nb\\rc\\td\\u{1b}[0m\\u{9b}\\u{7f}\\u{85}\\u{ad}\\u{2028}\\u{202e}\\u{2066}\\u{e0041}\\u{feff}##[x]"
        );
        assert!(matches!(in_one_line("naïve `日本語` \\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn drawn_source_keeps_its_places() {
        let drawn = in_place(HOSTILE);
        assert_eq!(drawn, "\u{feff}a\r\nb?c\td?[0m·?··\u{fffd}\u{fffd}\u{fffd}··\u{fffd}#?[x]");
        assert_eq!(drawn.len(), HOSTILE.len());
    }

    #[test]
    fn a_server_that_reads_the_log_finds_no_command() {
        for (text, safe) in [
            ("::error::x\n", "\\::error::x\n"),
            ("a\n \u{3000}\t::error::x", "a\n \u{3000}\t\\::error::x"),
            ("a ::error::x", "a ::error::x"),
            ("a ##[error]x", "a #\\#[error]x"),
            ("###vso[x] ##teamcity[x] ## [x] #[x]", "##\\#vso[x] #\\#teamcity[x] ## [x] #[x]"),
        ] {
            assert_eq!(without_commands(text), safe);
        }
    }

    #[test]
    fn json_says_the_same_in_ascii_where_it_is_hidden() {
        let json = serde_json::to_string(HOSTILE).expect("text is JSON");
        let escaped = in_json(&json);
        assert!(!escaped.chars().any(is_hidden) && commands(&escaped).next().is_none(), "{escaped}");
        assert!(escaped.contains("\\udb40\\udc41"), "{escaped}");
        assert_eq!(serde_json::from_str::<String>(&escaped).expect("JSON"), HOSTILE);
    }
}
