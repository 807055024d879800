//! Which columns the columns of a view come from, by its SQL. Labels flow along, so wherever this cannot tell, every
//! column that the query reads counts: a column may be said to come from too much, never from too little.
//!
//! What a query compares (`WHERE`, `JOIN … ON`) decides which rows come out and is no value of a column; what an
//! expression compares (`CASE`, `FILTER`, a subquery) is a part of that column.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::rc::Rc;

use smol_str::SmolStr;
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement, TableFactor, TableWithJoins, Visit,
    Visitor,
};

use super::exprs::Cx;
use super::sql::{Relation, Relations, columns_of, folded, is_keyword, parts, stored_columns};
use super::{Owner, Resolver};
use crate::model::expr::{ExprKind, FieldPath};
use crate::model::{self, FieldId, Lineage, Platform, StoreId};
use crate::source::Span;

impl Resolver<'_> {
    /// The last step, so that the tenant's columns are known too.
    pub(super) fn lineage(&mut self) {
        let queries = std::mem::take(&mut self.queries);
        if queries.is_empty() {
            return;
        }
        let relations = self.relations();
        for (id, query) in queries {
            let view = &self.platform[id];
            let traced = lineage(&self.platform, &relations, view.store, &query, view.columns.len());
            let view = &mut self.platform[id];
            view.aggregates = traced.iter().map(|traced| traced.aggregate).collect();
            view.plain = traced.iter().map(|traced| traced.plain).collect();
            view.lineage = traced.into_iter().map(|traced| traced.from.into_iter().collect()).collect();
        }
    }

    /// The fields that a fragment of SQL names by their columns; all that there are where it names something else.
    pub(super) fn fields_of_fragment(&self, text: &str, span: Span, cx: Cx) -> Vec<model::Expr> {
        let (Owner::Entity(id), Some(store)) = (cx.owner, cx.scope.store) else { return Vec::new() };
        let fields = || self.platform[id].fields();
        let columns: Vec<(SmolStr, FieldId)> =
            fields().flat_map(|(id, field)| columns_of(&self.platform, store, id, field)).collect();
        let read = |root: FieldId| model::Expr {
            kind: ExprKind::Field(FieldPath { root, steps: Vec::new() }),
            ty: self.platform[id].field(root).ty.clone(),
            span,
        };
        fields_named(text, &columns).into_iter().map(read).collect()
    }
}

/// By column of a view with so many.
fn lineage(
    platform: &Platform,
    relations: &Relations,
    store: StoreId,
    statement: &Statement,
    wanted: usize,
) -> Vec<Traced> {
    let Statement::Query(query) = statement else { return Vec::new() };
    let tracer = Tracer { platform, relations, store };
    let scope = Scope::default();
    let columns = tracer.query(query, &scope).filter(|columns| columns.len() == wanted);
    match columns {
        Some(columns) => columns.into_iter().map(|column| column.traced).collect(),
        None => vec![Traced { from: tracer.everything(&**query, &scope), ..Traced::default() }; wanted],
    }
}

/// What one column comes from.
#[derive(Debug, Clone, Default, PartialEq)]
struct Traced {
    from: BTreeSet<Lineage>,
    /// Whether every value in it went through a function that makes one value of many rows.
    aggregate: bool,
    /// Whether every value is one of a column, as it is.
    plain: bool,
}

impl Traced {
    fn of(lineage: Lineage) -> Self {
        Self { from: BTreeSet::from([lineage]), aggregate: false, plain: true }
    }

    /// A column that holds values of both.
    fn join(&mut self, other: &Traced) {
        self.aggregate &= other.aggregate;
        self.plain &= other.plain;
        self.from.extend(other.from.iter().copied());
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    /// Folded; empty where the query gives none that could be named.
    name: SmolStr,
    traced: Traced,
}

/// Something in `FROM`.
#[derive(Debug, Clone)]
struct Table {
    name: SmolStr,
    columns: Rc<Vec<Column>>,
    /// What any other column comes from, where its columns are not known: those of a function, of an audit log.
    rest: Option<Traced>,
}

/// The tables that an expression may name.
#[derive(Debug, Clone, Default)]
struct Scope {
    tables: Vec<Table>,
    /// `WITH` queries by name.
    ctes: HashMap<SmolStr, Table>,
}

struct Tracer<'a> {
    platform: &'a Platform,
    relations: &'a Relations,
    store: StoreId,
}

