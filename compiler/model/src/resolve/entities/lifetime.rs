//! How long rows live and what becomes of them: partitions, retention, the operations that are traced.

use super::super::Resolver;
use super::super::exprs::Cx;
use super::super::names::Kind;
use crate::entity::{
    Audit, Destination, Fate, Field, Message, Operation, Partition, PartitionKind, PartitionPeriod, Period,
    Publish, Retain,
};
use crate::{EntityId, FieldId, Scalar, Thing, TypeKind};
use polity_syntax::ast::{self, FateKind, Statement};
use polity_text::diagnostics::codes::{E0201, E0207, E0303};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;
use smol_str::SmolStr;

impl<'t> Resolver<'t> {
    pub(super) fn partition(&mut self, id: EntityId, clause: &ast::ClauseKind, span: Span) {
        let ast::ClauseKind::PartitionBy { method, columns, ahead, into, default } = clause else { return };
        let (ahead, into) = (ahead.as_ref(), into.as_ref());
        let fields = self.field_list(id, columns);
        let Some(kind) = self.partition_kind(method, ahead, into, span) else { return };
        if !matches!(kind, PartitionKind::Hash { .. })
            && let Some(into) = into
        {
            self.misplaced_clause(into.span, "only `hash` is divided `into` a number", "leave it out");
        }
        if let PartitionKind::Range(_) = kind {
            let [field] = fields[..] else {
                if fields.len() == columns.len() {
                    self.misplaced_clause(
                        span,
                        "one field says which period a row belongs to",
                        "write `partition by month (at)`",
                    );
                }
                return;
            };
            self.judge_period(id, field, span);
        } else if let Some(ahead) = ahead {
            self.misplaced_clause(ahead.span, "only periods are created `ahead`", "leave it out");
        }
        if let (PartitionKind::Hash { .. }, Some(default)) = (&kind, default) {
            self.misplaced_clause(*default, "by `hash` every row has a partition", "leave out `default`");
            return;
        }
        if !fields.is_empty() {
            self.platform[id].partition = Some(Partition { kind, fields, default: *default, span });
        }
    }

    fn partition_kind(
        &mut self,
        method: &ast::Name,
        ahead: Option<&ast::Literal>,
        into: Option<&ast::Literal>,
        span: Span,
    ) -> Option<PartitionKind> {
        match method.text.as_str() {
            "hash" => {
                let Some(into) = into else {
                    self.misplaced_clause(
                        method.span,
                        "into how many partitions?",
                        "write `partition by hash (x) into 16`",
                    );
                    return None;
                };
                Some(PartitionKind::Hash { into: self.whole(into, 2, 1024)? as u32 })
            }
            "list" => Some(PartitionKind::List),
            word => {
                let period = self.period(word, method.span)?;
                let ahead = ahead.map_or(Some(3), |a| self.whole(a, 0, 1000)).unwrap_or(3) as u32;
                Some(PartitionKind::Range(PartitionPeriod { period, ahead, span }))
            }
        }
    }

    fn judge_period(&mut self, id: EntityId, field: FieldId, span: Span) {
        let f = self.platform[id].field(field);
        let is_time = self.platform.scalar(&f.ty).is_some_and(Scalar::is_moment);
        if !is_time && f.ty.kind != TypeKind::Broken {
            let at = f.ty_span;
            self.error(
                Diagnostic::new(E0303, span, "a period is told by a `date` or a `timestamp`")
                    .also(at, "the field's type")
                    .help("partition by such a field, or by `hash (…) into 16`"),
            );
        }
    }

    pub(crate) fn period(&mut self, word: &str, span: Span) -> Option<Period> {
        const PERIODS: &[(&str, Period)] =
            &[("day", Period::Day), ("week", Period::Week), ("month", Period::Month), ("year", Period::Year)];
        if let Some((_, period)) = PERIODS.iter().find(|(name, _)| *name == word) {
            return Some(*period);
        }
        let known = PERIODS.iter().map(|(name, _)| *name).chain(["hash", "list"]);
        let help = did_you_mean(word, known)
            .unwrap_or_else(|| "write `day`, `week`, `month`, `year`, `hash` or `list`".to_owned());
        self.error(Diagnostic::new(E0201, span, format!("nothing is partitioned by `{word}`")).help(help));
        None
    }

    /// Whether rows are found by a field: it leads an index, or says in which partition they are.
    fn is_looked_for(&self, id: EntityId, field: &str) -> bool {
        let clauses = self.declared.entities[id.index()].body.statements.iter();
        clauses.filter_map(|stated| if let Statement::Clause(c) = &stated.kind { Some(c) } else { None }).any(
            |clause| {
                let first = match &clause.kind {
                    ast::ClauseKind::Index(index) => index.columns.first().and_then(|c| match &c.expr.kind {
                        ast::ExprKind::Path(path) => Some(path),
                        _ => None,
                    }),
                    ast::ClauseKind::PartitionBy { columns, .. } => columns.first(),
                    _ => None,
                };
                first.is_some_and(|path| path.names.len() == 1 && path.names[0].text == field)
            },
        )
    }

    /// The name of the field that holds a moment, where one alone does.
    fn only_moment(&self, id: EntityId) -> Option<SmolStr> {
        let is_moment = |field: &&Field| self.platform.scalar(&field.ty).is_some_and(Scalar::is_moment);
        let mut moments = self.platform[id].fields.iter().filter(is_moment);
        let first = moments.next()?;
        moments.next().is_none().then(|| first.named.name.clone())
    }

