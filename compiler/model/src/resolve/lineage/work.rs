//! How much is looked up to trace what SQL by hand reads, and what was looked up before.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::super::sql::Relation;
use super::origins::Origins;
use super::scope::Table;
use crate::StoreId;
use polity_text::source::Span;

/// Steps for a whole project: one for each column that something takes over from another, and one for [`SEARCHED`] columns
/// among which a name is looked up.
pub(in crate::resolve) const MOST: usize = 3_000_000;
const SEARCHED: usize = 8;

/// The steps that are left of [`MOST`], and the tables that were looked up.
#[derive(Debug)]
pub(super) struct Work {
    left: Cell<usize>,
    /// Where the text stands that is traced.
    text: Cell<Option<Span>>,
    /// The text with which nothing was left.
    ended: Cell<Option<Span>>,
    tables: RefCell<BTreeMap<(StoreId, Relation), Table>>,
    /// The columns of each relation.
    held: RefCell<BTreeMap<Relation, Origins>>,
}

impl Work {
    pub(super) fn new() -> Self {
        Self::with(MOST)
    }

    /// So many steps.
    pub(super) fn with(left: usize) -> Self {
        Self {
            left: Cell::new(left),
            text: Cell::default(),
            ended: Cell::default(),
            tables: RefCell::default(),
            held: RefCell::default(),
        }
    }

    /// Goes on with another text.
    pub(super) fn turns_to(&self, text: Span) {
        self.text.set(Some(text));
    }

    /// Counts columns among which a name is looked up; false where that is too much, and from then on.
    pub(super) fn searches(&self, columns: usize) -> bool {
        self.takes(columns / SEARCHED + 1)
    }

    /// Counts columns that are taken over; false where they are too many, and from then on.
    pub(super) fn takes(&self, columns: usize) -> bool {
        self.left.set(self.left.get().saturating_sub(columns));
        if self.is_spent() && self.ended.get().is_none() {
            self.ended.set(self.text.get());
        }
        !self.is_spent()
    }

    /// A table with its columns, which are looked up once.
    pub(super) fn table(&self, store: StoreId, relation: Relation, look_up: impl FnOnce() -> Table) -> Table {
        let key = (store, relation);
        if let Some(table) = self.tables.borrow().get(&key) {
            return table.clone();
        }
        let table = look_up();
        self.takes(table.columns.len());
        self.tables.borrow_mut().insert(key, table.clone());
        table
    }

    /// The columns of a relation, which are looked up once and counted each time; `None` where that is too much.
    pub(super) fn held(&self, relation: Relation, look_up: impl FnOnce() -> Origins) -> Option<Origins> {
        let held = self.held.borrow_mut().entry(relation).or_insert_with(look_up).clone();
        self.takes(held.len()).then_some(held)
    }

    pub(super) fn left(&self) -> usize {
        self.left.get()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// The text with which nothing was left.
    pub(super) fn ended(&self) -> Option<Span> {
        self.ended.get()
    }
}
