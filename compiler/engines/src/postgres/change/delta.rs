//! The objects of two catalogs, one beside the other.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::super::lower::doubles::{Double, names_of};
use super::super::lower::fills::Fill;
use super::super::lower::indexings::Indexing;
use super::super::lower::lowered::Lowered;
use super::super::lower::sealed::Sealed;
use super::super::lower::sealings::Sealing;
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Function, FunctionBody, Name, Object, ObjectId, Table, mentions};

/// Two catalogs of one place: as it was sealed, under today's names, and as the source says it.
pub(super) struct Delta<'c> {
    /// The older one whole.
    pub(super) before: &'c Catalog,
    /// The older one without whatever was dropped to be made anew.
    pub(super) old: &'c Catalog,
    pub(super) new: &'c Catalog,
    differing: Differing<'c>,
    /// The columns that clients encrypt, or no longer, from now on or since an earlier seal, until the contract.
    sealings: Vec<Sealing>,
    /// The keyed hashes that come or go likewise.
    indexings: Vec<Indexing>,
    /// The columns whose rows are to be filled.
    fills: BTreeMap<ObjectId, &'c Fill>,
    /// The columns of which the default is another for each row.
    varied: &'c BTreeMap<ObjectId, Fill>,
    sealed: &'c Sealed,
}

/// The objects that are not in both catalogs, and those that differ: found once, since each part of a change asks for them.
struct Differing<'c> {
    made: Vec<&'c Object>,
    gone: Vec<&'c Object>,
    altered: Vec<(&'c Object, &'c Object)>,
}

impl<'c> Differing<'c> {
    /// Walks through both in their order at once.
    fn of(old: &'c Catalog, new: &'c Catalog) -> Self {
        let mut differing = Self { made: Vec::new(), gone: Vec::new(), altered: Vec::new() };
        let (mut olds, mut news) = (old.objects().peekable(), new.objects().peekable());
        loop {
            let order = match (olds.peek(), news.peek()) {
                (Some(before), Some(after)) => before.id().cmp(&after.id()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return differing,
            };
            let before = if order.is_le() { olds.next() } else { None };
            let after = if order.is_ge() { news.next() } else { None };
            match (before, after) {
                (Some(before), Some(after)) if before != after => differing.altered.push((before, after)),
                (Some(before), None) => differing.gone.push(before),
                (None, Some(after)) => differing.made.push(after),
                _ => {}
            }
        }
    }
}

impl<'c> Delta<'c> {
    /// Compares what is left of the sealed catalog once whatever is made anew was dropped with what holds until the contract.
    pub(super) fn of(old: &'c Catalog, new: &'c Catalog, sealed: &'c Sealed, lowered: &'c Lowered) -> Self {
        let is_new = |id: &ObjectId| old.get(id).is_none();
        let is_required =
            |id: &ObjectId| matches!(new.get(id), Some(Object::Column(column)) if column.required);
        let varied = lowered.fills.varied.iter().filter(|(id, _)| is_new(id) && is_required(id));
        let ran = |id: &ObjectId, fill: &Fill| sealed.state.steps.contains(&fill.remembered(id));
        let did = |id: &ObjectId, fill: &Fill| {
            let ObjectId::Column(table, column) = id else { return false };
            let before = sealed.renames.column_before(table, column);
            ran(id, fill) || before.is_some_and(|(table, name)| ran(&ObjectId::Column(table, name), fill))
        };
        let said = lowered.fills.said.iter().filter(|(id, fill)| is_new(id) || !did(id, fill));
        let doubles = sealed.doubles.iter().map(|double| {
            let id = ObjectId::Column(double.table.clone(), double.new.clone());
            (id, &double.fill)
        });
        let fills = varied.chain(said).map(|(id, fill)| (id.clone(), fill)).chain(doubles).collect();
        let (differing, varied) = (Differing::of(old, new), &lowered.fills.varied);
        let (sealings, indexings) = (sealings(old, sealed), indexings(old, sealed));
        Self { before: &sealed.renamed, old, new, differing, sealings, indexings, fills, varied, sealed }
    }

    /// Returns what a query reads that counts the rows of a table before the change, under the names that they have after it.
    pub(super) fn rows(&self, table: &Name) -> String {
        super::misfits::rows(self, self.sealed, table)
    }

    /// Compares catalogs in which no row is to be filled.
    pub(super) fn back(old: &'c Catalog, lowered: &'c Lowered, sealed: &'c Sealed) -> Self {
        let (new, varied) = (&lowered.catalog, &lowered.fills.varied);
        let differing = Differing::of(old, new);
        let (sealings, indexings) = (sealings(old, sealed), indexings(old, sealed));
        let fills = BTreeMap::new();
        Self { before: old, old, new, differing, sealings, indexings, fills, varied, sealed }
    }

    /// Returns a table as it is at the end: columns that were there before stand where they stood.
    pub(super) fn settled(&self, table: &Table) -> Table {
        let mut settled = table.clone();
        if let Some(old) = self.old.table(&table.name) {
            let (now, was) = (&table.columns, &old.columns);
            let added = now.iter().filter(|column| !was.contains(column));
            settled.columns =
                was.iter().filter(|column| now.contains(column)).chain(added).cloned().collect();
        }
        settled
    }

    /// Returns the column that from now on has its old name beside this one, until the contract.
    pub(super) fn double(&self, table: &Name, new: &str) -> Option<&'c Double> {
        self.sealed.doubles.iter().find(|double| double.table == *table && double.new == new)
    }

