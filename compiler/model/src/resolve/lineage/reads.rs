//! Finds the columns that an expression reads, and all that is named anywhere in a part of a query.

use std::ops::ControlFlow;
use std::rc::Rc;

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArguments, ObjectName, Query, Visit, Visitor,
};
use sqlparser::tokenizer::Span;

use super::super::sql::{folded, is_system, named_arguments, parts};
use super::Tracer;
use super::kinds::{Kind, kind_of, whole_rows};
use super::origins::Origins;
use super::scope::{Scope, Traced};
use crate::written_sql::walk;

impl Tracer<'_> {
    /// Returns the origins of the value of an expression.
    pub(super) fn expr(&self, expr: &Expr, scope: &Scope) -> Traced {
        let named = match kind_of(expr) {
            Kind::Name(names) => self.look_up(scope, &names),
            Kind::Parts | Kind::Path { .. } | Kind::Row(_) | Kind::Call(_) | Kind::Unknown => None,
        };
        let plain = named.is_some_and(|named| named.plain);
        Traced { plain, ..self.everything(expr, scope) }
    }

    /// Finds what a name reads; `None` where nothing in sight has that name, or no work is left.
    pub(super) fn look_up(&self, scope: &Scope, names: &[String]) -> Option<Traced> {
        self.work.searches(scope.width).then(|| scope.look_up(names))?
    }

    /// Everything that is named anywhere in it.
    pub(super) fn everything<T: Visit>(&self, part: &T, scope: &Scope) -> Traced {
        if self.work.is_spent() {
            return Traced::default();
        }
        let mut reader = Reader {
            tracer: self,
            scope,
            inside: 0,
            within: 0,
            around: 0,
            done: 0,
            arguments: Vec::new(),
            raw: false,
            figures: false,
            found: Traced::default(),
        };
        let _ = walk(part, &mut reader);
        let mut found = reader.found;
        found.aggregate &= !reader.raw;
        found.counts = found.aggregate && !reader.figures;
        found
    }

    /// Returns the origins of a subquery, its conditions too: with other rows it would give another value.
    fn subquery(&self, query: &Query, scope: &Scope) -> Traced {
        let before = self.read.take();
        let columns = self.query(query, scope);
        if let Some(columns) = &columns {
            self.inner.borrow_mut().insert(std::ptr::from_ref(query), Rc::new(columns.clone()));
        }
        let values: Vec<Traced> = match columns {
            Some(columns) => columns.into_iter().map(|column| column.traced).collect(),
            None => vec![self.unknown()],
        };
        let mut read = self.read.replace(before);
        self.work.takes(read.all.len() + values.iter().map(|traced| traced.from.len()).sum::<usize>());
        for traced in values {
            read.valued.extend(seen(&traced).iter());
            read.all.add(&traced.from);
        }
        let from = read.all.clone();
        self.read.borrow_mut().add(read);
        Traced { from, ..Traced::default() }
    }

    /// Returns the columns that a function by hand reads, besides its arguments.
    pub(super) fn called(&self, name: &ObjectName) -> Origins {
        let words = parts(name).iter().flatten().map(|part| folded(part).into()).collect();
        self.routines.read_by(self.store, &words, self.work)
    }

    /// Whether what stands in it is only counted, or held against absence.
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else needs the value")]
    pub(super) fn needs_no_value(&self, expr: &Expr) -> bool {
        match expr {
            Expr::IsNull(_) | Expr::IsNotNull(_) => true,
            Expr::Function(function) => self.only_counts(function),
            _ => false,
        }
    }

    /// `count(x)`: it tells absence, and nothing of the value.
    fn only_counts(&self, function: &Function) -> bool {
        let is_count =
            parts(&function.name).and_then(|parts| parts.last().map(folded)).as_deref() == Some("count");
        let is_distinct = match &function.args {
            FunctionArguments::List(list) => list.duplicate_treatment == Some(DuplicateTreatment::Distinct),
            FunctionArguments::None | FunctionArguments::Subquery(_) => false,
        };
        is_count && !is_distinct && function.filter.is_none() && self.is_aggregate(function)
    }

    /// A window function keeps every row, so it is none.
    fn is_aggregate(&self, function: &Function) -> bool {
        let names: Vec<String> = parts(&function.name).iter().flatten().map(folded).collect();
        let name = match &names[..] {
            [name] => name,
            [schema, name] if schema == "pg_catalog" => name,
            _ => return false,
        };
        function.over.is_none()
            && AGGREGATES.contains(&name.as_str())
            && !(names.len() == 1 && self.routines.knows(self.store, name))
    }
}

/// How many rows have a value says nothing of the value.
pub(super) fn seen(traced: &Traced) -> Origins {
    if traced.counts { Origins::default() } else { traced.from.clone() }
}

