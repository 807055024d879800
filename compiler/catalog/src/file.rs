//! A catalog as a file: JSON with the number of its format and a list of objects, by kind and name.

use std::fmt::{Display, Formatter, Result as Written};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The format that is written, and the only one that is read.
pub const FORMAT: u32 = 1;

/// The levels that a file may have. Documents of 100 levels, which is as deep as MongoDB goes, have schemas of about 300.
const MOST_LEVELS: usize = 512;

/// The error for a text that is no catalog.
#[derive(Debug)]
pub enum UnreadableCatalog {
    /// It is no JSON, or not of the shape that a catalog has; the place stands in the error.
    Shape(serde_json::Error),
    /// It was written in another format than [`FORMAT`].
    Format(u32),
    /// Two of its objects have one identity, which the text names.
    Twice(String),
    /// It has so many levels, more than a reader should follow.
    Deep(usize),
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
            Self::Deep(levels) => {
                write!(f, "not a catalog: it has {levels} levels, where at most {MOST_LEVELS} are expected")
            }
        }
    }
}

impl std::error::Error for UnreadableCatalog {}

/// Returns the text of a file with these objects.
pub(crate) fn write<'o, O: Serialize + 'o>(objects: impl Iterator<Item = &'o O>) -> String {
    #[derive(Serialize)]
    struct Writing<O> {
        format: u32,
        objects: Vec<O>,
    }
    let writing = Writing { format: FORMAT, objects: objects.collect() };
    // Names, texts and numbers only: there is nothing in it that JSON could not say.
    serde_json::to_string_pretty(&writing).unwrap_or_default() + "\n"
}

/// Reads the text of a file and gives its objects one by one to `insert`, which returns the identity of one that was there
/// already.
pub(crate) fn read<O: DeserializeOwned>(
    text: &str,
    mut insert: impl FnMut(O) -> Option<String>,
) -> Result<(), UnreadableCatalog> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    #[derive(Deserialize)]
    struct Reading<O> {
        objects: Vec<O>,
    }
    let levels = levels(text);
    if levels > MOST_LEVELS {
        return Err(UnreadableCatalog::Deep(levels));
    }
    let Format { format } = parse(text)?;
    if format != FORMAT {
        return Err(UnreadableCatalog::Format(format));
    }
    let Reading { objects } = parse(text)?;
    match objects.into_iter().find_map(&mut insert) {
        Some(id) => Err(UnreadableCatalog::Twice(id)),
        None => Ok(()),
    }
}

/// Parses JSON of any depth, which was bounded before.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, UnreadableCatalog> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let value = T::deserialize(&mut reader).map_err(UnreadableCatalog::Shape)?;
    reader.end().map_err(UnreadableCatalog::Shape)?;
    Ok(value)
}

/// Returns the number of levels of a JSON text.
fn levels(text: &str) -> usize {
    let (mut level, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' if !quoted => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Whether a value is the one that a file leaves out.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
