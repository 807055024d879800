//! The names that a text of SQL mentions, read without understanding it.

use smol_str::SmolStr;

use super::name::Name;

/// Calls `found` with each `schema.name` of a text. Names in texts, comments and dollar quotes of the SQL are none; those
/// of an alias and a column look the same and are called as well. The words are told apart as PostgreSQL does
/// (`SQL Syntax`, Lexical Structure).
pub(super) fn names(sql: &str, mut each: impl FnMut(Name)) {
    if !sql.contains('.') {
        return; // most texts name columns alone
    }
    let mut rest = sql;
    let (mut before, mut is_dotted): (Option<SmolStr>, bool) = (None, false);
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = behind_blanks(rest, first) {
            rest = behind;
            continue;
        }
        if let Some(behind) = behind_text(rest) {
            (rest, before, is_dotted) = (behind, None, false);
            continue;
        }
        match first {
            '"' | 'a'..='z' | 'A'..='Z' | '_' | '\u{80}'.. | '$' if !is_parameter(rest) => {
                let (name, behind) = identifier(rest);
                if let Some(schema) = before.take().filter(|_| is_dotted) {
                    each(Name::new(schema, name.clone()));
                }
                (rest, before, is_dotted) = (behind, Some(name), false);
            }
            '.' => (rest, is_dotted) = (&rest[1..], true),
            _ => (rest, before, is_dotted) = (&rest[first.len_utf8()..], None, false),
        }
    }
}

/// Returns a text of SQL with other identifiers: `with` gives the SQL of each one that is to be another. Those before a parenthesis
/// are functions, and those before or behind a point are parts of a longer name; both stay.
pub(super) fn replaced(sql: &str, with: impl Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(sql.len()), sql);
    while let Some(first) = rest.chars().next() {
        let behind = match first {
            '"' | 'a'..='z' | 'A'..='Z' | '_' | '\u{80}'.. if behind_text(rest).is_none() => {
                let (name, behind) = identifier(rest);
                let is_part = out.ends_with('.') || behind.starts_with(['.', '(']);
                if let Some(other) = with(&name).filter(|_| !is_part) {
                    out.push_str(&other);
                    rest = behind;
                    continue;
                }
                behind
            }
            '0'..='9' => rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
            _ => {
                behind_blanks(rest, first).or_else(|| behind_text(rest)).unwrap_or(&rest[first.len_utf8()..])
            }
        };
        out.push_str(&rest[..rest.len() - behind.len()]);
        rest = behind;
    }
    out
}

/// Whether an identifier stands in a text of SQL, outside of texts and comments.
#[must_use]
pub fn mentions(sql: &str, name: &str) -> bool {
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = behind_blanks(rest, first).or_else(|| behind_text(rest)) {
            rest = behind;
            continue;
        }
        match first {
            '"' | 'a'..='z' | 'A'..='Z' | '_' | '\u{80}'.. => {
                let (found, behind) = identifier(rest);
                if found == name {
                    return true;
                }
                rest = behind;
            }
            _ => rest = &rest[first.len_utf8()..],
        }
    }
    false
}

/// Returns the text behind a blank or a comment at the beginning; comments stand in comments.
fn behind_blanks(text: &str, first: char) -> Option<&str> {
    if first.is_ascii_whitespace() {
        return Some(&text[1..]);
    }
    if text.starts_with("--") {
        return Some(text.find('\n').map_or("", |end| &text[end..]));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        let Some(two) = text.as_bytes().get(at..at + 2) else { return Some("") };
        match two {
            b"/*" => (at, depth) = (at + 2, depth + 1),
            b"*/" => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    Some(&text[at..])
}

/// Returns what follows a text at the beginning: `'…'`, `E'…'` or `$tag$…$tag$`.
fn behind_text(text: &str) -> Option<&str> {
    if let Some(inside) = text.strip_prefix('\'') {
        return Some(after(inside, '\''));
    }
    if let Some(inside) = text.strip_prefix("E'").or_else(|| text.strip_prefix("e'")) {
        return Some(after_escapes(inside));
    }
    let behind = text.strip_prefix('$')?;
    let tag = behind.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()))?;
    if !behind[tag..].starts_with('$') || behind.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (quote, inside) = text.split_at(tag + 2);
    Some(inside.find(quote).map_or("", |end| &inside[end + quote.len()..]))
}

