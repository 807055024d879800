//! What an expression reads, and what stands anywhere in a part of a query.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, Query, Select, SelectItem,
    TableFactor, Visit, Visitor,
};

use super::super::sql::{folded, is_keyword, parts};
use super::compared::only_counts;
use super::queries::aliased;
use super::{Scope, Table, Traced, Tracer};
use crate::model::Lineage;

impl Tracer<'_> {
    pub(super) fn expr(&self, expr: &Expr, scope: &Scope) -> Traced {
        let mut reader = Reader {
            tracer: self,
            scope,
            inside: 0,
            within: 0,
            raw: false,
            figures: false,
            found: Traced::default(),
        };
        let _ = expr.visit(&mut reader);
        reader.found.aggregate &= !reader.raw;
        reader.found.counts = reader.found.aggregate && !reader.figures;
        let named = match expr {
            Expr::Identifier(ident) => look_up(&[folded(ident)], scope),
            Expr::CompoundIdentifier(idents) => {
                look_up(&idents.iter().map(folded).collect::<Vec<_>>(), scope)
            }
            _ => None,
        };
        Traced { plain: named.is_some_and(|named| named.plain), ..reader.found }
    }

    /// Adds what stands in `FROM` by its name to the tables that may be named.
    pub(super) fn bring_in(&self, factor: &TableFactor, scope: &mut Scope) {
        if let TableFactor::Table { name, alias, args: None, .. } = factor
            && let Some(table) = parts(name).and_then(|parts| self.named(&parts, scope))
        {
            // Under its own name too: an alias may rename columns, and both are names of the same.
            if let Some(alias) = alias {
                scope.tables.push(aliased(table.clone(), alias));
            }
            scope.tables.push(table);
        }
    }

    /// Everything that is named anywhere in it, for whatever cannot be told apart.
    pub(super) fn everything<T: Visit>(&self, part: &T, outer: &Scope) -> BTreeSet<Lineage> {
        let mut all = Everything { tracer: self, scope: outer.clone(), named: Vec::new(), whole: false };
        // A `WITH` may stand behind what reads it, so tables are gathered before names are looked up.
        let _ = part.visit(&mut all);
        let Everything { scope, named, whole, .. } = all;
        let mut from = BTreeSet::new();
        for names in &named {
            from.extend(look_up(names, &scope).unwrap_or_default().from);
        }
        // Which of the tables a name means is not told apart here, so what has columns nobody knows counts as a whole.
        from.extend(scope.tables.iter().flat_map(|table| &table.rest).flat_map(|rest| rest.from.clone()));
        if whole {
            let own = scope.tables.iter().skip(outer.tables.len());
            from.extend(own.flat_map(|table| all_of(table).from));
        }
        from
    }
}

/// The columns that an expression reads.
struct Reader<'a> {
    tracer: &'a Tracer<'a>,
    scope: &'a Scope,
    /// How many aggregates stand around.
    inside: usize,
    /// How many subqueries do.
    within: usize,
    /// Whether something is read that went through no aggregate.
    raw: bool,
    /// Whether one of the aggregates does more than count.
    figures: bool,
    found: Traced,
}

impl Reader<'_> {
    fn reads(&mut self, names: &[String]) {
        let read = look_up(names, self.scope).unwrap_or_else(|| match names {
            [word] if is_keyword(word) => Traced { aggregate: true, ..Traced::default() },
            _ => Traced {
                from: self.scope.tables.iter().flat_map(|t| all_of(t).from).collect(),
                ..Traced::default()
            },
        });
        self.found.aggregate |= read.aggregate && !read.from.is_empty();
        self.figures |= read.aggregate && !read.counts && !read.from.is_empty();
        self.raw |= self.inside == 0 && !read.aggregate;
        self.found.from.extend(read.from);
    }
}

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.within == 0 {
            let read = self.tracer.everything(query, self.scope);
            self.raw |= self.inside == 0 && !read.is_empty();
            self.found.from.extend(read);
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
        match expr {
            Expr::Identifier(ident) => self.reads(&[folded(ident)]),
            Expr::CompoundIdentifier(idents) => {
                let names: Vec<String> = idents.iter().map(folded).collect();
                self.reads(&names);
            }
            Expr::QualifiedWildcard(name, _) => self.reads(&row_of(name)),
            Expr::Function(function) => {
                if is_aggregate(function) {
                    self.figures |= !only_counts(function);
                    self.inside += 1;
                    self.found.aggregate = true;
                }
                whole_rows(function).for_each(|name| self.reads(&row_of(name)));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.within == 0 && matches!(expr, Expr::Function(function) if is_aggregate(function)) {
            self.inside -= 1;
        }
        ControlFlow::Continue(())
    }
}

/// Every table and every name in a part of a query, whatever stands around each.
struct Everything<'a> {
    tracer: &'a Tracer<'a>,
    scope: Scope,
    named: Vec<Vec<String>>,
    /// Whether `*` stands in it.
    whole: bool,
}

impl Visitor for Everything<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        self.tracer.bring_in(factor, &mut self.scope);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.whole |= select
            .projection
            .iter()
            .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.named.push(vec![folded(ident)]),
            Expr::CompoundIdentifier(idents) => self.named.push(idents.iter().map(folded).collect()),
            Expr::QualifiedWildcard(name, _) => self.named.push(row_of(name)),
            Expr::Function(function) => self.named.extend(whole_rows(function).map(row_of)),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// `p` of `core.p.*`
fn row_of(name: &ObjectName) -> Vec<String> {
    parts(name).iter().flat_map(|parts| parts.last()).map(folded).collect()
}

/// The rows that a function is given as a whole: `count(p.*)`.
fn whole_rows(function: &Function) -> impl Iterator<Item = &ObjectName> {
    let arguments = match &function.args {
        FunctionArguments::List(list) => &list.args[..],
        _ => &[],
    };
    arguments.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name))
        | FunctionArg::Named { arg: FunctionArgExpr::QualifiedWildcard(name), .. } => Some(name),
        _ => None,
    })
}

/// What a name reads: a column, a field of a record in a column, or a whole row.
pub(super) fn look_up(names: &[String], scope: &Scope) -> Option<Traced> {
    let column = |table: &Table, name: &str| {
        table.columns.iter().find(|column| column.name == name).map(|column| column.traced.clone())
    };
    let mut read: Vec<Traced> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        for table in scope.tables.iter().filter(|table| table.name == name.as_str()) {
            match names.get(at + 1) {
                Some(inner) => {
                    let found = column(table, inner).or_else(|| table.rest.clone());
                    read.push(found.unwrap_or_else(|| all_of(table)));
                }
                None if names.len() == 1 => read.push(all_of(table)),
                None => {}
            }
        }
    }
    let first = names.first()?;
    read.extend(scope.tables.iter().filter_map(|table| column(table, first)));
    if read.is_empty() && names.len() == 1 {
        read.extend(scope.tables.iter().filter_map(|table| table.rest.clone()));
    }
    joined(read)
}

fn all_of(table: &Table) -> Traced {
    let columns = table.columns.iter().map(|column| column.traced.clone());
    joined(table.rest.iter().cloned().chain(columns)).unwrap_or_default()
}

fn joined(all: impl IntoIterator<Item = Traced>) -> Option<Traced> {
    all.into_iter().reduce(|mut joined, next| {
        joined.join(&next);
        joined
    })
}

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

/// A window function keeps every row, so it is none.
fn is_aggregate(function: &Function) -> bool {
    let name = parts(&function.name).and_then(|parts| parts.last().map(folded)).unwrap_or_default();
    function.over.is_none() && AGGREGATES.contains(&name.as_str())
}
