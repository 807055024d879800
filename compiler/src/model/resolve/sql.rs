//! SQL that a person wrote: views and scripts. It is parsed, never run: every table and column that it names must
//! exist under its stored name, and what only the compiler may write is refused.
//!
//! Columns are looked up by alias where one is written, and otherwise in all that the statement reads together;
//! what the lookup cannot know for sure (functions that return tables, catalogues of the store) it lets pass.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use smol_str::{SmolStr, format_smolstr};
use sqlparser::ast::{
    AssignmentTarget, Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem, Statement, TableFactor,
    Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};

use super::placeholders::Places;
use super::{Resolver, forbidden};
use crate::diagnostics::codes::{E0314, E0315, E0316};
use crate::diagnostics::{Diagnostic, nearest};
use crate::model::written_out::WrittenOut;
use crate::model::{
    AuditLogId, EntityId, Field, FieldId, Platform, SequenceId, StoreId, Struct, TypeKind, ViewId,
};
use crate::source::Span;
use crate::syntax::ast;

/// A record with more than these, all records in it written out, has more columns than any store takes.
const MOST_FIELDS: u64 = 10_000;

/// Something that SQL may read from, by its stored name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Entity(EntityId),
    View(ViewId),
    AuditLog(AuditLogId),
    Sequence(SequenceId),
}

/// The relations of every store that has schemas: by store, stored schema and stored name.
pub(super) type Relations = HashMap<(StoreId, SmolStr), HashMap<SmolStr, Relation>>;

impl Resolver<'_> {
    /// Whether a fragment is one expression and nothing more.
    pub(super) fn judge_fragment(&mut self, text: &str, span: Span) -> bool {
        let dialect = PostgreSqlDialect {};
        let parsed = Parser::new(&dialect).try_with_sql(text).and_then(|mut parser| {
            parser.parse_expr()?;
            parser.expect_token(&sqlparser::tokenizer::Token::EOF)
        });
        match parsed {
            Ok(_) => true,
            Err(error) => {
                self.error(
                    Diagnostic::new(E0314, span, format!("this is no SQL expression: {}", said(&error)))
                        .help("write one expression, as it would stand in a `CHECK (…)`"),
                );
                false
            }
        }
    }

    pub(super) fn relations(&self) -> Relations {
        let p = &self.platform;
        let mut all = Relations::new();
        for schema in &p.schemas {
            all.entry((schema.store, schema.named.stored.clone())).or_default();
        }
        let mut add = |schema: crate::model::SchemaId, name: &SmolStr, relation| {
            let key = (p[schema].store, p[schema].named.stored.clone());
            all.entry(key).or_default().insert(name.clone(), relation);
        };
        for entity in &p.entities {
            if let Some(schema) = entity.schema {
                add(schema, &entity.named.stored, Relation::Entity(entity.id));
            }
        }
        for view in &p.views {
            if let Some(schema) = view.schema {
                add(schema, &view.named.stored, Relation::View(view.id));
            }
        }
        for log in &p.audit_logs {
            add(log.schema, &log.named.stored, Relation::AuditLog(log.id));
        }
        for sequence in &p.sequences {
            add(sequence.schema, &sequence.named.stored, Relation::Sequence(sequence.id));
        }
        all
    }

    /// The query of a view: one, that only reads. Gives what it reads, and the query as it was read.
    pub(super) fn judge_view(
        &mut self,
        sql: &ast::Text,
        store: StoreId,
        relations: &Relations,
    ) -> (Vec<EntityId>, Option<Statement>) {
        let statements = self.parse(sql);
        if let Some(statements) = &statements {
            let only_reads = matches!(&statements[..], [Statement::Query(query)] if reads_only(query));
            if !only_reads {
                self.error(
                    Diagnostic::new(E0314, sql.span, "a view is one query that reads")
                        .help("write one `SELECT …`, without a `;`"),
                );
                return (Vec::new(), None);
            }
        }
        let reads = self.judge_names(statements.as_deref().unwrap_or_default(), sql, store, relations);
        (reads, statements.and_then(|statements| statements.into_iter().next()))
    }

    pub(super) fn judge_script(&mut self, sql: &ast::Text, store: StoreId, relations: &Relations) {
        if let Some(statements) = self.parse(sql) {
            if statements.is_empty() {
                self.error(
                    Diagnostic::new(E0314, sql.span, "there is no statement in it").help("leave it out"),
                );
            }
            self.judge_names(&statements, sql, store, relations);
        }
    }

    fn parse(&mut self, sql: &ast::Text) -> Option<Vec<Statement>> {
        if let Some(found) = forbidden::find(&sql.value) {
            self.error(
                Diagnostic::new(E0316, sql.span, format!("`{}` is for the compiler to write", found.words))
                    .note("roles, grants and row security are derived from the source, so that nothing undoes them in passing")
                    .help(found.help),
            );
            return None;
        }
        match Parser::parse_sql(&PostgreSqlDialect {}, &sql.value) {
            Ok(statements) => Some(statements),
            Err(error) => {
                self.error(
                    Diagnostic::new(E0314, sql.span, format!("this SQL cannot be read: {}", said(&error)))
                        .help("line and column count from the start of the text"),
                );
                None
            }
        }
    }

    fn judge_names(
        &mut self,
        statements: &[Statement],
        sql: &ast::Text,
        store: StoreId,
        relations: &Relations,
    ) -> Vec<EntityId> {
        let mut reads = BTreeSet::new();
        for statement in statements {
            let mut seen = Seen { creates: created_by(statement), ..Seen::default() };
            let _ = statement.visit(&mut seen);
            let judge = Judge { platform: &self.platform, relations, store, places: Places::of(sql), sql };
            let found = judge.statement(&seen, &mut reads);
            self.found.extend(found);
        }
        reads.into_iter().collect()
    }
}