    pub(super) fn retain(&mut self, id: EntityId, retain: &ast::Retain, span: Span) {
        let Some(duration) = self.duration(&retain.duration) else { return };
        let after = match &retain.after {
            Some(path) => {
                let Some(field) = self.field_list(id, std::slice::from_ref(path)).first().copied() else {
                    return;
                };
                let f = self.platform[id].field(field);
                let is_time = self.platform.scalar(&f.ty).is_some_and(Scalar::is_moment);
                if !is_time && f.ty.kind != TypeKind::Broken {
                    let at = f.ty_span;
                    self.error(
                        Diagnostic::new(E0303, path.span, "time is counted from a `date` or a `timestamp`")
                            .also(at, "the field's type")
                            .help("name the field that holds the moment"),
                    );
                    return;
                }
                Some(field)
            }
            None => {
                let counted = retain.duration.span;
                let problem = Diagnostic::new(E0207, span, "counted from when?");
                self.error(match self.only_moment(id) {
                    Some(moment) => {
                        let problem = problem
                            .help(format!("write `after {moment}`: the field that holds the moment"))
                            .edit(Span { start: counted.end, ..counted }, format!(" after {moment}"));
                        let index = format!("index ({moment})");
                        let entity = &self.platform[id];
                        if self.is_looked_for(id, &moment) { problem } else { entity.adding(&index, problem) }
                    }
                    None => problem.help("name the field that holds the moment: `retain … after …`"),
                });
                None
            }
        };
        let fate = match retain.then.as_ref().map(|fate| &fate.kind) {
            None | Some(FateKind::Delete) => Fate::Delete,
            Some(FateKind::Anonymize) => Fate::Anonymize,
            Some(FateKind::ArchiveTo(path)) => {
                let scope = self.declared.entities[id.index()].scope;
                let wanted = [Kind::Entity, Kind::Store, Kind::Schema];
                // `lake.bronze`: a place in a store that keeps files is not declared, its store is.
                let outer = path.names.get(..1).unwrap_or_default();
                let place = self.names.find(&self.platform, outer, scope, &[Kind::Store]);
                match (&place[..], path.names.len()) {
                    ([store], 2) => Fate::ArchiveTo(*store),
                    _ => match self.lookup(path, scope, &wanted) {
                        Some(thing) => Fate::ArchiveTo(thing),
                        None => return,
                    },
                }
            }
        };
        self.platform[id].declared.retain = Some(Retain { duration, after, fate, span, by_rule: false });
    }

    /// `audit (insert, update, delete) into audit.AuditLog`
    pub(super) fn audit(
        &mut self,
        id: EntityId,
        operations: &[ast::Name],
        into: Option<&ast::Path>,
        keyword: Span,
        span: Span,
        cx: Cx,
    ) {
        // Where both are missing, one message shows the whole form.
        let operations = if operations.is_empty() && into.is_none() {
            Vec::new()
        } else {
            self.operations(operations, keyword)
        };
        let Some(into) = into else {
            self.misplaced_clause(
                keyword,
                "where does the trail go?",
                "write `audit (insert, update, delete) into audit.AuditLog`",
            );
            return;
        };
        let Some(Thing::AuditLog(log)) = self.lookup(into, cx.scope, &[Kind::AuditLog]) else { return };
        if self.platform[log].store != self.platform[id].store {
            let at = self.platform[log].named.span;
            self.error(
                Diagnostic::new(E0303, into.span, "the trail must be in the same store")
                    .note("a change and its trace are written in one transaction")
                    .also(at, "this audit log is in another store")
                    .help("declare an audit log in the entity's store"),
            );
            return;
        }
        self.platform[id].declared.audit = Some(Audit { operations, into: log, span, by_rule: false });
    }

    /// `publish (insert, update) to cache.UserChanges`
    pub(super) fn publish(
        &mut self,
        id: EntityId,
        operations: Vec<Operation>,
        to: Option<&ast::Path>,
        span: Span,
        cx: Cx,
    ) {
        let Some(to) = to else {
            self.misplaced_clause(
                span,
                "where do the messages go?",
                "write `publish (insert, update) to cache.Notices`: a channel, or a stream",
            );
            return;
        };
        let to = match self.lookup(to, cx.scope, &[Kind::Channel, Kind::Keyspace]) {
            Some(Thing::Channel(channel)) => Destination::Channel(channel),
            Some(Thing::Keyspace(keyspace)) => Destination::Stream(keyspace),
            _ => return,
        };
        // What they are made of is known when every field has its type.
        let message = Message::Broken;
        self.platform[id].publishes.push(Publish { operations, to, key: Vec::new(), message, span });
    }

    pub(in crate::resolve) fn operations(&mut self, names: &[ast::Name], keyword: Span) -> Vec<Operation> {
        const OPERATIONS: &[(&str, Operation)] =
            &[("insert", Operation::Insert), ("update", Operation::Update), ("delete", Operation::Delete)];
        let mut operations = Vec::new();
        for name in names {
            match OPERATIONS.iter().find(|(word, _)| *word == name.text) {
                Some((_, operation)) if !operations.contains(operation) => operations.push(*operation),
                Some(_) => self.misplaced_clause(
                    name.span,
                    &format!("`{}` is listed twice", name.text),
                    "list it once",
                ),
                None => {
                    let help = did_you_mean(&name.text, OPERATIONS.iter().map(|(word, _)| *word))
                        .unwrap_or_else(|| "there is: insert, update, delete".to_owned());
                    self.error(
                        Diagnostic::new(E0201, name.span, format!("there is no operation `{}`", name.text))
                            .help(help),
                    );
                }
            }
        }
        if names.is_empty() {
            self.misplaced_clause(
                keyword,
                "which operations?",
                "write `(insert, update, delete)`, or some of them",
            );
        }
        operations
    }
}
