//! Roles, and what other objects stand in or count by: schemas, extensions, sequences.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::name::Name;
use crate::file::is_default;

/// A role, or the group that others are members of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub name: SmolStr,
    #[serde(default, skip_serializing_if = "is_default")]
    pub login: bool,
    /// Whether row security lets it see every row. No role that is lowered does: only a superuser could let it.
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
