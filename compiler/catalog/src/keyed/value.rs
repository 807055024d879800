//! The values under keys, and the types of which they are made.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::file::is_default;

/// The value under each key of a keyspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// One value as a string.
    String(Type),
    /// A record as JSON text in a string.
    Json(Vec<Field>),
    /// A record as a document of the module for JSON.
    Document(Vec<Field>),
    Hash(Vec<Field>),
    Stream {
        /// The fields of each entry.
        fields: Vec<Field>,
        /// The groups of consumers.
        #[serde(default, skip_serializing_if = "is_default")]
        groups: Vec<SmolStr>,
        /// The keyspace to which entries move that nobody can process. `None` without one, and where they move to the key
        /// next to the stream.
        #[serde(default, skip_serializing_if = "is_default")]
        dead_letters: Option<SmolStr>,
    },
    List(Type),
    Set(Type),
    SortedSet {
        of: Box<Type>,
        score: Box<Type>,
        descending: bool,
    },
    /// Positions of members on the earth.
    Geo(Type),
    Bloom(Type),
    /// A whole number in a string.
    Counter,
    Bitmap,
    HyperLogLog,
    TimeSeries,
    /// The hits of a limit: each with its time where the window slides, otherwise their number.
    Limiter,
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    String,
    Json,
    Document,
    Hash,
    Stream,
    List,
    Set,
    SortedSet,
    Geo,
    Bloom,
    Counter,
    Bitmap,
    HyperLogLog,
    TimeSeries,
    Limiter,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: SmolStr,
    #[serde(rename = "type")]
    pub ty: Type,
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: SmolStr,
}

/// A type: the shape of its values, and what is not allowed of the shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Type {
    pub shape: Shape,
    /// Whether it may be absent: left out of a record, null in a list or a map.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
    /// The least number, exactly.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min: Option<SmolStr>,
    /// The greatest number, exactly.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max: Option<SmolStr>,
    /// In characters of a text, or in bytes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min_length: Option<u32>,
    /// In characters of a text, or in bytes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_length: Option<u32>,
    /// The regular expression that a text matches.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pattern: Option<SmolStr>,
}

/// The shape of a value, which decides how it is written as text or as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    Boolean,
    /// A whole number of so many bits. One of 64 bits is text in JSON, which could not hold it exactly.
    Integer {
        bits: u8,
    },
    Float,
    /// An exact number, as text.
    Decimal {
        precision: u16,
        scale: u16,
    },
    Text,
    /// A text of exactly so many characters.
    Char {
        length: u32,
    },
    /// Bytes, in base 64.
    Bytes,
    Uuid,
    /// An address or a network.
    Address,
    /// The 24 hexadecimal digits of an identifier in MongoDB.
    ObjectId,
    Date,
    Time,
    Timestamp,
    Interval,
    Email,
    Phone,
    Url,
    Country,
    Currency,
    Language,
    GeoPoint,
    GeoLine,
    GeoPolygon,
    Vector {
        dimensions: u32,
    },
    /// One of these texts.
    OneOf(Vec<SmolStr>),
    List(Box<Type>),
    /// Values by names that are not known before.
    Map(Box<Type>),
    Record(Vec<Field>),
    /// Any JSON.
    Any,
}

impl Value {
    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::String(_) => Kind::String,
            Self::Json(_) => Kind::Json,
            Self::Document(_) => Kind::Document,
            Self::Hash(_) => Kind::Hash,
            Self::Stream { .. } => Kind::Stream,
            Self::List(_) => Kind::List,
            Self::Set(_) => Kind::Set,
            Self::SortedSet { .. } => Kind::SortedSet,
            Self::Geo(_) => Kind::Geo,
            Self::Bloom(_) => Kind::Bloom,
            Self::Counter => Kind::Counter,
            Self::Bitmap => Kind::Bitmap,
            Self::HyperLogLog => Kind::HyperLogLog,
            Self::TimeSeries => Kind::TimeSeries,
            Self::Limiter => Kind::Limiter,
        }
    }
}

impl Kind {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Json => "json",
            Self::Document => "document",
            Self::Hash => "hash",
            Self::Stream => "stream",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted set",
            Self::Geo => "geo",
            Self::Bloom => "bloom",
            Self::Counter => "counter",
            Self::Bitmap => "bitmap",
            Self::HyperLogLog => "hyperloglog",
            Self::TimeSeries => "timeseries",
            Self::Limiter => "limiter",
        }
    }
}

impl From<Shape> for Type {
    fn from(shape: Shape) -> Self {
        Self {
            shape,
            optional: false,
            min: None,
            max: None,
            min_length: None,
            max_length: None,
            pattern: None,
        }
    }
}
