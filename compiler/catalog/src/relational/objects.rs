//! The objects of a relational engine. Texts of SQL stand at the leaves only, each as the one that lowers writes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::ObjectId;
use super::name::{Name, Signature};
use crate::file::is_default;

/// An object of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    Role(Role),
    Schema(Schema),
    Extension(Extension),
    Sequence(Sequence),
    Table(Table),
    Column(Column),
    Constraint(Constraint),
    Index(Index),
    Function(Function),
    View(View),
    Trigger(Trigger),
    Policy(Policy),
    Rule(Rule),
    Grant(Grant),
}

/// A role, or the group that others are members of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub name: SmolStr,
    #[serde(default, skip_serializing_if = "is_default")]
    pub login: bool,
    /// Whether row security lets it see every row.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bypasses_row_security: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub member_of: BTreeSet<SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// A schema, which is a space of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    pub name: SmolStr,
    pub owner: SmolStr,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// An extension of the engine, and the schema that its objects stand in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub name: SmolStr,
    pub schema: SmolStr,
}

/// A sequence of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub name: Name,
    pub owner: SmolStr,
    /// The least number it gives.
    pub least: i64,
    pub start: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// A table. Its columns, constraints, triggers and policies are objects of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: Name,
    pub owner: SmolStr,
    /// The columns in their order.
    pub columns: Vec<SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub partitioned: Option<Partitioned>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub partition_of: Option<PartitionOf>,
    /// Storage parameters, such as `fillfactor`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub storage: BTreeMap<SmolStr, SmolStr>,
    /// Whether policies decide which rows are seen, by the owner as well.
    #[serde(default, skip_serializing_if = "is_default")]
    pub row_security: bool,
    /// Whether they do not decide for the owner (`NO FORCE ROW LEVEL SECURITY`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub unforced: bool,
    /// Whether its rows are lost when the server crashes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unlogged: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// The rule by which the rows of a table are spread over its partitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partitioned {
    pub by: PartitionBy,
    pub columns: Vec<SmolStr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartitionBy {
    Range,
    List,
    Hash,
}

/// The place of a partition in its table: `WITH (MODULUS 4, REMAINDER 0)`, `IN ('paid')`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionOf {
    pub table: Name,
    pub values: SmolStr,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub table: Name,
    pub name: SmolStr,
    #[serde(rename = "type")]
    pub ty: SmolStr,
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub value: ColumnValue,
    /// Whether the planner keeps no statistics of its values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hidden_from_planner: bool,
    /// Whether long values stand outside of the row, as they are (`STORAGE EXTERNAL`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub uncompressed: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// The origin of a column's value where a row does not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnValue {
    #[default]
    Absent,
    Default(String),
    /// Computed from other columns, and stored.
    Generated(String),
    /// Counted, unless the row says it (`GENERATED BY DEFAULT AS IDENTITY`).
    Identity,
    /// Counted, whatever the row says (`GENERATED ALWAYS AS IDENTITY`).
    AlwaysIdentity,
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    pub table: Name,
    pub name: SmolStr,
    #[serde(flatten)]
    pub rule: ConstraintRule,
    /// Whether a transaction may put its judgement off. A reference that is always judged at the end says so itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferrable: bool,
    /// Whether rows that were there before it may break it (`NOT VALID`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub unvalidated: bool,
}

/// The rule that a constraint keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintRule {
    PrimaryKey(Vec<SmolStr>),
    Unique(Vec<SmolStr>),
    Check(String),
    Exclude(Exclusion),
    ForeignKey(ForeignKey),
}

/// A rule that no two rows are alike in all of its elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    pub method: SmolStr,
    /// Expressions, each with the operator that says when two are alike.
    pub elements: Vec<(String, SmolStr)>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub filter: Option<String>,
}

/// A reference to a row of another table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub columns: Vec<SmolStr>,
    pub target: Name,
    pub target_columns: Vec<SmolStr>,
    pub on_delete: OnDelete,
    /// Whether it is judged at the end of the transaction.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferred: bool,
}

/// The fate of a row whose target goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    NoAction,
    Restrict,
    Cascade,
    /// Sets these columns to null; all of the reference where none is named.
    SetNull(Vec<SmolStr>),
    SetDefault,
}

