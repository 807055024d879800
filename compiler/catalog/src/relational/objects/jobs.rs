//! Work on a schedule.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::file::is_default;

/// A statement that a scheduler outside of the database runs in it again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub name: SmolStr,
    /// The times at which it runs, in cron's five fields, UTC.
    pub schedule: SmolStr,
    /// SQL, without the semicolon at its end.
    pub command: String,
    /// The role that it runs as.
    pub role: SmolStr,
    /// The purpose, in one sentence.
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}
