use std::error::Error;
use std::fmt::{Display, Formatter, Result as Written};

use crate::Diagnostic;
use polity_text::diagnostics::codes::E1012;

/// The answer of a database that did not do what it was asked, or of the machine that did not reach it.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The server and the database, without the password.
    pub database: String,
    /// Five characters by which PostgreSQL tells errors apart; `None` where it did not answer.
    pub sqlstate: Option<String>,
    pub message: String,
    pub hint: Option<String>,
}

/// The code by which PostgreSQL says that there is no such database.
const NO_DATABASE: &str = "3D000";

impl Refused {
    pub(super) fn of(database: &str, error: &postgres::Error) -> Self {
        if let Some(said) = error.as_db_error() {
            // That of a violated constraint holds values of a row, which are nobody's business in a log.
            let is_of_row = said.code().code().starts_with("23");
            let detail =
                said.detail().filter(|_| !is_of_row).map(|detail| format!(" ({detail})")).unwrap_or_default();
            return Self {
                database: database.to_owned(),
                sqlstate: Some(said.code().code().to_owned()),
                message: format!("{}{detail}", said.message()),
                hint: said.hint().map(str::to_owned),
            };
        }
        // `postgres` says in its own words which part failed, and its source why.
        let causes = std::iter::successors(error.source(), |&cause: &&dyn Error| cause.source());
        let message = causes.fold(error.to_string(), |message, cause| match cause.to_string() {
            cause if message.ends_with(&cause) => message,
            cause => format!("{message}: {cause}"),
        });
        Self::says(database, message)
    }

    pub(super) fn says(database: &str, message: String) -> Self {
        Self { database: database.to_owned(), sqlstate: None, message, hint: None }
    }

    /// Returns the error as a diagnostic.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let found = Diagnostic::global(E1012, self.to_string());
        match (&self.hint, &self.sqlstate) {
            (Some(hint), _) => found.help(hint.clone()),
            (None, None) => {
                found.help("look at its URL: host, port, database, login, `sslrootcert`; the password may stand in PGPASSWORD")
            }
            (None, Some(state)) if state == NO_DATABASE => {
                found.help("make it first, for its administrator to own: CREATE DATABASE; or look at the name in the URL")
            }
            (None, Some(_)) => found,
        }
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let Self { database, sqlstate, message, .. } = self;
        match sqlstate {
            Some(state) => write!(f, "`{database}` refuses: {message} (SQLSTATE {state})"),
            None => write!(f, "`{database}` cannot be used: {message}"),
        }
    }
}

impl Error for Refused {}
