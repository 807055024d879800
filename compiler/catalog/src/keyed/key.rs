//! The grammar of keys and of the names of channels.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::value::Type;
use crate::file::is_default;

/// The grammar of a family of keys, as the parts of which each of them is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key {
    pub parts: Vec<Part>,
}

/// A part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Text that stands for itself.
    Literal(SmolStr),
    /// The value of a parameter, percent-encoded.
    Parameter(Parameter),
    /// The tenant that the key belongs to, percent-encoded.
    Tenant {
        parameter: Parameter,
        /// The id of the only tenant on the server; `None` where tenants share it.
        #[serde(default, skip_serializing_if = "is_default")]
        only: Option<SmolStr>,
    },
    /// Parts in braces, which alone decide in which slot of a cluster the key lies.
    HashTag(Vec<Part>),
}

/// A parameter of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    pub name: SmolStr,
    #[serde(rename = "type")]
    pub ty: Type,
    /// Whether the key holds a keyed hash of the value instead of the value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hashed: bool,
}

/// A piece of a key that is read from left to right: the braces of hash tags are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'k> {
    Text(&'k str),
    /// A parameter, with the only value that it takes where there is one.
    Parameter {
        parameter: &'k Parameter,
        only: Option<&'k str>,
        /// Whether it stands in a hash tag of its own.
        tagged: bool,
    },
}

impl Key {
    /// Returns the pieces from left to right.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::with_capacity(self.parts.len());
        let mut open: VecDeque<Open<'_>> = self.parts.iter().map(|part| Open::Part(part, false)).collect();
        while let Some(next) = open.pop_front() {
            match next {
                Open::Close => pieces.push(Piece::Text("}")),
                Open::Part(Part::Literal(text), _) => pieces.push(Piece::Text(text)),
                Open::Part(Part::Parameter(parameter), tagged) => {
                    pieces.push(Piece::Parameter { parameter, only: None, tagged });
                }
                Open::Part(Part::Tenant { parameter, only }, tagged) => {
                    pieces.push(Piece::Parameter { parameter, only: only.as_deref(), tagged });
                }
                Open::Part(Part::HashTag(parts), _) => {
                    pieces.push(Piece::Text("{"));
                    open.push_front(Open::Close);
                    let alone = parts.len() == 1;
                    parts.iter().rev().for_each(|part| open.push_front(Open::Part(part, alone)));
                }
            }
        }
        pieces
    }

    /// Returns the key next to this one, in the same slot: `{queue:emails}:processing`. A hash tag of the
    /// key stays; without one, the whole key becomes one.
    #[must_use]
    pub fn companion(&self, word: &str) -> Self {
        let has_tag = self.parts.iter().any(|part| matches!(part, Part::HashTag(_)));
        let own = if has_tag { self.parts.clone() } else { vec![Part::HashTag(self.parts.clone())] };
        let word = Part::Literal(format!(":{word}").into());
        Self { parts: own.into_iter().chain([word]).collect() }
    }
}

/// A part that is still to be read, and whether it stands alone in a hash tag; or the end of a tag.
enum Open<'k> {
    Part(&'k Part, bool),
    Close,
}
