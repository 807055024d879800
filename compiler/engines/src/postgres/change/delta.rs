//! The objects of two catalogs, one beside the other.

use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Name, Object, ObjectId};

/// Two catalogs of one place: as it was sealed, under today's names, and as the source says it.
pub(super) struct Delta<'c> {
    pub(super) old: &'c Catalog,
    pub(super) new: &'c Catalog,
}

impl<'c> Delta<'c> {
    pub(super) fn of(old: &'c Catalog, new: &'c Catalog) -> Self {
        Self { old, new }
    }

    /// Returns the objects that only the source has.
    pub(super) fn made(&self) -> impl Iterator<Item = &'c Object> {
        let old = self.old;
        self.new.objects().filter(move |object| old.get(&object.id()).is_none())
    }

    /// Returns the objects that only the sealed catalog has.
    pub(super) fn gone(&self) -> impl Iterator<Item = &'c Object> {
        let new = self.new;
        self.old.objects().filter(move |object| new.get(&object.id()).is_none())
    }

    /// Returns the objects that both have and that differ.
    pub(super) fn altered(&self) -> impl Iterator<Item = (&'c Object, &'c Object)> {
        let old = self.old;
        self.new.objects().filter_map(move |object| {
            let before = old.get(&object.id())?;
            (before != object).then_some((before, object))
        })
    }

    /// Whether a table is there already.
    pub(super) fn had_table(&self, name: &Name) -> bool {
        self.old.get(&ObjectId::Table(name.clone())).is_some()
    }

    /// Whether a table stays.
    pub(super) fn has_table(&self, name: &Name) -> bool {
        self.new.get(&ObjectId::Table(name.clone())).is_some()
    }
}