/// Returns the text behind a quote, where a backslash takes the meaning of what follows it.
fn after_escapes(text: &str) -> &str {
    let mut rest = text;
    while let Some(mark) = rest.find(['\\', '\'']) {
        let behind = &rest[mark + 1..];
        if rest[mark..].starts_with('\'') {
            match behind.strip_prefix('\'') {
                Some(more) => rest = more,
                None => return behind,
            }
        } else {
            let mut left = behind.chars();
            left.next();
            rest = left.as_str();
        }
    }
    ""
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
    let is_outside = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii());
    let mut end = text.find(is_outside).unwrap_or(text.len());
    // A token such as `${tenant_prefix}` stands for letters of the name.
    while text[..end].ends_with('$') && text[end..].starts_with('{') {
        let Some(closed) = text[end..].find('}') else { break };
        end += closed + 1;
        end += text[end..].find(is_outside).unwrap_or(text.len() - end);
    }
    (SmolStr::new(text[..end].to_ascii_lowercase()), &text[end..])
}

/// Whether a dollar sign begins the number of a parameter, or nothing.
fn is_parameter(text: &str) -> bool {
    text.starts_with('$') && !text.starts_with("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_replaced_and_texts_stay() {
        let with = |name: &str| (name == "old").then(|| "\"new\"".to_owned());
        for (sql, expected) in [
            ("old > 0 AND older < OLD", "\"new\" > 0 AND older < \"new\""),
            ("'old' || \"old\" || E'\\' old' -- old", "'old' || \"new\" || E'\\' old' -- old"),
            ("old(old) + u.old + old.u", "old(\"new\") + u.old + old.u"),
            ("$$old$$ || 1old || 'é' || old", "$$old$$ || 1old || 'é' || \"new\""),
            ("\"Old\" = \"a\"\"old\"", "\"Old\" = \"a\"\"old\""),
        ] {
            assert_eq!(replaced(sql, with), expected, "{sql}");
        }
    }

    #[test]
    fn identifiers_are_found_whatever_stands_around_them() {
        for (sql, expected) in [
            ("OLD.amount > 0", true),
            ("lower(\"amount\")", true),
            ("amounts > 0 OR 'amount' = note -- amount", false),
            ("\"Amount\" > 0", false),
        ] {
            assert_eq!(mentions(sql, "amount"), expected, "{sql}");
        }
    }

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
            ("1.5 + a .b", vec!["a.b"]),
            ("core . zed, core\n.\n\"zed\", core./* */zed", vec!["core.zed", "core.zed", "core.zed"]),
            ("a, b.c d.e", vec!["b.c", "d.e"]),
            ("/* don't */ core.a /* x /* core.y ' */ core.z */, core.b", vec!["core.a", "core.b"]),
            ("$$it's$$ core.a $t$ core.x $$ $u$ ' $t$ core.b", vec!["core.a", "core.b"]),
            (r"E'it\'s core.x' core.a e'\\' core.b E'''core.y\''", vec!["core.a", "core.b"]),
            ("$1.a core.b $1$ core.c", vec!["core.b", "core.c"]),
            ("a$b.c", vec!["\"a$b\".c"]),
            (
                "${t}core.a t_${t}_core.b \"${t}Core\".c $1.d",
                vec!["\"${t}core\".a", "\"t_${t}_core\".b", "\"${t}Core\".c"],
            ),
            ("/* core.x", vec![]),
            ("$x$ core.x", vec![]),
            (r"E'core.x\", vec![]),
        ] {
            let mut names_found = Vec::new();
            names(sql, |name| names_found.push(name.to_string()));
            assert_eq!(names_found, expected, "{sql}");
        }
    }
}
