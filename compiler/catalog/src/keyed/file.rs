//! A catalog as a file: JSON with the number of its format, one object after the other, by kind and name.

use std::fmt::{Display, Formatter, Result as Written};

use serde::{Deserialize, Serialize};

use super::{Catalog, Object};

/// The format that is written, and the only one that is read.
pub const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Writing<'c> {
    format: u32,
    objects: Vec<&'c Object>,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[derive(Deserialize)]
struct Reading {
    objects: Vec<Object>,
}

/// The error for a text that is no catalog.
#[derive(Debug)]
pub enum UnreadableCatalog {
    /// It is no JSON, or not of the shape that a catalog has; the place stands in the error.
    Shape(serde_json::Error),
    /// It was written in another format than [`FORMAT`].
    Format(u32),
    /// Two of its objects have one identity, which the text names.
    Twice(String),
}

impl Display for UnreadableCatalog {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Shape(error) => write!(f, "not a catalog: {error}"),
            Self::Format(format) => {
                write!(
                    f,
                    "a catalog of format {format}, where {FORMAT} is expected: another version of Polity wrote it"
                )
            }
            Self::Twice(id) => write!(f, "not a catalog: it holds {id} twice"),
        }
    }
}

impl std::error::Error for UnreadableCatalog {}

impl Catalog {
    /// Returns the text of its file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let writing = Writing { format: FORMAT, objects: self.objects().collect() };
        // Names and texts only: there is nothing in it that JSON could not say.
        serde_json::to_string_pretty(&writing).unwrap_or_default() + "\n"
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// When the text is no JSON, not of this shape, of another format, or holds two objects of one identity.
    pub fn from_json(text: &str) -> Result<Self, UnreadableCatalog> {
        let Format { format } = serde_json::from_str(text).map_err(UnreadableCatalog::Shape)?;
        if format != FORMAT {
            return Err(UnreadableCatalog::Format(format));
        }
        let Reading { objects } = serde_json::from_str(text).map_err(UnreadableCatalog::Shape)?;
        let mut catalog = Self::default();
        for object in objects {
            let id = object.id();
            if catalog.insert(object).is_some() {
                return Err(UnreadableCatalog::Twice(format!("{id:?}")));
            }
        }
        Ok(catalog)
    }
}
