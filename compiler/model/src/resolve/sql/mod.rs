//! SQL that a person wrote: views and scripts. It is parsed, never run: every table and column that it names must
//! exist under its stored name, and what only the compiler may write is refused.
//!
//! Columns are looked up by alias where one is written, and otherwise in all that the statement reads together;
//! what the lookup cannot know for sure (functions that return tables, catalogues of the store) it lets pass.

mod bodies;
mod columns;
mod fragments;
mod judge;
pub(super) mod offsets;
mod seen;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Deref};
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt, HashSet};
use smol_str::SmolStr;
use sqlparser::ast::{Expr, Query, Select, Statement, Visitor};
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::Token;

use super::{Resolver, forbidden};
use crate::written_sql::{Measured, Refusal, walk};
use crate::{AuditLogId, EntityId, Isolation, Platform, SequenceId, StoreId, TierId, ViewId};
use bodies::Bodies;
pub(super) use columns::{columns_of, stored_columns, typed_columns};
pub(super) use fragments::{Fragment, Sighted};
use judge::Judge;
use polity_syntax::ast;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0314, E0316, E0330};
use polity_text::source::Span;
use seen::{Seen, created_by};
pub(super) use seen::{folded, is_system, named_arguments, parts, whole_tables};

/// Something that SQL may read from, by its stored name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    Entity(EntityId),
    View(ViewId),
    AuditLog(AuditLogId),
    Sequence(SequenceId),
}

/// The entities and views that SQL names to read them.
#[derive(Debug, Default)]
pub(super) struct Reads {
    pub entities: BTreeSet<EntityId>,
    pub views: BTreeSet<ViewId>,
}

/// The query of a view as it was read.
pub(super) struct WrittenQuery<'t> {
    pub view: ViewId,
    pub text: &'t ast::Text,
    pub statement: Statement,
    /// Whether all that it names was found.
    pub is_sound: bool,
}

impl<'t> WrittenQuery<'t> {
    pub(super) fn new(view: ViewId, text: &'t ast::Text, statement: Statement, is_sound: bool) -> Self {
        Self { view, text, statement, is_sound }
    }
}

/// A script, and its statements as they were read.
#[derive(Debug)]
pub(super) struct WrittenScript {
    pub store: StoreId,
    pub span: Span,
    /// Without blanks and remarks.
    pub tokens: Vec<Token>,
    pub statements: Vec<Statement>,
}

/// The relations of every store that has schemas.
#[derive(Default)]
pub(super) struct Relations {
    /// Each by its store, stored schema and stored name.
    by_name: HashMap<(StoreId, SmolStr), HashMap<SmolStr, Relation>>,
    /// The columns of those that SQL named so far.
    columns: RefCell<BTreeMap<Relation, Columns>>,
}

impl Deref for Relations {
    type Target = HashMap<(StoreId, SmolStr), HashMap<SmolStr, Relation>>;

    fn deref(&self) -> &Self::Target {
        &self.by_name
    }
}

/// The stored columns of a relation; `None` where nobody here knows them.
type Columns = Option<Rc<HashSet<SmolStr>>>;

