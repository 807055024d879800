//! Which columns the columns of a view come from, and the fields that a script fills, by their SQL. Labels flow along,
//! so whatever this does not understand comes from everything that the statement reads: a column may be said to come
//! from too much, never from too little. A name is understood when a table in its sight has a column of that name;
//! there is no third way between that and [`Tracer::unknown`].
//!
//! What a query compares (`WHERE`, `JOIN … ON`) decides which rows come out and is no value of a column; what an
//! expression compares (`CASE`, `FILTER`, a subquery) is a part of that column.

// A kind of expression that a new version of the parser brings must not pass as one that reads nothing.
#![deny(clippy::wildcard_enum_match_arm)]

mod compared;
mod everything;
mod figures;
mod fragments;
mod kinds;
mod origins;
mod places;
mod queries;
mod reads;
mod recursion;
mod routines;
mod scope;
mod scripts;
mod tables;
mod words;
mod work;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

use sqlparser::ast::{Statement, Visit};

use super::Resolver;
use super::sql::{Relations, too_much};
use crate::{FieldId, Lineage, Platform, StoreId, View, ViewId};
pub(super) use fragments::{NAMED, StoredColumns};
use origins::Origins;
use places::filled_at;
use queries::MOST_COLUMNS;
use routines::Routines;
use scope::{Column, Scope, Traced};
use work::Work;

impl Resolver<'_> {
    /// The last step, so that the tenant's columns are known too.
    pub(super) fn lineage(&mut self) {
        let queries = std::mem::take(&mut self.queries);
        let scripts = std::mem::take(&mut self.scripts);
        let relations = self.relations();
        let work = Work::new();
        let routines = Routines::of(&self.platform, &relations, &scripts, &work);
        let mut too_wide = BTreeSet::new();
        let mut filled = Vec::new();
        for (id, query) in queries {
            let view = &self.platform[id];
            work.turns_to(view.sql_span);
            let tracer = Tracer::new(&self.platform, &relations, &routines, &work, view.store, &query);
            let columns = tracer.view(view, &query);
            let moved = tracer.moved_by_calls(&query);
            filled.extend(filled_at(&self.platform, view.store, view.sql_span, moved, &work));
            let read = tracer.read.into_inner();
            let compared = tracer.compared.into_inner();
            too_wide.extend(tracer.too_wide.get().then_some(view.sql_span));
            let view = &mut self.platform[id];
            view.figures = figures::shows_figures(view, &query);
            view.uses = read.stored.iter().copied().collect();
            view.opaque = read.unknown;
            self.name_something(id);
            let view = &mut self.platform[id];
            view.compares = compared.columns.into_iter().collect();
            view.matches = compared.pairs.into_iter().collect();
            view.counts = columns.iter().map(|traced| traced.counts).collect();
            view.aggregates = columns.iter().map(|traced| traced.aggregate).collect();
            view.plain = columns.iter().map(|traced| traced.plain).collect();
            let from = |traced: &Traced| -> Vec<Lineage> {
                if work.takes(traced.from.len()) { traced.from.iter().copied().collect() } else { Vec::new() }
            };
            view.lineage = columns.iter().map(from).collect();
        }
        filled.extend(scripts::filled(&self.platform, &relations, &routines, &work, &scripts, &mut too_wide));
        filled.extend(fragments::filled(&self.platform, &relations, &routines, &work));
        filled.extend(fragments::moved(&self.platform, &relations, &routines, &work));
        for (place, filled) in filled {
            place.field(&mut self.platform).filled.push(filled);
        }
        for span in too_wide {
            let excess = format!(
                "a query in this SQL has more than {MOST_COLUMNS} columns, and PostgreSQL takes no more"
            );
            self.error(too_much(span, excess));
        }
        if let Some(span) = work.ended() {
            let excess =
                format!("it takes more than {} steps to follow all SQL by hand up to here", work::MOST);
            let note =
                "each name may be any column of the tables beside it, and each column of a query is followed";
            self.error(too_much(span, excess).note(note));
        }
    }
}

