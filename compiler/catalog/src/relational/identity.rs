//! The identities of objects, and the text by which people know them.

use std::fmt::{Display, Formatter, Result as Written};

use smol_str::SmolStr;

use super::name::{Name, Part, Signature};
use super::objects::{ObjectKind, Target};

/// The identity of an object: its kind, and the names by which the engine tells it from all others of its kind. As a
/// text it is `column core.users.email`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    Role(SmolStr),
    Schema(SmolStr),
    Extension(SmolStr),
    Type(Name),
    Sequence(Name),
    Table(Name),
    /// The column of a table.
    Column(Name, SmolStr),
    /// The constraint of a table.
    Constraint(Name, SmolStr),
    Index(Name),
    Function(Signature),
    View(Name),
    /// The trigger of a table.
    Trigger(Name, SmolStr),
    /// The policy of a table.
    Policy(Name, SmolStr),
    /// The rewrite rule of a table.
    Rule(Name, SmolStr),
    /// The rights of a role on an object.
    Grant(Target, SmolStr),
    /// The rights on objects of a kind that a role makes later, in the whole database or in a schema.
    DefaultPrivileges(SmolStr, ObjectKind, Option<SmolStr>),
    Job(SmolStr),
}

impl Display for ObjectId {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Role(name) => write!(f, "role {}", Part(name)),
            Self::Schema(name) => write!(f, "schema {}", Part(name)),
            Self::Extension(name) => write!(f, "extension {}", Part(name)),
            Self::Type(name) => write!(f, "type {name}"),
            Self::Sequence(name) => write!(f, "sequence {name}"),
            Self::Table(name) => write!(f, "table {name}"),
            Self::Column(table, name) => write!(f, "column {table}.{}", Part(name)),
            Self::Constraint(table, name) => write!(f, "constraint {table}.{}", Part(name)),
            Self::Index(name) => write!(f, "index {name}"),
            Self::Function(signature) => write!(f, "function {signature}"),
            Self::View(name) => write!(f, "view {name}"),
            Self::Trigger(table, name) => write!(f, "trigger {table}.{}", Part(name)),
            Self::Policy(table, name) => write!(f, "policy {table}.{}", Part(name)),
            Self::Rule(table, name) => write!(f, "rule {table}.{}", Part(name)),
            Self::Grant(target, role) => write!(f, "grant on {target} to {}", Part(role)),
            Self::Job(name) => write!(f, "job {}", Part(name)),
            Self::DefaultPrivileges(role, kind, schema) => {
                write!(f, "default privileges of {} on {kind}", Part(role))?;
                schema.iter().try_for_each(|schema| write!(f, " in schema {}", Part(schema)))
            }
        }
    }
}

impl Display for ObjectKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        f.write_str(match self {
            Self::Schemas => "schemas",
            Self::Sequences => "sequences",
            Self::Functions => "functions",
            Self::Tables => "tables",
            Self::Types => "types",
            Self::LargeObjects => "large objects",
        })
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Database => f.write_str("database"),
            Self::Schema(name) => write!(f, "schema {}", Part(name)),
            Self::Sequence(name) => write!(f, "sequence {name}"),
            Self::Function(signature) => write!(f, "function {signature}"),
            Self::Relation(name) => write!(f, "relation {name}"),
        }
    }
}