/// Data-modifying statements may hide in `WITH`.
fn reads_only(query: &Query) -> bool {
    use sqlparser::ast::SetExpr;
    fn body(set: &SetExpr) -> bool {
        match set {
            SetExpr::Query(query) => reads_only(query),
            SetExpr::SetOperation { left, right, .. } => body(left) && body(right),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => false,
            SetExpr::Select(select) => select.into.is_none(),
            SetExpr::Values(_) | SetExpr::Table(_) => true,
        }
    }
    let with = query.with.iter().flat_map(|with| &with.cte_tables);
    body(&query.body) && with.into_iter().all(|cte| reads_only(&cte.query)) && query.locks.is_empty()
}

/// The names that a statement brings into being, which therefore need not exist.
fn created_by(statement: &Statement) -> HashSet<String> {
    let mut names = HashSet::new();
    match statement {
        Statement::CreateFunction(create) => {
            names.insert(create.name.to_string().to_lowercase());
        }
        Statement::CreateTrigger(create) => {
            names.insert(create.name.to_string().to_lowercase());
        }
        _ => {}
    }
    names
}

/// What a statement names.
#[derive(Default)]
struct Seen {
    tables: Vec<(Vec<Ident>, Option<Ident>)>,
    /// Names of subqueries, CTEs and functions in `FROM`, whose columns are their own.
    derived: HashSet<String>,
    ctes: HashSet<String>,
    /// Aliases of columns and of tables, which a bare name may mean.
    aliases: HashSet<String>,
    columns: Vec<Vec<Ident>>,
    relations: Vec<ObjectName>,
    creates: HashSet<String>,
    /// Functions in `FROM`.
    functions: HashSet<String>,
    /// Whether something in it has columns that nobody here knows.
    opaque: bool,
}

/// The name as the store sees it: unquoted names are folded to lower case.
pub(super) fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

pub(super) fn parts(name: &ObjectName) -> Option<Vec<Ident>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.clone()),
            ObjectNamePart::Function(_) => None,
        })
        .collect()
}

impl Visitor for Seen {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.ctes.insert(folded(&cte.alias.name));
            self.aliases.extend(cte.alias.columns.iter().map(|c| folded(&c.name)));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &sqlparser::ast::Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                self.aliases.insert(folded(alias));
            }
        }
        for window in &select.named_window {
            self.aliases.insert(folded(&window.0));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let alias = match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                match parts(name) {
                    Some(parts) => self.tables.push((parts, alias.as_ref().map(|a| a.name.clone()))),
                    None => self.opaque = true,
                }
                alias.as_ref()
            }
            TableFactor::Derived { alias, .. } => {
                self.derived.extend(alias.iter().map(|a| folded(&a.name)));
                alias.as_ref()
            }
            TableFactor::NestedJoin { alias, .. } => alias.as_ref(),
            TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
                self.functions.insert(name.to_string());
                self.derived.extend(alias.iter().map(|a| folded(&a.name)));
                self.opaque |= alias.as_ref().is_none_or(|a| a.columns.is_empty());
                alias.as_ref()
            }
            TableFactor::TableFunction { alias, .. } | TableFactor::UNNEST { alias, .. } => {
                self.derived.extend(alias.iter().map(|a| folded(&a.name)));
                self.opaque |= alias.as_ref().is_none_or(|a| a.columns.is_empty());
                alias.as_ref()
            }
            _ => {
                self.opaque = true;
                None
            }
        };
        if let Some(alias) = alias {
            self.aliases.insert(folded(&alias.name));
            self.aliases.extend(alias.columns.iter().map(|c| folded(&c.name)));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        let mut column = |name: &ObjectName| self.columns.extend(parts(name));
        let assignments = match statement {
            Statement::Insert(insert) => {
                insert.columns.iter().for_each(&mut column);
                &insert.assignments
            }
            Statement::Update(update) => &update.assignments,
            _ => return ControlFlow::Continue(()),
        };
        for assignment in assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => column(name),
                AssignmentTarget::Tuple(names) => names.iter().for_each(&mut column),
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.relations.push(relation.clone());
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.columns.push(vec![ident.clone()]),
            Expr::CompoundIdentifier(idents) => self.columns.push(idents.clone()),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

struct Judge<'a> {
    platform: &'a Platform,
    relations: &'a Relations,
    store: StoreId,
    places: Places,
    sql: &'a ast::Text,
}