impl Resolver<'_> {
    /// Adds the key of each entity, and the first column of each view, from which a view reads without naming a column:
    /// counting rows (`count(*)`) needs the right to read one.
    fn name_something(&mut self, id: ViewId) {
        let view = &self.platform[id];
        let names = |wanted: &dyn Fn(&Lineage) -> bool| view.uses.iter().any(wanted);
        let mut uses = Vec::new();
        for entity in &view.reads {
            if !names(&|from| matches!(from, Lineage::Field(of, _) if of == entity)) {
                uses.extend(self.platform[*entity].key.iter().map(|key| Lineage::Field(*entity, *key)));
            }
        }
        for other in &view.builds_on {
            if !names(&|from| matches!(from, Lineage::Column(of, _) if of == other)) {
                uses.push(Lineage::Column(*other, FieldId(0)));
            }
        }
        self.platform[id].uses.extend(uses);
    }
}

/// Looks up what a statement reads.
struct Tracer<'a> {
    platform: &'a Platform,
    relations: &'a Relations,
    routines: &'a Routines,
    work: &'a Work,
    store: StoreId,
    /// The origins of anything that is not understood: every column of every table that the statement reads.
    unknown: Origins,
    /// The columns that were looked up so far.
    read: RefCell<Read>,
    /// The columns that other clauses than the list of columns compare, such as `WHERE`.
    compared: RefCell<Compared>,
    /// Whether a query in it has more columns than it may.
    too_wide: Cell<bool>,
}

#[derive(Debug, Default)]
struct Read {
    all: Origins,
    /// The columns that are more than counted or tested for `NULL`.
    valued: BTreeSet<Lineage>,
    /// The columns that are read where they are stored, which takes the right to read them.
    stored: Origins,
    /// Whether something was not understood.
    unknown: bool,
}

impl Read {
    fn add(&mut self, more: Self) {
        self.all.add(&more.all);
        self.valued.extend(more.valued);
        self.stored.add(&more.stored);
        self.unknown |= more.unknown;
    }
}

#[derive(Debug, Default)]
struct Compared {
    columns: BTreeSet<Lineage>,
    /// Two columns of one comparison.
    pairs: BTreeSet<(Lineage, Lineage)>,
}

impl<'a> Tracer<'a> {
    fn new<T: Visit>(
        platform: &'a Platform,
        relations: &'a Relations,
        routines: &'a Routines,
        work: &'a Work,
        store: StoreId,
        statement: &T,
    ) -> Self {
        let unknown = everything::read_by(platform, relations, routines, work, store, statement);
        Self {
            platform,
            relations,
            routines,
            work,
            store,
            unknown,
            read: RefCell::default(),
            compared: RefCell::default(),
            too_wide: Cell::default(),
        }
    }

    /// Returns the origins of each column of a view: those of the column of its query with its name, as the view's
    /// definition selects it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a view is a query, which was judged before")]
    fn view(&self, view: &View, statement: &Statement) -> Vec<Traced> {
        let columns = match statement {
            Statement::Query(query) => self.query(query, &Scope::default()),
            _ => None,
        };
        let columns: Vec<Column> = columns.unwrap_or_default();
        // By name; nothing where several bear it.
        let mut by_name: HashMap<&str, Option<&Traced>> = HashMap::new();
        for column in &columns {
            let is_new = |found: &mut Option<&Traced>| *found = None;
            by_name.entry(&column.name).and_modify(is_new).or_insert(Some(&column.traced));
        }
        let of = |name: &str| by_name.get(name).copied().flatten().cloned().unwrap_or_else(|| self.unknown());
        view.columns.iter().map(|column| of(&column.named.stored)).collect()
    }

    /// Returns the origins of something that is not understood, and notes that they are read.
    fn unknown(&self) -> Traced {
        if !self.work.takes(1) {
            return Traced::default();
        }
        let traced = Traced { from: self.unknown.clone(), ..Traced::default() };
        // Noted once, it holds everything.
        if !std::mem::replace(&mut self.read.borrow_mut().unknown, true) {
            self.note(&traced);
        }
        traced
    }

    /// Takes down that it is read.
    fn note(&self, traced: &Traced) {
        if !self.work.takes(traced.from.len()) {
            return;
        }
        self.read.borrow_mut().all.add(&traced.from);
        self.needs(traced);
    }

    /// Takes down that whoever runs it needs the right to read it, whether or not its value goes anywhere.
    fn needs(&self, traced: &Traced) {
        if traced.stored {
            self.read.borrow_mut().stored.add(&traced.from);
        }
    }
}
