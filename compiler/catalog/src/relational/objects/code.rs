//! Objects that hold SQL which runs: functions, views, triggers, policies and rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::name::{Name, Signature};
use crate::file::is_default;

/// A function or a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    pub name: Name,
    pub owner: SmolStr,
    #[serde(default, skip_serializing_if = "is_default")]
    pub arguments: Vec<Argument>,
    /// SQL after `RETURNS`; `None` of a procedure.
    #[serde(default, skip_serializing_if = "is_default")]
    pub returns: Option<SmolStr>,
    pub language: Language,
    #[serde(default, skip_serializing_if = "is_default")]
    pub volatility: Volatility,
    #[serde(default, skip_serializing_if = "is_default")]
    pub parallel_safe: bool,
    /// Whether it is not called where an argument is null.
    #[serde(default, skip_serializing_if = "is_default")]
    pub strict: bool,
    /// Whether the planner may call it with values of rows that row security hides.
    #[serde(default, skip_serializing_if = "is_default")]
    pub leakproof: bool,
    /// Whether it acts with the rights of its owner.
    #[serde(default, skip_serializing_if = "is_default")]
    pub security_definer: bool,
    /// Settings while it runs: name, and value as SQL.
    #[serde(default, skip_serializing_if = "is_default")]
    pub settings: Vec<(SmolStr, SmolStr)>,
    pub body: FunctionBody,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    pub name: SmolStr,
    #[serde(rename = "type")]
    pub ty: SmolStr,
    #[serde(default, skip_serializing_if = "is_default")]
    pub default: Option<SmolStr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    Sql,
    Plpgsql,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    #[default]
    Volatile,
    Stable,
    Immutable,
}

/// The body of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionBody {
    /// Kept as the text that it is, and read when it runs.
    Text(String),
    /// Read when the function is made: whatever it names is held on to (`BEGIN ATOMIC`).
    Atomic(String),
}

/// A view, or a materialized one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub name: Name,
    pub owner: SmolStr,
    pub kind: ViewKind,
    pub query: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
    /// Comments of columns that have one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub column_comments: BTreeMap<SmolStr, SmolStr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewKind {
    /// Shows what its reader may see of the tables (`security_invoker`).
    OfReader,
    /// Shows what its owner may see, and no function of a reader gets at the rest (`security_barrier`).
    OfOwner,
    Materialized,
    /// Shows what its owner may see, and functions of a reader may get at the rest.
    Plain,
}

/// A trigger of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub table: Name,
    pub name: SmolStr,
    /// Whether it fires before the change is made, or after.
    pub before: bool,
    pub events: Vec<Event>,
    /// The columns whose update it fires on; all where none is named.
    #[serde(default, skip_serializing_if = "is_default")]
    pub columns: Vec<SmolStr>,
    /// Whether it fires for each row, or once for the statement.
    pub each_row: bool,
    /// The names under which the function reads all rows of the statement: as they were, and as they became.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rows: TransitionTables,
    /// The condition without which it does not fire.
    #[serde(default, skip_serializing_if = "is_default")]
    pub condition: Option<String>,
    pub function: Name,
    /// Texts that the function is given.
    #[serde(default, skip_serializing_if = "is_default")]
    pub arguments: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub firing: Firing,
}

/// The rows that a statement changed, as tables for the function of a trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionTables {
    #[serde(default, skip_serializing_if = "is_default")]
    pub old: Option<SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub new: Option<SmolStr>,
}

/// The sessions in which a trigger or a rule fires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firing {
    /// Sessions of clients, but not those that apply the changes of another server.
    #[default]
    Origin,
    /// Only sessions that apply the changes of another server.
    Replica,
    Always,
    Disabled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Insert,
    Update,
    Delete,
    Truncate,
}

/// A policy of row security.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub table: Name,
    pub name: SmolStr,
    /// Whether it keeps rows out, whatever other policies let through.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restrictive: bool,
    pub command: Command,
    /// The roles that it is for; all where none is named.
    #[serde(default, skip_serializing_if = "is_default")]
    pub roles: Vec<SmolStr>,
    /// The condition on rows that exist.
    #[serde(default, skip_serializing_if = "is_default")]
    pub using: Option<String>,
    /// The condition on rows that are written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub check: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

/// A rewrite rule of a table. One that the compiler writes does nothing else than to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub table: Name,
    pub name: SmolStr,
    /// The command whose rewriting it takes part in.
    pub on: Event,
    pub condition: String,
    /// The SQL that it runs, where that is not `ALSO NOTHING`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub action: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub firing: Firing,
}

impl Function {
    /// Returns the name and the types of the arguments.
    #[must_use]
    pub fn signature(&self) -> Signature {
        let arguments = self.arguments.iter().map(|argument| argument.ty.clone()).collect();
        Signature { name: self.name.clone(), arguments }
    }
}
