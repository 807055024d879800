//! A database as it was sealed: the catalog, and what stands beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::field_of;
use polity_catalog::document::{Catalog, Collection, FORMAT, Object, ObjectId};
use polity_catalog::origins::{Origins, Part};
use polity_govern::Stored;
use polity_model::Store;

/// A database as it was sealed.
#[derive(Debug, Default)]
pub(in crate::mongodb) struct Sealed {
    /// The catalog, in which collections have today's names.
    pub(in crate::mongodb) catalog: Catalog,
    pub(in crate::mongodb) state: State,
    /// The collections that are called otherwise today, by the names that they had.
    pub(in crate::mongodb) renamed: BTreeMap<SmolStr, SmolStr>,
    /// The objects that were sealed, by the things of the source that they come from.
    known: BTreeMap<(SmolStr, Part), String>,
}

/// Everything beside the catalog that the next change starts from.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::mongodb) struct State {
    format: u32,
    /// The values that fields took in the documents that were there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::mongodb) fills: Vec<Fill>,
    /// The fields that have another name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::mongodb) moves: Vec<Move>,
    origins: Origins,
}

/// The value of a field in the documents that have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::mongodb) struct Fill {
    pub(in crate::mongodb) collection: SmolStr,
    pub(in crate::mongodb) field: SmolStr,
    /// An aggregation expression that may name the fields of the document.
    pub(in crate::mongodb) value: Json,
}

/// Another name of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::mongodb) struct Move {
    pub(in crate::mongodb) collection: SmolStr,
    pub(in crate::mongodb) from: SmolStr,
    pub(in crate::mongodb) to: SmolStr,
}

impl Sealed {
    /// Returns what was sealed of a store, if anything was, under today's names of collections. A file that cannot be read is
    /// reported by a rule.
    pub(in crate::mongodb) fn of(platform: &Stored, store: &Store, origins: &Origins) -> Option<Self> {
        let place = platform.history.places.get(&store.named.name)?;
        let mut sealed = Self::read(&place.catalog, &place.state).ok()?;
        sealed.settle(origins);
        Some(sealed)
    }

    /// Reads the files of the last seal.
    ///
    /// # Errors
    /// The file that cannot be read, and the reason.
    pub(in crate::mongodb) fn read(catalog: &str, state: &str) -> Result<Self, String> {
        let catalog = Catalog::from_json(catalog).map_err(|error| format!("catalog.json: {error}"))?;
        let state: State = serde_json::from_str(state).map_err(|error| format!("state.json: {error}"))?;
        if state.format != FORMAT {
            return Err(format!("state.json: format {}, where {FORMAT} is expected", state.format));
        }
        let known = state.origins.iter();
        let known = known.map(|(object, of)| ((of.id.clone(), of.part), object.to_owned())).collect();
        Ok(Self { catalog, state, renamed: BTreeMap::new(), known })
    }

    /// Finds the collections that are called otherwise today.
    fn settle(&mut self, origins: &Origins) {
        let names = self.state.origins.renamed(origins);
        let collections = names.iter().filter_map(|(old, new)| {
            Some((old.strip_prefix("collection ")?.into(), new.strip_prefix("collection ")?.into()))
        });
        self.renamed = collections.collect();
        self.catalog = self.catalog.objects().map(|object| self.called(object)).collect();
        for fill in &mut self.state.fills {
            fill.collection = today(&self.renamed, &fill.collection);
        }
        for one in &mut self.state.moves {
            one.collection = today(&self.renamed, &one.collection);
        }
    }

    /// Returns an object with today's names of collections.
    fn called(&self, object: &Object) -> Object {
        let mut object = object.clone();
        let rename = |name: &mut SmolStr| *name = today(&self.renamed, name);
        match &mut object {
            Object::Collection(collection) => rename(&mut collection.name),
            Object::Index(index) => rename(&mut index.collection),
            Object::Sharding(sharding) => rename(&mut sharding.collection),
            // These name collections by the names that they had, until they are stated anew.
            Object::View(_) | Object::Role(_) | Object::User(_) => {}
        }
        object
    }

    /// Returns the fields of a collection that have other names today, and those that had before and were not taken away yet.
    pub(in crate::mongodb) fn moves(&self, collection: &Collection, origins: &Origins) -> Vec<Move> {
        let name = &collection.name;
        let Some(old) = self.catalog.collection(name) else { return Vec::new() };
        let fields: BTreeMap<SmolStr, SmolStr> = collection
            .schema
            .properties
            .keys()
            .filter_map(|field| Some((self.name_before(name, field, origins)?, field.clone())))
            .collect();
        let earlier = self.state.moves.iter().filter(|one| one.collection == *name).map(|one| {
            // The field that it was called may have another name by now.
            let to = fields.get(&one.to).unwrap_or(&one.to).clone();
            Move { to, ..one.clone() }
        });
        let new = fields.iter().map(|(from, to)| {
            let (from, to) = (from.clone(), to.clone());
            Move { collection: name.clone(), from, to }
        });
        let is_left = |one: &Move| {
            old.schema.properties.contains_key(&one.from)
                && !collection.schema.properties.contains_key(&one.from)
        };
        earlier.chain(new).filter(is_left).collect()
    }

    /// Returns the name that a field was sealed with, where it has another today.
    pub(in crate::mongodb) fn name_before(
        &self,
        collection: &str,
        field: &str,
        origins: &Origins,
    ) -> Option<SmolStr> {
        let before = self.field_before(collection, field, origins)?;
        (before != field).then(|| before.into())
    }

    /// Whether a field was sealed, under whatever name.
    pub(in crate::mongodb) fn knew(&self, collection: &str, field: &str, origins: &Origins) -> bool {
        self.field_before(collection, field, origins).is_some()
    }

    fn field_before(&self, collection: &str, field: &str, origins: &Origins) -> Option<&str> {
        let origin = origins.get(&field_of(collection, field))?;
        let before = self.renamed.iter().find(|(_, new)| *new == collection);
        let prefix = field_of(before.map_or(collection, |(old, _)| old), "");
        self.known.get(&(origin.id.clone(), origin.part))?.strip_prefix(&prefix)
    }
}

impl State {
    pub(in crate::mongodb) fn new(fills: Vec<Fill>, moves: Vec<Move>, origins: &Origins) -> Self {
        Self { format: FORMAT, fills, moves, origins: origins.clone() }
    }

    pub(in crate::mongodb) fn to_json(&self) -> String {
        // Names, texts and numbers only: there is nothing in it that JSON could not say.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Fill {
    /// Whether it is the value of this field.
    pub(in crate::mongodb) fn is_of(&self, collection: &str, field: &str) -> bool {
        self.collection == collection && self.field == field
    }
}

impl Move {
    /// Returns the identity of the collection.
    pub(in crate::mongodb) fn of(&self) -> ObjectId {
        ObjectId::Collection(self.collection.clone())
    }
}

fn today(renamed: &BTreeMap<SmolStr, SmolStr>, name: &SmolStr) -> SmolStr {
    renamed.get(name).unwrap_or(name).clone()
}
