//! The objects of a relational engine. Texts of SQL stand at the leaves only, each as the one that lowers writes it.

mod code;
mod jobs;
mod rights;
mod spaces;
mod tables;
mod types;

use serde::{Deserialize, Serialize};

use super::{Name, ObjectId};
use crate::objects::{Identified, objects_from};
pub use code::*;
pub use jobs::*;
pub use rights::*;
pub use spaces::*;
pub use tables::*;
pub use types::*;

/// An object of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    Role(Role),
    Schema(Schema),
    Extension(Extension),
    Type(Type),
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
    DefaultPrivileges(DefaultPrivileges),
    Job(Job),
}

impl Object {
    /// The table or view that it is a part of. A right is on one, and no part of it.
    #[must_use]
    pub fn stands_on(&self) -> Option<&Name> {
        match self {
            Self::Column(column) => Some(&column.table),
            Self::Constraint(one) => Some(&one.table),
            Self::Index(index) => Some(&index.table),
            Self::Trigger(trigger) => Some(&trigger.table),
            Self::Policy(policy) => Some(&policy.table),
            Self::Rule(rule) => Some(&rule.table),
            Self::Role(_)
            | Self::Schema(_)
            | Self::Extension(_)
            | Self::Type(_)
            | Self::Sequence(_)
            | Self::Table(_)
            | Self::Function(_)
            | Self::View(_)
            | Self::Grant(_)
            | Self::DefaultPrivileges(_)
            | Self::Job(_) => None,
        }
    }
}

impl Identified for Object {
    type Id = ObjectId;

    fn id(&self) -> ObjectId {
        match self {
            Self::Role(role) => ObjectId::Role(role.name.clone()),
            Self::Schema(schema) => ObjectId::Schema(schema.name.clone()),
            Self::Extension(extension) => ObjectId::Extension(extension.name.clone()),
            Self::Type(ty) => ObjectId::Type(ty.name.clone()),
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
            Self::DefaultPrivileges(one) => {
                ObjectId::DefaultPrivileges(one.by.clone(), one.on, one.within.clone())
            }
            Self::Job(job) => ObjectId::Job(job.name.clone()),
        }
    }
    fn named(&self) -> String {
        self.id().to_string()
    }
}

objects_from!(
    Role,
    Schema,
    Extension,
    Type,
    Sequence,
    Table,
    Column,
    Constraint,
    Index,
    Function,
    View,
    Trigger,
    Policy,
    Rule,
    Grant,
    DefaultPrivileges,
    Job
);
