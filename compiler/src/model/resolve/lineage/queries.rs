//! What each column of a query comes from, clause by clause.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;

use smol_str::SmolStr;
use sqlparser::ast::{
    Expr, Ident, JoinConstraint, JoinOperator, OrderBy, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableFactor, TableWithJoins,
};

use super::super::sql::{Relation, folded, parts, stored_columns};
use super::{Column, Scope, Table, Traced, Tracer};
use crate::model::Lineage;

impl Tracer<'_> {
    /// `outer`: what a subquery may name beside its own.
    pub(super) fn query(&self, query: &Query, outer: &Scope) -> Option<Vec<Column>> {
        let mut scope = outer.clone();
        let with = query.with.iter();
        for cte in with.clone().flat_map(|with| &with.cte_tables) {
            let name: SmolStr = folded(&cte.alias.name).into();
            let renamed: Vec<SmolStr> = cte.alias.columns.iter().map(|c| folded(&c.name).into()).collect();
            let recursive = with.clone().any(|with| with.recursive);
            let table = match self.cte(&name, &cte.query, &renamed, recursive, &scope) {
                Some(columns) => Table { name: name.clone(), columns: columns.into(), rest: None },
                None => self.opaque(name.clone(), self.everything(&cte.query, &scope)),
            };
            scope.ctes.insert(name, table);
        }
        match &*query.body {
            SetExpr::Select(select) => self.select(select, query.order_by.as_ref(), &scope),
            body => self.set(body, &scope),
        }
    }

    /// A recursive one reads itself: what its columns come from grows until nothing new does.
    fn cte(
        &self,
        name: &SmolStr,
        query: &Query,
        renamed: &[SmolStr],
        recursive: bool,
        outer: &Scope,
    ) -> Option<Vec<Column>> {
        if !recursive {
            return Some(rename(self.query(query, outer)?, renamed));
        }
        let start = match &*query.body {
            SetExpr::SetOperation { left, .. } => self.set(left, outer),
            _ => return Some(rename(self.query(query, outer)?, renamed)),
        };
        let mut columns = rename(start?, renamed);
        loop {
            let mut scope = outer.clone();
            let table = Table { name: name.clone(), columns: columns.clone().into(), rest: None };
            scope.ctes.insert(name.clone(), table);
            let grown = rename(self.query(query, &scope)?, renamed);
            if grown == columns {
                return Some(columns);
            }
            columns = grown;
        }
    }

    fn set(&self, set: &SetExpr, outer: &Scope) -> Option<Vec<Column>> {
        match set {
            SetExpr::Select(select) => self.select(select, None, outer),
            SetExpr::Query(query) => self.query(query, outer),
            SetExpr::SetOperation { left, right, .. } => {
                let (mut left, right) = (self.set(left, outer)?, self.set(right, outer)?);
                if left.len() != right.len() {
                    return None;
                }
                for (left, right) in left.iter_mut().zip(&right) {
                    left.traced.join(&right.traced);
                }
                Some(left)
            }
            SetExpr::Values(values) => {
                let mut columns: Vec<Column> = Vec::new();
                for row in &values.rows {
                    let row = row.content.iter().map(|e| self.expr(e, outer));
                    for (i, traced) in row.enumerate() {
                        match columns.get_mut(i) {
                            Some(column) => column.traced.join(&traced),
                            None => columns.push(Column { name: format!("column{}", i + 1).into(), traced }),
                        }
                    }
                }
                Some(columns)
            }
            SetExpr::Table(table) => Some(self.whole(table, outer)?.columns.to_vec()),
            _ => None,
        }
    }

    /// `TABLE core.users`
    fn whole(&self, table: &sqlparser::ast::Table, scope: &Scope) -> Option<Table> {
        let parts: Vec<Ident> = table.schema_name.iter().chain(&table.table_name).cloned().collect();
        self.named(&parts, scope).filter(|table| table.rest.is_none())
    }

    fn select(&self, select: &Select, order: Option<&OrderBy>, outer: &Scope) -> Option<Vec<Column>> {
        let mut scope = outer.clone();
        // A name is looked up here first, then around; `LATERAL` sees the tables before it.
        let around = std::mem::take(&mut scope.tables);
        for from in &select.from {
            self.from(from, &around, &mut scope);
        }
        let own = scope.tables.len();
        scope.tables.extend(around);
        // `rank() over w` reads what `window w as (…)` reads.
        let windows = self.everything(&select.named_window, &scope);
        let value = |expr: &Expr| {
            let mut traced = self.expr(expr, &scope);
            if !windows.is_empty() && names_window(expr) {
                traced.from.extend(windows.iter().copied());
                traced.aggregate = false;
            }
            traced
        };
        let mut columns = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    columns.push(Column { name: called(expr), traced: value(expr) });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    columns.push(Column { name: folded(alias).into(), traced: value(expr) });
                }
                SelectItem::ExprWithAliases { .. } => return None,
                SelectItem::Wildcard(_) => {
                    for table in &scope.tables[..own] {
                        spread(table, &mut columns)?;
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let last: SmolStr = folded(parts(name)?.last()?).into();
                    spread(scope.tables.iter().find(|table| table.name == last)?, &mut columns)?;
                }
                SelectItem::QualifiedWildcard(..) => return None,
            }
        }
        self.compare(select, order, &scope, &columns);
        // `SELECT *` gives a column that `USING` or `NATURAL` joins only once, and in another place.
        let merges = select.from.iter().flat_map(|from| &from.joins).any(|join| merges(&join.join_operator));
        let spreads = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
        (!(merges && spreads)).then_some(columns)
    }

    fn from(&self, from: &TableWithJoins, around: &[Table], scope: &mut Scope) {
        for factor in std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)) {
            self.factor(factor, around, scope);
        }
    }

    fn factor(&self, factor: &TableFactor, around: &[Table], scope: &mut Scope) {
        let mut sees = scope.clone();
        sees.tables.extend_from_slice(around);
        let table = match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let known = parts(name).and_then(|parts| self.named(&parts, scope));
                let called = parts(name).and_then(|parts| parts.last().map(folded)).unwrap_or_default();
                let table = known.unwrap_or_else(|| self.opaque(called.into(), Traced::default().from));
                alias.as_ref().map_or(table.clone(), |alias| aliased(table, alias))
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let table = match self.query(subquery, &sees) {
                    Some(columns) => Table { name: SmolStr::default(), columns: columns.into(), rest: None },
                    None => self.opaque(SmolStr::default(), self.everything(subquery, &sees)),
                };
                alias.as_ref().map_or(table.clone(), |alias| aliased(table, alias))
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                return self.from(table_with_joins, around, scope);
            }
            // Whatever a function in `FROM` is given may come out of any of its columns.
            other => {
                let (called, alias) = match other {
                    TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
                        (parts(name).and_then(|parts| parts.last().map(folded)).unwrap_or_default(), alias)
                    }
                    TableFactor::TableFunction { alias, .. }
                    | TableFactor::UNNEST { alias, .. }
                    | TableFactor::NestedJoin { alias, .. } => ("unnest".to_owned(), alias),
                    _ => (String::new(), &None),
                };
                let table = self.opaque(called.into(), self.everything(other, &sees));
                alias.as_ref().map_or(table.clone(), |alias| aliased(table, alias))
            }
        };
        scope.tables.push(table);
    }

    fn opaque(&self, name: SmolStr, from: BTreeSet<Lineage>) -> Table {
        Table { name, columns: Rc::default(), rest: Some(Traced { from, ..Traced::default() }) }
    }

    /// The table of that name; `None` for catalogues of the store, which hold no row of the platform.
    pub(super) fn named(&self, parts: &[Ident], scope: &Scope) -> Option<Table> {
        let names: Vec<String> = parts.iter().map(folded).collect();
        let (schema, table) = match &names[..] {
            [table] => return scope.ctes.get(table.as_str()).cloned(),
            [schema, table] | [_, schema, table] => (schema, table),
            _ => return None,
        };
        let relation = *self.relations.get(&(self.store, schema.as_str().into()))?.get(table.as_str())?;
        let name: SmolStr = table.as_str().into();
        if let Relation::AuditLog(log) = relation {
            return Some(self.opaque(name, BTreeSet::from([Lineage::AuditLog(log)])));
        }
        let columns = stored_columns(self.platform, self.store, relation).into_iter().map(|(name, field)| {
            let lineage = match relation {
                Relation::View(view) => Lineage::Column(view, field),
                Relation::Entity(entity) => Lineage::Field(entity, field),
                Relation::AuditLog(log) => Lineage::AuditLog(log),
                Relation::Sequence(_) => return Column { name, traced: Traced::default() },
            };
            Column { name, traced: Traced::of(lineage) }
        });
        Some(Table { name, columns: Rc::new(columns.collect()), rest: None })
    }
}

