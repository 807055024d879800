//! Views that show figures and no rows.

use sqlparser::ast::{GroupByExpr, SetExpr, Statement};

use crate::View;

/// Whether a view groups rows or drops labels, so that its readers may see it without seeing the rows.
pub(super) fn shows_figures(view: &View, statement: &Statement) -> bool {
    let Statement::Query(query) = statement else { return false };
    let SetExpr::Select(select) = &*query.body else { return drops_labels(view) };
    let groups = match &select.group_by {
        GroupByExpr::All(_) => true,
        GroupByExpr::Expressions(by, _) => !by.is_empty(),
    };
    groups || drops_labels(view)
}

fn drops_labels(view: &View) -> bool {
    view.columns.iter().any(|column| !column.declassified.is_empty())
}
