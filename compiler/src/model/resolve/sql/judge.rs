//! Holds what a statement names against what the model stores.

use std::collections::{HashMap, HashSet};

use smol_str::SmolStr;
use sqlparser::ast::Ident;

use super::super::placeholders::Places;
use super::bodies::{Table, offset};
use super::columns::{is_too_large, stored_columns};
use super::seen::{Seen, folded, is_keyword, is_system, parts};
use super::{Reads, Relation, Relations};
use crate::diagnostics::codes::E0315;
use crate::diagnostics::{Diagnostic, nearest};
use crate::model::{Platform, StoreId};
use crate::source::Span;
use crate::syntax::ast;

pub(super) struct Judge<'a> {
    pub(super) platform: &'a Platform,
    pub(super) relations: &'a Relations,
    pub(super) store: StoreId,
    pub(super) places: Places,
    pub(super) sql: &'a ast::Text,
}

impl Judge<'_> {
    pub(super) fn statement(&self, seen: &Seen, reads: &mut Reads) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut by_alias: HashMap<String, Vec<Option<Vec<SmolStr>>>> = HashMap::new();
        let mut all: HashSet<SmolStr> = HashSet::new();
        let mut opaque = seen.opaque;
        let aliases: HashMap<Vec<String>, Vec<&Option<Ident>>> =
            seen.tables.iter().fold(HashMap::new(), |mut map, (parts, alias)| {
                map.entry(parts.iter().map(folded).collect::<Vec<_>>()).or_default().push(alias);
                map
            });
        let mut judged = HashSet::new();
        for relation in &seen.relations {
            let Some(parts) = parts(relation) else {
                opaque = true;
                continue;
            };
            let names: Vec<String> = parts.iter().map(folded).collect();
            let Some(last) = names.last() else { continue };
            let is_function = seen.functions.contains(&relation.to_string());
            let is_local = is_function || names.len() == 1 && seen.ctes.contains(last);
            let columns = if is_local {
                None
            } else if seen.creates.contains(&relation.to_string().to_lowercase()) {
                opaque = true;
                None
            } else {
                match self.relation(self.span_of(&parts), &names) {
                    Ok(Some(relation)) => {
                        match relation {
                            Relation::Entity(id) => drop(reads.entities.insert(id)),
                            Relation::View(id) => drop(reads.views.insert(id)),
                            Relation::AuditLog(_) | Relation::Sequence(_) => {}
                        }
                        self.columns(relation)
                    }
                    Ok(None) => None,
                    Err(diagnostic) => {
                        if judged.insert(names.clone()) {
                            found.push(*diagnostic);
                        }
                        opaque = true;
                        None
                    }
                }
            };
            match &columns {
                Some(columns) => all.extend(columns.iter().cloned()),
                None if !is_local => opaque = true,
                None => {}
            }
            let mut called = vec![last.clone()];
            called.extend(aliases.get(&names).into_iter().flatten().filter_map(|a| a.as_ref()).map(folded));
            for name in called {
                by_alias.entry(name).or_default().push(columns.clone());
            }
        }
        // A CTE without names for its columns takes those of its query, which are judged where they stand.
        let known = |name: &str| {
            all.contains(name)
                || seen.aliases.contains(name)
                || by_alias.contains_key(name)
                || is_keyword(name)
        };
        for column in &seen.columns {
            let names: Vec<String> = column.iter().map(folded).collect();
            match &names[..] {
                [name] if !opaque && !known(name) && !all.is_empty() => {
                    let near = nearest(name, sorted(&all).iter().map(SmolStr::as_str)).map(str::to_owned);
                    found.push(self.unknown_column(&column[0], name, near, None));
                }
                [.., table, name] => {
                    let Some(tables) = by_alias.get(table) else { continue };
                    if seen.derived.contains(table) || tables.iter().any(Option::is_none) {
                        continue;
                    }
                    let columns: HashSet<SmolStr> = tables.iter().flatten().flatten().cloned().collect();
                    if !columns.contains(name.as_str()) && !is_system(name) {
                        let near =
                            nearest(name, sorted(&columns).iter().map(SmolStr::as_str)).map(str::to_owned);
                        found.push(self.unknown_column(&column[column.len() - 1], name, near, Some(table)));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The tables that bodies of functions and blocks name with a schema of the store; what else is in there is
    /// for the database to judge.
    pub(super) fn bodies(&self, tables: &[Table]) -> Vec<Diagnostic> {
        let known = |schema: &str| self.relations.contains_key(&(self.store, schema.into()));
        tables
            .iter()
            .filter(|table| known(&table.names[0]))
            .filter_map(|table| {
                self.relation(self.places.span(table.start, table.end), &table.names)
                    .err()
                    .map(|found| *found)
            })
            .collect()
    }

    fn span_of(&self, parts: &[Ident]) -> Span {
        match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => self.place(first).to(self.place(last)),
            _ => self.sql.span,
        }
    }

    fn relation(&self, at: Span, names: &[String]) -> Result<Option<Relation>, Box<Diagnostic>> {
        let written = names.join(".");
        match names {
            [schema, _] | [_, schema, _]
                if ["pg_catalog", "information_schema", "cron"].contains(&schema.as_str()) =>
            {
                Ok(None)
            }
            [schema, table] | [_, schema, table] => {
                let Some(tables) = self.relations.get(&(self.store, schema.as_str().into())) else {
                    let mut schemas: Vec<&str> = self
                        .platform
                        .schemas
                        .iter()
                        .filter(|s| s.store == self.store)
                        .map(|s| s.named.stored.as_str())
                        .collect();
                    schemas.sort_unstable();
                    let help = nearest(schema, schemas.iter().copied()).map_or_else(
                        || format!("the store has: {}", schemas.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    return Err(Box::new(
                        Diagnostic::new(E0315, at, format!("there is no schema `{schema}`")).help(help),
                    ));
                };
                tables.get(table.as_str()).copied().map(Some).ok_or_else(|| {
                    let mut known: Vec<&str> = tables.keys().map(SmolStr::as_str).collect();
                    known.sort_unstable();
                    let mut diagnostic = Diagnostic::new(E0315, at, format!("there is no table `{written}`"));
                    // The name in the source, where somebody wrote that instead of the stored one.
                    let by_name = self.platform.entities.iter().find(|e| {
                        e.store == self.store && e.named.name.to_lowercase() == table.to_lowercase()
                    });
                    if let Some(entity) = by_name {
                        diagnostic = diagnostic.also(entity.named.span, "the entity").help(format!(
                            "SQL knows it by its stored name, `{schema}.{}`",
                            entity.named.stored
                        ));
                    } else if let Some(near) = nearest(table, known.iter().copied()) {
                        diagnostic = diagnostic.help(format!("did you mean `{schema}.{near}`?"));
                    } else if known.len() <= 20 {
                        diagnostic = diagnostic.help(format!("the schema has: {}", known.join(", ")));
                    }
                    Box::new(diagnostic)
                })
            }
            [table] => {
                let mut places: Vec<&str> = self
                    .relations
                    .iter()
                    .filter(|((store, _), tables)| {
                        *store == self.store && tables.contains_key(table.as_str())
                    })
                    .map(|((_, schema), _)| schema.as_str())
                    .collect();
                places.sort_unstable();
                let mut diagnostic =
                    Diagnostic::new(E0315, at, format!("in which schema is the table `{table}`?"))
                        .note("nothing depends on `search_path`, so every table is named with its schema");
                if let Some(schema) = places.first() {
                    diagnostic = diagnostic.help(format!("write `{schema}.{table}`"));
                }
                Err(Box::new(diagnostic))
            }
            _ => Ok(None),
        }
    }

    fn unknown_column(
        &self,
        ident: &Ident,
        name: &str,
        near: Option<String>,
        table: Option<&str>,
    ) -> Diagnostic {
        let message = match table {
            Some(table) => format!("`{table}` has no column `{name}`"),
            None => format!("nothing that this reads has a column `{name}`"),
        };
        let diagnostic = Diagnostic::new(E0315, self.place(ident), message);
        match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("columns have their stored names here"),
        }
    }

    fn place(&self, ident: &Ident) -> Span {
        let start = offset(&self.sql.value, ident.span.start);
        let end = offset(&self.sql.value, ident.span.end);
        match (start, end) {
            (Some(start), Some(end)) if start < end => self.places.span(start, end),
            _ => self.sql.span,
        }
    }

    /// The stored columns of a relation; `None` where nobody here knows them.
    fn columns(&self, relation: Relation) -> Option<Vec<SmolStr>> {
        if let Relation::AuditLog(_) | Relation::Sequence(_) = relation {
            return None;
        }
        if let Relation::Entity(id) = relation
            && self.platform[id].fields.iter().any(|field| is_too_large(self.platform, field))
        {
            return None;
        }
        let columns = stored_columns(self.platform, self.store, relation);
        Some(columns.into_iter().map(|(name, _)| name).collect())
    }
}

fn sorted(names: &HashSet<SmolStr>) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = names.iter().cloned().collect();
    names.sort_unstable();
    names
}
