//! Queries that a person wrote, led to the tables of a tenant with schemas of its own.

use std::ops::ControlFlow;

use foldhash::HashSet;
use smol_str::SmolStr;
use sqlparser::ast::{Expr, Ident, ObjectName, Visitor};
use sqlparser::tokenizer::Location;

use super::super::sql;
use polity_model::written_sql;

/// Leads the names of tables in a query to a tenant's own.
pub(super) struct Renaming<'p> {
    pub(super) prefix: &'p str,
    /// The schemas of which the tenant has its own.
    pub(super) schemas: HashSet<SmolStr>,
    /// The tables and views that all tenants share, each by schema and name.
    pub(super) shared: HashSet<(SmolStr, SmolStr)>,
}

impl Renaming<'_> {
    /// The text, changed where a schema stands in front of something that the tenant has of its own. All else,
    /// remarks and line ends included, stays as the person wrote it.
    pub(super) fn of(&self, query: &str) -> String {
        struct Found<'r> {
            renaming: &'r Renaming<'r>,
            schemas: Vec<Ident>,
        }
        impl Found<'_> {
            fn judge(&mut self, schema: &Ident, name: &Ident) {
                let (stored, of) = (folded(schema), folded(name));
                if self.renaming.schemas.contains(&stored) && !self.renaming.shared.contains(&(stored, of)) {
                    self.schemas.push(schema.clone());
                }
            }
        }
        impl Visitor for Found<'_> {
            type Break = ();
            fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
                if let [schema, name] = &name.0[..]
                    && let (Some(schema), Some(name)) = (schema.as_ident(), name.as_ident())
                {
                    self.judge(schema, name);
                }
                ControlFlow::Continue(())
            }
            fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
                if let Expr::CompoundIdentifier(parts) = expr
                    && let [schema, name, _, ..] = &parts[..]
                {
                    self.judge(schema, name);
                }
                ControlFlow::Continue(())
            }
        }
        let mut named = Found { renaming: self, schemas: Vec::new() };
        for statement in written_sql::statements(query).unwrap_or_default() {
            let _ = written_sql::walk_statement(&statement, &mut named);
        }
        let mut places: Vec<(Location, Location, String)> = named
            .schemas
            .iter()
            .map(|schema| {
                let name = format!("{}{}", self.prefix, folded(schema));
                (schema.span.start, schema.span.end, sql::Ident(&name).to_string())
            })
            .collect();
        places.sort();
        places.dedup();
        replaced(query, &places)
    }
}

/// An identifier as PostgreSQL reads it.
fn folded(ident: &Ident) -> SmolStr {
    if ident.quote_style.is_some() { SmolStr::new(&ident.value) } else { ident.value.to_lowercase().into() }
}

/// The text with other words at these places, which are in order and apart.
fn replaced(text: &str, places: &[(Location, Location, String)]) -> String {
    let mut out = String::with_capacity(text.len() + places.len() * 16);
    let mut places = places.iter().peekable();
    let (mut line, mut column) = (1, 1);
    for letter in text.chars() {
        let here = Location { line, column };
        while places.next_if(|(_, end, _)| *end <= here).is_some() {}
        match places.peek() {
            Some((start, _, word)) if *start == here => out.push_str(word),
            Some((start, end, _)) if *start < here && here < *end => {}
            _ => out.push(letter),
        }
        if letter == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(query: &str) -> String {
        let renaming = Renaming {
            prefix: "acme_",
            schemas: ["core".into(), "Odd one".into()].into_iter().collect(),
            shared: [("core".into(), "country".into())].into_iter().collect(),
        };
        renaming.of(query)
    }

    #[test]
    fn only_names_of_tables_change() {
        for (before, after) in [
            ("SELECT core.users.id FROM core.users", "SELECT acme_core.users.id FROM acme_core.users"),
            ("SELECT core.x FROM a.core core, core.country", "SELECT core.x FROM a.core core, core.country"),
            (
                "SELECT 'core.users' -- core.users\nFROM CORE . users",
                "SELECT 'core.users' -- core.users\nFROM acme_core . users",
            ),
            (
                "SELECT 1 FROM \"Odd one\".b, \"core\".\"é\", core.b",
                "SELECT 1 FROM \"acme_Odd one\".b, acme_core.\"é\", acme_core.b",
            ),
            (
                "WITH core AS (SELECT * FROM core.a) SELECT * FROM core",
                "WITH core AS (SELECT * FROM acme_core.a) SELECT * FROM core",
            ),
            (
                "SELECT (SELECT max(id) FROM core.a WHERE a.id IN (SELECT id FROM core.b))",
                "SELECT (SELECT max(id) FROM acme_core.a WHERE a.id IN (SELECT id FROM acme_core.b))",
            ),
            ("SELECT 'é' AS a FROM\r\n\tcore.a", "SELECT 'é' AS a FROM\r\n\tacme_core.a"),
        ] {
            assert_eq!(renamed(before), after);
        }
    }
}
