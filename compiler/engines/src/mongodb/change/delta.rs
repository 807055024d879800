//! A database as it was sealed, beside the one that the source says.

use super::super::lower::Lowered;
use super::super::lower::fills::Fills;
use super::super::lower::sealed::{Fill, Move, Sealed};
use polity_catalog::Identified;
use polity_catalog::document::{Catalog, Collection, Object, ObjectId, Schema};
use polity_catalog::origins::Origins;

/// Two catalogs of one database: as it was sealed, under today's names of collections, and as the source says it.
pub(super) struct Delta<'d> {
    pub(super) sealed: &'d Sealed,
    pub(super) old: &'d Catalog,
    pub(super) new: &'d Catalog,
    pub(super) lowered: &'d Lowered<'d>,
    pub(super) origins: &'d Origins,
    pub(super) fills: &'d Fills,
    /// The values of new fields that documents must have, as clients write them.
    usual: Vec<&'d Fill>,
    /// The fields that have another name than the documents that are there.
    pub(super) moves: Vec<Move>,
    /// The collections that differ, as they take documents until no client of before is left.
    pub(super) joined: Vec<Collection>,
}

impl<'d> Delta<'d> {
    pub(super) fn of(
        sealed: &'d Sealed,
        lowered: &'d Lowered<'_>,
        origins: &'d Origins,
        fills: &'d Fills,
    ) -> Self {
        let (old, new) = (&sealed.catalog, &lowered.catalog);
        let moves: Vec<Move> =
            lowered.collections().flat_map(|collection| sealed.moves(collection, origins)).collect();
        let joined = lowered.collections().filter_map(|collection| {
            let before = old.collection(&collection.name)?;
            let of = moves.iter().filter(|one| one.collection == collection.name);
            Some(joined(collection, before, of))
        });
        let joined = joined.collect();
        let mut delta = Self { sealed, old, new, lowered, origins, fills, usual: Vec::new(), moves, joined };
        delta.usual = fills.usual.iter().filter(|fill| delta.comes(fill)).collect();
        delta
    }

    /// Returns the objects that only the source has.
    pub(super) fn made(&self) -> impl Iterator<Item = &'d Object> {
        let old = self.old;
        self.new.objects().filter(move |object| old.get(&object.id()).is_none())
    }

    /// Returns the objects that only the sealed catalog has.
    pub(super) fn gone(&self) -> impl Iterator<Item = &'d Object> {
        let new = self.new;
        self.old.objects().filter(move |object| new.get(&object.id()).is_none())
    }

    /// Whether a collection is there, and stays.
    pub(super) fn leads(&self, collection: &str) -> bool {
        let id = ObjectId::Collection(collection.into());
        self.old.get(&id).is_some() && self.new.get(&id).is_some()
    }

    /// Returns the collections that are there and stay: as they were sealed, as they take documents for a while, and as the
    /// source says them.
    pub(super) fn leading(&self) -> impl Iterator<Item = (&Collection, &Collection, &Collection)> {
        self.joined.iter().filter_map(|joined| {
            Some((self.old.collection(&joined.name)?, joined, self.new.collection(&joined.name)?))
        })
    }

    /// Returns the values of fields that documents need: those of the source, then those that wait since the last seal.
    pub(super) fn all_fills(&self) -> impl Iterator<Item = &Fill> {
        self.fills.said.iter().chain(self.usual.iter().copied()).chain(&self.sealed.state.fills)
    }

    /// Whether documents have to take a value at once: it was not sealed that they did.
    pub(super) fn is_new(&self, fill: &Fill) -> bool {
        self.comes(fill) || !self.sealed.state.fills.contains(fill)
    }

    /// Whether the field of a value is a new one that documents must have.
    fn comes(&self, fill: &Fill) -> bool {
        let is_moved = self.moves.iter().any(|one| fill.is_of(&one.collection, &one.to));
        let before = self.old.collection(&fill.collection);
        let is_there = before.is_none_or(|before| before.schema.properties.contains_key(&fill.field));
        let after = self.new.collection(&fill.collection);
        let property = after.and_then(|after| after.schema.properties.get(&fill.field));
        !is_moved && !is_there && property.is_some_and(|property| property.required)
    }
}

/// A collection that takes documents of before as well, those in which fields were moved among them.
fn joined<'m>(
    collection: &Collection,
    before: &Collection,
    moves: impl Iterator<Item = &'m Move>,
) -> Collection {
    let mut joined = collection.joined(before);
    for Move { from, to, .. } in moves {
        let old: Option<Schema> = before.schema.properties.get(from).map(|property| property.schema.clone());
        if let (Some(old), Some(property)) = (old, joined.schema.properties.get_mut(to)) {
            property.schema = property.schema.joined(&old);
        }
    }
    joined
}