/// The columns that `*` gives; `None` where they are not known.
fn spread(table: &Table, into: &mut Vec<Column>) -> Option<()> {
    into.extend(table.columns.iter().cloned());
    table.rest.is_none().then_some(())
}

fn rename(mut columns: Vec<Column>, names: &[SmolStr]) -> Vec<Column> {
    for (column, name) in columns.iter_mut().zip(names) {
        column.name = name.clone();
    }
    columns
}

pub(super) fn aliased(table: Table, alias: &sqlparser::ast::TableAlias) -> Table {
    let names: Vec<SmolStr> = alias.columns.iter().map(|c| folded(&c.name).into()).collect();
    let columns =
        if names.is_empty() { table.columns } else { rename(table.columns.to_vec(), &names).into() };
    let mut table = Table { name: folded(&alias.name).into(), columns, rest: table.rest };
    // `unnest(tags) as t(tag)` names the columns of what gives unknown ones.
    if let Some(rest) = table.rest.clone()
        && table.columns.is_empty()
        && !names.is_empty()
    {
        let columns = names.into_iter().map(|name| Column { name, traced: rest.clone() });
        table.columns = Rc::new(columns.collect());
    }
    table
}

/// The name that a column has without an alias.
fn called(expr: &Expr) -> SmolStr {
    match expr {
        Expr::Identifier(ident) => folded(ident).into(),
        Expr::CompoundIdentifier(idents) => idents.last().map(folded).unwrap_or_default().into(),
        Expr::Function(function) => {
            parts(&function.name).and_then(|parts| parts.last().map(folded)).unwrap_or_default().into()
        }
        Expr::Cast { expr, .. } | Expr::Nested(expr) => called(expr),
        _ => SmolStr::default(),
    }
}

fn names_window(expr: &Expr) -> bool {
    use sqlparser::ast::WindowType;
    sqlparser::ast::visit_expressions(expr, |part| match part {
        Expr::Function(function) => match &function.over {
            Some(WindowType::NamedWindow(_)) => ControlFlow::Break(()),
            Some(WindowType::WindowSpec(spec)) if spec.window_name.is_some() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        },
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

fn merges(join: &JoinOperator) -> bool {
    constraint_of(join)
        .is_none_or(|constraint| matches!(constraint, JoinConstraint::Using(_) | JoinConstraint::Natural))
}

/// What a join says of its columns; `None` for the kinds that PostgreSQL does not have.
pub(super) fn constraint_of(join: &JoinOperator) -> Option<&JoinConstraint> {
    use JoinOperator as J;
    match join {
        J::Join(c)
        | J::Inner(c)
        | J::Left(c)
        | J::LeftOuter(c)
        | J::Right(c)
        | J::RightOuter(c)
        | J::FullOuter(c)
        | J::CrossJoin(c) => Some(c),
        _ => None,
    }
}
