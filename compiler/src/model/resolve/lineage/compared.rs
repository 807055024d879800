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
            for columns in merged(&join.join_operator, scope) {
                self.hold_against(&columns);
                compared.extend(columns.iter().flat_map(seen));
            }
        }
        self.compared.borrow_mut().columns.extend(compared);
    }

    /// Takes down each two of what is compared with each other.
    fn hold_against(&self, columns: &[Traced]) {
        for (at, one) in columns.iter().enumerate() {
            for other in &columns[at + 1..] {
                let pairs = one.from.iter().flat_map(|a| other.from.iter().map(move |b| (*a, *b)));
                self.compared.borrow_mut().pairs.extend(pairs);
            }
        }
    }

    fn compared<T: Visit>(&self, part: &T, scope: &Scope, columns: &[Column]) -> BTreeSet<Lineage> {
        let mut names = Names {
            tracer: self,
            scope: scope.clone(),
            columns,
            around: 0,
            named: Vec::new(),
            pairs: Vec::new(),
            found: BTreeSet::new(),
        };
        let _ = part.visit(&mut names);
        let Names { scope, named, pairs, mut found, .. } = names;
        for pair in &pairs {
            let columns: Option<Vec<Traced>> = pair.iter().map(|names| look_up(names, &scope)).collect();
            columns.iter().for_each(|columns| self.hold_against(columns));
        }
        let looked_up = named.iter().filter_map(|names| look_up(names, &scope));
        found.extend(looked_up.flat_map(|traced| seen(&traced)));
        found
    }
}

/// How many rows have a value says nothing of the value.
fn seen(traced: &Traced) -> BTreeSet<Lineage> {
    if traced.counts { BTreeSet::new() } else { traced.from.clone() }
}

/// The columns of `USING`, or all that two tables call the same: those of one name together.
fn merged(join: &JoinOperator, scope: &Scope) -> Vec<Vec<Traced>> {
    let all = || scope.tables.iter().flat_map(|table| table.columns.iter());
    let of = |name: &SmolStr| -> Vec<Traced> {
        all().filter(|column| column.name == *name).map(|column| column.traced.clone()).collect()
    };
    match constraint_of(join) {
        Some(JoinConstraint::Using(names)) => {
            let name = |name| Some(SmolStr::from(folded(parts(name)?.last()?)));
            names.iter().filter_map(name).map(|name| of(&name)).collect()
        }
        Some(JoinConstraint::Natural) => {
            let names: BTreeSet<&SmolStr> = all().map(|column| &column.name).collect();
            names.into_iter().map(of).filter(|columns| columns.len() > 1).collect()
        }
        _ => Vec::new(),
    }
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
    /// The two sides of a comparison.
    pairs: Vec<[Vec<String>; 2]>,
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
        if let Expr::BinaryOp { left, right, .. } = expr
            && let (Some(left), Some(right)) = (name_of(left), name_of(right))
        {
            self.pairs.push([left, right]);
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

/// The name that an expression is.
fn name_of(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Identifier(ident) => Some(vec![folded(ident)]),
        Expr::CompoundIdentifier(idents) => Some(idents.iter().map(folded).collect()),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => name_of(inner),
        _ => None,
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
