//! Holds what a statement names against what the model stores.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use smol_str::SmolStr;
use sqlparser::ast::Ident;

use super::super::placeholders::Places;
use super::bodies::Table;
use super::columns::{is_too_large, stored_columns};
use super::offsets::Offsets;
use super::seen::{Seen, folded, is_keyword, is_system, parts};
use super::{Columns, Reads, Relation, Relations};
use crate::{Platform, StoreId};
use polity_syntax::ast;
use polity_text::diagnostics::codes::E0315;
use polity_text::diagnostics::{Diagnostic, nearest};
use polity_text::source::Span;

/// The most searches for similar names in one text, since each compares with every column.
const SUGGESTIONS: usize = 10;

/// The columns that a statement may name.
#[derive(Default)]
struct Sight {
    by_alias: HashMap<String, Vec<Columns>>,
    all: BTreeMap<Relation, Rc<HashSet<SmolStr>>>,
    /// Whether there is more in sight than is known.
    opaque: bool,
}

/// Judges the statements of one text.
pub(super) struct Judge<'a> {
    platform: &'a Platform,
    relations: &'a Relations,
    store: StoreId,
    places: Places,
    sql: &'a ast::Text,
    offsets: OnceCell<Offsets<'a>>,
    suggestions: Cell<usize>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        platform: &'a Platform,
        relations: &'a Relations,
        store: StoreId,
        sql: &'a ast::Text,
    ) -> Self {
        Self {
            platform,
            relations,
            store,
            places: Places::of(sql),
            sql,
            offsets: OnceCell::new(),
            suggestions: Cell::new(SUGGESTIONS),
        }
    }

    pub(super) fn statement(&self, seen: &Seen, reads: &mut Reads) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let sight = self.sight(seen, reads, &mut found);
        self.judge_columns(seen, &sight, &mut found);
        found
    }

    /// The columns that the tables of a statement bring into sight.
    fn sight(&self, seen: &Seen, reads: &mut Reads, found: &mut Vec<Diagnostic>) -> Sight {
        let mut sight = Sight { opaque: seen.opaque, ..Sight::default() };
        let aliases: HashMap<Vec<String>, BTreeSet<String>> =
            seen.tables.iter().fold(HashMap::new(), |mut map, (parts, alias)| {
                let names = parts.iter().map(folded).collect::<Vec<_>>();
                map.entry(names).or_default().extend(alias.iter().map(folded));
                map
            });
        let mut judged = HashSet::new();
        for name in &seen.relations {
            let Some(parts) = parts(name) else {
                sight.opaque = true;
                continue;
            };
            let names: Vec<String> = parts.iter().map(folded).collect();
            let Some(last) = names.last() else { continue };
            let is_function = seen.functions.contains(&name.to_string());
            let creates = seen.creates.contains(&name.to_string().to_lowercase());
            if !judged.insert((names.clone(), is_function, creates)) {
                continue;
            }
            let is_local = is_function || names.len() == 1 && seen.ctes.contains(last);
            let columns = if is_local || creates {
                None
            } else {
                match self.relation(|| self.span_of(&parts), &names) {
                    Ok(relation) => relation.and_then(|relation| self.read(relation, reads, &mut sight)),
                    Err(diagnostic) => {
                        found.push(*diagnostic);
                        None
                    }
                }
            };
            sight.opaque |= columns.is_none() && !is_local;
            let called = aliases.get(&names).into_iter().flatten().chain([last]);
            for name in called.collect::<BTreeSet<_>>() {
                sight.by_alias.entry(name.clone()).or_default().push(columns.clone());
            }
        }
        sight
    }

    /// Notes that a statement reads a relation; gives its columns.
    fn read(&self, relation: Relation, reads: &mut Reads, sight: &mut Sight) -> Columns {
        match relation {
            Relation::Entity(id) => drop(reads.entities.insert(id)),
            Relation::View(id) => drop(reads.views.insert(id)),
            Relation::AuditLog(_) | Relation::Sequence(_) => {}
        }
        let columns = self.columns(relation);
        sight.all.extend(columns.iter().map(|columns| (relation, Rc::clone(columns))));
        columns
    }

    /// Reports the names of columns that nothing in sight has.
    fn judge_columns(&self, seen: &Seen, sight: &Sight, found: &mut Vec<Diagnostic>) {
        // A CTE without names for its columns takes those of its query, which are judged where they stand.
        let known = |name: &str| {
            sight.all.values().any(|columns| columns.contains(name))
                || seen.aliases.contains(name)
                || sight.by_alias.contains_key(name)
                || is_keyword(name)
        };
        let is_closed = !sight.opaque && !sight.all.is_empty();
        let mut told = HashSet::new();
        for column in &seen.columns {
            let names: Vec<String> = column.iter().map(folded).collect();
            match &names[..] {
                [name] if is_closed && !known(name) && told.insert(names.clone()) => {
                    let near = self.near(name, sight.all.values());
                    found.push(self.unknown_column(&column[0], name, near, None));
                }
                [.., table, name] => {
                    let Some(tables) = sight.by_alias.get(table) else { continue };
                    if seen.derived.contains(table) || tables.iter().any(Option::is_none) {
                        continue;
                    }
                    let is_known = tables.iter().flatten().any(|columns| columns.contains(name.as_str()));
                    if !is_known && !is_system(name) && told.insert(names.clone()) {
                        let near = self.near(name, tables.iter().flatten());
                        found.push(self.unknown_column(&column[column.len() - 1], name, near, Some(table)));
                    }
                }
                _ => {}
            }
        }
    }

    /// The tables that bodies of functions and blocks name with a schema of the store; what else is in there is
    /// for the database to judge.
    pub(super) fn bodies(&self, tables: &[Table]) -> Vec<Diagnostic> {
        let known = |schema: &str| self.relations.contains_key(&(self.store, schema.into()));
        tables
            .iter()
            .filter(|table| known(&table.names[0]))
            .filter_map(|table| {
                self.relation(|| self.places.span(table.start, table.end), &table.names)
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

    fn relation(&self, at: impl Fn() -> Span, names: &[String]) -> Result<Option<Relation>, Box<Diagnostic>> {
        match names {
            [schema, _] | [_, schema, _]
                if ["pg_catalog", "information_schema", "cron"].contains(&schema.as_str()) =>
            {
                Ok(None)
            }
            [schema, table] | [_, schema, table] => {
                let Some(tables) = self.relations.get(&(self.store, schema.as_str().into())) else {
                    return Err(Box::new(self.no_schema(schema, at())));
                };
                let known = tables.get(table.as_str()).copied().map(Some);
                known.ok_or_else(|| {
                    let known = tables.keys().map(SmolStr::as_str).collect();
                    Box::new(self.no_table(&names.join("."), schema, table, known, at()))
                })
            }
            [table] => Err(Box::new(self.which_schema(table, at()))),
            _ => Ok(None),
        }
    }

    fn no_schema(&self, schema: &str, at: Span) -> Diagnostic {
        let of_store = self.platform.schemas.iter().filter(|s| s.store == self.store);
        let mut schemas: Vec<&str> = of_store.map(|s| s.named.stored.as_str()).collect();
        schemas.sort_unstable();
        let help = nearest(schema, schemas.iter().copied()).map_or_else(
            || format!("the store has: {}", schemas.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Diagnostic::new(E0315, at, format!("there is no schema `{schema}`")).help(help)
    }

    /// `known`: the tables that the schema has.
    fn no_table(
        &self,
        written: &str,
        schema: &str,
        table: &str,
        mut known: Vec<&str>,
        at: Span,
    ) -> Diagnostic {
        known.sort_unstable();
        let diagnostic = Diagnostic::new(E0315, at, format!("there is no table `{written}`"));
        // The name in the source, where somebody wrote that instead of the stored one.
        let by_name = self
            .platform
            .entities
            .iter()
            .find(|e| e.store == self.store && e.named.name.to_lowercase() == table.to_lowercase());
        if let Some(entity) = by_name {
            let stored = &entity.named.stored;
            diagnostic
                .also(entity.named.span, "the entity")
                .help(format!("SQL knows it by its stored name, `{schema}.{stored}`"))
        } else if let Some(near) = nearest(table, known.iter().copied()) {
            diagnostic.help(format!("did you mean `{schema}.{near}`?"))
        } else if known.len() <= 20 {
            diagnostic.help(format!("the schema has: {}", known.join(", ")))
        } else {
            diagnostic
        }
    }

    fn which_schema(&self, table: &str, at: Span) -> Diagnostic {
        let here = self
            .relations
            .iter()
            .filter(|((store, _), tables)| *store == self.store && tables.contains_key(table));
        let first = here.map(|((_, schema), _)| schema.as_str()).min();
        let diagnostic = Diagnostic::new(E0315, at, format!("in which schema is the table `{table}`?"))
            .note("nothing depends on `search_path`, so every table is named with its schema");
        match first {
            Some(schema) => diagnostic.help(format!("write `{schema}.{table}`")),
            None => diagnostic,
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
        let offsets = self.offsets.get_or_init(|| Offsets::of(&self.sql.value));
        match (offsets.byte(ident.span.start), offsets.byte(ident.span.end)) {
            (Some(start), Some(end)) if start < end => self.places.span(start, end),
            _ => self.sql.span,
        }
    }

    /// The name among these that was meant, as long as there are not too many to look for.
    fn near<'c>(
        &self,
        name: &str,
        columns: impl Iterator<Item = &'c Rc<HashSet<SmolStr>>>,
    ) -> Option<String> {
        self.suggestions.set(self.suggestions.get().checked_sub(1)?);
        let mut names: Vec<&str> = columns.flat_map(|columns| columns.iter().map(SmolStr::as_str)).collect();
        names.sort_unstable();
        nearest(name, names).map(str::to_owned)
    }

    fn columns(&self, relation: Relation) -> Columns {
        if let Some(known) = self.relations.columns.borrow().get(&relation) {
            return known.clone();
        }
        let has_columns = match relation {
            Relation::AuditLog(_) | Relation::Sequence(_) => false,
            Relation::Entity(id) => {
                !self.platform[id].fields.iter().any(|field| is_too_large(self.platform, field))
            }
            Relation::View(_) => true,
        };
        let columns = has_columns.then(|| {
            let stored = stored_columns(self.platform, self.store, relation);
            Rc::new(stored.into_iter().map(|(name, _)| name).collect())
        });
        self.relations.columns.borrow_mut().insert(relation, columns.clone());
        columns
    }
}
