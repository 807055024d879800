//! Views: the SQL that a person wrote, given the names and the types that the source declares.

use std::fmt::Write;

use smol_str::SmolStr;
use sqlparser::ast::{Expr, GroupByExpr, SelectItem, SetExpr, Statement, Value};

use super::database::Database;
use super::handwritten::{indented, tidy};
use super::names::{LIMIT, Names, fit};
use super::sql::{Ident, List, Name};
use super::statements::Comment;
use super::types::column_type;
use polity_govern::Governed;
use polity_model::{View, written_sql};

#[derive(Debug)]
pub(super) struct LoweredView<'a> {
    pub(super) view: &'a View,
    pub(super) name: Name,
    /// The form of the view under the name: where tenants are told apart, it cannot be the materialized view itself.
    pub(super) form: Form,
    /// The columns that tell the rows of a materialized view apart, and the name of the index on them.
    pub(super) identity: Option<(Vec<SmolStr>, SmolStr)>,
}

/// The role whose rights decide which rows a view shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// The reader of the view.
    Row,
    /// The role that shows figures: a tenant's, of rows that the view's reader may not see.
    Figures,
    /// The role that shows figures, over a materialized view of this name that holds the rows of every tenant.
    Stored(Name),
}

/// The schema that a view stands in.
pub(super) fn schema_name(platform: &Governed, view: &View) -> SmolStr {
    view.schema.map_or_else(|| SmolStr::new_static("public"), |id| fit(&platform[id].named.stored, LIMIT))
}

impl<'a> LoweredView<'a> {
    pub(super) fn lower(platform: &'a Governed, view: &'a View, names: &mut Names) -> Self {
        let schema = schema_name(platform, view);
        let name = Name::new(schema.clone(), fit(&view.named.stored, LIMIT));
        let scoped = platform.is_scoped_view(view.id);
        let form = match scoped {
            true if view.materialized.is_some() => {
                let wanted = format!("{}_rows", name.name);
                let stored = names.derived(&schema, &wanted, &name.to_string(), view.named.span);
                Form::Stored(Name::new(schema.clone(), stored))
            }
            true if view.figures => Form::Figures,
            _ => Form::Row,
        };
        let tenant = platform.tenancy.as_ref().filter(|_| scoped).map(|t| fit(&t.column, LIMIT));
        let identity = view.materialized.is_some().then(|| identity(view)).flatten().map(|mut columns| {
            if let Some(tenant) = tenant {
                columns.retain(|column| *column != tenant);
                columns.insert(0, tenant);
            }
            let wanted = format!("{}_{}_key", name.name, columns.join("_"));
            let index = names.derived(&schema, &wanted, &name.to_string(), view.named.span);
            (columns, index)
        });
        Self { view, name, form, identity }
    }

    /// `REFRESH` that does not lock readers out, where the rows can be told apart.
    pub(super) fn refresh(&self) -> String {
        let concurrently = if self.identity.is_some() { " CONCURRENTLY" } else { "" };
        format!("REFRESH MATERIALIZED VIEW{concurrently} {}", self.stored())
    }

    /// The name of what the query fills or defines.
    pub(super) fn stored(&self) -> &Name {
        match &self.form {
            Form::Stored(rows) => rows,
            Form::Row | Form::Figures => &self.name,
        }
    }

    /// The function that refreshes it.
    pub(super) fn refresher(&self, database: &Database) -> Name {
        Name::new(
            database.own.clone(),
            fit(&format!("refresh_{}_{}", self.name.schema, self.name.name), LIMIT),
        )
    }
}

