//! Views: the SQL that a person wrote, given the names and the types that the source declares.

use std::fmt::Write;

use smol_str::SmolStr;
use sqlparser::ast::{Expr, GroupByExpr, SelectItem, SetExpr, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::database::Database;
use super::handwritten::{indented, tidy};
use super::names::{LIMIT, Names, fit};
use super::sql::{Ident, List, Name};
use super::statements::Comment;
use super::types::column_type;
use crate::model::{Platform, View};

#[derive(Debug)]
pub(super) struct LoweredView<'a> {
    pub(super) view: &'a View,
    pub(super) name: Name,
    /// The columns that tell the rows of a materialized view apart, and the name of the index on them.
    pub(super) identity: Option<(Vec<SmolStr>, SmolStr)>,
}

impl<'a> LoweredView<'a> {
    pub(super) fn lower(platform: &'a Platform, view: &'a View, names: &mut Names) -> Self {
        let schema = view
            .schema
            .map_or_else(|| SmolStr::new_static("public"), |id| fit(&platform[id].named.stored, LIMIT));
        let name = Name::new(schema.clone(), names.given(&schema, &view.named.stored, view.named.span));
        let identity = view.materialized.is_some().then(|| identity(view)).flatten().map(|columns| {
            let wanted = format!("{}_{}_key", name.name, columns.join("_"));
            let index = names.derived(&schema, &wanted, &name.to_string(), view.named.span);
            (columns, index)
        });
        Self { view, name, identity }
    }

    /// `REFRESH` that does not lock readers out, where the rows can be told apart.
    pub(super) fn refresh(&self) -> String {
        let concurrently = if self.identity.is_some() { " CONCURRENTLY" } else { "" };
        format!("REFRESH MATERIALIZED VIEW{concurrently} {}", self.name)
    }

    /// The function that refreshes it.
    pub(super) fn refresher(&self) -> Name {
        Name::new("polity", fit(&format!("refresh_{}_{}", self.name.schema, self.name.name), LIMIT))
    }
}

/// The columns that are `unique` in the source; otherwise those that the query groups by.
pub(super) fn identity(view: &View) -> Option<Vec<SmolStr>> {
    let declared: Vec<SmolStr> =
        view.columns.iter().filter(|c| c.unique.is_some()).map(|c| fit(&c.named.stored, LIMIT)).collect();
    if !declared.is_empty() {
        return Some(declared);
    }
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, &view.sql).ok()?;
    let [Statement::Query(query)] = &statements[..] else { return None };
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let GroupByExpr::Expressions(groups, modifiers) = &select.group_by else { return None };
    if groups.is_empty() || !modifiers.is_empty() {
        return None;
    }
    let mut found = Vec::new();
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
        found.push(fit(&name, LIMIT));
    }
    let known = |name: &SmolStr| view.columns.iter().any(|c| fit(&c.named.stored, LIMIT) == *name);
    found.iter().all(known).then_some(found)
}

fn same(expr: &Expr, group: &Expr, position: usize) -> bool {
    expr == group || group.to_string() == (position + 1).to_string()
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

/// Every view with its comments. A row view shows what its reader may see of the tables below it
/// (`security_invoker`, from PostgreSQL 15).
pub(super) fn write(database: &Database, lowered: &LoweredView, out: &mut String) {
    let LoweredView { view, name, identity } = lowered;
    let materialized = view.materialized.is_some();
    let (kind, options) = match materialized {
        true => ("MATERIALIZED VIEW", ""),
        false if database.major >= 15 => ("VIEW", " WITH (security_invoker = true)"),
        false => ("VIEW", " WITH (security_barrier = true)"),
    };
    let _ = writeln!(out, "CREATE {kind} {name}{options} AS");
    let columns: Vec<String> = view.columns.iter().map(|c| Ident(&c.named.stored).to_string()).collect();
    let width = columns.iter().map(String::len).max().unwrap_or(0) + "query.".len();
    out.push_str(if view.columns.is_empty() { "SELECT query.*" } else { "SELECT " });
    for (i, (column, shown)) in view.columns.iter().zip(&columns).enumerate() {
        out.push_str(if i > 0 { ",\n       " } else { "" });
        let ty = column_type(database.platform, &column.ty);
        let cast = format!("query.{shown}");
        let _ = write!(out, "CAST({cast:width$} AS {ty}) AS {shown}");
    }
    let _ = writeln!(out, "\n  FROM (\n{}\n       ) AS query;", indented(&tidy(&view.sql), 8));
    let _ = write!(out, "{}", Comment { kind, of: name, text: &view.named.docs });
    for (column, shown) in view.columns.iter().zip(&columns) {
        let of = format!("{name}.{shown}");
        let _ = write!(out, "{}", Comment { kind: "COLUMN", of, text: &column.named.docs });
    }
    if let Some((columns, index)) = identity {
        let _ = writeln!(out, "CREATE UNIQUE INDEX {} ON {name} ({});", Ident(index), List(columns));
    }
    out.push('\n');
}
