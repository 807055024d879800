//! What SQL by hand may not say: who may do what is derived from the source, and a line of SQL in passing must not
//! undo it. The search looks into the bodies of functions and into texts that could be executed.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// The words that were found, and what to do instead.
pub(super) struct Found {
    pub words: &'static str,
    pub help: &'static str,
}

const ROLES: &str = "roles and what they may do follow from the platform; leave the statement out";
const ROWS: &str = "row security follows from the platform; leave the statement out";

/// Sequences of words; `*` stands for any one of the words between `|`.
const FORBIDDEN: &[(&[&str], &str, &str)] = &[
    (
        &["security", "definer"],
        "SECURITY DEFINER",
        "a function runs with the rights of whoever calls it; leave it out",
    ),
    (&["create|alter|drop|set|reset", "role|user|group"], "ROLE", ROLES),
    (&["set", "local|session", "role|authorization"], "ROLE", ROLES),
    (&["create|alter|drop", "policy"], "POLICY", ROWS),
    (&["row", "level", "security"], "ROW LEVEL SECURITY", ROWS),
    (&["owner", "to"], "OWNER TO", ROLES),
    (&["alter", "default", "privileges"], "DEFAULT PRIVILEGES", ROLES),
];

pub(super) fn find(sql: &str) -> Option<Found> {
    find_in(sql, 0)
}

fn find_in(sql: &str, depth: usize) -> Option<Found> {
    // What cannot be read is reported by whoever parses it.
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().ok()?;
    let mut words: Vec<String> = Vec::new();
    let mut statement_starts = true;
    for token in &tokens {
        let starts = statement_starts;
        match token {
            Token::Whitespace(_) => continue,
            Token::Word(word) => {
                let word = if word.quote_style.is_some() { String::new() } else { word.value.to_lowercase() };
                if starts && depth == 0 && (word == "grant" || word == "revoke") {
                    return Some(Found {
                        words: if word == "grant" { "GRANT" } else { "REVOKE" },
                        help: ROLES,
                    });
                }
                words.push(word);
                if let Some(found) = ends_with(&words) {
                    return Some(found);
                }
                statement_starts =
                    matches!(words.last().map(String::as_str), Some("begin" | "then" | "else" | "loop"));
                continue;
            }
            Token::DollarQuotedString(text) if depth < 4 => {
                if let Some(found) = find_in(&text.value, depth + 1) {
                    return Some(found);
                }
            }
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) if depth < 4 => {
                if let Some(found) = find_in(text, depth + 1) {
                    return Some(found);
                }
            }
            _ => {}
        }
        words.push(String::new());
        statement_starts = matches!(token, Token::SemiColon);
    }
    // In a text, `grant` alone may be a word like another.
    let grants = |verb: &str, link: &str| {
        let verb = words.iter().position(|w| w == verb)?;
        words[verb..].iter().any(|w| w == link).then_some(())
    };
    if depth > 0 && (grants("grant", "to").is_some() || grants("revoke", "from").is_some()) {
        return Some(Found { words: "GRANT", help: ROLES });
    }
    None
}

fn ends_with(words: &[String]) -> Option<Found> {
    FORBIDDEN
        .iter()
        .find(|(pattern, ..)| {
            words.len() >= pattern.len()
                && pattern
                    .iter()
                    .zip(&words[words.len() - pattern.len()..])
                    .all(|(pattern, word)| pattern.split('|').any(|p| p == word))
        })
        .map(|(_, words, help)| Found { words, help })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn rights_by_hand_are_found_wherever_they_hide() {
        for sql in [
            "GRANT SELECT ON core.users TO public",
            "select 1; revoke all on core.users from app",
            "create /* x */ policy p on core.users",
            "ALTER TABLE core.users DISABLE ROW LEVEL SECURITY",
            "create function f() returns int language sql security definer as $$ select 1 $$",
            "do $$ begin execute 'grant all on core.users to public'; end $$",
            "do $x$ begin create role admin; end $x$",
            "set role postgres",
            "set session authorization postgres",
            "alter table core.users owner to app",
        ] {
            assert!(find(sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn ordinary_words_pass() {
        for sql in [
            "select u.role, u.policy from core.users u where u.state = 'grant pending'",
            "select \"grant\" from core.awards -- create role x",
            "select 'the grant goes on' as text",
        ] {
            assert!(find(sql).is_none(), "{sql}");
        }
    }
}
