//! How large and how deep a text is, by its tokens alone.
//!
//! A tree has a level for each bracket, and one for each operator in a row: `a + b + c` has two. What of a row is at
//! the bottom and what on top depends on how tightly it binds, so a row counts as high as its highest bracket and all
//! of its operators together. A comma ends a row; `UNION` and the like go on behind one.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

const BYTES: usize = 256 << 10;
const TOKENS: usize = 50_000;
/// Brackets in brackets, and whatever else the parser nests.
pub(super) const BRACKETS: usize = 50;
/// How often the parser may call itself: for each bracket, and for the text around them.
pub(super) const CALLS: usize = BRACKETS + 2;
/// Levels of one tree. An unoptimised walk takes 1 KB of stack for each, and a comparison of two trees 2.3 KB.
const HEIGHT: usize = 400;

/// Refuses a text of too many bytes, before its tokens are known.
pub(super) fn judge_bytes(sql: &str) -> Result<(), String> {
    let bytes = sql.len();
    if bytes > BYTES {
        Err(format!("this SQL has {bytes} bytes, and at most {BYTES} are read"))
    } else {
        Ok(())
    }
}

/// Refuses a text that has too many tokens, or nests too deep.
pub(super) fn judge(tokens: &[TokenWithSpan]) -> Result<(), String> {
    let count = tokens.iter().filter(|token| !is_blank(&token.token)).count();
    if count > TOKENS {
        return Err(format!("this SQL has {count} tokens, and at most {TOKENS} are read"));
    }
    if height(tokens, |_, token| usize::from(opens(token))) > BRACKETS {
        return Err(too_deep());
    }
    let height = height(tokens, |_, token| usize::from(opens(token) || builds(token)));
    if height > HEIGHT {
        return Err(format!("{height} operators build on one another in this SQL, and at most {HEIGHT} may"));
    }
    Ok(())
}

/// How often the parser calls itself, at most: for brackets, queries, and what stands before its operand.
pub(super) fn nesting(tokens: &[TokenWithSpan]) -> usize {
    height(tokens, |before, token| {
        let nests = match token {
            Token::Word(word) if word.quote_style.is_none() => match word.keyword {
                Keyword::SELECT => true,
                keyword => builds(token) && !INFIX.contains(&keyword),
            },
            token => opens(token) || builds(token) && !before.is_some_and(is_operand),
        };
        usize::from(nests)
    })
}

pub(super) fn too_deep() -> String {
    format!("this SQL nests more than {BRACKETS} deep")
}

/// The levels of a tree, of which each token adds those that `levels` says of it and of the one before it.
fn height(tokens: &[TokenWithSpan], levels: impl Fn(Option<&Token>, &Token) -> usize) -> usize {
    let mut around = Vec::new();
    let mut bracket = Bracket::default();
    let mut before = None;
    for token in tokens.iter().map(|token| &token.token).filter(|token| !is_blank(token)) {
        let levels = levels(before, token);
        match token {
            token if opens(token) => {
                around.push(bracket);
                bracket = Bracket { own: levels, ..Bracket::default() };
            }
            // One that nothing opened closes nothing: the parser will say so.
            Token::RParen | Token::RBracket | Token::RBrace => {
                if let Some(outer) = around.pop() {
                    bracket = bracket.closed_in(outer);
                }
            }
            Token::Comma => bracket.end_row(),
            Token::SemiColon => bracket.end_statement(),
            token if combines(token) => bracket.combined += levels,
            _ => bracket.operators += levels,
        }
        before = Some(token);
    }
    around.into_iter().rev().fold(bracket, Bracket::closed_in).height()
}

/// The levels of what stands in one pair of brackets, or in none.
#[derive(Clone, Copy, Default)]
struct Bracket {
    /// Levels of the bracket itself.
    own: usize,
    /// Levels of the row that goes on.
    operators: usize,
    /// The highest bracket in it.
    inner: usize,
    /// The highest row before it.
    rows: usize,
    /// Levels by which queries were combined.
    combined: usize,
    /// The highest statement before this one.
    statements: usize,
}

impl Bracket {
    fn height(self) -> usize {
        self.own + self.statements.max(self.combined + self.rows.max(self.operators + self.inner))
    }

    fn end_row(&mut self) {
        self.rows = self.rows.max(self.operators + self.inner);
        (self.operators, self.inner) = (0, 0);
    }

    fn end_statement(&mut self) {
        let statements = self.height() - self.own;
        *self = Self { own: self.own, statements, ..Self::default() };
    }

    /// The bracket around it, when this one closes.
    fn closed_in(self, outer: Self) -> Self {
        Self { inner: outer.inner.max(self.height()), ..outer }
    }
}

fn is_blank(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_) | Token::EOF)
}

fn opens(token: &Token) -> bool {
    matches!(token, Token::LParen | Token::LBracket | Token::LBrace)
}

/// Whether it joins two queries.
fn combines(token: &Token) -> bool {
    const WORDS: &[Keyword] = &[Keyword::UNION, Keyword::EXCEPT, Keyword::INTERSECT, Keyword::MINUS];
    matches!(token, Token::Word(word) if word.quote_style.is_none() && WORDS.contains(&word.keyword))
}

/// Whether it may be an operator, or a word that holds an expression.
fn builds(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && !FLAT.contains(&word.keyword),
        Token::Period | Token::Comma | Token::SemiColon | Token::RParen | Token::RBracket | Token::RBrace => {
            false
        }
        token => !is_value(token),
    }
}

