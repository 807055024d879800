//! The statements of a text, for files of which each statement runs by itself.

/// Parts a text at the semicolons between its statements. `standard_conforming_strings` is on. Those in a body that is no text
/// (`BEGIN ATOMIC`) part nothing.
pub(in crate::postgres) fn statements(text: &str) -> Vec<&str> {
    let (mut found, mut begin, mut at, mut depth) = (Vec::new(), 0, 0, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let before = text[..at].chars().next_back();
        if let Some(word) = word(rest, before) {
            depth = deeper(depth, word, &rest[word.len()..]);
            at += word.len();
            continue;
        }
        let taken = taken(rest, before);
        if rest.starts_with(';') && depth == 0 {
            found.push(text[begin..at].trim());
            begin = at + 1;
        }
        at += taken;
    }
    found.push(text[begin..].trim());
    found.retain(|statement| !is_blank(statement));
    found
}

/// Returns the word that begins here, if one does.
fn word(rest: &str, before: Option<char>) -> Option<&str> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    if before.is_some_and(is_of_word) || !rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    rest.get(..rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()))
}

/// Returns how many ends are awaited behind a word: those of a body, and within it of `CASE`.
fn deeper(depth: usize, word: &str, behind: &str) -> usize {
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    let next = || behind.trim_start().get(..6).is_some_and(|next| next.eq_ignore_ascii_case("atomic"));
    match depth {
        0 => usize::from(is("begin") && next()),
        _ if is("case") => depth + 1,
        _ if is("end") => depth - 1,
        _ => depth,
    }
}

/// Returns the bytes that a piece takes which a semicolon in it does not end.
fn taken(rest: &str, before: Option<char>) -> usize {
    let is_after_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
    if rest.starts_with("--") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return comment(rest);
    }
    match rest.as_bytes()[0] {
        b'\'' => quoted(rest, '\'', matches!(before, Some('e' | 'E'))),
        b'"' => quoted(rest, '"', false),
        b'$' if !is_after_word => dollar_quoted(rest).unwrap_or(1),
        _ => rest.chars().next().map_or(1, char::len_utf8),
    }
}

/// The bytes of a comment, in which others may stand.
fn comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        match () {
            () if here.starts_with(b"/*") => (depth, at) = (depth + 1, at + 2),
            () if here.starts_with(b"*/") => (depth, at) = (depth - 1, at + 2),
            () => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The bytes of a text or a name in quotes; two of them stand for one.
fn quoted(rest: &str, quote: char, has_escapes: bool) -> usize {
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if has_escapes && letter == '\\' {
            letters.next();
        } else if letter == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// The bytes of a text between `$tag$` and `$tag$`; `None` where no tag begins.
fn dollar_quoted(rest: &str) -> Option<usize> {
    let end = rest[1..].find('$')? + 2;
    let tag = &rest[..end];
    let name = &tag[1..end - 1];
    let is_tag = name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    let close = is_tag.then(|| rest[end..].find(tag)).flatten();
    is_tag.then(|| close.map_or(rest.len(), |close| end + close + end))
}

/// Whether nothing but comments is there.
fn is_blank(statement: &str) -> bool {
    let mut rest = statement.trim_start();
    while rest.starts_with("--") || rest.starts_with("/*") {
        rest = rest[taken(rest, None)..].trim_start();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_semicolon_ends_a_statement_only_where_it_stands_by_itself() {
        for (text, expected) in [
            ("", &[][..]),
            ("-- a; b\n;;/* ; /* ; */ ; */ ", &[]),
            ("a;b", &["a", "b"]),
            ("SELECT 'a;''b', \"c;\"\"\"; d", &["SELECT 'a;''b', \"c;\"\"\"", "d"]),
            (r"SELECT '\'; SELECT E'\';'; x", &[r"SELECT '\'", r"SELECT E'\';'", "x"]),
            ("DO $p$ a; $q$; $p$; e", &["DO $p$ a; $q$; $p$", "e"]),
            ("SELECT $$;$$; a$b$; c$b$", &["SELECT $$;$$", "a$b$", "c$b$"]),
            ("SELECT ${tenant_prefix}a; $1; ä;ö", &["SELECT ${tenant_prefix}a", "$1", "ä", "ö"]),
            ("a -- ;\nb;", &["a -- ;\nb"]),
            ("SELECT 'open; ", &["SELECT 'open;"]),
            ("BEGIN; COMMIT; e", &["BEGIN", "COMMIT", "e"]),
            (
                "f() BEGIN ATOMIC\n a; SELECT CASE 'end;' WHEN x THEN y END; b; END; g",
                &["f() BEGIN ATOMIC\n a; SELECT CASE 'end;' WHEN x THEN y END; b; END", "g"],
            ),
            ("SELECT E'\\';'; begin_atomic; the_end", &["SELECT E'\\';'", "begin_atomic", "the_end"]),
        ] {
            assert_eq!(statements(text), expected, "{text}");
        }
    }
}
