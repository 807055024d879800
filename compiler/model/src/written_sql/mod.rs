//! SQL that a person wrote, on its only way to the parser. The parser, and whoever walks its trees, takes a piece of
//! stack for each level, so a text is measured by its tokens first, and refused where it is too much.

mod deep;
mod measure;
mod quotes;
mod walk;

use sqlparser::ast::{Expr, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

pub(crate) use walk::walk;
pub use walk::{walk_expression, walk_statement};

/// The columns that every table has beside its own
/// (<https://www.postgresql.org/docs/current/ddl-system-columns.html>).
pub const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Why a text is not read.
#[derive(Debug)]
pub enum Refusal {
    /// It is too large or too deep.
    Excess(String),
    /// It is no SQL.
    Syntax(ParserError),
}

/// An unoptimised parser takes up to 114 KB of stack each time that it calls itself. What it calls itself for no more
/// often than this is parsed on the stack that is there, all else on a larger one.
const SHALLOW: usize = 6;

/// A text that is not too much, and that PostgreSQL cuts into the same tokens.
pub(crate) struct Measured(Vec<TokenWithSpan>);

impl Measured {
    pub(crate) fn of(sql: &str) -> Result<Self, Refusal> {
        measure::judge_bytes(sql).map_err(Refusal::Excess)?;
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location();
        let tokens = tokens.map_err(|error| Refusal::Syntax(error.into()))?;
        measure::judge(&tokens).map_err(Refusal::Excess)?;
        quotes::judge(sql, &tokens).map_err(|why| Refusal::Syntax(ParserError::TokenizerError(why)))?;
        Ok(Self(tokens))
    }

    /// The tokens with their places, blanks and remarks among them.
    pub(crate) fn all(&self) -> &[TokenWithSpan] {
        &self.0
    }

    /// The tokens with their places, without blanks and remarks.
    pub(crate) fn tokens(&self) -> Vec<TokenWithSpan> {
        let counts = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::EOF);
        self.0.iter().filter(counts).cloned().collect()
    }

    /// Statements, separated by semicolons.
    pub(crate) fn statements(self) -> Result<Vec<Statement>, Refusal> {
        self.parsed(|parser| parser.parse_statements())
    }

    /// One expression and nothing more.
    pub(crate) fn expression(self) -> Result<Expr, Refusal> {
        self.parsed(|parser| {
            let expr = parser.parse_expr()?;
            parser.expect_token(&Token::EOF)?;
            Ok(expr)
        })
    }

    fn parsed<T: Send + 'static>(
        self,
        parse: fn(&mut Parser) -> Result<T, ParserError>,
    ) -> Result<T, Refusal> {
        let nesting = measure::nesting(&self.0);
        let work = move || {
            let dialect = PostgreSqlDialect {};
            let parser = Parser::new(&dialect).with_recursion_limit(measure::CALLS);
            parse(&mut parser.with_tokens_with_locations(self.0))
        };
        let parsed = if nesting <= SHALLOW {
            work()
        } else {
            deep::on_large_stack(work).unwrap_or(Err(ParserError::RecursionLimitExceeded))
        };
        parsed.map_err(|error| match error {
            ParserError::RecursionLimitExceeded => Refusal::Excess(measure::too_deep()),
            error => Refusal::Syntax(error),
        })
    }
}

/// Statements, separated by semicolons.
pub fn statements(sql: &str) -> Result<Vec<Statement>, Refusal> {
    Measured::of(sql)?.statements()
}

/// One expression and nothing more.
pub fn expression(sql: &str) -> Result<Expr, Refusal> {
    Measured::of(sql)?.expression()
}

/// The tokens with their places, without blanks and remarks.
pub fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, Refusal> {
    Ok(Measured::of(sql)?.tokens())
}
