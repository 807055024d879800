//! Views, scripts and sequences: what stands in a schema beside entities and [audit logs](super::audit_logs).

use super::names::{ANYTHING, Scope};
use super::sql::{ReadQuery, ReadScript, WrittenQuery};
use super::types::At;
use super::{Owner, Resolver};
use crate::entity::Field;
use crate::{AuditLogId, Script, ScriptKind, SequenceId, StoreId, StructId, Thing, ViewId};
use polity_syntax::ast::{self, ClauseKind, ItemKind, LiteralKind, ModifierKind, Statement};
use polity_text::cores::on_all;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0207, E0303, E0319};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    pub(super) fn views(&mut self) {
        for (i, from) in self.declared.sequences.iter().enumerate() {
            let Some(from) = from else { continue };
            match &from.kind {
                LiteralKind::Integer(digits) if digits.parse::<i64>().is_ok() => {
                    self.platform[SequenceId(i as u32)].from = digits.parse().unwrap_or(1);
                }
                _ => {
                    self.refuse_literal::<()>(from, "a whole number of at most 64 bits", "1000");
                }
            }
        }
        for (i, block) in self.declared.audit_logs.iter().enumerate() {
            self.audit_log(AuditLogId(i as u32), block.body, block.scope);
        }
        let mut queries = Vec::new();
        for (i, (block, materialized)) in self.declared.views.iter().enumerate() {
            let id = ViewId(i as u32);
            if let Some(materialized) = materialized {
                let every = materialized.every.as_ref().and_then(|every| self.duration(every));
                self.platform[id].materialized = Some(every);
            }
            queries.extend(self.view(
                id,
                block.body,
                At { scope: block.scope, path: &block.header.name.text },
            ));
        }
        // Views may read views, so their columns come before their queries.
        let relations = self.relations();
        let read = on_all(&queries, |(_, sql)| ReadQuery::of(&self.platform, sql));
        for ((id, sql), read) in queries.into_iter().zip(read) {
            let store = self.platform[id].store;
            let before = self.found.len();
            let (reads, query) = self.judge_view(sql, read, store, &relations);
            self.platform[id].reads = reads.entities.into_iter().collect();
            self.platform[id].builds_on = reads.views.into_iter().collect();
            let is_sound = !self.found[before..].iter().any(Diagnostic::is_error);
            self.queries.extend(query.map(|query| WrittenQuery::new(id, sql, query, is_sound)));
        }
        self.view_cycles();
        let scripts: Vec<_> = self
            .declared
            .others
            .iter()
            .filter_map(|(item, scope)| match &item.kind {
                ItemKind::SqlAfter { sql, .. } | ItemKind::SqlOnce { sql, .. } => Some((*item, *scope, sql)),
                _ => None,
            })
            .collect();
        let read = on_all(&scripts, |(.., sql)| ReadScript::of(&self.platform, sql));
        for ((item, scope, sql), read) in scripts.into_iter().zip(read) {
            let Some((store, kind)) = self.kind_of_script(item, scope) else { continue };
            self.judge_script(sql, read, store, &relations, item.span);
            self.platform.scripts.push(Script { store, kind, sql: sql.value.clone(), span: item.span });
        }
    }

    /// The store that a script runs in, and when.
    fn kind_of_script(&mut self, item: &ast::Item, scope: Scope) -> Option<(StoreId, ScriptKind)> {
        match &item.kind {
            ItemKind::SqlAfter { after, .. } => {
                let mut things = Vec::new();
                for path in after {
                    things.extend(self.lookup(path, scope, ANYTHING));
                }
                Some((self.store_of(&things, item.span)?, ScriptKind::After(things)))
            }
            ItemKind::SqlOnce { name, .. } => {
                let Some(store) = scope.store.or_else(|| self.only_store_with_schemas()) else {
                    self.error(
                        Diagnostic::new(E0207, name.span, "in which store does it run?")
                            .help("put it into `schema SCHEMA in STORE { … }`"),
                    );
                    return None;
                };
                self.once_name(name);
                Some((store, ScriptKind::Once(name.value.clone())))
            }
            _ => None,
        }
    }

    fn once_name(&mut self, name: &ast::Text) {
        let first = self
            .platform
            .scripts
            .iter()
            .find(|script| matches!(&script.kind, ScriptKind::Once(known) if *known == name.value));
        if let Some(first) = first.map(|script| script.span) {
            self.error(
                Diagnostic::new(E0203, name.span, format!("two scripts are called \"{}\"", name.value))
                    .also(first, "the first")
                    .help("rename one of them"),
            );
        }
    }

    fn only_store_with_schemas(&self) -> Option<StoreId> {
        let first = self.platform.schemas.first()?.store;
        self.platform.schemas.iter().all(|s| s.store == first).then_some(first)
    }

    /// The one store that all of these stand in.
    fn store_of(&mut self, things: &[Thing], span: Span) -> Option<StoreId> {
        let mut found: Option<StoreId> = None;
        for thing in things {
            let store = match thing {
                Thing::Store(id) => Some(*id),
                Thing::Schema(id) => Some(self.platform[*id].store),
                other => self.declared.scopes.get(other).and_then(|scope| scope.store),
            };
            match (store, found) {
                (None, _) => {
                    let name = self.path_to(*thing);
                    self.error(
                        Diagnostic::new(E0303, span, format!("`{name}` stands in no store"))
                            .help("name what the script needs: entities, views, schemas"),
                    );
                    return None;
                }
                (Some(store), Some(first)) if store != first => {
                    self.error(
                        Diagnostic::new(E0303, span, "these stand in different stores")
                            .help("write one script for each store"),
                    );
                    return None;
                }
                (store, _) => found = store,
            }
        }
        found
    }

    /// The columns of a view; gives its query, to be judged once all columns are known.
    fn view(&mut self, id: ViewId, body: &'t ast::Body, at: At<'_>) -> Option<(ViewId, &'t ast::Text)> {
        let outline = self.outline(body, at.scope, 0);
        for outlined in &outline.fields {
            let super::outline::Origin::Written(written, docs) = outlined.origin else {
                self.misplaced_clause(
                    outlined.name.span,
                    "a view writes its columns out",
                    "write each with its type",
                );
                continue;
            };
            let column = self.view_column(written, docs, at);
            self.platform[id].columns.push(column);
        }
        let query = self.view_clauses(id, body);
        let named = &self.platform[id].named;
        if query.is_none() && !outline.incomplete {
            let diagnostic = Diagnostic::new(E0207, named.span, "where do its rows come from?")
                .help("write `sql \"\"\"SELECT …\"\"\"`");
            self.error(diagnostic);
        } else if self.platform[id].columns.is_empty() && !outline.incomplete {
            let diagnostic = Diagnostic::new(E0207, named.span, "which columns has it?")
                .help("write each with its type, as the query gives them: `users: bigint`");
            self.error(diagnostic);
        }
        let sql = query?;
        self.platform[id].sql = sql.value.clone();
        self.platform[id].sql_span = sql.span;
        Some((id, sql))
    }

    /// The clauses of a view; gives its query.
    fn view_clauses(&mut self, id: ViewId, body: &'t ast::Body) -> Option<&'t ast::Text> {
        let mut query: Option<&'t ast::Text> = None;
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else {
                if let Statement::Setting(setting) = &stated.kind {
                    self.misplaced_clause(
                        setting.name.span,
                        "settings of a view stand in `with { … }`",
                        "write `with { name: value }`",
                    );
                }
                continue;
            };
            match &clause.kind {
                ClauseKind::Sql(sql) => {
                    if let Some(first) = query.replace(sql) {
                        self.error(
                            Diagnostic::new(E0203, clause.keyword, "a view has one query")
                                .also(first.span, "said here first")
                                .help("keep one of the two"),
                        );
                    }
                }
                ClauseKind::With(body) => {
                    let (settings, _) = self.settings(body, &[]);
                    self.platform[id].with = settings;
                }
                ClauseKind::Include(_) => {}
                ClauseKind::Index(index) => self.view_index(id, index, clause.keyword, stated.span),
                _ => self.misplaced_clause(
                    clause.keyword,
                    "this does not belong into a view",
                    "a view has `sql`, its columns, `index` and `with`",
                ),
            }
        }
        query
    }

    fn view_column(&mut self, written: &'t ast::Field, docs: &'t ast::Docs, at: At<'_>) -> Field {
        let ty = self.ty(&written.ty, at);
        let stored = written.modifiers.iter().find_map(|m| match &m.kind {
            ModifierKind::As(text) => Some(text),
            _ => None,
        });
        let named = super::declare::named(&written.name, stored, docs, None, &mut self.found);
        let mut column = Field::new(named, ty, written.ty.span);
        for modifier in &written.modifiers {
            match &modifier.kind {
                ModifierKind::Label(_) | ModifierKind::Declassify { .. } => {
                    self.modifier(Owner::Struct(StructId(0)), &mut column, modifier);
                }
                ModifierKind::As(_) => {}
                ModifierKind::Pseudonymous { key } => {
                    column.declared.pseudonymous = self.pseudonymous(key.as_ref(), modifier.span);
                }
                _ => self.error(
                    Diagnostic::new(E0319, modifier.span, "a column of a view is only read")
                        .help("it takes a type, `as`, labels and `declassify`"),
                ),
            }
        }
        column
    }
}
