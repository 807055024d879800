//! Schemas of documents: what `$jsonSchema` can say, as types.
//! <https://www.mongodb.com/docs/manual/reference/operator/query/jsonSchema/>

use std::fmt::{Display, Formatter, Result as Written};

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::file::is_default;

/// The values that may stand in a place. An empty schema takes any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Schema {
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub bson_type: Option<BsonType>,
    /// Whether null is taken beside the type.
    #[serde(skip_serializing_if = "is_default")]
    pub nullable: bool,
    /// The schemas of which a value keeps one, where there are any: those of before and of today, until no client of before is
    /// left. Nothing else is said beside them.
    #[serde(skip_serializing_if = "is_default")]
    pub any_of: Vec<Schema>,
    #[serde(skip_serializing_if = "is_default")]
    pub title: SmolStr,
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// The only values that are taken, where there are any. Their order means nothing.
    #[serde(rename = "enum", skip_serializing_if = "is_default")]
    pub allowed: IndexSet<Literal>,
    #[serde(skip_serializing_if = "is_default")]
    pub minimum: Option<Number>,
    #[serde(skip_serializing_if = "is_default")]
    pub maximum: Option<Number>,
    #[serde(skip_serializing_if = "is_default")]
    pub multiple_of: Option<Number>,
    /// The fewest characters of a text.
    #[serde(skip_serializing_if = "is_default")]
    pub min_length: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub max_length: Option<u32>,
    /// The patterns that a text matches, all of them.
    #[serde(skip_serializing_if = "is_default")]
    pub patterns: Vec<String>,
    /// The elements of a list.
    #[serde(skip_serializing_if = "is_default")]
    pub items: Items,
    #[serde(skip_serializing_if = "is_default")]
    pub min_items: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    pub max_items: Option<u32>,
    /// The fields of a document, as they are listed. Their order means nothing.
    #[serde(skip_serializing_if = "is_default")]
    pub properties: IndexMap<SmolStr, Property>,
    /// All other fields of a document.
    #[serde(skip_serializing_if = "is_default")]
    pub others: Others,
}

/// A field of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// The fields without which it does not stand (`dependencies`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub needs: Vec<SmolStr>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub schema: Schema,
}

/// The elements of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Items {
    #[default]
    Any,
    Each(Box<Schema>),
    /// The first element, the second, and so on.
    Tuple(Vec<Schema>),
}

/// The fields of a document that its schema does not name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Others {
    #[default]
    Any,
    Refused,
    Each(Box<Schema>),
}

/// A type of BSON, or the alias of several. In a file each has the engine's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BsonType {
    Double,
    String,
    Object,
    Array,
    BinData,
    ObjectId,
    Bool,
    Date,
    Null,
    Int,
    Long,
    Decimal,
    /// Any type of number.
    Number,
}

/// A number that is held against others by its value. As a text it is its digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    Whole(i64),
    Double(serde_json::Number),
    Decimal(SmolStr),
}

/// A value that a document may hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    Text(SmolStr),
    Uuid { uuid: SmolStr },
}

impl Schema {
    /// Returns the schema of any value of a type.
    #[must_use]
    pub fn of(bson_type: BsonType) -> Self {
        Self { bson_type: Some(bson_type), ..Self::default() }
    }
}

impl BsonType {
    /// Returns the engine's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::String => "string",
            Self::Object => "object",
            Self::Array => "array",
            Self::BinData => "binData",
            Self::ObjectId => "objectId",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Null => "null",
            Self::Int => "int",
            Self::Long => "long",
            Self::Decimal => "decimal",
            Self::Number => "number",
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Double(number) => number.fmt(f),
            Self::Decimal(digits) => digits.fmt(f),
        }
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
