//! The clauses of entities.

mod filters;
mod indexes;
mod keys;
mod later;
mod lifetime;
mod periods;
mod persons;

use foldhash::{HashMap, HashMapExt};

use super::exprs::{Cx, Place, Purpose};
use super::{Owner, Resolver};
use crate::EntityId;
use crate::entity::{Check, Shard, Unique};
use polity_syntax::ast::{self, ClauseKind, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0206};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    pub(super) fn entities(&mut self) {
        for (i, block) in self.declared.entities.iter().enumerate() {
            let id = EntityId(i as u32);
            let cx = Cx {
                owner: Owner::Entity(id),
                scope: block.scope,
                included: None,
                place: Place::Row,
                purpose: Purpose::Check,
            };
            self.field_keys(id);
            self.field_uniques(id);
            self.field_flags(id);
            self.field_references(id);
            self.field_persons(id, cx);
            let mut seen: HashMap<&'static str, Span> = HashMap::new();
            for stated in &block.body.statements {
                match &stated.kind {
                    Statement::Clause(clause) => {
                        if let Some(word) = once(&clause.kind)
                            && let Some(first) = seen.insert(word, clause.keyword)
                        {
                            self.error(
                                Diagnostic::new(E0203, clause.keyword, format!("`{word}` is said twice"))
                                    .also(first, "said here first")
                                    .help("keep one of the two"),
                            );
                            continue;
                        }
                        self.clause(id, clause, stated.span, cx);
                    }
                    Statement::Setting(setting) => self.misplaced_clause(
                        setting.name.span,
                        "an entity holds fields, and settings in `with { … }`",
                        "write `with { name: value }`",
                    ),
                    Statement::Field(_) | Statement::Broken => {}
                }
            }
            self.periods_begin_first(id);
            self.judge_key(id);
            self.index_names(id);
        }
    }

    pub(super) fn clause(&mut self, id: EntityId, clause: &'t ast::Clause, span: Span, cx: Cx) {
        match &clause.kind {
            ClauseKind::Include(_) | ClauseKind::Removed(_) => {}
            ClauseKind::Key(paths) => self.key_clause(id, paths, clause.keyword),
            ClauseKind::Unique { .. } => self.unique_clause(id, &clause.kind, span, cx),
            ClauseKind::Ref { fields, target, target_fields, modifiers } => {
                self.ref_clause(id, fields, target, target_fields, modifiers, span, cx);
            }
            ClauseKind::Check { name, expr } => {
                let expr = self.condition(expr, cx);
                let name = name.as_ref().map(|n| n.text.clone());
                self.platform[id].checks.push(Check { name, expr, span });
            }
            ClauseKind::NoOverlap { .. } => self.no_overlap(id, &clause.kind, span, cx),
            ClauseKind::Index(index) => self.index(id, index, span, cx),
            ClauseKind::PartitionBy { .. } => self.partition(id, &clause.kind, span),
            ClauseKind::ShardBy { hashed, columns } => {
                let fields = self.field_list(id, columns);
                self.platform[id].shard = Some(Shard { hashed: *hashed, fields, span });
            }
            ClauseKind::OrderBy(columns) => self.platform[id].order_by = self.columns(columns, cx),
            ClauseKind::Subject => self.platform[id].subject = Some(clause.keyword),
            ClauseKind::PersonalOf(path) => self.belongs(id, path, None, span, cx),
            ClauseKind::Retain(retain) => self.retain(id, retain, span),
            ClauseKind::Audit { operations, into } => {
                self.audit(id, operations, into.as_ref(), clause.keyword, span, cx);
            }
            ClauseKind::AppendOnly => self.platform[id].declared.append_only = Some(clause.keyword),
            ClauseKind::Publish { operations, to } => {
                let operations = self.operations(operations, clause.keyword);
                self.publish(id, operations, to.as_ref(), span, cx);
            }
            ClauseKind::Purpose(names) => {
                let purposes = self.named_purposes(names);
                self.platform[id].purposes = purposes;
            }
            ClauseKind::With(body) => self.entity_settings(id, body),
            ClauseKind::Take(_) | ClauseKind::OnWrite(_) | ClauseKind::RefreshEvery(_) => {
                self.clause_of_copy(id, clause.keyword);
            }
            ClauseKind::CompressAfter(_) | ClauseKind::Rollup { .. } | ClauseKind::Time(_) => {
                self.later_clause(id, &clause.kind, cx);
                self.not_lowered(clause.keyword);
            }
            _ => {
                self
                    .error(Diagnostic::new(E0206, clause.keyword, "this does not belong into an entity").help(
                    "an entity holds fields, keys, references, checks, indexes and what concerns its rows",
                ))
            }
        }
    }

    fn unique_clause(&mut self, id: EntityId, clause: &'t ClauseKind, span: Span, cx: Cx) {
        let ClauseKind::Unique { name, columns, filter, stored, not_distinct, deferrable } = clause else {
            return;
        };
        let columns = self.columns(columns, Cx { purpose: Purpose::Index, ..cx });
        let predicate = Cx { purpose: Purpose::Predicate, ..cx };
        let filter = filter.as_ref().map(|e| self.filter(id, e, predicate));
        let (name, aliased) = self.index_name(name.as_ref(), stored.as_ref());
        self.judge_unique(&columns);
        let (not_distinct, deferrable) = (*not_distinct, *deferrable);
        self.platform[id].uniques.push(Unique {
            name,
            aliased,
            columns,
            filter,
            not_distinct,
            deferrable,
            span,
        });
    }

    fn entity_settings(&mut self, id: EntityId, body: &'t ast::Body) {
        let (settings, alerts) = self.settings(body, &[]);
        for alert in alerts {
            self.misplaced_clause(alert.span, "an alert watches a store", "move it into the `store`");
        }
        self.platform[id].with = settings;
    }

    /// A clause that is read where the fields of copies are; what is no copy has none of these.
    fn clause_of_copy(&mut self, id: EntityId, keyword: Span) {
        if self.declared.entities[id.index()].header.from.is_none() {
            self.misplaced_clause(
                keyword,
                "only a copy of another entity says this",
                "write `entity Name in STORE from OTHER { … }`",
            );
        }
    }
}

/// The word of a clause that may stand once in an entity.
pub(super) fn once(kind: &ClauseKind) -> Option<&'static str> {
    Some(match kind {
        ClauseKind::Key(_) => "key",
        ClauseKind::PartitionBy { .. } => "partition by",
        ClauseKind::ShardBy { .. } => "shard by",
        ClauseKind::OrderBy(_) => "order by",
        ClauseKind::Subject => "subject",
        ClauseKind::PersonalOf(_) => "personal of",
        ClauseKind::Retain(_) => "retain",
        ClauseKind::Audit { .. } => "audit",
        ClauseKind::Purpose(_) => "purpose",
        ClauseKind::AppendOnly => "append only",
        ClauseKind::With(_) => "with",
        ClauseKind::CompressAfter(_) => "compress after",
        ClauseKind::Time(_) => "time",
        ClauseKind::OnWrite(_) => "on write",
        ClauseKind::RefreshEvery(_) => "refresh every",
        _ => return None,
    })
}
