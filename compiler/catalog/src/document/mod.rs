//! The catalog of a document engine: its objects by identity.

mod joined;
mod objects;
mod schema;

use std::fmt::{Display, Formatter, Result as Written};

use smol_str::SmolStr;

use crate::objects::Objects;

pub use crate::file::{FORMAT, UnreadableCatalog};
pub use objects::*;
pub use schema::*;

/// The objects of one database. Its name is none of them: environments and tenants have databases of different names, and
/// what stands in them says nothing of it.
pub type Catalog = Objects<Object>;

/// The identity of an object: its kind, and the names by which the engine tells it from all others of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    Collection(SmolStr),
    /// The index of a collection.
    Index(SmolStr, SmolStr),
    /// The distribution of a collection over shards.
    Sharding(SmolStr),
    View(SmolStr),
    Role(SmolStr),
    User(SmolStr),
}

impl Display for ObjectId {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Collection(name) => write!(f, "collection {name}"),
            Self::Index(collection, name) => write!(f, "index {collection}.{name}"),
            Self::Sharding(collection) => write!(f, "sharding {collection}"),
            Self::View(name) => write!(f, "view {name}"),
            Self::Role(name) => write!(f, "role {name}"),
            Self::User(name) => write!(f, "user {name}"),
        }
    }
}

impl Objects<Object> {
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&Collection> {
        let Object::Collection(collection) = self.get(&ObjectId::Collection(name.into()))? else {
            return None;
        };
        Some(collection)
    }

    /// Returns the index of a collection by its name.
    #[must_use]
    pub fn index(&self, collection: &str, name: &str) -> Option<&Index> {
        let Object::Index(index) = self.get(&ObjectId::Index(collection.into(), name.into()))? else {
            return None;
        };
        Some(index)
    }

    /// Returns the distribution of a collection over shards, where it has one.
    #[must_use]
    pub fn sharding(&self, collection: &str) -> Option<&Sharding> {
        let Object::Sharding(sharding) = self.get(&ObjectId::Sharding(collection.into()))? else {
            return None;
        };
        Some(sharding)
    }

    #[must_use]
    pub fn view(&self, name: &str) -> Option<&View> {
        let Object::View(view) = self.get(&ObjectId::View(name.into()))? else { return None };
        Some(view)
    }

    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        let Object::Role(role) = self.get(&ObjectId::Role(name.into()))? else { return None };
        Some(role)
    }
}
