//! The catalog of an engine of keys and values: its objects by identity.

mod key;
mod objects;
mod server;
mod value;

use std::fmt::{Display, Formatter, Result as Written};

use smol_str::SmolStr;

use crate::objects::Objects;

pub use crate::file::{FORMAT, UnreadableCatalog};
pub use key::{Key, Parameter, Part, Piece};
pub use objects::*;
pub use server::*;
pub use value::{Field, Kind, Shape, Type, Value};

/// The objects of one server or cluster.
pub type Catalog = Objects<Object>;

/// The identity of an object: its kind, and the names that tell it from all others of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    /// The configuration of the server, of which there is one.
    Configuration,
    Keyspace(SmolStr),
    Channel(SmolStr),
    Library(SmolStr),
    /// The fragment of a library.
    Fragment(SmolStr, SmolStr),
    /// The function; the names of all libraries are one space.
    Function(SmolStr),
    User(SmolStr),
}

impl Display for ObjectId {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Configuration => f.write_str("configuration"),
            Self::Keyspace(name) => write!(f, "keyspace {name}"),
            Self::Channel(name) => write!(f, "channel {name}"),
            Self::Library(name) => write!(f, "library {name}"),
            Self::Fragment(library, name) => write!(f, "fragment {library}.{name}"),
            Self::Function(name) => write!(f, "function {name}"),
            Self::User(name) => write!(f, "user {name}"),
        }
    }
}

impl Objects<Object> {
    /// Returns the configuration of the server.
    #[must_use]
    pub fn configuration(&self) -> Option<&Configuration> {
        match self.by_id.get(&ObjectId::Configuration) {
            Some(Object::Configuration(configuration)) => Some(configuration),
            _ => None,
        }
    }

    /// Returns the keyspace of this name.
    #[must_use]
    pub fn keyspace(&self, name: &SmolStr) -> Option<&Keyspace> {
        match self.by_id.get(&ObjectId::Keyspace(name.clone())) {
            Some(Object::Keyspace(keyspace)) => Some(keyspace),
            _ => None,
        }
    }
}
