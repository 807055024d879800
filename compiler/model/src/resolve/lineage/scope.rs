//! The meaning of a name in SQL where it stands, looked up as PostgreSQL does it.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashMap;
use smol_str::SmolStr;
use sqlparser::ast::Expr;
use sqlparser::tokenizer::Span;

use super::origins::Origins;
use super::values::Value;
use crate::Lineage;

/// The tables that an expression may name, and the `WITH` queries that a `FROM` may.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// The tables in the `FROM` of each query, the innermost query first.
    pub(super) levels: Vec<Rc<Vec<Table>>>,
    /// `WITH` queries by name.
    pub(super) ctes: Rc<HashMap<SmolStr, Table>>,
    /// How many columns they all have.
    pub(super) width: usize,
    /// Expressions of the innermost query that have a value in all of its rows.
    pub(super) facts: Rc<Vec<Expr>>,
    /// How the innermost query groups its rows.
    pub(super) groups: Groups,
}

/// The way in which a query makes one row of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Groups {
    /// Nothing, or an aggregate over all rows, of which there may be none.
    #[default]
    All,
    /// `GROUP BY`, which makes no group without a row.
    By,
    /// Grouping sets, where a column may be left out.
    Sets,
}

/// Something in `FROM`.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) name: SmolStr,
    pub(super) columns: Rc<Vec<Column>>,
    /// The origins of any other column, where not all columns are known, as of a function or an audit log.
    pub(super) rest: Option<Traced>,
    /// The value of its one column, where it is a function that gives one.
    pub(super) value: Option<Value>,
    /// Its number among all that stand in a `FROM`.
    pub(super) id: usize,
    /// The table that it is absent with, where an outer join may leave its rows absent.
    pub(super) row: Option<usize>,
    /// The columns that a condition proved to be there.
    pub(super) proven: Rc<BTreeSet<SmolStr>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// Folded; empty where the query gives none that could be named.
    pub(super) name: SmolStr,
    pub(super) traced: Traced,
    pub(super) value: Value,
    /// The table that it is of, where tables are joined.
    pub(super) table: Option<usize>,
    /// Where it stands in the text.
    pub(super) at: Span,
}

impl Column {
    pub(super) fn new(name: SmolStr, traced: Traced, value: Value) -> Self {
        Self { name, traced, value, table: None, at: Span::empty() }
    }

    /// Whether it is of several tables that a join brings together by it.
    pub(super) fn is_merged(&self) -> bool {
        self.table == Some(0)
    }
}

/// The origins of one column or value, and how it is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Traced {
    pub(super) from: Origins,
    /// Whether every value in it went through a function that makes one value of many rows.
    pub(super) aggregate: bool,
    /// Whether that function only counts.
    pub(super) counts: bool,
    /// Whether every value is one of a column, as it is.
    pub(super) plain: bool,
    /// Whether it is read where it is stored, and no result of a query in between.
    pub(super) stored: bool,
}

impl Traced {
    pub(super) fn of(lineage: Lineage) -> Self {
        Self { from: Origins::of(lineage), plain: true, stored: true, ..Self::default() }
    }

    /// A column that holds values of both.
    pub(super) fn join(&mut self, other: &Self) {
        self.aggregate &= other.aggregate;
        self.counts &= other.counts;
        self.plain &= other.plain;
        self.stored &= other.stored;
        self.from.add(&other.from);
    }
}

impl Table {
    /// One whose columns nobody here knows.
    pub(super) fn opaque(name: SmolStr, rest: Traced) -> Self {
        Self { name, rest: Some(Traced { plain: false, ..rest }), ..Self::default() }
    }

    /// Its row as a whole.
    pub(super) fn row(&self) -> Traced {
        let columns = self.columns.iter().map(|column| &column.traced);
        let row = joined(self.rest.iter().chain(columns)).unwrap_or_default();
        Traced { plain: false, aggregate: row.aggregate && !row.from.is_empty(), ..row }
    }

    fn column(&self, name: &str) -> Option<Traced> {
        joined(self.columns.iter().filter(|column| column.name == name).map(|column| &column.traced))
    }
}

impl Scope {
    /// This with the tables of a query inside.
    pub(super) fn within(&self, tables: Vec<Table>) -> Self {
        let width = self.width + tables.iter().map(|table| table.columns.len() + 1).sum::<usize>();
        let levels = std::iter::once(Rc::new(tables)).chain(self.levels.iter().cloned()).collect();
        Self { levels, ctes: Rc::clone(&self.ctes), width, ..Self::default() }
    }

    /// This with one more `WITH` query.
    pub(super) fn with(&mut self, table: Table) {
        Rc::make_mut(&mut self.ctes).insert(table.name.clone(), table);
    }

    /// Finds what a name reads: a column, or a whole row; `None` where nothing here has that name.
    pub(super) fn look_up(&self, names: &[String]) -> Option<Traced> {
        match names {
            [name] => self.bare(name),
            [table, name] => {
                let level =
                    self.levels.iter().find(|level| level.iter().any(|t| t.name == table.as_str()))?;
                of_tables(level.iter().filter(|t| t.name == table.as_str()), name)
            }
            // With its schema in front, a table is found though an inner one has its name.
            [.., table, name] => of_tables(
                self.levels.iter().flat_map(|l| l.iter()).filter(|t| t.name == table.as_str()),
                name,
            ),
            [] => None,
        }
    }

    pub(super) fn has_column(&self, name: &str) -> bool {
        self.levels.iter().flat_map(|level| level.iter()).any(|table| table.column(name).is_some())
    }

    /// Finds what `(row).field` or `row.field[1]` reads: a column of a row, or a part of a column.
    pub(super) fn look_up_in(&self, row: &str, field: &str) -> Option<Traced> {
        let column = self.look_up(&[row.to_owned(), field.to_owned()]);
        let tables = || self.levels.iter().flat_map(|level| level.iter());
        let is_column = tables().any(|table| table.column(row).is_some() || table.rest.is_some());
        let whole = if is_column || column.is_none() { self.bare(row) } else { None };
        joined(column.iter().chain(&whole))
    }

    /// A column of the innermost query that has one; without any, the row of a table.
    fn bare(&self, name: &str) -> Option<Traced> {
        // Something inside that has columns nobody knows may have one of that name too.
        let mut perhaps: Vec<Traced> = Vec::new();
        let mut found = None;
        for level in &self.levels {
            found = joined(level.iter().filter_map(|table| table.column(name)).collect::<Vec<_>>().iter());
            if found.is_some() {
                break;
            }
            perhaps.extend(level.iter().filter_map(|table| table.rest.clone()));
        }
        let row = || {
            let tables = self.levels.iter().flat_map(|level| level.iter());
            tables.filter(|table| table.name == name).map(Table::row).next()
        };
        joined(perhaps.iter().chain(found.or_else(row).iter()))
    }
}

/// The column of that name of any of these; `None` where one of them, or none, has it.
fn of_tables<'t>(tables: impl Iterator<Item = &'t Table>, name: &str) -> Option<Traced> {
    let all: Option<Vec<Traced>> =
        tables.map(|table| table.column(name).or_else(|| table.rest.clone())).collect();
    joined(all?.iter())
}

pub(super) fn joined<'t>(all: impl IntoIterator<Item = &'t Traced>) -> Option<Traced> {
    let mut all = all.into_iter();
    let first = all.next()?.clone();
    Some(all.fold(first, |mut joined, next| {
        joined.join(next);
        joined
    }))
}
