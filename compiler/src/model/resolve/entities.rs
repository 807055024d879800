//! The clauses of entities, and the values of enums.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::declare::named;
use super::exprs::{Cx, Place};
use super::names::Kind;
use super::{Owner, Resolver};
use crate::diagnostics::codes::{E0201, E0203, E0205, E0206, E0207, E0208, E0214, E0303, E0319, E0901};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::model::entity::{
    Audit, Check, Column, Fate, Index, IndexMethod, NoOverlap, Operation, Partition, PartitionKind,
    PartitionPeriod, Period, Publish, Retain, Shard, Unique,
};
use crate::model::types::EnumValue;
use crate::model::{EntityId, EnumId, FieldId, Scalar, Thing, TypeKind};
use crate::source::Span;
use crate::syntax::ast::{self, ClauseKind, FateKind, Statement};

impl<'t> Resolver<'t> {
    pub(super) fn enums(&mut self) {
        for (i, (values, _)) in self.declared.enums.iter().enumerate() {
            let id = EnumId(i as u32);
            let mut stored: HashMap<SmolStr, Span> = HashMap::new();
            let mut names: HashMap<SmolStr, Span> = HashMap::new();
            for variant in *values {
                if let Some(because) = &variant.removed {
                    let removed = (variant.name.text.clone(), because.value.clone(), variant.span);
                    self.platform[id].removed.push(removed);
                    continue;
                }
                if let Some(label) = variant.labels.first() {
                    self.label(label);
                    self.not_lowered(label.span);
                }
                if let Some(first) = names.insert(variant.name.text.clone(), variant.name.span) {
                    self.declared_twice(&variant.name, first);
                    continue;
                }
                let mut named = named(
                    &variant.name,
                    variant.stored.as_ref(),
                    &variant.docs,
                    variant.was.as_ref(),
                    &mut self.found,
                );
                if variant.stored.is_none() {
                    named.stored = named.name.clone();
                }
                if let Some(first) = stored.insert(named.stored.clone(), named.span) {
                    self.error(
                        Diagnostic::new(
                            E0205,
                            named.span,
                            format!("two values would be stored as `{}`", named.stored),
                        )
                        .also(first, "the first")
                        .help("give one of them another name with `as \"…\"`"),
                    );
                }
                self.platform[id].values.push(EnumValue { named });
            }
            let e = &self.platform[id];
            if e.values.is_empty() && !e.broken {
                let diagnostic =
                    Diagnostic::new(E0207, e.named.span, format!("`{}` has no values", e.named.name))
                        .help("list at least one: `{ pending, done }`");
                self.error(diagnostic);
            }
        }
    }

    pub(super) fn entities(&mut self) {
        for (i, block) in self.declared.entities.iter().enumerate() {
            let id = EntityId(i as u32);
            let cx = Cx { owner: Owner::Entity(id), scope: block.scope, included: None, place: Place::Row };
            self.field_keys(id);
            self.field_uniques(id);
            self.field_references(id);
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
            self.judge_key(id);
            self.index_names(id);
        }
    }

    /// `key` beside a field, which is the whole key.
    fn field_keys(&mut self, id: EntityId) {
        let outline = &self.outlines[id.index()];
        let mut spans = Vec::new();
        for i in 0..outline.fields.len() {
            let modifiers = outline.modifiers(FieldId(i as u32), &self.struct_outlines);
            spans.extend(
                modifiers.iter().filter(|m| matches!(m.kind, ast::ModifierKind::Key)).map(|m| m.span),
            );
        }
        self.platform[id].key_span = spans.first().copied();
        if let [first, second, ..] = spans[..] {
            self.error(
                Diagnostic::new(E0203, second, "an entity has one key")
                    .also(first, "said here first")
                    .help("for a key of several fields write the clause `key (a, b)`"),
            );
        }
    }

    /// `unique` beside a field.
    fn field_uniques(&mut self, id: EntityId) {
        let entity = &self.platform[id];
        let uniques: Vec<Unique> = entity
            .fields()
            .filter_map(|(field, f)| {
                let span = f.unique?;
                let expr = crate::model::Expr {
                    kind: crate::model::expr::ExprKind::Field(crate::model::expr::FieldPath {
                        root: field,
                        steps: Vec::new(),
                    }),
                    ty: f.ty.clone(),
                    span: f.named.span,
                };
                let columns = vec![Column { expr, descending: false, nulls_first: None, weight: None }];
                Some(Unique { name: None, columns, filter: None, span })
            })
            .collect();
        self.platform[id].uniques = uniques;
    }

