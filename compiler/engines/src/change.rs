//! The change of a store from what was sealed to what the source says: files in the order in which they run, each with its
//! steps, and what is left for later. It is data, which `plan` shows and `seal` keeps.

pub(crate) mod files;
pub(crate) mod scripts;

use serde::Serialize;
use smol_str::SmolStr;

use polity_model::TierId;

/// A change with the place that it is about: `main`, or `main/enterprise` for that of a tier.
#[derive(Debug)]
pub struct PlacedChange {
    pub place: SmolStr,
    pub change: Change,
}

/// A migration of one place of a store.
#[derive(Debug, Default)]
pub struct Change {
    pub files: Vec<ChangeFile>,
    /// The catalog before anything is taken away, as its file.
    pub catalog: String,
    /// The catalog after the last file, as its file.
    pub contracted: String,
    /// Everything beside the catalog that the next change starts from, as its file.
    pub state: String,
    /// The statements that lead back from everything but the contract.
    pub undo: String,
}

impl Change {
    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the files that take away what only clients of before need, or all others.
    pub fn part(&self, contract: bool) -> impl Iterator<Item = &ChangeFile> {
        self.files.iter().filter(move |file| file.phase.is_contract() == contract)
    }
}

/// A file of a migration. It runs whole or not at all where it is one transaction; otherwise it holds one statement, which may
/// run again.
#[derive(Debug)]
pub struct ChangeFile {
    /// Such as `20_expand.sql`.
    pub name: String,
    pub phase: Phase,
    pub runs: Runner,
    pub steps: Vec<Step>,
    /// The text between the settings of a session and their end.
    pub text: String,
    /// The objects that it makes and takes away, as its file.
    pub changes: String,
}

/// A part of a migration, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Roles, extensions and rights that only an administrator gives.
    Admin,
    /// Adds what new clients need; old ones go on working.
    Expand,
    /// Builds an index beside the writes of clients.
    Index,
    /// Gives values to rows that are there.
    Backfill,
    /// Judges rows that are there by a new rule.
    Validate,
    /// Declares what was judged.
    Settle,
    /// Takes away what only old clients needed.
    Contract,
    /// Takes more of it away, beside the writes of clients.
    ContractBeside,
}

impl Phase {
    /// Whether its files are one transaction each; those of others hold statements that run by themselves, beside clients.
    #[must_use]
    pub fn is_transaction(self) -> bool {
        !matches!(self, Self::Index | Self::Backfill | Self::Validate | Self::ContractBeside)
    }

    /// Whether its files wait until no client of before is left.
    #[must_use]
    pub fn is_contract(self) -> bool {
        matches!(self, Self::Contract | Self::ContractBeside)
    }

    /// Returns the word in the names of files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Expand => "expand",
            Self::Index => "index",
            Self::Backfill => "backfill",
            Self::Validate => "validate",
            Self::Settle => "settle",
            Self::Contract => "contract",
            Self::ContractBeside => "contract_beside",
        }
    }
}

/// The files that were sealed for a place, in the order in which they run, as a program runs them that keeps account of it.
#[derive(Debug)]
pub struct SealedPlace {
    /// `main`, or `main/enterprise` for that of a tier.
    pub place: SmolStr,
    /// The tier whose tenants have it, each with tokens for what is its own.
    pub tier: Option<TierId>,
    /// Whether a tenant has the whole database to itself.
    pub is_apart: bool,
    /// The role that runs what no administrator does.
    pub migrator: SmolStr,
    pub files: Vec<SealedFile>,
    /// The scripts of the source that run behind all others, and again when their text changes.
    pub repeatable: Vec<SealedFile>,
    /// The file of the catalog that all of it leads to.
    pub catalog: String,
    /// The texts that make it at once, where it is that of a tier.
    pub install: Option<Install>,
}

/// The texts that make the place of a tenant as it was sealed last, with tokens.
#[derive(Debug)]
pub struct Install {
    pub tier: SmolStr,
    /// The prefix of the names of its schemas or databases, with `{tenant}` in it.
    pub prefix: String,
    /// The values of tokens that its tier has, each by its name.
    pub parameters: Vec<(&'static str, String)>,
    /// The text that an administrator runs first.
    pub roles: String,
    /// The text that its migrator runs behind it, in one transaction.
    pub objects: String,
}

/// A file to run, with the settings that a session needs for it around it.
#[derive(Debug)]
pub struct SealedFile {
    /// The number of the migration; 0 of a script that is in none.
    pub number: u32,
    /// Such as `V0003__phones/20_expand.sql`.
    pub name: String,
    pub runs: Runner,
    pub is_transaction: bool,
    /// The messages that a server gets: all of it, or the statements where it is no transaction.
    pub texts: Vec<String>,
    /// The sum of the text as it was sealed.
    pub sum: String,
    /// The queries that count rows that do not fit.
    pub counts: Vec<String>,
}

/// The login that runs a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Runner {
    Admin,
    Migrator,
}

/// A statement, or some that stand for one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The object that it makes, changes or takes away, such as `column core.users.phone`.
    pub object: String,
    /// The path of that object in the source, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<SmolStr>,
    /// The change in a few words: "is added".
    pub does: String,
    pub locks: Vec<Locked>,
    pub time: Time,
    pub risks: Vec<Risk>,
    /// Its part of the file.
    #[serde(skip)]
    pub sql: String,
}

/// A lock on a table while a step runs, until its file ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Locked {
    pub table: String,
    pub mode: LockMode,
}

/// The locks of PostgreSQL on tables that keep somebody waiting, by what they keep (PostgreSQL, "Explicit Locking").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Keeps other changes of the table waiting, and nobody who reads or writes.
    ShareUpdateExclusive,
    /// Keeps writes waiting.
    Share,
    /// Keeps writes waiting, and other changes.
    ShareRowExclusive,
    /// Keeps reads waiting as well.
    AccessExclusive,
}

/// The time that a step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Time {
    /// A moment, for any number of rows.
    Instant,
    /// As long as it takes to read all rows.
    Scan,
    /// As long as it takes to build an index.
    Build,
    /// As long as it takes to write all rows anew.
    Rewrite,
}

/// A consequence of a step that somebody should know before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Risk {
    /// All rows are written anew while nobody may read them.
    Rewrite,
    /// All rows are read while nobody may write them.
    Scan,
    /// Values are lost.
    Loss { of: String },
    /// Clients of before do not work any longer.
    Break { clients: String },
    /// Values are sealed, opened or sealed otherwise than clients of before read and write them.
    Encryption { clients: String },
    /// Rows may be there that do not fit; the query counts them.
    Misfits { count: String },
}

impl Risk {
    /// Returns the word by which `accept` names it; `None` of one that is judged by counting.
    #[must_use]
    pub fn word(&self) -> Option<&'static str> {
        match self {
            Self::Rewrite => Some("rewrite"),
            Self::Scan => Some("scan"),
            Self::Loss { .. } => Some("loss"),
            Self::Break { .. } => Some("break"),
            Self::Encryption { .. } => Some("encryption"),
            Self::Misfits { .. } => None,
        }
    }
}
