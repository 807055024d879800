//! Objects by identity: the part that the catalogs of all engines share.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::file::{self, UnreadableCatalog};

/// An object that its engine tells from all others of its kind.
pub trait Identified: Serialize + DeserializeOwned {
    type Id: Ord + Debug;

    /// Returns its identity.
    fn id(&self) -> Self::Id;

    /// Returns the identity as an error names it.
    fn named(&self) -> String {
        format!("{:?}", self.id())
    }
}

/// The objects of one place of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects<O: Identified> {
    pub(crate) by_id: BTreeMap<O::Id, O>,
}

impl<O: Identified> Objects<O> {
    /// Adds an object. One of the same identity gives way to it and is returned.
    pub fn insert(&mut self, object: impl Into<O>) -> Option<O> {
        let object = object.into();
        self.by_id.insert(object.id(), object)
    }

    /// Adds many objects, which costs less than one by one, and least where they come in their order. Those that gave way to
    /// another of their identity are returned.
    pub fn insert_all(&mut self, objects: impl IntoIterator<Item = O>) -> Vec<O>
    where
        O: Clone,
    {
        let mut entries: Vec<(O::Id, O)> = objects.into_iter().map(|object| (object.id(), object)).collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut gave_way = Vec::new();
        entries.dedup_by(|(id, later), (kept, earlier)| {
            let is_same = id == kept;
            if is_same {
                gave_way.push(std::mem::replace(earlier, later.clone()));
            }
            is_same
        });
        let before = std::mem::replace(&mut self.by_id, entries.into_iter().collect());
        for (id, object) in before {
            match self.by_id.entry(id) {
                Entry::Occupied(_) => gave_way.push(object),
                Entry::Vacant(place) => drop(place.insert(object)),
            }
        }
        gave_way
    }

    /// Takes an object out.
    pub fn remove(&mut self, id: &O::Id) -> Option<O> {
        self.by_id.remove(id)
    }

    /// Returns the object of this identity.
    #[must_use]
    pub fn get(&self, id: &O::Id) -> Option<&O> {
        self.by_id.get(id)
    }

    /// Returns every object, by kind and name.
    pub fn objects(&self) -> impl Iterator<Item = &O> {
        self.by_id.values()
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
        file::read(text, |object: O| catalog.insert(object).map(|other| other.named()))?;
        Ok(catalog)
    }
}

impl<O: Identified> Default for Objects<O> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new() }
    }
}

impl<O: Identified> FromIterator<O> for Objects<O> {
    fn from_iter<I: IntoIterator<Item = O>>(objects: I) -> Self {
        Self { by_id: objects.into_iter().map(|object| (object.id(), object)).collect() }
    }
}

/// Makes an `Object` of each of its kinds.
macro_rules! objects_from {
    ($($kind:ident),* $(,)?) => { $(
        impl From<$kind> for Object {
            fn from(value: $kind) -> Self {
                Self::$kind(value)
            }
        }
    )* };
}
pub(crate) use objects_from;
