//! `polity apply`: what was sealed of a PostgreSQL store, applied to the database that tenants share and to every tenant's place.
//!
//! | module | does |
//! |---|---|
//! | `plan` | reads what was sealed once, for all tenants, and finds what an account of a place lacks |
//! | `ledger` | keeps account of what ran, in each database |
//! | `listed` | adds tenants that a file lists |
//! | `adopted` | begins the account of a database that was there |
//! | `session` | begins sessions, and locks |
//! | `tiers` | keeps the texts from which tenants are made that no line of the source names |
//! | `neighbours` | finds the parts of a database that tenants have to themselves |
//! | `moved` | finds tenants that have a place where the source has none for them |
//! | `record` | takes what was sealed for run where a place holds it |
//! | `run` | runs what is lacking: a number at a time, the shared place first, then the tenants of each tier |
//! | `unit` | runs files in one place |
//!
//! A place is led on by one session at a time, and by one program: whoever comes later waits, and finds less to do. After a stop at any
//! moment the next run goes on with what the ledger lacks.

#![allow(clippy::disallowed_types, reason = "it says how long a file took")]

mod adopted;
mod ledger;
mod listed;
mod moved;
mod neighbours;
mod plan;
mod record;
mod run;
mod session;
mod tiers;
mod unit;

use serde::Serialize;

use crate::Diagnostic;
use polity_text::diagnostics::codes::E1910;

pub use adopted::record_adopted;
pub use moved::misplaced;
pub use neighbours::neighbours;
pub use plan::{File, Place, Plan, Tenant};
pub use run::apply;

/// The choices of a run.
#[derive(Debug, Clone)]
pub struct Choices {
    /// How many tenants are led on at once.
    pub at_once: usize,
    /// After so many failures nothing else begins.
    pub stop_after: usize,
    /// Whether only to say what would run.
    pub dry_run: bool,
    /// Whether to run nothing, and to take what was sealed for run where a place holds it and has no account.
    pub record: bool,
}

/// A moment of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Moment {
    /// A file ran, or would.
    File { place: String, tenant: Option<String>, file: String, milliseconds: u64, is_dry: bool },
    /// A place that holds what was sealed is written down as one in which it ran.
    Recorded { place: String, tenant: Option<String>, files: usize },
    /// Another session is at work, and is waited for: its number (`pg_backend_pid`) and its login.
    Waits { place: String, tenant: Option<String>, holder: String },
    /// A file met a lock, and is tried again.
    Retries { place: String, tenant: Option<String>, file: String, reason: String },
    /// A server warned.
    Warning { place: String, tenant: Option<String>, text: String },
    /// A tenant has a place that is not the one of the source.
    Misplaced { place: String, tenant: Option<String>, text: String, help: String },
    /// A file failed.
    Fails { place: String, tenant: Option<String>, file: String, reason: String },
}

/// The end of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The places that there are: the shared one, and those of tenants.
    pub places: usize,
    /// The files that ran, or would.
    pub files: usize,
    /// The files that are left.
    pub left: usize,
    /// The places in which a file failed.
    pub failed: usize,
}

/// An error of a run.
fn problem(message: impl Into<String>) -> Diagnostic {
    Diagnostic::global(E1910, message.into())
}