/// An index of a table or of a materialized view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub name: Name,
    pub table: Name,
    #[serde(default, skip_serializing_if = "is_default")]
    pub unique: bool,
    pub method: SmolStr,
    pub columns: Vec<IndexColumn>,
    /// Columns that stand beside the key.
    #[serde(default, skip_serializing_if = "is_default")]
    pub include: Vec<SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub storage: BTreeMap<SmolStr, SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub filter: Option<String>,
    /// Whether it was never built to the end, so that nothing uses it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub invalid: bool,
}

/// A column or an expression that an index is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexColumn {
    /// SQL: a quoted column, or an expression in parentheses.
    pub sql: String,
    /// The operator class, where it is not the type's own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub class: Option<SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub descending: bool,
    /// `None` where it is as the direction has it: last when ascending.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nulls_first: Option<bool>,
    /// Whether the planner keeps no statistics of its values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hidden_from_planner: bool,
}

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

/// The rights of a role on an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub on: Target,
    /// The role that has them; `public` is every role.
    pub to: SmolStr,
    /// The role that gives them, which owns the object.
    pub by: SmolStr,
    pub privileges: BTreeMap<Privilege, Reach>,
    /// The privileges that the role may give to others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub grantable: BTreeSet<Privilege>,
}

/// An object that there are rights on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Schema(SmolStr),
    Sequence(Name),
    Function(Signature),
    /// A table or a view.
    Relation(Name),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    Usage,
    Create,
    Execute,
    Select,
    Insert,
    Update,
    Delete,
    Truncate,
    References,
    Trigger,
    Maintain,
}

/// The part of an object that a privilege is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    Whole,
    Columns(Vec<SmolStr>),
}

impl Object {
    /// Returns its identity.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        match self {
            Self::Role(role) => ObjectId::Role(role.name.clone()),
            Self::Schema(schema) => ObjectId::Schema(schema.name.clone()),
            Self::Extension(extension) => ObjectId::Extension(extension.name.clone()),
            Self::Sequence(sequence) => ObjectId::Sequence(sequence.name.clone()),
            Self::Table(table) => ObjectId::Table(table.name.clone()),
            Self::Column(column) => ObjectId::Column(column.table.clone(), column.name.clone()),
            Self::Constraint(one) => ObjectId::Constraint(one.table.clone(), one.name.clone()),
            Self::Index(index) => ObjectId::Index(index.name.clone()),
            Self::Function(function) => ObjectId::Function(function.signature()),
            Self::View(view) => ObjectId::View(view.name.clone()),
            Self::Trigger(trigger) => ObjectId::Trigger(trigger.table.clone(), trigger.name.clone()),
            Self::Policy(policy) => ObjectId::Policy(policy.table.clone(), policy.name.clone()),
            Self::Rule(rule) => ObjectId::Rule(rule.table.clone(), rule.name.clone()),
            Self::Grant(grant) => ObjectId::Grant(grant.on.clone(), grant.to.clone()),
        }
    }
}

impl Function {
    /// Returns the name and the types of the arguments.
    #[must_use]
    pub fn signature(&self) -> Signature {
        let arguments = self.arguments.iter().map(|argument| argument.ty.clone()).collect();
        Signature { name: self.name.clone(), arguments }
    }
}

impl Grant {
    /// Adds privileges. What is given whole is not given by column as well.
    pub fn add(&mut self, privileges: BTreeMap<Privilege, Reach>) {
        for (privilege, more) in privileges {
            match (self.privileges.get_mut(&privilege), more) {
                (Some(Reach::Whole), _) => {}
                (Some(Reach::Columns(held)), Reach::Columns(columns)) => {
                    columns.into_iter().for_each(|column| {
                        if !held.contains(&column) {
                            held.push(column);
                        }
                    });
                }
                (_, more) => {
                    self.privileges.insert(privilege, more);
                }
            }
        }
    }
}

macro_rules! objects_from {
    ($($kind:ident),*) => { $(
        impl From<$kind> for Object {
            fn from(value: $kind) -> Self {
                Self::$kind(value)
            }
        }
    )* };
}

objects_from!(
    Role, Schema, Extension, Sequence, Table, Column, Constraint, Index, Function, View, Trigger, Policy,
    Rule, Grant
);
