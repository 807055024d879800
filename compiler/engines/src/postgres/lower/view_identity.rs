//! The columns that tell the rows of a view apart.

use std::ops::ControlFlow;

use smol_str::SmolStr;
use sqlparser::ast::{
    Expr, GroupByExpr, Select, SelectItem, SetExpr, Statement, TableFactor, Value, visit_expressions,
};

use super::names::{LIMIT, fit};
use polity_model::{Lineage, Platform, View, written_sql};

/// Returns the columns that the query groups by, or the key of the one table of which it shows rows.
pub(in crate::postgres) fn identity(platform: &Platform, view: &View) -> Option<Vec<SmolStr>> {
    let statements = written_sql::statements(&view.sql).ok()?;
    let [Statement::Query(query)] = &statements[..] else { return None };
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let GroupByExpr::Expressions(groups, modifiers) = &select.group_by else { return None };
    match (&groups[..], modifiers.is_empty()) {
        // What `WITH` calls a table may have a row several times.
        ([], true) if query.with.is_none() => key(platform, view, select),
        ([], true) => None,
        (groups, true) => grouped(view, select, groups),
        (_, false) => None,
    }
}

fn grouped(view: &View, select: &Select, groups: &[Expr]) -> Option<Vec<SmolStr>> {
    let mut names = Vec::new();
    for group in groups {
        let name = select.projection.iter().enumerate().find_map(|(i, item)| match item {
            SelectItem::UnnamedExpr(expr) if same(expr, group, i) => named(expr),
            SelectItem::ExprWithAlias { expr, alias }
                if same(expr, group, i) || is_name(group, &alias.value) =>
            {
                Some(alias.value.clone())
            }
            _ => None,
        })?;
        names.push(fit(&name, LIMIT));
    }
    let known = |name: &SmolStr| view.columns.iter().any(|c| fit(&c.named.stored, LIMIT) == *name);
    names.iter().all(known).then_some(names)
}

/// The key of a table, where each row of it is one of the view at most: a join or a function may make several of one.
fn key(platform: &Platform, view: &View, select: &Select) -> Option<Vec<SmolStr>> {
    let [entity] = view.reads[..] else { return None };
    let [from] = &select.from[..] else { return None };
    let is_table = matches!(&from.relation, TableFactor::Table { args: None, .. }) && from.joins.is_empty();
    let calls = visit_expressions(&select.projection, |expr| match expr {
        Expr::Function(_) | Expr::Subquery(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    if !is_table || !view.builds_on.is_empty() || calls.is_break() || !select.lateral_views.is_empty() {
        return None;
    }
    let shown = |field| {
        let of = |(at, lineage): (usize, &Vec<Lineage>)| {
            (view.plain[at] && lineage[..] == [Lineage::Field(entity, field)]).then_some(at)
        };
        let at = view.lineage.iter().enumerate().find_map(of)?;
        Some(fit(&view.columns.get(at)?.named.stored, LIMIT))
    };
    let key = platform[entity].identity();
    let columns: Option<Vec<SmolStr>> = key.iter().map(|field| shown(*field)).collect();
    columns.filter(|columns| !columns.is_empty())
}

fn same(expr: &Expr, group: &Expr, position: usize) -> bool {
    let is_position =
        |group: &Value| matches!(group, Value::Number(digits, _) if digits.parse() == Ok(position + 1));
    expr == group || matches!(group, Expr::Value(value) if is_position(&value.value))
}

fn is_name(group: &Expr, alias: &str) -> bool {
    matches!(group, Expr::Identifier(ident) if ident.value == alias)
}

fn named(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(ident.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|ident| ident.value.clone()),
        _ => None,
    }
}