/// Whether an operator behind it has it for its left side.
fn is_operand(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_some() || VALUES.contains(&word.keyword),
        token => is_value(token) || matches!(token, Token::RParen | Token::RBracket | Token::RBrace),
    }
}

fn is_value(token: &Token) -> bool {
    matches!(
        token,
        Token::Number(..)
            | Token::Placeholder(_)
            | Token::SingleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::SingleQuotedByteStringLiteral(_)
    )
}

/// Words of clauses and of values, which add no level. Every other word of SQL may be an operator.
const FLAT: &[Keyword] = &[
    Keyword::NoKeyword,
    Keyword::ALL,
    Keyword::AS,
    Keyword::ASC,
    Keyword::BY,
    Keyword::CROSS,
    Keyword::DELETE,
    Keyword::DESC,
    Keyword::DISTINCT,
    Keyword::ELSE,
    Keyword::END,
    Keyword::FALSE,
    Keyword::FIRST,
    Keyword::FROM,
    Keyword::FULL,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::INNER,
    Keyword::INSERT,
    Keyword::INTO,
    Keyword::LAST,
    Keyword::LEFT,
    Keyword::LIMIT,
    Keyword::NATURAL,
    Keyword::NULL,
    Keyword::NULLS,
    Keyword::OFFSET,
    Keyword::ON,
    Keyword::ORDER,
    Keyword::OUTER,
    Keyword::RETURNING,
    Keyword::RIGHT,
    Keyword::SELECT,
    Keyword::SET,
    Keyword::THEN,
    Keyword::TRUE,
    Keyword::UPDATE,
    Keyword::USING,
    Keyword::VALUES,
    Keyword::WHEN,
    Keyword::WHERE,
    Keyword::WITH,
];

/// Operators between two operands or behind one, of which the parser makes a row in one loop.
const INFIX: &[Keyword] = &[
    Keyword::AND,
    Keyword::AT,
    Keyword::BETWEEN,
    Keyword::COLLATE,
    Keyword::ESCAPE,
    Keyword::ILIKE,
    Keyword::IN,
    Keyword::IS,
    Keyword::LIKE,
    Keyword::NOTNULL,
    Keyword::OR,
    Keyword::SIMILAR,
    Keyword::TIME,
    Keyword::TO,
    Keyword::ZONE,
];

/// Words that are values.
const VALUES: &[Keyword] = &[Keyword::NoKeyword, Keyword::END, Keyword::FALSE, Keyword::NULL, Keyword::TRUE];

#[cfg(test)]
mod tests {
    use super::super::{Measured, Refusal, expression, tokens};
    use super::*;

    #[test]
    fn a_tree_is_as_high_as_its_brackets_and_operators() {
        for (sql, levels) in [
            ("a", 0),
            ("a + b + c", 2),
            ("(a + b) + c", 3),
            ("f(a + b, c + d)", 2),
            ("(((a)))", 3),
            ("NOT NOT a", 2),
            ("a::int::text", 2 + 2),
            ("x.y.z", 0),
            ("SELECT a, b, c FROM t WHERE a = 1 AND b = 2", 3),
            ("SELECT 1, 2 UNION SELECT 3, 4 UNION SELECT 5, 6", 2),
            ("SELECT 1; SELECT 2; SELECT 3", 0),
            ("SELECT 1 + 2; SELECT 3", 1),
            ("a IN (1, 2, 3, 4)", 2),
            ("CASE WHEN a THEN b WHEN c THEN d ELSE e END", 1),
            ("((a", 2),
            ("a))) + b", 1),
        ] {
            let tokens = tokens(sql).expect("it is little");
            assert_eq!(
                height(&tokens, |_, token| usize::from(opens(token) || builds(token))),
                levels,
                "{sql}"
            );
        }
    }

    #[test]
    fn each_limit_is_told_and_what_is_just_below_it_passes() {
        let rows = |n: usize| format!("f({})", vec!["1"; n].join(","));
        let sums = |n: usize| vec!["a"; n + 1].join("+");
        let nests = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
        let long = |n: usize| format!("'{}'", "a".repeat(n - 2));
        // 1.35 MB of `OR` took the stack of the program.
        let ors = "a = 1 OR ".repeat(150_000) + "a = 1";
        for (passes, refused, said) in [
            (long(BYTES), long(BYTES + 1), "262145 bytes"),
            (rows(TOKENS / 2 - 1), rows(TOKENS / 2), "50002 tokens"),
            (nests(BRACKETS), nests(BRACKETS + 1), "nests more than 50 deep"),
            (sums(HEIGHT), sums(HEIGHT + 1), "401 operators build on one another"),
            ("a = 1 OR a = 1".to_owned(), ors, "1350005 bytes"),
        ] {
            assert!(Measured::of(&passes).is_ok(), "{said}");
            assert!(expression(&passes).is_ok(), "{said}");
            let Err(Refusal::Excess(excess)) = Measured::of(&refused) else { panic!("{said}") };
            assert!(excess.contains(said), "{excess}");
        }
    }

    #[test]
    fn the_parser_nests_for_brackets_and_for_what_stands_before_its_operand() {
        for (sql, levels) in [
            ("a + b + c", 0),
            ("a = 1 AND b LIKE 'x' OR c IS NULL", 0),
            ("a - -1", 1),
            ("NOT NOT a", 2),
            ("f(a) = b", 1),
            ("a IN (SELECT b FROM c WHERE NOT d)", 3),
            ("CASE WHEN a THEN b END", 1),
        ] {
            assert_eq!(nesting(&tokens(sql).expect("it is little")), levels, "{sql}");
        }
    }
}
