//! SQL that a person wrote. It is parsed, never run: what it names must exist under its stored name, and what only
//! the compiler may write is refused.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::Resolver;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0314;
use crate::source::Span;

impl Resolver<'_> {
    /// Whether a fragment is one expression and nothing more.
    pub(super) fn judge_fragment(&mut self, text: &str, span: Span) -> bool {
        let dialect = PostgreSqlDialect {};
        let parsed = Parser::new(&dialect).try_with_sql(text).and_then(|mut parser| {
            parser.parse_expr()?;
            parser.expect_token(&sqlparser::tokenizer::Token::EOF)
        });
        match parsed {
            Ok(_) => true,
            Err(error) => {
                self.error(
                    Diagnostic::new(E0314, span, format!("this is no SQL expression: {}", said(&error)))
                        .help("write one expression, as it would stand in a `CHECK (…)`"),
                );
                false
            }
        }
    }
}

/// What the SQL parser says, in the way messages are written here.
fn said(error: &sqlparser::parser::ParserError) -> String {
    use sqlparser::parser::ParserError as E;
    match error {
        E::TokenizerError(text) | E::ParserError(text) => text.trim_end_matches('.').to_owned(),
        E::RecursionLimitExceeded => "it is nested too deep".to_owned(),
    }
}
