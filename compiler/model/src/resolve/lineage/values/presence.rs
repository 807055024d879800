//! Which columns are there for certain: an outer join leaves those of one side absent, and a condition that only rows with
//! a value pass proves that there is one.

use std::rc::Rc;

use sqlparser::ast::{BinaryOperator, Expr, InTarget, JoinConstraint, JoinOperator, UnaryOperator};

use super::super::super::sql::folded;
use super::super::scope::{Column, Scope, Table};
use super::super::tables::{Source, constraint_of};
use super::Absence;

/// A side of a join whose rows may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::resolve::lineage) enum Side {
    Left,
    Right,
}

impl Side {
    /// The sides that a join leaves absent where nothing matches.
    pub(in crate::resolve::lineage) fn absent_after(join: &JoinOperator) -> &'static [Side] {
        use JoinOperator as J;
        match join {
            J::Left(_) | J::LeftOuter(_) => &[Side::Right],
            J::Right(_) | J::RightOuter(_) => &[Side::Left],
            J::FullOuter(_) => &[Side::Left, Side::Right],
            _ => &[],
        }
    }
}

impl Source {
    /// Says that the rows of this side may be absent. Those of its tables are so together, but for the tables that an outer
    /// join within leaves absent by themselves.
    pub(in crate::resolve::lineage) fn made_absent(&mut self) {
        let Some(id) = self.tables.first().map(|table| table.id) else { return };
        for table in &mut self.tables {
            table.row = table.row.or(Some(id));
        }
        if let Some(columns) = self.columns.as_mut().filter(|columns| columns.iter().any(Column::is_merged)) {
            for column in Rc::make_mut(columns).iter_mut().filter(|column| column.is_merged()) {
                column.value.absence = Absence::Maybe;
            }
        }
    }

    /// Takes what a condition that all rows pass proves of the columns.
    pub(in crate::resolve::lineage) fn proven_by(&mut self, condition: &Expr) {
        proven_of(&mut self.tables, &names_proven(condition, true));
    }

    /// The columns that `*` gives, each as it is in this source.
    pub(in crate::resolve::lineage) fn seen(&self) -> impl Iterator<Item = Column> {
        let alone = self.tables.first().filter(|_| self.tables.len() == 1);
        self.columns.iter().flat_map(|columns| columns.iter()).map(move |column| {
            let own = || self.tables.iter().find(|table| Some(table.id) == column.table);
            let absence = alone.or_else(own).map(|table| table.absence_of(column));
            let mut column = column.clone();
            column.value.absence = absence.unwrap_or(column.value.absence);
            column
        })
    }
}

impl Table {
    /// Whether a column of it may be absent, where the table stands.
    pub(in crate::resolve::lineage) fn absence_of(&self, column: &Column) -> Absence {
        match self.row {
            Some(_) => Absence::Maybe,
            None if self.proven.contains(&column.name) => Absence::Never,
            None => column.value.absence,
        }
    }
}

impl Scope {
    /// This where a condition holds of the innermost query's rows, or does not.
    pub(super) fn where_holds(&self, condition: &Expr, value: bool) -> Self {
        let mut scope = self.clone();
        scope.hold(condition, value);
        scope
    }

    pub(in crate::resolve::lineage) fn hold(&mut self, condition: &Expr, value: bool) {
        let proven = names_proven(condition, value);
        if let Some(level) = self.levels.first_mut().filter(|_| !proven.is_empty()) {
            let level: &mut Vec<Table> = Rc::make_mut(level);
            proven_of(level, &proven);
        }
        expressions_proven(condition, value, Rc::make_mut(&mut self.facts));
    }
}

fn proven_of(tables: &mut [Table], names: &[Vec<String>]) {
    for name in names {
        let Some((table, at)) = find(tables, name) else { continue };
        let table = &mut tables[table];
        let (column, row) = (table.columns[at].name.clone(), table.row);
        Rc::make_mut(&mut table.proven).insert(column);
        if row.is_some() {
            tables.iter_mut().filter(|table| table.row == row).for_each(|table| table.row = None);
        }
    }
}

