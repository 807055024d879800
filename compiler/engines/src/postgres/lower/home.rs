//! Schemas of a tenant's own in the database that all share: the platform as that tenant has it, in which every schema
//! of its own bears its prefix. What is `global` stays where it is, and is shared.

use std::collections::HashSet;
use std::ops::ControlFlow;

use smol_str::{SmolStr, format_smolstr};
use sqlparser::ast::{Expr, Ident, ObjectName, Visitor};
use sqlparser::tokenizer::Location;

use super::super::sql;
use polity_govern::Governed;
use polity_model::{Named, Platform, Schema, SchemaId, Store, written_sql};

/// The platform, with the prefix in front of what stands in this store and is scoped.
pub(in crate::postgres) fn with_prefix(governed: &Governed, store: &Store, prefix: &str) -> Governed {
    governed.with(|own| rename(governed, own, store, prefix))
}

fn rename(platform: &Platform, own: &mut Platform, store: &Store, prefix: &str) {
    let scoped = platform.scoped_schemas();
    let moves = |id: SchemaId| platform[id].store == store.id && scoped[id.index()];
    let prefixed = |name: &str| format_smolstr!("{prefix}{name}");
    let mut renaming = Renaming { prefix, schemas: HashSet::new(), shared: HashSet::new() };

    // What is global needs the schema under its old name.
    let mut kept: Vec<Option<SchemaId>> = vec![None; platform.schemas.len()];
    let mut keep = |own: &mut Platform, id: SchemaId| {
        *kept[id.index()].get_or_insert_with(|| add_schema(own, store, platform[id].named.clone()))
    };
    for entity in platform.entities_in(store.id).filter(|entity| entity.global) {
        renaming.shared.insert((schema_name(platform, entity.schema), entity.named.stored.clone()));
        if let Some(id) = entity.schema.filter(|id| moves(*id)) {
            own.entities[entity.id.index()].schema = Some(keep(own, id));
        }
    }
    for view in platform.views.iter().filter(|view| view.store == store.id) {
        if !platform.is_scoped_view(view.id) {
            renaming.shared.insert((schema_name(platform, view.schema), view.named.stored.clone()));
            if let Some(id) = view.schema.filter(|id| moves(*id)) {
                own.views[view.id.index()].schema = Some(keep(own, id));
            }
        }
    }

    for schema in platform.schemas.iter().filter(|schema| moves(schema.id)) {
        renaming.schemas.insert(schema.named.stored.clone());
        own.schemas[schema.id.index()].named.stored = prefixed(&schema.named.stored);
    }
    let bare_entities = platform.entities_in(store.id).filter(|e| e.schema.is_none() && !e.global);
    let bare_views = platform
        .views
        .iter()
        .filter(|view| view.store == store.id && view.schema.is_none() && platform.is_scoped_view(view.id));
    let (bare_entities, bare_views): (Vec<_>, Vec<_>) =
        (bare_entities.map(|e| e.id).collect(), bare_views.map(|v| v.id).collect());
    if !bare_entities.is_empty() || !bare_views.is_empty() {
        renaming.schemas.insert(SmolStr::new_static(PUBLIC));
        let named = Named {
            name: SmolStr::new_static(PUBLIC),
            stored: prefixed(PUBLIC),
            aliased: true,
            docs: SmolStr::default(),
            span: store.named.span,
            was: None,
        };
        let id = add_schema(own, store, named);
        bare_entities.iter().for_each(|entity| own.entities[entity.index()].schema = Some(id));
        bare_views.iter().for_each(|view| own.views[view.index()].schema = Some(id));
    }
    for view in own.views.iter_mut().filter(|view| view.store == store.id) {
        view.sql = renaming.of(&view.sql).into();
    }
}

/// Where things stand that stand in no schema.
const PUBLIC: &str = "public";

fn schema_name(platform: &Platform, schema: Option<SchemaId>) -> SmolStr {
    schema.map_or(SmolStr::new_static(PUBLIC), |id| platform[id].named.stored.clone())
}

fn add_schema(platform: &mut Platform, store: &Store, named: Named) -> SchemaId {
    let id = SchemaId(u32::try_from(platform.schemas.len()).unwrap_or(u32::MAX));
    platform.schemas.push(Schema { id, named, store: store.id });
    id
}

/// Leads the names of tables in a query to a tenant's own.
struct Renaming<'p> {
    prefix: &'p str,
    schemas: HashSet<SmolStr>,
    /// The tables and views that all tenants share, each by schema and name.
    shared: HashSet<(SmolStr, SmolStr)>,
}

impl Renaming<'_> {
    /// The text, changed where a schema stands in front of something that the tenant has of its own. All else,
    /// remarks and line ends included, stays as the person wrote it.
    fn of(&self, query: &str) -> String {
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
        let mut found = Found { renaming: self, schemas: Vec::new() };
        for statement in written_sql::statements(query).unwrap_or_default() {
            let _ = written_sql::walk_statement(&statement, &mut found);
        }
        let mut places: Vec<(Location, Location, String)> = found
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
            schemas: ["core".into(), "Odd one".into()].into(),
            shared: [("core".into(), "country".into())].into(),
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