    fn clause(&mut self, id: EntityId, clause: &'t ast::Clause, span: Span, cx: Cx) {
        match &clause.kind {
            ClauseKind::Include(_) | ClauseKind::Removed(_) => {}
            ClauseKind::Key(paths) => self.key_clause(id, paths, clause.keyword),
            ClauseKind::Unique { name, columns, filter, stored } => {
                let columns = self.columns(columns, cx);
                let filter = filter.as_ref().map(|e| self.condition(e, cx));
                let name = stored.as_ref().map(|s| s.value.clone()).or(name.as_ref().map(|n| n.text.clone()));
                for column in &columns {
                    if column.field().is_some()
                        && self.is_composite(&column.expr.ty)
                        && !matches!(column.expr.ty.kind, TypeKind::List(_))
                    {
                        self.misplaced_clause(
                            column.expr.span,
                            "stores see the equality of this type in different ways",
                            "make a single value in it unique",
                        );
                    }
                }
                self.platform[id].uniques.push(Unique { name, columns, filter, span });
            }
            ClauseKind::Ref { fields, target, target_fields, modifiers } => {
                self.ref_clause(id, fields, target, target_fields, modifiers, span, cx);
            }
            ClauseKind::Check { name, expr } => {
                let expr = self.condition(expr, cx);
                let name = name.as_ref().map(|n| n.text.clone());
                self.platform[id].checks.push(Check { name, expr, span });
            }
            ClauseKind::NoOverlap { from, to, per, filter } => {
                let (from, to) = (self.field_of(id, from), self.field_of(id, to));
                let per = self.field_list(id, per);
                let filter = filter.as_ref().map(|e| self.condition(e, cx));
                if let (Some(from), Some(to)) = (from, to) {
                    self.judge_overlap(id, from, to, span);
                    self.platform[id].no_overlaps.push(NoOverlap { from, to, per, filter, span });
                }
            }
            ClauseKind::Index(index) => self.index(id, index, span, cx),
            ClauseKind::PartitionBy { method, columns, ahead, into } => {
                self.partition(id, method, columns, ahead.as_ref(), into.as_ref(), span);
            }
            ClauseKind::ShardBy { hashed, columns } => {
                let fields = self.field_list(id, columns);
                self.platform[id].shard = Some(Shard { hashed: *hashed, fields, span });
            }
            ClauseKind::OrderBy(columns) => {
                let columns = self.columns(columns, cx);
                self.platform[id].order_by = columns;
            }
            ClauseKind::Subject => self.platform[id].subject = Some(clause.keyword),
            ClauseKind::Retain(retain) => self.retain(id, retain, span),
            ClauseKind::Audit { operations, into } => {
                let operations = self.operations(operations, clause.keyword);
                let Some(into) = into else {
                    self.misplaced_clause(
                        clause.keyword,
                        "where does the trail go?",
                        "write `audit (insert, update, delete) into audit.AuditLog`",
                    );
                    return;
                };
                let Some(Thing::AuditLog(log)) = self.lookup(into, cx.scope, &[Kind::AuditLog]) else {
                    return;
                };
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
                self.platform[id].audit = Some(Audit { operations, into: log, span });
            }
            ClauseKind::AppendOnly => self.platform[id].append_only = Some(clause.keyword),
            ClauseKind::Publish { operations, to } => {
                let operations = self.operations(operations, clause.keyword);
                let to = match to {
                    Some(path) => match self.lookup(path, cx.scope, &[Kind::Channel]) {
                        Some(Thing::Channel(channel)) => Some(channel),
                        _ => return,
                    },
                    None => None,
                };
                self.platform[id].publishes.push(Publish { operations, to, span });
            }
            ClauseKind::With(body) => {
                let (settings, alerts) = self.settings(body, &[]);
                for alert in alerts {
                    self.misplaced_clause(alert.span, "an alert watches a store", "move it into the `store`");
                }
                self.platform[id].with = settings;
            }
            ClauseKind::Take(_) | ClauseKind::OnWrite(_) | ClauseKind::RefreshEvery(_) => {
                if self.declared.entities[id.index()].header.from.is_none() {
                    self.misplaced_clause(
                        clause.keyword,
                        "only a copy of another entity says this",
                        "write `entity Name in STORE from OTHER { … }`",
                    );
                }
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

    /// What later engines have: names bound and types known, as everywhere.
    fn later_clause(&mut self, id: EntityId, kind: &'t ClauseKind, cx: Cx) {
        match kind {
            ClauseKind::CompressAfter(duration) => {
                self.duration(duration);
            }
            ClauseKind::Time(path) => {
                for field in self.field_list(id, std::slice::from_ref(path)) {
                    let f = self.platform[id].field(field);
                    let is_time =
                        matches!(self.platform.scalar(&f.ty), Some(Scalar::Date | Scalar::Timestamp));
                    if !is_time && f.ty.kind != TypeKind::Broken {
                        let diagnostic =
                            Diagnostic::new(E0303, path.span, "time is a `date` or a `timestamp`")
                                .also(f.ty_span, "the field's type")
                                .help("name the field that holds the moment");
                        self.error(diagnostic);
                    }
                }
            }
            ClauseKind::Rollup { every, by, retain, columns, .. } => {
                self.duration(every);
                if let Some(retain) = retain {
                    self.duration(retain);
                }
                self.field_list(id, by);
                for column in columns {
                    self.aggregate(&column.expr, cx);
                }
            }
            _ => {}
        }
    }

    /// A column of a rollup: one aggregate of one value.
    fn aggregate(&mut self, expr: &'t ast::Expr, cx: Cx) {
        const AGGREGATES: &[&str] = &["avg", "sum", "min", "max", "count", "first", "last"];
        if let ast::ExprKind::Call { function, arguments } = &expr.kind {
            let name = super::names::written(function);
            if AGGREGATES.contains(&name.as_str()) {
                for argument in arguments {
                    self.expr(argument, cx, None);
                }
                return;
            }
        }
        self.misplaced_clause(
            expr.span,
            "a rollup's column is an aggregate",
            "write one of: avg(x), sum(x), min(x), max(x), count(), first(x), last(x)",
        );
    }

    fn not_lowered(&mut self, keyword: Span) {
        self.error(
            Diagnostic::new(E0901, keyword, "the compiler cannot carry this out yet")
                .help("leave it out; the README says what works"),
        );
    }

    fn key_clause(&mut self, id: EntityId, paths: &[ast::Path], keyword: Span) {
        let beside = self.platform[id].key_span;
        if let Some(beside) = beside {
            self.error(
                Diagnostic::new(E0203, keyword, "the key is said twice")
                    .also(beside, "said here first")
                    .help("keep `key` beside the field, or the clause `key (a, b)`"),
            );
            return;
        }
        let fields = self.field_list(id, paths);
        for (field, path) in fields.iter().zip(paths) {
            let f = self.platform[id].field(*field);
            let (ty, name) = (f.ty.clone(), f.named.name.clone());
            if ty.optional {
                let at = f.ty_span;
                self.error(
                    Diagnostic::new(E0214, path.span, format!("the key field `{name}` may be absent"))
                        .also(at, "optional here")
                        .help("leave out the `?`: a row is told from others by its key"),
                );
            } else if self.is_composite(&ty) {
                self.error(
                    Diagnostic::new(E0303, path.span, format!("`{name}` cannot be part of a key"))
                        .help("a key is made of single values, not of lists, records or json"),
                );
            }
        }
        self.platform[id].key_span = Some(keyword);
        self.platform[id].key = fields;
    }

    fn judge_key(&mut self, id: EntityId) {
        let outline = &self.outlines[id.index()];
        let entity = &self.platform[id];
        let block = self.declared.entities[id.index()];
        // Of a series of measurements, the moment and the tags tell one from another.
        let is_series = block.body.statements.iter().any(|stated| {
            matches!(&stated.kind, Statement::Clause(ast::Clause { kind: ClauseKind::Time(_), .. }))
        });
        if entity.key.is_empty() && !is_series && !outline.broken && block.header.from.is_none() {
            let diagnostic =
                Diagnostic::new(E0208, entity.named.span, format!("`{}` has no key", entity.named.name))
                    .note("without one, no row can be named, referred to or erased")
                    .help("add `id: uuid key = uuid_v7()`, or say which fields are it: `key (a, b)`");
            self.error(diagnostic);
        }
    }

    /// Fields by plain names.
    pub(super) fn field_list(&mut self, id: EntityId, paths: &[ast::Path]) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = Vec::new();
        for path in paths {
            let [name] = &path.names[..] else {
                self.error(
                    Diagnostic::new(E0319, path.span, "a field of the entity itself is expected")
                        .help("a part of a record or of json cannot stand here; give it a field of its own"),
                );
                continue;
            };
            let Some(field) = self.field_of(id, name) else { continue };
            if fields.contains(&field) {
                self.error(
                    Diagnostic::new(E0203, path.span, format!("`{}` is listed twice", name.text))
                        .help("list it once"),
                );
                continue;
            }
            fields.push(field);
        }
        fields
    }

    pub(super) fn columns(&mut self, columns: &'t [ast::Column], cx: Cx) -> Vec<Column> {
        let columns = columns.iter().map(|column| Column {
            expr: self.expr(&column.expr, cx, None),
            descending: column.descending.unwrap_or(false),
            nulls_first: column.nulls_first,
            weight: column.weight.as_ref().and_then(|w| self.whole(w, 1, 99_999)).map(|w| w as u32),
        });
        // A column that was not understood was reported, and says nothing to those who look at columns.
        columns.filter(|c| c.expr.kind != crate::model::expr::ExprKind::Broken).collect()
    }

    fn index(&mut self, id: EntityId, index: &'t ast::Index, span: Span, cx: Cx) {
        let method = index.method.as_ref().and_then(|word| {
            let known = IndexMethod::ALL.iter().find(|(name, _)| *name == word.text);
            if known.is_none() {
                let help = did_you_mean(&word.text, IndexMethod::ALL.iter().map(|(name, _)| *name));
                let all: Vec<&str> = IndexMethod::ALL.iter().map(|(name, _)| *name).collect();
                let help = help.unwrap_or_else(|| format!("there is: {}", all.join(", ")));
                self.error(
                    Diagnostic::new(E0201, word.span, format!("there is no index method `{}`", word.text))
                        .help(help),
                );
            }
            known.map(|(_, method)| (*method, word.span))
        });
        let columns = self.columns(&index.columns, cx);
        let include = self.field_list(id, &index.include);
        let filter = index.filter.as_ref().map(|e| self.condition(e, cx));
        let with = index.with.as_ref().map(|body| self.settings(body, &[]).0).unwrap_or_default();
        let name =
            index.stored.as_ref().map(|s| s.value.clone()).or(index.name.as_ref().map(|n| n.text.clone()));
        if columns.is_empty() {
            return;
        }
        self.platform[id].indexes.push(Index {
            name,
            method,
            columns,
            include,
            filter,
            language: index.language.as_ref().map(|t| (t.value.clone(), t.span)),
            with,
            span,
        });
    }

    /// Names of indexes, unique constraints and checks must differ within their entity.
    fn index_names(&mut self, id: EntityId) {
        let entity = &self.platform[id];
        let indexes = entity.indexes.iter().map(|i| (&i.name, i.span, "index"));
        let uniques = entity.uniques.iter().map(|u| (&u.name, u.span, "unique constraint"));
        let checks = entity.checks.iter().map(|c| (&c.name, c.span, "check"));
        let mut taken: HashMap<SmolStr, Span> = HashMap::new();
        let mut found = Vec::new();
        for (name, span, what) in indexes.chain(uniques).chain(checks) {
            if let Some(name) = name
                && let Some(first) = taken.insert(name.clone(), span)
            {
                found.push(
                    Diagnostic::new(E0203, span, format!("the {what} `{name}` has a name that is taken"))
                        .also(first, "taken here")
                        .help("rename one of the two"),
                );
            }
        }
        self.found.extend(found);
    }

    fn partition(
        &mut self,
        id: EntityId,
        method: &ast::Name,
        columns: &[ast::Path],
        ahead: Option<&ast::Literal>,
        into: Option<&ast::Literal>,
        span: Span,
    ) {
        let fields = self.field_list(id, columns);
        let kind = match method.text.as_str() {
            "hash" => {
                let Some(into) = into else {
                    self.misplaced_clause(
                        method.span,
                        "into how many partitions?",
                        "write `partition by hash (x) into 16`",
                    );
                    return;
                };
                let Some(into) = self.whole(into, 2, 1024) else { return };
                PartitionKind::Hash { into: into as u32 }
            }
            "list" => PartitionKind::List,
            word => {
                let Some(period) = self.period(word, method.span) else { return };
                let ahead = ahead.map_or(Some(3), |a| self.whole(a, 0, 1000));
                PartitionKind::Range(PartitionPeriod { period, ahead: ahead.unwrap_or(3) as u32, span })
            }
        };
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
            let f = self.platform[id].field(field);
            let is_time = matches!(self.platform.scalar(&f.ty), Some(Scalar::Date | Scalar::Timestamp));
            if !is_time && f.ty.kind != TypeKind::Broken {
                let at = f.ty_span;
                self.error(
                    Diagnostic::new(E0303, span, "a period is told by a `date` or a `timestamp`")
                        .also(at, "the field's type")
                        .help("partition by such a field, or by `hash (…) into 16`"),
                );
            }
        } else if let Some(ahead) = ahead {
            self.misplaced_clause(ahead.span, "only periods are created `ahead`", "leave it out");
        }
        if !fields.is_empty() {
            self.platform[id].partition = Some(Partition { kind, fields, span });
        }
    }

    pub(super) fn period(&mut self, word: &str, span: Span) -> Option<Period> {
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

    fn retain(&mut self, id: EntityId, retain: &ast::Retain, span: Span) {
        let Some(duration) = self.duration(&retain.duration) else { return };
        let after = match &retain.after {
            Some(path) => {
                let Some(field) = self.field_list(id, std::slice::from_ref(path)).first().copied() else {
                    return;
                };
                let f = self.platform[id].field(field);
                let is_time = matches!(self.platform.scalar(&f.ty), Some(Scalar::Date | Scalar::Timestamp));
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
                self.error(
                    Diagnostic::new(E0207, span, "counted from when?")
                        .help("write `retain 5y after created_at`: the field that holds the moment"),
                );
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
        self.platform[id].retain = Some(Retain { duration, after, fate, span });
    }

    fn operations(&mut self, names: &[ast::Name], keyword: Span) -> Vec<Operation> {
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

    fn judge_overlap(&mut self, id: EntityId, from: FieldId, to: FieldId, span: Span) {
        let entity = &self.platform[id];
        let (a, b) =
            (self.platform.scalar(&entity.field(from).ty), self.platform.scalar(&entity.field(to).ty));
        let is_range = matches!(
            a,
            Some(
                Scalar::Date
                    | Scalar::Timestamp
                    | Scalar::SmallInt
                    | Scalar::Int
                    | Scalar::BigInt
                    | Scalar::Decimal { .. }
            )
        );
        if a.is_some() && b.is_some() && (!is_range || a != b) {
            self.error(
                Diagnostic::new(
                    E0303,
                    span,
                    "a period has two ends of one type: dates, timestamps or numbers",
                )
                .also(entity.field(from).ty_span, "from")
                .also(entity.field(to).ty_span, "to")
                .help("give both fields the same type"),
            );
        }
    }
}

/// The word of a clause that may stand once in an entity.
fn once(kind: &ClauseKind) -> Option<&'static str> {
    Some(match kind {
        ClauseKind::Key(_) => "key",
        ClauseKind::PartitionBy { .. } => "partition by",
        ClauseKind::ShardBy { .. } => "shard by",
        ClauseKind::OrderBy(_) => "order by",
        ClauseKind::Subject => "subject",
        ClauseKind::Retain(_) => "retain",
        ClauseKind::Audit { .. } => "audit",
        ClauseKind::AppendOnly => "append only",
        ClauseKind::With(_) => "with",
        ClauseKind::CompressAfter(_) => "compress after",
        ClauseKind::Time(_) => "time",
        ClauseKind::OnWrite(_) => "on write",
        ClauseKind::RefreshEvery(_) => "refresh every",
        _ => return None,
    })
}
