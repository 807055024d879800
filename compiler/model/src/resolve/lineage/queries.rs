//! Traces each column of a query to its origins, clause by clause.

use std::ops::ControlFlow;
use std::rc::Rc;

use sqlparser::ast::{
    Expr, GroupByExpr, ObjectName, OrderBy, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, Spanned, Visitor,
    WildcardAdditionalOptions, WindowType,
};
use sqlparser::tokenizer::Span;

use super::super::sql::{folded, parts};
use super::Tracer;
use super::called::called;
use super::scope::{Column, Groups, Scope, Table};
use super::tables::Source;
use super::values::Value;
use crate::written_sql::walk;

/// As many columns as PostgreSQL lets a query have (<https://www.postgresql.org/docs/current/limits.html>). One with more is
/// an error and not traced, so that queries which double their columns take no memory.
pub(super) const MOST_COLUMNS: usize = 1664;

impl Tracer<'_> {
    /// `outer`: what a subquery may name beside its own. `None` where the columns cannot be told apart.
    pub(super) fn query(&self, query: &Query, outer: &Scope) -> Option<Vec<Column>> {
        if self.work.is_spent() {
            return None;
        }
        self.ordered(query, None, outer)
    }

    /// `order`: what stands behind a query in parentheses.
    fn ordered(&self, query: &Query, order: Option<&OrderBy>, outer: &Scope) -> Option<Vec<Column>> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks: _,
            for_clause: None,
            settings: None,
            format_clause: None,
            pipe_operators,
        } = query
        else {
            return None;
        };
        if !pipe_operators.is_empty() {
            return None;
        }
        let scope = match with {
            Some(with) => self.with(with, outer),
            None => outer.clone(),
        };
        self.everything(limit_clause, &scope);
        self.everything(fetch, &scope);
        let order = order_by.as_ref().or(order);
        match (&**body, order) {
            (SetExpr::Select(select), _) => self.select(select, order, &scope),
            (SetExpr::Query(inner), Some(_)) => self.ordered(inner, order, &scope),
            (body, _) => self.set(body, &scope),
        }
    }

    pub(super) fn set(&self, set: &SetExpr, outer: &Scope) -> Option<Vec<Column>> {
        match set {
            SetExpr::Select(select) => self.select(select, None, outer),
            SetExpr::Query(query) => self.query(query, outer),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let (left, right) = (self.set(left, outer), self.set(right, outer));
                let by_name = match set_quantifier {
                    SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => false,
                    SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => true,
                };
                let (mut left, right) = (left?, right?);
                if by_name || *op == SetOperator::Minus || left.len() != right.len() {
                    return None;
                }
                for (left, right) in left.iter_mut().zip(&right) {
                    left.traced.join(&right.traced);
                    left.value = self.together(&left.value, &right.value).unwrap_or_else(|clash| {
                        self.refuse_columns(left, right, &clash);
                        Value::unknown()
                    });
                }
                Some(left)
            }
            SetExpr::Values(values) => {
                let mut columns: Vec<Column> = Vec::new();
                for row in &values.rows {
                    for (i, expr) in row.content.iter().enumerate() {
                        let (traced, value) = (self.expr(expr, outer), self.value(expr, outer));
                        match columns.get_mut(i) {
                            Some(column) => {
                                column.traced.join(&traced);
                                column.value = self.one_of(expr, &[column.value.clone(), value]);
                            }
                            None => {
                                columns.push(Column::new(format!("column{}", i + 1).into(), traced, value))
                            }
                        }
                    }
                }
                self.bounded(columns)
            }
            SetExpr::Table(table) => self.whole(table, outer),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => None,
        }
    }

    /// `TABLE core.users`
    fn whole(&self, table: &sqlparser::ast::Table, scope: &Scope) -> Option<Vec<Column>> {
        let parts: Vec<_> = table.schema_name.iter().chain(&table.table_name).cloned().collect();
        let mut columns = Vec::new();
        self.spread(&self.named(&parts, scope)?, &mut columns)?;
        Some(columns)
    }

    fn select(&self, select: &Select, order: Option<&OrderBy>, outer: &Scope) -> Option<Vec<Column>> {
        if !is_of_postgres(select) {
            return None;
        }
        let mut sources: Vec<Source> = Vec::new();
        let mut tables: Vec<Table> = Vec::new();
        for from in &select.from {
            let source = self.source(from, &tables, outer);
            tables.extend(source.tables.iter().cloned());
            sources.push(source);
        }
        let mut scope = outer.within(tables);
        scope.groups = groups_of(&select.group_by);
        if let Some(condition) = &select.selection {
            scope.hold(condition, true);
            sources.iter_mut().for_each(|source| source.proven_by(condition));
        }
        if let Some(condition) = &select.having {
            scope.hold(condition, true);
        }
        let columns = self.columns(select, &sources, &scope);
        self.compare(select, order, &scope, columns.as_deref().unwrap_or_default());
        for condition in select.selection.iter().chain(&select.having) {
            let value = self.value(condition, &scope);
            self.must_be_condition(condition, &value);
        }
        columns
    }

    fn columns(&self, select: &Select, sources: &[Source], scope: &Scope) -> Option<Vec<Column>> {
        // `rank() over w` reads what `window w as (…)` reads.
        let windows = self.everything(&select.named_window, scope).from;
        let trace = |expr: &Expr| {
            let mut traced = self.expr(expr, scope);
            if !windows.is_empty() && names_window(expr) {
                traced.from.add(&windows);
                traced.aggregate = false;
            }
            traced
        };
        let mut columns = Some(Vec::new());
        for item in &select.projection {
            let known = match item {
                SelectItem::UnnamedExpr(expr) => {
                    let traced = trace(expr);
                    let value = self.value(expr, scope);
                    Some(vec![Column { at: expr.span(), ..Column::new(called(expr), traced, value) }])
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let traced = trace(expr);
                    let value = self.value(expr, scope);
                    let at = expr.span().union(&alias.span);
                    Some(vec![Column { at, ..Column::new(folded(alias).into(), traced, value) }])
                }
                SelectItem::Wildcard(options) => self.star(options, sources),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    self.star_of(name, options, scope)
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    self.everything(expr, scope);
                    None
                }
                SelectItem::ExprWithAliases { expr, .. } => {
                    self.everything(expr, scope);
                    None
                }
            };
            columns = columns.zip(known).and_then(|(mut columns, known)| {
                columns.extend(known);
                self.bounded(columns)
            });
        }
        columns
    }

    /// `*`
    fn star(&self, options: &WildcardAdditionalOptions, sources: &[Source]) -> Option<Vec<Column>> {
        let tables = sources.iter().flat_map(|source| &source.tables);
        tables.flat_map(|table| table.columns.iter()).for_each(|column| self.note(&column.traced));
        if sources.iter().any(|source| source.too_wide) {
            self.too_wide.set(true);
        }
        if sources.iter().any(|source| source.columns.is_none()) {
            return None;
        }
        let columns = sources.iter().flat_map(Source::seen).take(MOST_COLUMNS + 1).collect();
        self.bounded(columns).filter(|_| *options == WildcardAdditionalOptions::default())
    }

    /// The columns, unless they are too many.
    fn bounded(&self, columns: Vec<Column>) -> Option<Vec<Column>> {
        if columns.len() > MOST_COLUMNS {
            self.too_wide.set(true);
            return None;
        }
        Some(columns)
    }

    /// `p.*`
    fn star_of(
        &self,
        name: &ObjectName,
        options: &WildcardAdditionalOptions,
        scope: &Scope,
    ) -> Option<Vec<Column>> {
        let name = folded(parts(name)?.last()?);
        let of =
            |level: &Rc<Vec<Table>>| level.iter().filter(|t| t.name == *name).cloned().collect::<Vec<_>>();
        let found = scope.levels.iter().map(of).find(|tables| !tables.is_empty());
        let [table] = &found?[..] else { return None };
        let mut columns = Vec::new();
        self.spread(table, &mut columns)?;
        (*options == WildcardAdditionalOptions::default()).then_some(columns)
    }

    /// The columns that `*` gives of one table; `None` where they are not known.
    fn spread(&self, table: &Table, into: &mut Vec<Column>) -> Option<()> {
        table.columns.iter().for_each(|column| self.note(&column.traced));
        into.extend(table.columns.iter().map(|column| {
            let value = column.value.clone().absent(table.absence_of(column));
            Column { value, at: Span::empty(), ..column.clone() }
        }));
        table.rest.is_none().then_some(())
    }
}