    /// Whether a column is the old name of another, since now or since an earlier seal.
    pub(super) fn has_double(&self, table: &Name, old: &str) -> bool {
        let since_now = self.sealed.doubles.iter().any(|double| double.table == *table && double.old == old);
        since_now || self.names_in_step(table).any(|(first, _)| first == old)
    }

    /// Whether a column has had another name beside this one since an earlier seal.
    pub(super) fn is_double(&self, table: &Name, new: &str) -> bool {
        self.names_in_step(table).any(|(_, second)| second == new)
    }

    /// Returns both names of the columns that triggers of earlier seals keep in step.
    fn names_in_step(&self, table: &Name) -> impl Iterator<Item = (&'c str, &'c str)> {
        self.old.triggers(table).filter_map(names_of)
    }

    /// Returns the columns that clients encrypt from now on, or no longer.
    pub(super) fn sealings_now(&self) -> &'c [Sealing] {
        &self.sealed.sealings
    }

    /// Returns them with those of earlier seals that wait for the contract.
    pub(super) fn sealings(&self) -> &[Sealing] {
        &self.sealings
    }

    /// Returns the field of which a column is one of those.
    pub(super) fn sealing(&self, table: &Name, column: &str) -> Option<&Sealing> {
        self.sealings.iter().find(|one| one.names(table, column))
    }

    /// Returns the keyed hashes that come or go from now on.
    pub(super) fn indexings_now(&self) -> &'c [Indexing] {
        &self.sealed.indexings
    }

    /// Returns them with those of earlier seals that wait for the contract.
    pub(super) fn indexings(&self) -> &[Indexing] {
        &self.indexings
    }

    /// Returns the keyed hash that a column is, where it comes or goes.
    pub(super) fn indexing(&self, table: &Name, column: &str) -> Option<&Indexing> {
        self.indexings.iter().find(|one| one.is_hash(table, column))
    }

    /// Whether only clients lead on what a column holds.
    pub(super) fn is_led_by_clients(&self, table: &Name, column: &str) -> bool {
        self.sealing(table, column).is_some() || self.indexing(table, column).is_some()
    }

    /// Whether a function goes on as it is until the rows are filled: it reads a column that has its old name beside the new one.
    pub(super) fn waits(&self, function: &Function) -> bool {
        let (FunctionBody::Text(sql) | FunctionBody::Atomic(sql)) = &function.body;
        self.old.get(&ObjectId::Function(function.signature())).is_some()
            && self.sealed.doubles.iter().any(|double| mentions(sql, &double.new))
    }

    /// Whether a column has a default that is another for each row.
    pub(super) fn varies(&self, column: &ObjectId) -> bool {
        self.varied.contains_key(column)
    }

    /// Returns the value that a column takes in the rows that are there.
    pub(super) fn fill(&self, column: &ObjectId) -> Option<&'c Fill> {
        self.fills.get(column).copied()
    }

    /// Returns the objects that only the source has.
    pub(super) fn made(&self) -> impl Iterator<Item = &'c Object> {
        self.differing.made.iter().copied()
    }

    /// Returns the objects that only the sealed catalog has.
    pub(super) fn gone(&self) -> impl Iterator<Item = &'c Object> {
        self.differing.gone.iter().copied()
    }

    /// Returns the objects that both have and that differ.
    pub(super) fn altered(&self) -> impl Iterator<Item = (&'c Object, &'c Object)> {
        self.differing.altered.iter().copied()
    }

    /// Whether a table is there already.
    pub(super) fn had_table(&self, name: &Name) -> bool {
        self.old.get(&ObjectId::Table(name.clone())).is_some()
    }

    /// Whether a table or a view is there already.
    pub(super) fn had_relation(&self, name: &Name) -> bool {
        self.had_table(name) || self.old.get(&ObjectId::View(name.clone())).is_some()
    }

    /// Whether a table or a view stays.
    pub(super) fn has_relation(&self, name: &Name) -> bool {
        self.has_table(name) || self.new.get(&ObjectId::View(name.clone())).is_some()
    }

    /// Whether a table stays.
    pub(super) fn has_table(&self, name: &Name) -> bool {
        self.new.get(&ObjectId::Table(name.clone())).is_some()
    }
}

/// Returns the keyed hashes that come or go: those that triggers of earlier seals speak of, and those of today.
pub(super) fn indexings(old: &Catalog, sealed: &Sealed) -> Vec<Indexing> {
    let of_trigger = |object: &Object| match object {
        Object::Trigger(trigger) => Indexing::of(trigger).filter(|one| trigger.columns.contains(&one.hash)),
        _ => None,
    };
    let waiting = old.objects().filter_map(of_trigger);
    waiting.chain(sealed.indexings.iter().cloned()).collect()
}

/// Returns the columns that clients encrypt: those that triggers of earlier seals speak of, and those of today.
fn sealings(old: &Catalog, sealed: &Sealed) -> Vec<Sealing> {
    let of_trigger = |object: &Object| match object {
        Object::Trigger(trigger) => {
            Sealing::of(trigger).filter(|one| trigger.columns.contains(&one.after.value))
        }
        _ => None,
    };
    let waiting = old.objects().filter_map(of_trigger);
    waiting.chain(sealed.sealings.iter().cloned()).collect()
}
