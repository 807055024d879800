//! Which columns the columns of a view come from, and the fields that a script fills, by their SQL. Labels flow along,
//! so whatever this does not understand comes from everything that the statement reads: a column may be said to come
//! from too much, never from too little. A name is understood when a table in its sight has a column of that name;
//! there is no third way between that and [`Tracer::unknown`].
//!
//! What a query compares (`WHERE`, `JOIN … ON`) decides which rows come out and is no value of a column; what an
//! expression compares (`CASE`, `FILTER`, a subquery) is a part of that column.

// A kind of expression that a new version of the parser brings must not pass as one that reads nothing.
#![deny(clippy::wildcard_enum_match_arm)]

mod called;
mod compared;
mod declared;
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
mod tenants;
mod typed;
mod values;
mod words;
mod work;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt};

use sqlparser::ast::{Expr, Query, Spanned, Statement, Visit};
use sqlparser::tokenizer::Span as TokenSpan;

use super::Resolver;
use super::sql::{Relations, WrittenQuery, too_much};
use crate::{FieldId, Lineage, Platform, StoreId, View, ViewId};
use declared::Declared;
pub(super) use fragments::{NAMED, StoredColumns};
use origins::Origins;
use places::filled_at;
use polity_text::source::Span;
use queries::MOST_COLUMNS;
use routines::Routines;
use scope::{Column, Scope, Traced};
pub(super) use values::is_aggregate;
pub(super) use work::MOST as TYPED;
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
        let mut judged = Vec::new();
        for WrittenQuery { view: id, text, statement: query, is_sound } in queries {
            let view = &self.platform[id];
            work.turns_to(view.sql_span);
            let tracer = Tracer::new(&self.platform, &relations, &routines, &work, view.store, &query);
            let given = tracer.given(&query);
            let columns = tracer.view(view, given.as_deref().unwrap_or_default());
            let refused = tracer.refused.take();
            let declared = Declared { platform: &self.platform, view, text, refused: &refused };
            let (found, untyped) = declared.judge(given.as_deref());
            let is_followed = is_sound && !work.is_spent() && !tracer.too_wide.get();
            judged.extend(found.into_iter().filter(|_| is_followed));
            let moved = tracer.moved_by_calls(&query);
            filled.extend(filled_at(&self.platform, view.store, view.sql_span, moved, &work));
            let read = tracer.read.into_inner();
            let compared = tracer.compared.into_inner();
            too_wide.extend(tracer.too_wide.get().then_some(view.sql_span));
            let view = &mut self.platform[id];
            view.untyped = untyped;
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
        self.found.extend(judged);
        self.found.extend(tenants::touched(&self.platform, &relations, &scripts));
        filled.extend(scripts::filled(&self.platform, &relations, &routines, &work, &scripts, &mut too_wide));
        filled.extend(fragments::filled(&self.platform, &relations, &routines, &work));
        filled.extend(fragments::moved(&self.platform, &relations, &routines, &work));
        for (place, filled) in filled {
            place.field(&mut self.platform).filled.push(filled);
        }
        self.too_much_to_follow(too_wide, &work);
    }

    fn too_much_to_follow(&mut self, too_wide: BTreeSet<Span>, work: &Work) {
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
    /// How many tables stood in a `FROM` so far.
    tables: Cell<usize>,
    /// The columns of the queries that stand in expressions, by where they lie.
    inner: RefCell<HashMap<*const Query, Rc<Vec<Column>>>>,
    /// The parts of it that PostgreSQL would not take.
    refused: RefCell<Vec<Refused>>,
    /// The parts of it that depend on the time zone of the session.
    zoned: RefCell<Vec<String>>,
    /// The parts of it that may give another value for the same row.
    unsteady: RefCell<Vec<String>>,
}

/// A part of a query that PostgreSQL would not take, whatever the rows are.
#[derive(Debug, Clone, PartialEq)]
struct Refused {
    at: TokenSpan,
    message: String,
    help: String,
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
            tables: Cell::default(),
            inner: RefCell::default(),
            refused: RefCell::default(),
            zoned: RefCell::default(),
            unsteady: RefCell::default(),
        }
    }

    /// Takes down that PostgreSQL would not take an expression.
    fn refuse(&self, expr: &Expr, message: String, help: &str) {
        let refused = Refused { at: expr.span(), message, help: help.to_owned() };
        let mut all = self.refused.borrow_mut();
        if !all.contains(&refused) {
            all.push(refused);
        }
    }

    /// The columns of a query that stands in an expression, which was traced before.
    fn columns_of(&self, query: &Query) -> Option<Rc<Vec<Column>>> {
        self.inner.borrow().get(&std::ptr::from_ref(query)).cloned()
    }

    /// Returns the columns that the query of a view gives; `None` where they cannot be told apart.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a view is a query, which was judged before")]
    fn given(&self, statement: &Statement) -> Option<Vec<Column>> {
        match statement {
            Statement::Query(query) => self.query(query, &Scope::default()).map(tables::settled),
            _ => None,
        }
    }

    /// Returns the origins of each column of a view: those of the column of its query with its name, as the view's
    /// definition selects it.
    fn view(&self, view: &View, columns: &[Column]) -> Vec<Traced> {
        // By name; nothing where several bear it.
        let mut by_name: HashMap<&str, Option<&Traced>> = HashMap::new();
        for column in columns {
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