/// The columns that are `unique` in the source; otherwise those that the query groups by.
pub(super) fn identity(view: &View) -> Option<Vec<SmolStr>> {
    let declared: Vec<SmolStr> =
        view.columns.iter().filter(|c| c.unique.is_some()).map(|c| fit(&c.named.stored, LIMIT)).collect();
    if !declared.is_empty() {
        return Some(declared);
    }
    let statements = written_sql::statements(&view.sql).ok()?;
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

/// Every view with its comments, in its form, and the right to read it.
pub(super) fn write(database: &Database, lowered: &LoweredView, out: &mut String) {
    let roles = &database.roles;
    let (owner, reader, maintenance) = (Ident(&roles.owner), Ident(&roles.reader), Ident(&roles.maintenance));
    let grant = |out: &mut String| {
        if database.services.is_empty() {
            let _ = writeln!(out, "GRANT SELECT ON {} TO {};", lowered.name, Ident(&roles.app));
        }
    };
    let schema = Ident(&lowered.name.schema);
    match &lowered.form {
        Form::Row => {
            define(database, lowered, out);
            grant(out);
        }
        Form::Figures => {
            // The policies of the tables judge the owner of the view, by the tenant of whoever reads it.
            let _ = writeln!(out, "GRANT USAGE, CREATE ON SCHEMA {schema} TO {reader};");
            for entity in &lowered.view.reads {
                let table = super::table::table_name(database.platform, &database.platform[*entity]);
                let _ = writeln!(
                    out,
                    "GRANT USAGE ON SCHEMA {} TO {reader};\nGRANT SELECT ON {table} TO {reader};",
                    Ident(&table.schema)
                );
            }
            let _ = writeln!(out, "SET ROLE {reader};\n");
            define(database, lowered, out);
            grant(out);
            let _ = writeln!(out, "SET ROLE {owner};\nREVOKE CREATE ON SCHEMA {schema} FROM {reader};");
        }
        Form::Stored(rows) => {
            // It is filled with the sight of its owner, so that is who sees the rows of every tenant.
            let _ = writeln!(out, "SET ROLE {maintenance};\n");
            define(database, lowered, out);
            let _ = writeln!(out, "GRANT SELECT ON {rows} TO {reader};\nSET ROLE {owner};");
            let _ =
                writeln!(out, "GRANT USAGE, CREATE ON SCHEMA {schema} TO {reader};\nSET ROLE {reader};\n");
            let tenant = database.tenancy.as_ref().map_or_else(String::new, super::tenancy::Tenancy::own);
            let _ = writeln!(
                out,
                "CREATE VIEW {} WITH (security_barrier = true) AS\nSELECT * FROM {rows} WHERE {tenant};",
                lowered.name
            );
            comment(lowered, &lowered.name, "VIEW", out);
            grant(out);
            let _ = writeln!(out, "SET ROLE {owner};\nREVOKE CREATE ON SCHEMA {schema} FROM {reader};");
        }
    }
    out.push('\n');
}

/// A row view shows what its reader may see of the tables below it (`security_invoker`, from PostgreSQL 15).
fn define(database: &Database, lowered: &LoweredView, out: &mut String) {
    let (view, identity, name) = (lowered.view, &lowered.identity, lowered.stored());
    let (kind, options) = match (&lowered.form, view.materialized.is_some()) {
        (_, true) => ("MATERIALIZED VIEW", ""),
        (Form::Row, _) if database.major >= 15 => ("VIEW", " WITH (security_invoker = true)"),
        _ => ("VIEW", " WITH (security_barrier = true)"),
    };
    let _ = writeln!(out, "CREATE {kind} {name}{options} AS\n{};", query(database.platform, view));
    comment(lowered, name, kind, out);
    if let Some((columns, index)) = identity {
        let _ = writeln!(out, "CREATE UNIQUE INDEX {} ON {name} ({});", Ident(index), List(columns));
    }
}

/// Writes the handwritten query of a view, with its columns cast to the declared types.
pub(super) fn query(platform: &Governed, view: &View) -> String {
    let columns: Vec<String> = view.columns.iter().map(|c| Ident(&c.named.stored).to_string()).collect();
    let width = columns.iter().map(String::len).max().unwrap_or(0) + "query.".len();
    let mut out = String::from(if view.columns.is_empty() { "SELECT query.*" } else { "SELECT " });
    for (i, (column, shown)) in view.columns.iter().zip(&columns).enumerate() {
        out.push_str(if i > 0 { ",\n       " } else { "" });
        let ty = column_type(platform, &column.ty);
        let cast = format!("query.{shown}");
        let _ = write!(out, "CAST({cast:width$} AS {ty}) AS {shown}");
    }
    let _ = write!(out, "\n  FROM (\n{}\n       ) AS query", indented(&tidy(&view.sql), 8));
    out
}

fn comment(lowered: &LoweredView, name: &Name, kind: &'static str, out: &mut String) {
    let _ = write!(out, "{}", Comment { kind, of: name, text: &lowered.view.named.docs });
    for column in &lowered.view.columns {
        let of = format!("{name}.{}", Ident(&column.named.stored));
        let _ = write!(out, "{}", Comment { kind: "COLUMN", of, text: &column.named.docs });
    }
}