impl Resolver<'_> {
    pub(super) fn relations(&self) -> Relations {
        let p = &self.platform;
        let mut all: HashMap<(StoreId, SmolStr), HashMap<SmolStr, Relation>> = HashMap::new();
        for schema in &p.schemas {
            all.entry((schema.store, schema.named.stored.clone())).or_default();
        }
        let mut add = |store: StoreId, schema: Option<crate::SchemaId>, name: &SmolStr, relation| {
            let default =
                || p[store].about.map(|engine| engine.default_schema).filter(|name| !name.is_empty());
            let schema =
                schema.map(|id| p[id].named.stored.clone()).or_else(|| default().map(SmolStr::new_static));
            if let Some(schema) = schema {
                all.entry((store, schema)).or_default().insert(name.clone(), relation);
            }
        };
        for entity in &p.entities {
            add(entity.store, entity.schema, &entity.named.stored, Relation::Entity(entity.id));
        }
        for view in &p.views {
            add(view.store, view.schema, &view.named.stored, Relation::View(view.id));
        }
        for log in &p.audit_logs {
            add(log.store, Some(log.schema), &log.named.stored, Relation::AuditLog(log.id));
        }
        for sequence in &p.sequences {
            let id = Relation::Sequence(sequence.id);
            add(sequence.store, Some(sequence.schema), &sequence.named.stored, id);
        }
        Relations { by_name: all, ..Relations::default() }
    }

    /// The query of a view: one, that only reads. Gives what it reads, and the query itself.
    pub(super) fn judge_view(
        &mut self,
        sql: &ast::Text,
        query: ReadQuery,
        store: StoreId,
        relations: &Relations,
    ) -> (Reads, Option<Statement>) {
        let statements = match query.0 {
            Ok(statements) => statements,
            Err(refusal) => {
                self.error(refusal);
                return (Reads::default(), None);
            }
        };
        let only_reads = matches!(&statements[..], [Statement::Query(query)] if reads_only(query));
        if !only_reads {
            self.error(
                Diagnostic::new(E0314, sql.span, "a view is one query that reads")
                    .help("write one `SELECT …`, without a `;`"),
            );
            return (Reads::default(), None);
        }
        let reads = self.judge_names(&statements, sql, store, relations);
        (reads, statements.into_iter().next())
    }

    /// A script: statements, and blocks of a procedural language (`DO`), which nobody here can parse but whose
    /// tables are looked up as those in the bodies of functions are.
    pub(super) fn judge_script(
        &mut self,
        sql: &ast::Text,
        script: ReadScript,
        store: StoreId,
        relations: &Relations,
        span: Span,
    ) {
        let Script { tokens, bodies, statements } = match script.0 {
            Ok(script) => script,
            Err(refusal) => return self.error(refusal),
        };
        if statements.is_empty() && !bodies.has_block {
            self.error(Diagnostic::new(E0314, sql.span, "there is no statement in it").help("leave it out"));
        }
        if statements.iter().any(makes_table) {
            self.error(
                Diagnostic::new(E0316, sql.span, "SQL by hand cannot say `SELECT … INTO`")
                    .note("of a table that is made by hand no label, right or erasure knows")
                    .help("declare it in the source and write `INSERT INTO … SELECT …`"),
            );
            return;
        }
        let before = self.found.len();
        self.judge_names(&statements, sql, store, relations);
        let found = Judge::new(&self.platform, relations, store, sql).bodies(&bodies.tables);
        self.found.extend(found);
        // One that names what there is not is followed no further: nothing is known of where it leads.
        if !self.found[before..].iter().any(Diagnostic::is_error) {
            self.scripts.push(WrittenScript { store, span, tokens, statements });
        }
    }

    fn judge_names(
        &mut self,
        statements: &[Statement],
        sql: &ast::Text,
        store: StoreId,
        relations: &Relations,
    ) -> Reads {
        let mut reads = Reads::default();
        let judge = Judge::new(&self.platform, relations, store, sql);
        let mut found = Vec::new();
        for statement in statements {
            let mut seen = Seen { creates: created_by(statement), ..Seen::default() };
            let _ = walk(statement, &mut seen);
            found.extend(judge.statement(&seen, &mut reads));
        }
        self.found.extend(found);
        reads
    }
}

/// The expression that a fragment is, or why it is none.
fn expression(platform: &Platform, text: &str, span: Span) -> Result<Expr, Diagnostic> {
    let unread = |refusal| match refusal {
        Refusal::Excess(excess) => too_much(span, excess),
        Refusal::Syntax(error) => {
            Diagnostic::new(E0314, span, format!("this is no SQL expression: {}", said(&error)))
                .help("write one expression, as it would stand in a `CHECK (…)`")
        }
    };
    let measured = Measured::of(text).map_err(unread)?;
    match forbidden_in(platform, &measured, span) {
        Some(forbidden) => Err(forbidden),
        None => measured.expression().map_err(unread),
    }
}

