//! Rights of roles on objects.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::name::{Name, Signature};
use crate::file::is_default;

/// The rights of a role on an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub on: Target,
    /// The role that has them; `public` is every role.
    pub to: SmolStr,
    /// The role that gives them, which owns the object; `None` where the administrator gives them on an object of its own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub by: Option<SmolStr>,
    pub privileges: BTreeMap<Privilege, Reach>,
    /// The privileges that the role may give to others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub grantable: BTreeSet<Privilege>,
}

/// The rights of roles on objects that one of them makes later, where these are not the rights that the engine gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivileges {
    /// The role that makes the objects, and so has every right on them.
    pub by: SmolStr,
    pub on: ObjectKind,
    /// The schema of the objects, where the rights come on top of those that hold in the whole database.
    #[serde(default, skip_serializing_if = "is_default")]
    pub within: Option<SmolStr>,
    /// The rights of each other role; `public` is every role.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rights: BTreeMap<SmolStr, DefaultRights>,
}

/// The rights of a role on each object of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultRights {
    pub privileges: BTreeSet<Privilege>,
    /// The privileges that the role may give to others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub grantable: BTreeSet<Privilege>,
}

/// A kind of objects that there are default privileges on; views are tables, and procedures are functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    Schemas,
    Sequences,
    Functions,
    Tables,
    Types,
    LargeObjects,
}

/// An object that there are rights on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The database itself, whose name differs between tenants.
    Database,
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
    Temporary,
    Connect,
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
