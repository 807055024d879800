//! The bodies of functions and of `DO` blocks. They are in a procedural language that nobody here can parse, so only
//! the tables that they read and write are looked for: what follows `from`, `join`, `into`, `update` or `using`.

use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::offsets::Offsets;
use crate::written_sql;

/// Texts in texts that could be executed, deeper than anybody writes them.
const DEPTH: usize = 4;

/// The parts of a script that are not plain SQL: its blocks and the bodies of its functions.
pub(super) struct Bodies {
    /// The script with blanks where its blocks were, so that every place in it stays what it was.
    pub(super) rest: String,
    pub(super) has_block: bool,
    pub(super) tables: Vec<Table>,
}

/// A table that a body names.
pub(super) struct Table {
    /// Its schema and its name, as the store sees them.
    pub(super) names: [String; 2],
    /// Bytes of the script.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Bodies {
    /// Finds the bodies in a text with these tokens.
    pub(super) fn of(sql: &str, tokens: &[TokenWithSpan]) -> Self {
        let mut bodies = Self { rest: String::new(), has_block: false, tables: Vec::new() };
        let mut copied = 0;
        let offsets = Offsets::of(sql);
        for statement in tokens.split(|token| token.token == Token::SemiColon) {
            let (Some(first), Some(last)) = (statement.first(), statement.last()) else { continue };
            if !is_block(statement) && !makes_routine(statement) {
                continue;
            }
            for token in statement {
                bodies.look_into(&offsets, token, 0, DEPTH);
            }
            if is_block(statement)
                && let (Some(start), Some(end)) =
                    (offsets.byte(first.span.start), offsets.byte(last.span.end))
                && let (Some(before), Some(block)) = (sql.get(copied..start), sql.get(start..end))
            {
                bodies.has_block = true;
                bodies.rest.push_str(before);
                bodies.rest.extend(block.chars().map(|c| if c == '\n' { c } else { ' ' }));
                copied = end;
            }
        }
        bodies.rest.push_str(sql.get(copied..).unwrap_or_default());
        bodies
    }

    /// `token` stands in the text of `offsets`, which begins at byte `at` of the script.
    fn look_into(&mut self, offsets: &Offsets<'_>, token: &TokenWithSpan, at: usize, depth: usize) {
        let (Token::DollarQuotedString(body), Some(start)) = (&token.token, offsets.byte(token.span.start))
        else {
            return;
        };
        // `$tag$` stands before it.
        let at = at + start + 2 + body.tag.as_ref().map_or(0, String::len);
        let tokens = written_sql::tokens(&body.value).unwrap_or_default();
        let offsets = Offsets::of(&body.value);
        for (i, token) in tokens.iter().enumerate() {
            if depth > 0 {
                self.look_into(&offsets, token, at, depth - 1);
            }
            let is = |i: usize, word: &str| tokens.get(i).and_then(bare).is_some_and(|w| w == word);
            let verb = ["from", "join", "into", "update", "using"].iter().find(|verb| is(i, verb));
            let Some(verb) = verb else { continue };
            let from = if is(i + 1, "only") { i + 2 } else { i + 1 };
            let Some([schema, dot, table]) = tokens.get(from..from + 3) else { continue };
            let (Token::Word(a), Token::Period, Token::Word(b)) = (&schema.token, &dot.token, &table.token)
            else {
                continue;
            };
            let calls = tokens.get(from + 3).is_some_and(|next| next.token == Token::LParen);
            if calls && *verb != "into" {
                continue; // a function that returns rows
            }
            let place = |location| offsets.byte(location).map(|inside| at + inside);
            if let (Some(start), Some(end)) = (place(schema.span.start), place(table.span.end)) {
                self.tables.push(Table { names: [folded(a), folded(b)], start, end });
            }
        }
    }
}

/// `DO [LANGUAGE name] $$ … $$ [LANGUAGE name]`; with a body in plain quotes it is left to the parser, which refuses it.
fn is_block(statement: &[TokenWithSpan]) -> bool {
    let Some((first, rest)) = statement.split_first() else { return false };
    if bare(first).as_deref() != Some("do") {
        return false;
    }
    let is_body = |token: &TokenWithSpan| matches!(token.token, Token::DollarQuotedString(_));
    let is_language = |words: &[TokenWithSpan]| {
        matches!(words, [language, name] if bare(language).as_deref() == Some("language")
            && matches!(name.token, Token::Word(_)))
    };
    match rest {
        [body] => is_body(body),
        [first, .., last] if rest.len() == 3 => {
            is_body(first) && is_language(&rest[1..]) || is_body(last) && is_language(&rest[..2])
        }
        _ => false,
    }
}

fn makes_routine(statement: &[TokenWithSpan]) -> bool {
    let mut words = statement.iter().map_while(bare);
    words.next().as_deref() == Some("create")
        && words.take(3).any(|word| word == "function" || word == "procedure")
}

/// A word without quotes, in lower case.
fn bare(token: &TokenWithSpan) -> Option<String> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
        _ => None,
    }
}

fn folded(word: &Word) -> String {
    if word.quote_style.is_some() { word.value.clone() } else { word.value.to_lowercase() }
}