impl Judge<'_> {
    fn statement(&self, seen: &Seen, reads: &mut BTreeSet<EntityId>) -> Vec<Diagnostic> {
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
                match self.relation(&parts, &names) {
                    Ok(Some(relation)) => {
                        if let Relation::Entity(id) = relation {
                            reads.insert(id);
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

    fn relation(&self, parts: &[Ident], names: &[String]) -> Result<Option<Relation>, Box<Diagnostic>> {
        let at = match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => self.place(first).to(self.place(last)),
            _ => self.sql.span,
        };
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

/// The stored columns of a relation in their order, each with the field that it belongs to; none of an audit log or a
/// sequence, whose columns are the compiler's own.
pub(super) fn stored_columns(
    platform: &Platform,
    store: StoreId,
    relation: Relation,
) -> Vec<(SmolStr, FieldId)> {
    match relation {
        Relation::Entity(id) => {
            platform[id].in_order().flat_map(|(id, field)| columns_of(platform, store, id, field)).collect()
        }
        Relation::View(id) => {
            let columns = platform[id].columns.iter().enumerate();
            columns.map(|(i, column)| (column.named.stored.clone(), FieldId(i as u32))).collect()
        }
        Relation::AuditLog(_) | Relation::Sequence(_) => Vec::new(),
    }
}

/// The columns that a field of an entity is stored in.
pub(super) fn columns_of(
    platform: &Platform,
    store: StoreId,
    id: FieldId,
    field: &Field,
) -> Vec<(SmolStr, FieldId)> {
    if is_too_large(platform, field) {
        return Vec::new();
    }
    let mut names = Vec::new();
    field_columns(platform, store, field, "", 0, &mut names);
    names.into_iter().map(|name| (name, id)).collect()
}

/// Whether an inline record has too many members to follow one by one, which a rule of the store says.
fn is_too_large(platform: &Platform, field: &Field) -> bool {
    field.inline.is_some() && WrittenOut::new(platform).ty(&field.ty) > MOST_FIELDS
}

fn field_columns(
    platform: &Platform,
    store: StoreId,
    field: &Field,
    prefix: &str,
    depth: usize,
    columns: &mut Vec<SmolStr>,
) {
    let stored = platform.stored_name(store, &field.named);
    let name = format_smolstr!("{prefix}{stored}");
    if let (Some(_), TypeKind::Struct(id)) = (field.inline, &field.ty.kind)
        && depth < super::outline::DEPTH
    {
        let record: &Struct = &platform[*id];
        for inner in &record.fields {
            field_columns(platform, store, inner, &format!("{name}_"), depth + 1, columns);
        }
        return;
    }
    if let TypeKind::Union(_) = field.ty.kind {
        columns.push(platform.stored_type_name(store, &field.named));
    }
    columns.push(name);
}

fn sorted(names: &HashSet<SmolStr>) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = names.iter().cloned().collect();
    names.sort_unstable();
    names
}

/// Words that the parser reads as columns.
pub(super) fn is_keyword(name: &str) -> bool {
    matches!(name, "current_user" | "session_user" | "user" | "excluded" | "new" | "old" | "default")
        || is_system(name)
}

/// Columns that every table has.
fn is_system(name: &str) -> bool {
    matches!(name, "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid")
}

/// The byte of a line and a column, both from 1 and in characters.
fn offset(text: &str, location: sqlparser::tokenizer::Location) -> Option<usize> {
    let (line, column) = (location.line as usize, location.column as usize);
    let start = if line <= 1 {
        0
    } else {
        memchr::memchr_iter(b'\n', text.as_bytes()).nth(line.checked_sub(2)?)? + 1
    };
    let rest = text.get(start..)?;
    let inside = rest.char_indices().nth(column.checked_sub(1)?).map_or(rest.len(), |(at, _)| at);
    Some(start + inside)
}

/// What the SQL parser says, in the way messages are written here.
fn said(error: &ParserError) -> String {
    match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => {
            let text = text.trim_end_matches('.');
            let mut letters = text.chars();
            letters
                .next()
                .map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()))
        }
        ParserError::RecursionLimitExceeded => "it is nested too deep".to_owned(),
    }
}
