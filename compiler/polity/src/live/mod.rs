//! Connections to live PostgreSQL databases (feature `live`).
//!
//! A URL is one of libpq's (`postgres://user@host:5432/database?…`). A connection to another machine is encrypted, and its
//! certificate is judged by the roots of this machine or by those of `sslrootcert`, whatever `sslmode` says but `disable`:
//! nothing goes on in clear text because a server, or who stands before it, has no TLS to offer. The password may stand in
//! `PGPASSWORD`, where no list of processes shows it, or in the file that `PGPASSFILE` names.

#![allow(clippy::disallowed_methods, reason = "the one module beside `io` that reaches out")]

mod drift;
mod passfile;
mod refused;
mod target;

use polity_catalog::relational::Catalog;
use polity_engines::postgres_adopt::{Adoption, BEYOND, Beyond};
use polity_engines::postgres_describe::{QUERIES, SETTINGS, Scope, catalog};
use std::sync::{Arc, Mutex, PoisonError};

use postgres::types::ToSql;
use postgres::{Client, IsolationLevel, NoTls, Transaction};

pub use drift::{Drift, drift};
pub use refused::Refused;
pub use target::Target;

/// Limits of time that a role or a database may set. They are taken off as the session begins: the statement that took them off
/// could exceed them itself.
const WITHOUT_LIMITS: &str = "-c statement_timeout=0 -c lock_timeout=0";

/// A session with a database.
pub struct Connection {
    client: Client,
    /// The server and the database, without the password, for messages.
    shown: String,
    /// The warnings of the server since this was asked last.
    warnings: Arc<Mutex<Vec<String>>>,
}

impl Connection {
    /// Opens a session.
    ///
    /// # Errors
    /// When the server cannot be reached, has no TLS where it must, or does not let the login in.
    pub fn open(target: &Target) -> Result<Self, Refused> {
        let shown = target.shown();
        let mut config = target.config();
        let asked = config.get_options().unwrap_or_default().to_owned();
        config.options(&format!("{asked} {WITHOUT_LIMITS}"));
        let warnings = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&warnings);
        config.notice_callback(move |notice| {
            if notice.severity() == "WARNING" {
                let said = std::iter::once(notice.message()).chain(notice.detail()).chain(notice.hint());
                let text = said.collect::<Vec<_>>().join("; ");
                told.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            }
        });
        let opened = match target.roots() {
            Some(tls) => config.connect(tls),
            None => config.connect(NoTls),
        };
        let client = opened.map_err(|error| Refused::of(&shown, &error))?;
        Ok(Self { client, shown, warnings })
    }

    /// Describes the database as `polity_engines` does, as any role that may log in sees it.
    ///
    /// # Errors
    /// When a query fails, or an object is of a kind that a catalog cannot hold.
    pub fn describe(&mut self, scope: &Scope) -> Result<Catalog, Refused> {
        let shown = self.shown.clone();
        let refused = |error: postgres::Error| Refused::of(&shown, &error);
        let mut session = self.client.build_transaction().read_only(true).start().map_err(refused)?;
        described(&mut session, scope, &shown)
    }

    /// Describes the database of an adoption, and the twins that it asks for. Both are seen in one transaction, of which nothing stays.
    ///
    /// # Errors
    /// When a query fails, or an object is of a kind that a catalog cannot hold.
    pub fn describe_with_twins(
        &mut self,
        adoption: &Adoption<'_>,
        scope: &Scope,
    ) -> Result<(Catalog, Catalog), Refused> {
        let shown = self.shown.clone();
        let refused = |error: postgres::Error| Refused::of(&shown, &error);
        let of_one_moment = self.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
        let mut session = of_one_moment.start().map_err(refused)?;
        let live = described(&mut session, scope, &shown)?;
        let mut all = Catalog::default();
        for twins in adoption.twins(&live) {
            let mut some = session.savepoint("twins").map_err(refused)?;
            some.batch_execute(&twins.sql).map_err(refused)?;
            let found = described(&mut some, &twins.scope, &shown)?;
            some.rollback().map_err(refused)?;
            found.objects().for_each(|object| drop(all.insert(object.clone())));
        }
        session.rollback().map_err(refused)?;
        Ok((live, all))
    }

    /// Returns what a part of the database holds that is in no catalog.
    ///
    /// # Errors
    /// When the query fails.
    pub fn beyond(&mut self, scope: &Scope) -> Result<Beyond, Refused> {
        let shown = self.shown.clone();
        let refused = |error: postgres::Error| Refused::of(&shown, &error);
        let mut session = self.client.build_transaction().read_only(true).start().map_err(refused)?;
        session.batch_execute(SETTINGS).map_err(refused)?;
        let rows = session.query(BEYOND, &[&scope.parameter()]).map_err(refused)?;
        let rows =
            rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>().map_err(refused)?;
        Beyond::read(rows).map_err(|error| Refused::says(&shown, error.to_string()))
    }

    /// Runs statements one after the other, as one transaction where they open none.
    ///
    /// # Errors
    /// The first statement that the server refuses.
    pub fn run(&mut self, statements: &str) -> Result<(), Refused> {
        self.client.batch_execute(statements).map_err(|error| Refused::of(&self.shown, &error))
    }

    /// An error about this database.
    pub(crate) fn refusal(&self, message: String) -> Refused {
        Refused::says(&self.shown, message)
    }

    /// Returns the rows of a query.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn query(
        &mut self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<postgres::Row>, Refused> {
        self.client.query(sql, values).map_err(|error| Refused::of(&self.shown, &error))
    }

    /// Returns what the server warned of since this was asked last.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Describes a part of a database within a transaction.
fn described(session: &mut Transaction<'_>, scope: &Scope, shown: &str) -> Result<Catalog, Refused> {
    let refused = |error: postgres::Error| Refused::of(shown, &error);
    session.batch_execute(SETTINGS).map_err(refused)?;
    let mut rows: Vec<(&str, String)> = Vec::new();
    for query in QUERIES {
        let answer = session.query(query.sql, &[&scope.parameter()]).map_err(refused)?;
        for row in answer {
            rows.push((query.name, row.try_get(0).map_err(refused)?));
        }
    }
    catalog(rows).map_err(|unreadable| Refused::says(shown, unreadable.to_string()))
}