/// The one column of that name.
fn find(tables: &[Table], names: &[String]) -> Option<(usize, usize)> {
    let (table, name) = match names {
        [name] => (None, name),
        [.., table, name] => (Some(table), name),
        [] => return None,
    };
    let mut found = None;
    for (i, of) in tables.iter().enumerate().filter(|(_, of)| table.is_none_or(|table| of.name == *table)) {
        for (at, _) in of.columns.iter().enumerate().filter(|(_, column)| column.name == *name) {
            if found.replace((i, at)).is_some() {
                return None;
            }
        }
    }
    found
}

/// The columns that have a value wherever the condition is true, or false.
fn names_proven(condition: &Expr, value: bool) -> Vec<Vec<String>> {
    let mut facts = Vec::new();
    expressions_proven(condition, value, &mut facts);
    let names = facts.iter().map(|fact| match fact {
        Expr::Identifier(ident) => vec![folded(ident)],
        Expr::CompoundIdentifier(idents) => idents.iter().map(folded).collect(),
        _ => Vec::new(),
    });
    names.filter(|names: &Vec<String>| !names.is_empty()).collect()
}

/// The expressions that have a value wherever the condition is true, or false.
fn expressions_proven(condition: &Expr, value: bool, into: &mut Vec<Expr>) {
    match condition {
        Expr::Nested(inner) => expressions_proven(inner, value, into),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => expressions_proven(expr, !value, into),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } if value => {
            expressions_proven(left, true, into);
            expressions_proven(right, true, into);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } if !value => {
            expressions_proven(left, false, into);
            expressions_proven(right, false, into);
        }
        Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. } => {}
        Expr::BinaryOp { left, op, right } if compares(op) => {
            operand_proven(left, into);
            operand_proven(right, into);
        }
        Expr::IsNotNull(inner) if value => operand_proven(inner, into),
        Expr::IsNull(inner) if !value => operand_proven(inner, into),
        Expr::IsTrue(inner) if value => expressions_proven(inner, true, into),
        Expr::IsFalse(inner) if value => expressions_proven(inner, false, into),
        // Nothing is not in a query without rows.
        Expr::In { expr, target: InTarget::List(_), .. } => operand_proven(expr, into),
        Expr::In { expr, negated, .. } if *negated != value => operand_proven(expr, into),
        Expr::AnyOp { left, .. } if value => operand_proven(left, into),
        Expr::Between { expr, negated: false, low, high } if value => {
            [expr, low, high].into_iter().for_each(|part| operand_proven(part, into));
        }
        Expr::Between { expr, .. } => operand_proven(expr, into),
        Expr::Like { expr, pattern, .. }
        | Expr::ILike { expr, pattern, .. }
        | Expr::SimilarTo { expr, pattern, .. } => {
            operand_proven(expr, into);
            operand_proven(pattern, into);
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => into.push(condition.clone()),
        _ => {}
    }
}

/// An operand without which there is no value, and what stands in it in the same way.
fn operand_proven(operand: &Expr, into: &mut Vec<Expr>) {
    match operand {
        Expr::Nested(inner) => operand_proven(inner, into),
        Expr::Cast { expr, .. } => operand_proven(expr, into),
        Expr::BinaryOp { left, op, right } if computes(op) => {
            operand_proven(left, into);
            operand_proven(right, into);
        }
        Expr::Value(_) => {}
        _ => into.push(operand.clone()),
    }
}

fn compares(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(
        op,
        B::Eq
            | B::NotEq
            | B::Lt
            | B::LtEq
            | B::Gt
            | B::GtEq
            | B::PGRegexMatch
            | B::PGRegexIMatch
            | B::PGRegexNotMatch
            | B::PGRegexNotIMatch
            | B::PGLikeMatch
            | B::PGILikeMatch
            | B::PGNotLikeMatch
            | B::PGNotILikeMatch
    )
}

fn computes(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(op, B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo | B::StringConcat)
}

/// The condition of a join that every row of it passes.
pub(in crate::resolve::lineage) fn condition_of(join: &JoinOperator) -> Option<&Expr> {
    let every_row = Side::absent_after(join).is_empty();
    match constraint_of(join)? {
        JoinConstraint::On(condition) if every_row => Some(condition),
        _ => None,
    }
}
