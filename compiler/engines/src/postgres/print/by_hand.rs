//! The functions, types and sequences that scripts make, which the undo takes along: each may stand in the way of a table
//! or a schema, or would stay behind.

use std::fmt::Write;

use sqlparser::tokenizer::Token;

use super::super::lower::database::Database;
use super::super::lower::handwritten::scripts;
use super::super::sql::Ident;
use polity_model::written_sql;

/// Writes a statement for each, as the role that ran the scripts; nothing where none makes anything.
pub(super) fn drops(database: &Database) -> String {
    let mut found: Vec<String> = Vec::new();
    for script in scripts(database) {
        for drop in made(&script.sql) {
            if !found.contains(&drop) {
                found.push(drop);
            }
        }
    }
    let mut out = String::new();
    if !found.is_empty() {
        let _ = writeln!(out, "SET ROLE {};\n", Ident(&database.roles.owner));
    }
    // What was made last may need what was made before it.
    for drop in found.iter().rev() {
        let _ = writeln!(out, "{drop} CASCADE;");
    }
    if !found.is_empty() {
        out.push('\n');
    }
    out
}

/// `DROP ROUTINE IF EXISTS core.slug(text)` for each that a script creates.
fn made(sql: &str) -> Vec<String> {
    let tokens: Vec<Token> =
        written_sql::tokens(sql).unwrap_or_default().into_iter().map(|token| token.token).collect();
    let is = |at: usize, words: &[&str]| matches!(tokens.get(at), Some(Token::Word(word)) if word.quote_style.is_none() && words.contains(&word.value.to_lowercase().as_str()));
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let begins = at == 0 || tokens[at - 1] == Token::SemiColon;
        if !begins || !is(at, &["create"]) {
            continue;
        }
        let kind = if is(at + 1, &["or"]) { at + 3 } else { at + 1 };
        let name = if is(kind + 1, &["if"]) { kind + 4 } else { kind + 1 };
        let end = (name..tokens.len()).find(|at| !is_of_name(&tokens[*at])).unwrap_or(tokens.len());
        let end = (name + 1..end).find(|at| are_two_names(&tokens[*at - 1], &tokens[*at])).unwrap_or(end);
        let named = written(&tokens[name.min(end)..end]);
        if is(kind, &["function", "procedure"]) {
            found.push(format!("DROP ROUTINE IF EXISTS {named}({})", arguments(&tokens[end..])));
        } else if is(kind, &["type"]) {
            found.push(format!("DROP TYPE IF EXISTS {named}"));
        } else if is(kind, &["sequence"]) {
            found.push(format!("DROP SEQUENCE IF EXISTS {named}"));
        }
    }
    found
}

fn is_of_name(token: &Token) -> bool {
    matches!(token, Token::Word(_) | Token::Period)
}

/// Whether a name ends between two tokens.
fn are_two_names(first: &Token, second: &Token) -> bool {
    matches!((first, second), (Token::Word(_), Token::Word(_)))
}

/// The arguments in parentheses, without what they are where none is given.
fn arguments(tokens: &[Token]) -> String {
    let mut arguments: Vec<Vec<Token>> = vec![Vec::new()];
    let (mut depth, mut is_default) = (0_usize, false);
    for token in tokens {
        let is_word = |word: &str| matches!(token, Token::Word(own) if own.value.eq_ignore_ascii_case(word));
        match token {
            Token::LParen => depth += 1,
            Token::RParen if depth <= 1 => break,
            Token::RParen => depth -= 1,
            _ => {}
        }
        match token {
            Token::LParen if depth == 1 && arguments.len() == 1 && arguments[0].is_empty() => continue,
            Token::Comma if depth == 1 => {
                arguments.push(Vec::new());
                is_default = false;
                continue;
            }
            Token::Eq | Token::Assignment if depth == 1 => is_default = true,
            _ => is_default |= depth == 1 && is_word("default"),
        }
        if !is_default && let Some(argument) = arguments.last_mut() {
            argument.push(token.clone());
        }
    }
    let arguments: Vec<String> = arguments.iter().map(|argument| written(argument)).collect();
    arguments.join(", ")
}

fn written(tokens: &[Token]) -> String {
    let mut out = String::new();
    for (at, token) in tokens.iter().enumerate() {
        if at > 0 && are_two_names(&tokens[at - 1], token) {
            out.push(' ');
        }
        let _ = write!(out, "{token}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_makes_is_dropped_by_its_name_and_its_arguments() {
        for (sql, drops) in [
            (
                "create function core.f() returns int language sql as $$ select 1 $$",
                &["DROP ROUTINE IF EXISTS core.f()"][..],
            ),
            (
                "CREATE OR REPLACE FUNCTION core.\"F x\"(a int, b numeric(10, 2) DEFAULT least(1, 2), OUT c text[]) AS $$ create function no() $$;\ncreate procedure p(inout x core.users = null) language sql as $$ $$",
                &[
                    "DROP ROUTINE IF EXISTS core.\"F x\"(a int, b numeric(10,2), OUT c text[])",
                    "DROP ROUTINE IF EXISTS p(inout x core.users)",
                ],
            ),
            (
                "create type core.t as enum ('a'); create sequence if not exists core.s start 3",
                &["DROP TYPE IF EXISTS core.t", "DROP SEQUENCE IF EXISTS core.s"],
            ),
            ("create index i on core.a (b); comment on table core.a is 'create function f()'", &[]),
        ] {
            assert_eq!(made(sql), drops, "{sql}");
        }
    }
}