/// The columns that an expression reads.
struct Reader<'a> {
    tracer: &'a Tracer<'a>,
    scope: &'a Scope,
    /// How many aggregates stand around.
    inside: usize,
    /// How many subqueries do.
    within: usize,
    /// How many do that need no value.
    around: usize,
    /// How many do of which all was read.
    done: usize,
    /// Where names of arguments stand (`f(days => 1)`), which are no columns.
    arguments: Vec<Span>,
    /// Whether something is read that went through no aggregate.
    raw: bool,
    /// Whether one of the aggregates does more than count.
    figures: bool,
    found: Traced,
}

impl Reader<'_> {
    fn name(&mut self, names: &[String]) {
        let read = match self.tracer.look_up(self.scope, names) {
            Some(read) => read,
            None if is_valueless(names) => Traced { aggregate: true, ..Traced::default() },
            None => self.tracer.unknown(),
        };
        self.reads(read);
    }

    fn reads(&mut self, read: Traced) {
        self.tracer.note(&read);
        if self.around == 0 {
            self.tracer.read.borrow_mut().valued.extend(seen(&read).iter());
        }
        self.found.aggregate |= read.aggregate && !read.from.is_empty();
        self.figures |= read.aggregate && !read.counts && !read.from.is_empty();
        self.raw |= self.inside == 0 && !read.aggregate;
        self.found.from.add(&read.from);
    }

    fn unknown(&mut self) {
        let unknown = self.tracer.unknown();
        self.reads(unknown);
    }

    fn call(&mut self, function: &Function) {
        let from = self.tracer.called(&function.name);
        if !from.is_empty() {
            self.reads(Traced { from, ..Traced::default() });
        }
        if self.tracer.is_aggregate(function) {
            self.figures |= !self.tracer.only_counts(function);
            self.inside += 1;
            self.found.aggregate = true;
        }
        self.arguments.extend(named_arguments(function).map(|ident| ident.span));
        for row in whole_rows(function) {
            match row {
                Some(name) => self.name(&row_of(name)),
                None => self.unknown(),
            }
        }
    }
}

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.within == 0 {
            let read = self.tracer.subquery(query, self.scope);
            self.raw |= self.inside == 0 && !read.from.is_empty();
            self.found.from.add(&read.from);
        }
        self.within += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.within -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.within > 0 {
            return ControlFlow::Continue(());
        }
        self.around += usize::from(self.tracer.needs_no_value(expr));
        if self.done > 0 {
            self.done += 1;
            return ControlFlow::Continue(());
        }
        if matches!(expr, Expr::Identifier(ident) if self.arguments.contains(&ident.span)) {
            return ControlFlow::Continue(());
        }
        match kind_of(expr) {
            Kind::Parts => {}
            Kind::Name(names) => self.name(&names),
            Kind::Row(name) => self.name(&row_of(name)),
            Kind::Call(function) => self.call(function),
            Kind::Path { row, field, is_whole } => {
                self.done = 1;
                if is_whole && let Some(whole) = self.tracer.look_up(self.scope, std::slice::from_ref(&row)) {
                    self.tracer.needs(&whole);
                }
                self.tracer.work.searches(3 * self.scope.width);
                match self.scope.look_up_in(&row, &field) {
                    Some(read) => self.reads(read),
                    None => self.unknown(),
                }
            }
            Kind::Unknown => self.unknown(),
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.within > 0 {
            return ControlFlow::Continue(());
        }
        self.around -= usize::from(self.tracer.needs_no_value(expr));
        if self.done > 0 {
            self.done -= 1;
        } else if matches!(expr, Expr::Function(function) if self.tracer.is_aggregate(function)) {
            self.inside -= 1;
        }
        ControlFlow::Continue(())
    }
}

/// `p` of `core.p.*`
fn row_of(name: &ObjectName) -> Vec<String> {
    parts(name).iter().flat_map(|parts| parts.last()).map(folded).collect()
}

/// Whether a name that is no column says nothing of a row: words that the parser reads as columns, and the columns
/// that every table has.
fn is_valueless(names: &[String]) -> bool {
    match names {
        [word] => is_system(word) || SESSION.contains(&word.as_str()),
        [.., column] => is_system(column),
        [] => false,
    }
}

const SESSION: &[&str] = &[
    "current_catalog",
    "current_role",
    "current_schema",
    "current_user",
    "session_user",
    "system_user",
    "user",
];

/// Functions of PostgreSQL that make one value of many rows (its manual, 9.21), without those that only gather the
/// values (`array_agg`, `string_agg`, `jsonb_agg`) or hand one of them out as it is (`any_value`, `mode`).
const AGGREGATES: &[&str] = &[
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "every",
    "max",
    "min",
    "percentile_cont",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];
