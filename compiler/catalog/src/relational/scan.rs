//! The names that a text of SQL mentions, read without understanding it.

use smol_str::SmolStr;

use super::name::Name;

/// Calls `found` with each `schema.name` of a text. Names in texts, comments and dollar quotes of the SQL are none; those
/// of an alias and a column look the same and are called as well.
pub(super) fn names(sql: &str, mut found: impl FnMut(Name)) {
    if !sql.contains('.') {
        return; // most texts name columns alone
    }
    let mut rest = sql;
    let mut before: Option<SmolStr> = None;
    while let Some(first) = rest.chars().next() {
        match first {
            '\'' => (rest, before) = (after(&rest[1..], '\''), None),
            '-' if rest.starts_with("--") => rest = rest.find('\n').map_or("", |end| &rest[end..]),
            '"' | 'a'..='z' | 'A'..='Z' | '_' | '\u{80}'.. => {
                let (name, behind) = identifier(rest);
                let dotted = behind.strip_prefix('.');
                if let Some(schema) = before.take() {
                    found(Name::new(schema, name.clone()));
                }
                before = dotted.map(|_| name);
                rest = dotted.unwrap_or(behind);
            }
            _ => (rest, before) = (&rest[first.len_utf8()..], None),
        }
    }
}

/// Returns the text behind a quote that is closed by `quote`, where two of them stand for one.
fn after(text: &str, quote: char) -> &str {
    let mut rest = text;
    while let Some(end) = rest.find(quote) {
        rest = &rest[end + 1..];
        match rest.strip_prefix(quote) {
            Some(more) => rest = more,
            None => return rest,
        }
    }
    ""
}

/// Returns the identifier at the beginning, as the engine folds it, and what follows.
fn identifier(text: &str) -> (SmolStr, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let rest = after(quoted, '"');
        let inner = &quoted[..quoted.len() - rest.len()];
        let inner = inner.strip_suffix('"').unwrap_or(inner);
        return (SmolStr::new(inner.replace("\"\"", "\"")), rest);
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()))
        .unwrap_or(text.len());
    (SmolStr::new(text[..end].to_ascii_lowercase()), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_two_parts_are_found() {
        for (sql, expected) in [
            ("SELECT a.b FROM core.users u", vec!["a.b", "core.users"]),
            ("'core.x' || \"Odd one\".\"a\"\"b\"", vec!["\"Odd one\".\"a\"\"b\""]),
            ("polity.f(polity.g())", vec!["polity.f", "polity.g"]),
            ("-- core.x\ncore.y%ROWTYPE 'it''s core.z'", vec!["core.y"]),
            ("core.users.id", vec!["core.users", "users.id"]),
            ("'", vec![]),
            ("\"", vec![]),
            ("1.5 + a .b", vec![]),
        ] {
            let mut names_found = Vec::new();
            names(sql, |name| names_found.push(name.to_string()));
            assert_eq!(names_found, expected, "{sql}");
        }
    }
}