impl Tracer<'_> {
    /// `outer`: what a subquery may name beside its own.
    fn query(&self, query: &Query, outer: &Scope) -> Option<Vec<Column>> {
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
        self.set(&query.body, &scope)
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
            SetExpr::Select(select) => self.select(select, outer),
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
        let parts: Vec<Ident> = table.schema_name.iter().chain(&table.table_name).map(Ident::new).collect();
        self.named(&parts, scope).filter(|table| table.rest.is_none())
    }

    fn select(&self, select: &Select, outer: &Scope) -> Option<Vec<Column>> {
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
    fn named(&self, parts: &[Ident], scope: &Scope) -> Option<Table> {
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

    fn expr(&self, expr: &Expr, scope: &Scope) -> Traced {
        let mut reader =
            Reader { tracer: self, scope, inside: 0, within: 0, raw: false, found: Traced::default() };
        let _ = expr.visit(&mut reader);
        reader.found.aggregate &= !reader.raw;
        let named = match expr {
            Expr::Identifier(ident) => look_up(&[folded(ident)], scope),
            Expr::CompoundIdentifier(idents) => {
                look_up(&idents.iter().map(folded).collect::<Vec<_>>(), scope)
            }
            _ => None,
        };
        Traced { plain: named.is_some_and(|named| named.plain), ..reader.found }
    }

    /// Everything that is named anywhere in it, for whatever cannot be told apart.
    fn everything<T: Visit>(&self, part: &T, outer: &Scope) -> BTreeSet<Lineage> {
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
        if let TableFactor::Table { name, alias, args: None, .. } = factor
            && let Some(table) = parts(name).and_then(|parts| self.tracer.named(&parts, &self.scope))
        {
            // Under its own name too: an alias may rename columns, and both are names of the same.
            if let Some(alias) = alias {
                self.scope.tables.push(aliased(table.clone(), alias));
            }
            self.scope.tables.push(table);
        }
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
fn look_up(names: &[String], scope: &Scope) -> Option<Traced> {
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

fn aliased(table: Table, alias: &sqlparser::ast::TableAlias) -> Table {
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

fn merges(join: &sqlparser::ast::JoinOperator) -> bool {
    use sqlparser::ast::{JoinConstraint as C, JoinOperator as J};
    let constraint = match join {
        J::Join(c)
        | J::Inner(c)
        | J::Left(c)
        | J::LeftOuter(c)
        | J::Right(c)
        | J::RightOuter(c)
        | J::FullOuter(c)
        | J::CrossJoin(c) => c,
        _ => return true,
    };
    matches!(constraint, C::Using(_) | C::Natural)
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

/// The ids of the fields of an expression in SQL (`sql("…")`) that stands among them, by their stored names.
fn fields_named(text: &str, columns: &[(SmolStr, FieldId)]) -> Vec<FieldId> {
    let dialect = sqlparser::dialect::PostgreSqlDialect {};
    let parsed = sqlparser::parser::Parser::new(&dialect).try_with_sql(text).and_then(|mut p| p.parse_expr());
    let Ok(expr) = parsed else { return columns.iter().map(|(_, field)| *field).collect() };
    let mut read = Vec::new();
    let mut whole = false;
    let _ = sqlparser::ast::visit_expressions(&expr, |part| {
        let names = match part {
            Expr::Identifier(ident) => vec![folded(ident)],
            Expr::CompoundIdentifier(idents) => idents.iter().map(folded).collect(),
            _ => return ControlFlow::<()>::Continue(()),
        };
        let found = columns.iter().filter(|(name, _)| names.iter().any(|n| n == name)).map(|(_, f)| *f);
        let before = read.len();
        read.extend(found);
        // A name that is no column may be the row itself.
        whole |= read.len() == before;
        ControlFlow::Continue(())
    });
    let read = if whole { columns.iter().map(|(_, field)| *field).collect() } else { read };
    BTreeSet::from_iter(read).into_iter().collect()
}
