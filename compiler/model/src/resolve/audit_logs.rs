//! The clauses of audit logs.

use super::Resolver;
use super::names::{Kind, Scope};
use crate::entity::PartitionPeriod;
use crate::{AuditLogId, Chained, KeptPayloads, Thing};
use polity_syntax::ast::{self, ClauseKind, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0303};
use polity_text::source::Span;

/// Everything that an audit log may say.
const SAYS: &str = "an audit log says `partition by`, `retain`, `chained`, `seal every` and `keep payloads`";

impl Resolver<'_> {
    pub(super) fn audit_log(&mut self, id: AuditLogId, body: &ast::Body, scope: Scope) {
        for stated in &body.statements {
            let clause = match &stated.kind {
                Statement::Clause(clause) => clause,
                Statement::Field(field) => {
                    self.misplaced_clause(
                        field.name.span,
                        "the columns of an audit log are the compiler's own",
                        SAYS,
                    );
                    continue;
                }
                Statement::Setting(setting) => {
                    self.misplaced_clause(setting.name.span, "an audit log has no settings", "leave it out");
                    continue;
                }
                Statement::Broken => continue,
            };
            if self.audit_log_says(id, &clause.kind) {
                self.error(
                    Diagnostic::new(E0203, clause.keyword, "this is said twice").help("keep one of the two"),
                );
                continue;
            }
            self.clause_of_log(id, clause, stated.span, scope);
        }
    }

    fn clause_of_log(&mut self, id: AuditLogId, clause: &ast::Clause, span: Span, scope: Scope) {
        match &clause.kind {
            ClauseKind::PartitionBy { method, columns, ahead, into, default } => {
                if let Some(column) = columns.first() {
                    self.misplaced_clause(
                        column.span,
                        "an audit log is partitioned by its own time",
                        "write `partition by month ahead 3`",
                    );
                }
                if let Some(default) = default {
                    self.misplaced_clause(
                        *default,
                        "an audit log has a partition for every entry",
                        "leave out `default`",
                    );
                }
                self.partition_of_log(id, method, ahead.as_ref(), into.as_ref(), span);
            }
            ClauseKind::Retain(retain) => self.retention_of_log(id, retain, span),
            ClauseKind::Chained { strictly, after } => {
                let chained = if *strictly { Chained::Strictly } else { Chained::Sealed };
                self.platform[id].chained = Some(chained);
                if let Some(after) = after {
                    self.chained_after(id, after, scope);
                }
            }
            ClauseKind::SealEvery(every) => {
                self.platform[id].seal_every = self.duration(every).map(|every| (every, span));
            }
            ClauseKind::KeepPayloads { duration, because } => {
                let because = because.value.clone();
                let duration = self.duration(duration);
                self.platform[id].payloads =
                    duration.map(|duration| KeptPayloads { duration, because, span });
            }
            _ => self.misplaced_clause(clause.keyword, "this does not belong into an audit log", SAYS),
        }
    }

    fn chained_after(&mut self, id: AuditLogId, after: &ast::Path, scope: Scope) {
        let Some(Thing::AuditLog(before)) = self.lookup(after, scope, &[Kind::AuditLog]) else { return };
        if self.platform[before].store != self.platform[id].store {
            let at = self.platform[before].named.span;
            self.error(
                Diagnostic::new(E0303, after.span, "the log before it must be in the same store")
                    .also(at, "this audit log is in another store")
                    .help("leave `after` out, and keep the other log as it is"),
            );
            return;
        }
        self.platform[id].after = Some((before, after.span));
    }

    /// Whether a clause of this kind was read before.
    fn audit_log_says(&self, id: AuditLogId, clause: &ClauseKind) -> bool {
        let log = &self.platform[id];
        match clause {
            ClauseKind::PartitionBy { .. } => log.partition.is_some(),
            ClauseKind::Retain(_) => log.retain.is_some(),
            ClauseKind::Chained { .. } => log.chained.is_some(),
            ClauseKind::SealEvery(_) => log.seal_every.is_some(),
            ClauseKind::KeepPayloads { .. } => log.payloads.is_some(),
            _ => false,
        }
    }

    fn partition_of_log(
        &mut self,
        id: AuditLogId,
        method: &ast::Name,
        ahead: Option<&ast::Literal>,
        into: Option<&ast::Literal>,
        span: Span,
    ) {
        if let Some(into) = into {
            self.misplaced_clause(into.span, "only `hash` is divided `into` a number", "leave it out");
        }
        let ahead = ahead.map_or(Some(3), |a| self.whole(a, 0, 1000)).unwrap_or(3);
        if let Some(period) = self.period(&method.text, method.span) {
            self.platform[id].partition = Some(PartitionPeriod { period, ahead: ahead as u32, span });
        }
    }

    fn retention_of_log(&mut self, id: AuditLogId, retain: &ast::Retain, span: Span) {
        if let Some(after) = &retain.after {
            self.misplaced_clause(after.span, "an audit log counts from its own time", "write `retain 10y`");
        }
        if let Some(then) = &retain.then
            && !matches!(then.kind, ast::FateKind::Delete)
        {
            self.misplaced_clause(then.span, "what is over age in an audit log is deleted", "leave it out");
        }
        if let Some(duration) = self.duration(&retain.duration) {
            self.platform[id].retain = Some((duration, span));
        }
    }
}
