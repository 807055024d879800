//! Finds the columns that a query compares, groups and sorts by. This gives no column a value, but cannot be done with
//! ciphertext.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use smol_str::SmolStr;
use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, JoinConstraint, JoinOperator, OrderBy, OrderByKind, Select, Value, Visit,
    Visitor,
};

use super::super::sql::{folded, parts};
use super::Tracer;
use super::reads::seen;
use super::scope::{Column, Scope, Traced};
use super::tables::constraint_of;
use crate::written_sql::walk;

impl Tracer<'_> {
    /// Takes down what one `SELECT` compares: what it keeps, groups and sorts by. `columns` are those that come out.
    pub(super) fn compare(
        &self,
        select: &Select,
        order: Option<&OrderBy>,
        scope: &Scope,
        columns: &[Column],
    ) {
        self.compare_all(&select.selection, scope);
        self.compare_all(&select.having, scope);
        match &select.group_by {
            GroupByExpr::Expressions(by, _) => {
                by.iter().for_each(|expr| self.compare_by(expr, columns, By::Groups, scope));
            }
            GroupByExpr::All(_) => self.compare_output(columns),
        }
        match order.map(|order| &order.kind) {
            Some(OrderByKind::Expressions(by)) => {
                by.iter().for_each(|by| self.compare_by(&by.expr, columns, By::Sorts, scope));
            }
            Some(OrderByKind::All(_)) => self.compare_output(columns),
            None => {}
        }
        match &select.distinct {
            Some(Distinct::On(by)) => {
                by.iter().for_each(|expr| self.compare_by(expr, columns, By::Sorts, scope));
            }
            Some(Distinct::Distinct) => self.compare_output(columns),
            Some(Distinct::All) | None => {}
        }
    }

    /// Takes down what one join compares, with its two sides in `scope`.
    pub(super) fn compare_join(&self, join: &JoinOperator, scope: impl Fn() -> Scope) {
        if matches!(constraint_of(join), Some(JoinConstraint::None)) {
            return;
        }
        let scope = scope();
        self.compare_all(join, &scope);
        if !self.work.searches(scope.width) {
            return;
        }
        for columns in merged(join, &scope) {
            self.hold_against(&columns);
            columns.iter().for_each(|column| self.compares(column));
        }
    }

    /// A column that comes out may be named by its name or its place, where that stands alone.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all others are expressions of what goes in, or constants"
    )]
    fn compare_by(&self, expr: &Expr, columns: &[Column], by: By, scope: &Scope) {
        let output = match expr {
            Expr::Identifier(ident) => {
                let name = folded(ident);
                // `ORDER BY` means what comes out, `GROUP BY` rather what goes in.
                self.work.searches(scope.width + columns.len());
                let is_input = by == By::Groups && scope.has_column(&name);
                columns.iter().find(|column| !is_input && column.name == name.as_str())
            }
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => {
                    let at = digits.to_string().parse::<usize>().ok().and_then(|at| at.checked_sub(1));
                    at.and_then(|at| columns.get(at))
                }
                _ => None,
            },
            Expr::Tuple(parts) => {
                return parts.iter().for_each(|part| self.compare_by(part, columns, by, scope));
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                return sets.iter().flatten().for_each(|part| self.compare_by(part, columns, by, scope));
            }
            _ => None,
        };
        match output {
            Some(column) => self.compares(&column.traced),
            None => self.compare_all(expr, scope),
        }
    }

    fn compare_output(&self, columns: &[Column]) {
        columns.iter().for_each(|column| self.compares(&column.traced));
    }

    fn compares(&self, traced: &Traced) {
        self.note(traced);
        self.compared.borrow_mut().columns.extend(seen(traced).iter());
    }

    /// Takes down each two of what is compared with each other.
    fn hold_against(&self, columns: &[Traced]) {
        for (at, one) in columns.iter().enumerate() {
            for other in &columns[at + 1..] {
                if !self.work.takes(2 * one.from.len() * other.from.len()) {
                    return;
                }
                let pairs = one.from.iter().flat_map(|a| other.from.iter().map(move |b| (*a, *b)));
                self.compared.borrow_mut().pairs.extend(pairs);
            }
        }
    }

    /// Takes down all that stands in a condition, but for what is only counted or held against absence.
    fn compare_all<T: Visit>(&self, part: &T, scope: &Scope) {
        let before = self.read.take();
        self.everything(part, scope);
        let read = self.read.replace(before);
        self.compared.borrow_mut().columns.extend(read.valued.iter().copied());
        self.read.borrow_mut().add(read);
        let mut pairs = Pairs { tracer: self, within: 0, found: Vec::new() };
        let _ = walk(part, &mut pairs);
        for [one, other] in pairs.found {
            if let (Some(one), Some(other)) = (self.look_up(scope, &one), self.look_up(scope, &other)) {
                self.hold_against(&[one, other]);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Groups,
    Sorts,
}

/// The columns of `USING`, or all that two tables call the same: those of one name together.
fn merged(join: &JoinOperator, scope: &Scope) -> Vec<Vec<Traced>> {
    let tables = || scope.levels.first().into_iter().flat_map(|level| level.iter());
    let all = || tables().flat_map(|table| table.columns.iter());
    let of = |name: &SmolStr| -> Vec<Traced> {
        all().filter(|column| column.name == *name).map(|column| column.traced.clone()).collect()
    };
    match constraint_of(join) {
        Some(JoinConstraint::Using(names) | JoinConstraint::UsingAlias(names, _)) => {
            let name = |name| Some(SmolStr::from(folded(parts(name)?.last()?)));
            names.iter().filter_map(name).map(|name| of(&name)).collect()
        }
        Some(JoinConstraint::Natural) => {
            let mut by_name: BTreeMap<&SmolStr, Vec<Traced>> = BTreeMap::new();
            for column in all() {
                by_name.entry(&column.name).or_default().push(column.traced.clone());
            }
            by_name.into_values().filter(|columns| columns.len() > 1).collect()
        }
        Some(JoinConstraint::On(_) | JoinConstraint::None) | None => Vec::new(),
    }
}

/// The two sides of each comparison of two names, outside of subqueries, which take down theirs.
struct Pairs<'a> {
    tracer: &'a Tracer<'a>,
    within: usize,
    found: Vec<[Vec<String>; 2]>,
}

impl Visitor for Pairs<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &sqlparser::ast::Query) -> ControlFlow<()> {
        self.within += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &sqlparser::ast::Query) -> ControlFlow<()> {
        self.within -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.within += usize::from(self.tracer.needs_no_value(expr));
        if self.within == 0
            && let Expr::BinaryOp { left, right, .. } = expr
            && let (Some(left), Some(right)) = (name_of(left), name_of(right))
        {
            self.found.push([left, right]);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.within -= usize::from(self.tracer.needs_no_value(expr));
        ControlFlow::Continue(())
    }
}

/// The name that an expression is.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else it is, it is no name")]
fn name_of(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Identifier(ident) => Some(vec![folded(ident)]),
        Expr::CompoundIdentifier(idents) => Some(idents.iter().map(folded).collect()),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => name_of(inner),
        _ => None,
    }
}