fn groups_of(by: &GroupByExpr) -> Groups {
    match by {
        GroupByExpr::Expressions(by, modifiers) if modifiers.is_empty() => {
            let is_set = |expr: &Expr| {
                matches!(expr, Expr::GroupingSets(_) | Expr::Cube(_) | Expr::Rollup(_))
                    || matches!(expr, Expr::Tuple(parts) if parts.is_empty())
            };
            match by.is_empty() {
                true => Groups::All,
                false if by.iter().any(is_set) => Groups::Sets,
                false => Groups::By,
            }
        }
        GroupByExpr::Expressions(..) | GroupByExpr::All(_) => Groups::Sets,
    }
}

/// Whether a `SELECT` has only clauses that PostgreSQL knows: to it, those of others may be something else, such as an
/// alias.
fn is_of_postgres(select: &Select) -> bool {
    let Select {
        select_token: _,
        optimizer_hints: _,
        distinct: _,
        select_modifiers: None,
        top: None,
        top_before_distinct: _,
        projection: _,
        exclude: None,
        into: None,
        from: _,
        lateral_views,
        prewhere: None,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window: _,
        qualify: None,
        window_before_qualify: _,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    } = select
    else {
        return false;
    };
    lateral_views.is_empty()
        && connect_by.is_empty()
        && cluster_by.is_empty()
        && distribute_by.is_empty()
        && sort_by.is_empty()
}

fn names_window(expr: &Expr) -> bool {
    struct Named;
    impl Visitor for Named {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
            match &function.over {
                Some(WindowType::NamedWindow(_)) => ControlFlow::Break(()),
                Some(WindowType::WindowSpec(spec)) if spec.window_name.is_some() => ControlFlow::Break(()),
                Some(WindowType::WindowSpec(_)) | None => ControlFlow::Continue(()),
            }
        }
    }
    walk(expr, &mut Named).is_break()
}