/// The query of a view as it was read, or why it was not. To read takes longer than to judge, and needs no other text.
pub(super) struct ReadQuery(Result<Vec<Statement>, Diagnostic>);

impl ReadQuery {
    pub(super) fn of(platform: &Platform, sql: &ast::Text) -> Self {
        Self(measured(platform, sql).and_then(|measured| statements(measured, sql)))
    }
}

/// A script as it was read, or why it was not.
pub(super) struct ReadScript(Result<Script, Diagnostic>);

struct Script {
    tokens: Vec<Token>,
    bodies: Bodies,
    statements: Vec<Statement>,
}

impl ReadScript {
    pub(super) fn of(platform: &Platform, sql: &ast::Text) -> Self {
        Self(measured(platform, sql).and_then(|measured| {
            let tokens = measured.tokens();
            let bodies = Bodies::of(&sql.value, &tokens);
            let statements = if bodies.has_block {
                let rest = Measured::of(&bodies.rest).map_err(|refusal| unread(refusal, sql));
                rest.and_then(|rest| statements(rest, sql))?
            } else {
                statements(measured, sql)?
            };
            let tokens = tokens.into_iter().map(|token| token.token).collect();
            Ok(Script { tokens, bodies, statements })
        }))
    }
}

/// A text that says nothing that only the compiler may.
fn measured(platform: &Platform, sql: &ast::Text) -> Result<Measured, Diagnostic> {
    let measured = Measured::of(&sql.value).map_err(|refusal| unread(refusal, sql))?;
    forbidden_in(platform, &measured, sql.span).map_or(Ok(measured), Err)
}

fn statements(measured: Measured, sql: &ast::Text) -> Result<Vec<Statement>, Diagnostic> {
    measured.statements().map_err(|refusal| unread(refusal, sql))
}

fn unread(refusal: Refusal, sql: &ast::Text) -> Diagnostic {
    match refusal {
        Refusal::Excess(excess) => too_much(sql.span, excess),
        Refusal::Syntax(error) => {
            Diagnostic::new(E0314, sql.span, format!("this SQL cannot be read: {}", said(&error)))
                .help("line and column count from the start of the text")
        }
    }
}

/// Says that a text says what only the compiler may.
fn forbidden_in(platform: &Platform, text: &Measured, span: Span) -> Option<Diagnostic> {
    let is_own = |schema: &str| {
        let in_schemas = |tier: TierId| platform[tier].isolation() == Some(Isolation::Schema);
        schema.strip_suffix("polity").is_some_and(|prefix| {
            let mut tenants = platform.tenants.iter().filter(|tenant| in_schemas(tenant.tier));
            tenants.any(|tenant| platform[tenant.tier].prefix_of(tenant) == prefix)
        })
    };
    let tenant = platform.tenancy.as_ref().map(|tenancy| tenancy.column.as_str());
    let found = forbidden::find(text.all(), &forbidden::Kept { tenant, is_own: &is_own })?;
    Some(
        Diagnostic::new(E0316, span, format!("SQL by hand cannot say `{}`", found.words))
            .note("who may see what is derived from the source: roles, row security, labels; nothing undoes it in passing")
            .help(found.help),
    )
}

/// Data-modifying statements may hide in `WITH`.
pub(super) fn reads_only(query: &Query) -> bool {
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

/// Says that a text is more than is read at once.
pub(super) fn too_much(span: Span, excess: String) -> Diagnostic {
    Diagnostic::new(E0330, span, excess)
        .help("write it in several parts: a view may read views, and a list of values stands in `IN (…)`")
}

/// `SELECT … INTO`
fn makes_table(statement: &Statement) -> bool {
    struct Into;
    impl Visitor for Into {
        type Break = ();
        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
            if select.into.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    walk(statement, &mut Into).is_break()
}

/// Returns the message of the SQL parser, in the way messages are written here.
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
