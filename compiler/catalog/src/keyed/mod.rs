//! The catalog of an engine of keys and values: its objects by identity.

mod key;
mod objects;
mod server;
mod value;

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::file;
pub use crate::file::{FORMAT, UnreadableCatalog};
pub use key::{Key, Parameter, Part, Piece};
pub use objects::*;
pub use server::*;
pub use value::{Field, Kind, Shape, Type, Value};

/// The objects of one server or cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    objects: BTreeMap<ObjectId, Object>,
}

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

impl Catalog {
    /// Adds an object. One of the same identity gives way to it and is returned.
    pub fn insert(&mut self, object: impl Into<Object>) -> Option<Object> {
        let object = object.into();
        self.objects.insert(object.id(), object)
    }

    /// Returns the object of this identity.
    #[must_use]
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    /// Returns every object, by kind and name.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// Returns the text of its file.
    #[must_use]
    pub fn to_json(&self) -> String {
        file::write(self.objects())
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// When the text is no JSON, not of this shape, of another format, or holds two objects of one identity.
    pub fn from_json(text: &str) -> Result<Self, UnreadableCatalog> {
        let mut catalog = Self::default();
        file::read(text, |object: Object| catalog.insert(object).map(|other| format!("{:?}", other.id())))?;
        Ok(catalog)
    }

    /// Returns the configuration of the server.
    #[must_use]
    pub fn configuration(&self) -> Option<&Configuration> {
        match self.objects.get(&ObjectId::Configuration) {
            Some(Object::Configuration(configuration)) => Some(configuration),
            _ => None,
        }
    }

    /// Returns the keyspace of this name.
    #[must_use]
    pub fn keyspace(&self, name: &SmolStr) -> Option<&Keyspace> {
        match self.objects.get(&ObjectId::Keyspace(name.clone())) {
            Some(Object::Keyspace(keyspace)) => Some(keyspace),
            _ => None,
        }
    }
}
