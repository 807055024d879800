//! Types of values that somebody made. Nothing is lowered to one: the language keeps what it has of the kind in types of the engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::name::Name;
use crate::file::is_default;

/// A type that somebody made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Type {
    pub name: Name,
    pub owner: SmolStr,
    #[serde(flatten)]
    pub kind: TypeKind,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// The values of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeKind {
    /// Texts, in their order.
    Enum(Vec<String>),
    /// A value of each member: its name, and its type.
    Composite(Vec<(SmolStr, SmolStr)>),
    Domain(Domain),
}

/// The values of another type that keep some rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The other type.
    pub base: SmolStr,
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub default: Option<String>,
    /// The rules by their names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub checks: BTreeMap<SmolStr, String>,
}
