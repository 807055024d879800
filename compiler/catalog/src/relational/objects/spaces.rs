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

/// A sequence of numbers, of `bigint` where nothing else is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub name: Name,
    pub owner: SmolStr,
    /// The least number it gives.
    pub least: i64,
    pub start: i64,
    #[serde(flatten)]
    pub more: SequenceMore,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// The details of a sequence for which no source has a word. Each says nothing where it is as the engine has it by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceMore {
    /// The type of its numbers, where it is not `bigint`.
    #[serde(default, rename = "type", skip_serializing_if = "is_default")]
    pub ty: Option<SmolStr>,
    /// The distance between two numbers, where it is not 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub step: Option<i64>,
    /// The greatest number, where it is not that of its type.
    #[serde(default, skip_serializing_if = "is_default")]
    pub most: Option<i64>,
    /// How many numbers a session takes at once, where it is not 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cache: Option<i64>,
    /// Whether it begins again behind its greatest number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cycle: bool,
    /// The table and the column that it goes with.
    #[serde(default, skip_serializing_if = "is_default")]
    pub column: Option<(Name, SmolStr)>,
}
