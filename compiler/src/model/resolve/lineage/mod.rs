//! Which columns the columns of a view come from, by its SQL. Labels flow along, so wherever this cannot tell, every
//! column that the query reads counts: a column may be said to come from too much, never from too little.
//!
//! What a query compares (`WHERE`, `JOIN … ON`) decides which rows come out and is no value of a column; what an
//! expression compares (`CASE`, `FILTER`, a subquery) is a part of that column.

mod compared;
mod queries;
mod reads;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::rc::Rc;

use smol_str::SmolStr;
use sqlparser::ast::{Expr, Statement};

use super::exprs::Cx;
use super::sql::{Relations, columns_of, folded};
use super::{Owner, Resolver};
use crate::model::expr::{ExprKind, FieldPath};
use crate::model::{self, FieldId, Lineage, Platform, StoreId, written_sql};
use crate::source::Span;

impl Resolver<'_> {
    /// The last step, so that the tenant's columns are known too.
    pub(super) fn lineage(&mut self) {
        let queries = std::mem::take(&mut self.queries);
        if queries.is_empty() {
            return;
        }
        let relations = self.relations();
        for (id, query) in queries {
            let view = &self.platform[id];
            let (traced, compared) =
                lineage(&self.platform, &relations, view.store, &query, view.columns.len());
            let view = &mut self.platform[id];
            view.compares = compared.columns.into_iter().collect();
            view.matches = compared.pairs.into_iter().collect();
            view.counts = traced.iter().map(|traced| traced.counts).collect();
            view.aggregates = traced.iter().map(|traced| traced.aggregate).collect();
            view.plain = traced.iter().map(|traced| traced.plain).collect();
            view.lineage = traced.into_iter().map(|traced| traced.from.into_iter().collect()).collect();
        }
    }

    /// The fields that a fragment of SQL names by their columns; all that there are where it names something else.
    pub(super) fn fields_of_fragment(&self, text: &str, span: Span, cx: Cx) -> Vec<model::Expr> {
        let (Owner::Entity(id), Some(store)) = (cx.owner, cx.scope.store) else { return Vec::new() };
        let fields = || self.platform[id].fields();
        let columns: Vec<(SmolStr, FieldId)> =
            fields().flat_map(|(id, field)| columns_of(&self.platform, store, id, field)).collect();
        let read = |root: FieldId| model::Expr {
            kind: ExprKind::Field(FieldPath { root, steps: Vec::new() }),
            ty: self.platform[id].field(root).ty.clone(),
            span,
        };
        fields_named(text, &columns).into_iter().map(read).collect()
    }
}

/// By column of a view with so many, and what the query compares.
fn lineage(
    platform: &Platform,
    relations: &Relations,
    store: StoreId,
    statement: &Statement,
    wanted: usize,
) -> (Vec<Traced>, Compared) {
    let Statement::Query(query) = statement else { return (Vec::new(), Compared::default()) };
    let tracer = Tracer { platform, relations, store, compared: RefCell::default() };
    let scope = Scope::default();
    let columns = tracer.query(query, &scope).filter(|columns| columns.len() == wanted);
    let traced = match columns {
        Some(columns) => columns.into_iter().map(|column| column.traced).collect(),
        None => vec![Traced { from: tracer.everything(&**query, &scope), ..Traced::default() }; wanted],
    };
    (traced, tracer.compared.into_inner())
}

/// What one column comes from.
#[derive(Debug, Clone, Default, PartialEq)]
struct Traced {
    from: BTreeSet<Lineage>,
    /// Whether every value in it went through a function that makes one value of many rows.
    aggregate: bool,
    /// Whether that function only counts.
    counts: bool,
    /// Whether every value is one of a column, as it is.
    plain: bool,
}

impl Traced {
    fn of(lineage: Lineage) -> Self {
        Self { from: BTreeSet::from([lineage]), plain: true, ..Self::default() }
    }

    /// A column that holds values of both.
    fn join(&mut self, other: &Traced) {
        self.aggregate &= other.aggregate;
        self.counts &= other.counts;
        self.plain &= other.plain;
        self.from.extend(other.from.iter().copied());
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    /// Folded; empty where the query gives none that could be named.
    name: SmolStr,
    traced: Traced,
}

/// Something in `FROM`.
#[derive(Debug, Clone)]
struct Table {
    name: SmolStr,
    columns: Rc<Vec<Column>>,
    /// What any other column comes from, where its columns are not known: those of a function, of an audit log.
    rest: Option<Traced>,
}

/// The tables that an expression may name.
#[derive(Debug, Clone, Default)]
struct Scope {
    tables: Vec<Table>,
    /// `WITH` queries by name.
    ctes: HashMap<SmolStr, Table>,
}

struct Tracer<'a> {
    platform: &'a Platform,
    relations: &'a Relations,
    store: StoreId,
    /// What the clauses beside the columns compare.
    compared: RefCell<Compared>,
}

#[derive(Debug, Default)]
struct Compared {
    columns: BTreeSet<Lineage>,
    /// Two columns of one comparison.
    pairs: BTreeSet<(Lineage, Lineage)>,
}

/// The ids of the fields of an expression in SQL (`sql("…")`) that stands among them, by their stored names.
fn fields_named(text: &str, columns: &[(SmolStr, FieldId)]) -> Vec<FieldId> {
    let Ok(expr) = written_sql::expression(text) else { return columns.iter().map(|(_, field)| *field).collect() };
    let mut read = Vec::new();
    let mut whole = false;
    let _ = sqlparser::ast::visit_expressions(&expr, |part| {
        let names = match part {
            Expr::Identifier(ident) => vec![folded(ident)],
            Expr::CompoundIdentifier(idents) => idents.iter().map(folded).collect(),
            _ => return ControlFlow::<()>::Continue(()),
        };
        let found = columns.iter().filter(|(name, _)| names.iter().any(|n| n == name)).map(|(_, f)| *f);
        let before = read.len();
        read.extend(found);
        // A name that is no column may be the row itself.
        whole |= read.len() == before;
        ControlFlow::Continue(())
    });
    let read = if whole { columns.iter().map(|(_, field)| *field).collect() } else { read };
    BTreeSet::from_iter(read).into_iter().collect()
}
