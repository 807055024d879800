//! The walk through a tree of SQL. The parser's own is compiled anew, for each of its hundreds of types, with every visitor
//! that it is called with; this one is compiled once, and asks the visitor that it is given.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, ObjectName, OrderBy, OrderByExpr, Query, Select, Statement, TableFactor,
    ValueWithSpan, Visit, Visitor,
};

/// Shows a visitor all that a part of a tree is made of.
pub(crate) fn walk<T: Visit>(part: &T, visitor: &mut dyn Visitor<Break = ()>) -> ControlFlow<()> {
    part.visit(&mut Asked(visitor))
}

/// Shows a visitor all that a statement is made of.
pub fn walk_statement(statement: &Statement, visitor: &mut dyn Visitor<Break = ()>) -> ControlFlow<()> {
    walk(statement, visitor)
}

/// Shows a visitor all that an expression is made of.
pub fn walk_expression(expr: &Expr, visitor: &mut dyn Visitor<Break = ()>) -> ControlFlow<()> {
    walk(expr, visitor)
}

/// The one visitor that the parser's walk is compiled with.
struct Asked<'v>(&'v mut dyn Visitor<Break = ()>);

macro_rules! asked {
    ($($before:ident $after:ident $part:ty),* $(,)?) => {
        impl Visitor for Asked<'_> {
            type Break = ();
            $(
                fn $before(&mut self, part: &$part) -> ControlFlow<()> {
                    self.0.$before(part)
                }

                fn $after(&mut self, part: &$part) -> ControlFlow<()> {
                    self.0.$after(part)
                }
            )*
        }
    };
}

asked! {
    pre_visit_expr post_visit_expr Expr,
    pre_visit_group_by post_visit_group_by GroupByExpr,
    pre_visit_ident post_visit_ident Ident,
    pre_visit_order_by post_visit_order_by OrderBy,
    pre_visit_order_by_expr post_visit_order_by_expr OrderByExpr,
    pre_visit_query post_visit_query Query,
    pre_visit_relation post_visit_relation ObjectName,
    pre_visit_select post_visit_select Select,
    pre_visit_statement post_visit_statement Statement,
    pre_visit_table_factor post_visit_table_factor TableFactor,
    pre_visit_value post_visit_value ValueWithSpan,
}
