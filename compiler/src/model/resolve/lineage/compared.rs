//! What a query compares, groups and sorts by. It is no value of a column, but ciphertext cannot do it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use smol_str::SmolStr;
use sqlparser::ast::{
    Distinct, Expr, Function, JoinConstraint, JoinOperator, OrderBy, Select, TableFactor, Value, Visit,
    Visitor,
};

use super::super::sql::{folded, parts};
use super::queries::constraint_of;
use super::reads::look_up;
use super::{Column, Scope, Traced, Tracer};
use crate::model::Lineage;

impl Tracer<'_> {
    /// Takes down what one `SELECT` compares: whom it joins, keeps, groups and sorts by. `columns` are those that come out.
    pub(super) fn compare(
        &self,
        select: &Select,
        order: Option<&OrderBy>,
        scope: &Scope,
        columns: &[Column],
    ) {
        let mut compared = self.compared(&select.selection, scope, &[]);
        compared.extend(self.compared(&select.having, scope, &[]));
        compared.extend(self.compared(&select.group_by, scope, columns));
        if let Some(order) = order {
            compared.extend(self.compared(order, scope, columns));
        }
        match &select.distinct {
            Some(Distinct::On(by)) => compared.extend(self.compared(by, scope, columns)),
            Some(Distinct::Distinct) => {
                compared.extend(columns.iter().flat_map(|column| seen(&column.traced)))
            }
            _ => {}
        }
        for join in select.from.iter().flat_map(|from| &from.joins) {
            compared.extend(self.compared(&join.join_operator, scope, &[]));
            compared.extend(merged(&join.join_operator, scope));
        }
        self.compared.borrow_mut().extend(compared);
    }

    fn compared<T: Visit>(&self, part: &T, scope: &Scope, columns: &[Column]) -> BTreeSet<Lineage> {
        let mut names = Names {
            tracer: self,
            scope: scope.clone(),
            columns,
            around: 0,
            named: Vec::new(),
            found: BTreeSet::new(),
        };
        let _ = part.visit(&mut names);
        let Names { scope, named, mut found, .. } = names;
        let looked_up = named.iter().filter_map(|names| look_up(names, &scope));
        found.extend(looked_up.flat_map(|traced| seen(&traced)));
        found
    }
}

/// How many rows have a value says nothing of the value.
fn seen(traced: &Traced) -> BTreeSet<Lineage> {
    if traced.counts { BTreeSet::new() } else { traced.from.clone() }
}

/// The columns of `USING`, or all that two tables call the same.
fn merged(join: &JoinOperator, scope: &Scope) -> BTreeSet<Lineage> {
    let names: Vec<SmolStr> = match constraint_of(join) {
        Some(JoinConstraint::Using(names)) => {
            names.iter().filter_map(|name| Some(folded(parts(name)?.last()?).into())).collect()
        }
        Some(JoinConstraint::Natural) => {
            let all = || scope.tables.iter().flat_map(|table| table.columns.iter());
            let is_common = |name: &SmolStr| all().filter(|column| column.name == *name).count() > 1;
            all().map(|column| column.name.clone()).filter(is_common).collect()
        }
        _ => Vec::new(),
    };
    names
        .iter()
        .filter_map(|name| look_up(&[name.to_string()], scope))
        .flat_map(|traced| seen(&traced))
        .collect()
}

/// The names in a clause, but for those that are only counted or held against absence.
struct Names<'a> {
    tracer: &'a Tracer<'a>,
    scope: Scope,
    /// What `2` and a column's own name mean where they stand alone.
    columns: &'a [Column],
    /// How many stand around that need no value.
    around: usize,
    named: Vec<Vec<String>>,
    found: BTreeSet<Lineage>,
}

impl Visitor for Names<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        self.tracer.bring_in(factor, &mut self.scope);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.around += usize::from(needs_no_value(expr));
        if self.around > 0 {
            return ControlFlow::Continue(());
        }
        let out = match expr {
            Expr::Identifier(ident) => {
                let name = folded(ident);
                let out = self.columns.iter().find(|column| column.name == name.as_str());
                if out.is_none() {
                    self.named.push(vec![name]);
                }
                out
            }
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => {
                    let at = digits.to_string().parse::<usize>().ok().and_then(|at| at.checked_sub(1));
                    at.and_then(|at| self.columns.get(at))
                }
                _ => None,
            },
            Expr::CompoundIdentifier(idents) => {
                self.named.push(idents.iter().map(folded).collect());
                None
            }
            _ => None,
        };
        self.found.extend(out.map(|column| seen(&column.traced)).unwrap_or_default());
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.around -= usize::from(needs_no_value(expr));
        ControlFlow::Continue(())
    }
}

fn needs_no_value(expr: &Expr) -> bool {
    match expr {
        Expr::IsNull(_) | Expr::IsNotNull(_) => true,
        Expr::Function(function) => only_counts(function),
        _ => false,
    }
}

/// `count(x)`: it tells absence, and nothing of the value.
pub(super) fn only_counts(function: &Function) -> bool {
    use sqlparser::ast::{DuplicateTreatment, FunctionArguments};
    let is_count =
        parts(&function.name).and_then(|parts| parts.last().map(folded)).is_some_and(|name| name == "count");
    let is_distinct = match &function.args {
        FunctionArguments::List(list) => list.duplicate_treatment == Some(DuplicateTreatment::Distinct),
        _ => false,
    };
    is_count && !is_distinct && function.filter.is_none() && function.over.is_none()
}
