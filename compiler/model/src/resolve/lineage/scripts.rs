//! The values that the statements of scripts put into fields, and the bodies that they make.
//!
//! The columns of `INSERT` and `UPDATE` are followed like those of views. Whatever else writes is known by its words:
//! what it writes comes from everything that the statement reads.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use smol_str::SmolStr;
use sqlparser::ast::{
    Assignment, AssignmentTarget, Insert, ObjectName, OnConflictAction, OnInsert, Query, SetExpr, Statement,
    TableFactor, TableObject, Update, UpdateTableFromKind,
};

use super::super::sql::{Relation, Relations, WrittenScript, folded, parts, reads_only, stored_columns};
use super::Tracer;
use super::everything;
use super::origins::Origins;
use super::places::{Place, filled_at};
use super::routines::Routines;
use super::scope::{Column, Scope, Table, Traced};
use super::values::Value;
use super::words::{Body, Columns, Written};
use super::work::Work;
use crate::{Filled, Platform};
use polity_text::source::Span;

/// Returns the fields that scripts fill, with the origins of their values. Adds each script that holds a query with too
/// many columns to `too_wide`.
pub(super) fn filled(
    platform: &Platform,
    relations: &Relations,
    routines: &Routines,
    work: &Work,
    scripts: &[WrittenScript],
    too_wide: &mut BTreeSet<Span>,
) -> Vec<(Place, Filled)> {
    let mut all = Vec::new();
    for script in scripts {
        work.turns_to(script.span);
        for statement in &script.statements {
            let tracer = Tracer::new(platform, relations, routines, work, script.store, statement);
            all.extend(filled_at(platform, script.store, script.span, tracer.moved_by(statement), work));
            too_wide.extend(tracer.too_wide.get().then_some(script.span));
        }
    }
    for routine in routines.all() {
        work.turns_to(routine.span);
        let moved = routine.writes.iter().map(|into| (into.clone(), routine.reads.clone()));
        all.extend(filled_at(platform, routine.store, routine.span, moved, work));
    }
    all
}

/// The columns that are written, and the origins of what comes into them.
pub(super) type Moved = (Written, Origins);

impl Tracer<'_> {
    fn moved_by(&self, statement: &Statement) -> Vec<Moved> {
        if self.work.is_spent() {
            return Vec::new();
        }
        // Printed and cut into words where something asks for them.
        let body = LazyCell::new(|| Body::of(&statement.to_string(), self.store, self.relations));
        let anything = |into: &Written| (into.clone(), self.unknown().from);
        #[expect(clippy::wildcard_enum_match_arm, reason = "all others are known by their words")]
        let followed = match statement {
            Statement::Insert(insert) => self.insert(insert, &Scope::default()),
            Statement::Update(update) => self.update(update, &Scope::default()),
            Statement::Query(query) if reads_only(query) => Some(Vec::new()),
            Statement::Query(query) => self.modified(query),
            // What they make moves nothing until it is called.
            Statement::CreateFunction(_) | Statement::CreateTrigger(_) => return Vec::new(),
            _ => None,
        };
        let mut moved = followed.unwrap_or_else(|| {
            let mut writes = body.writes.clone();
            // `alter table … set default core.f()`
            if !self.routines.read_by(self.store, &body.words, self.work).is_empty() {
                let whole = |relation: &Relation| Written { relation: *relation, columns: Columns::all() };
                writes.extend(body.reads.iter().map(whole));
            }
            writes.iter().map(anything).collect()
        });
        if self.routines.are_in(self.store) {
            let written = self.routines.written_by(self.store, &body.words, self.work);
            moved.extend(written.into_iter().map(anything));
        }
        moved
    }

    /// Returns the columns that the functions called by a query write: whatever it reads may come into them.
    pub(super) fn moved_by_calls(&self, query: &Statement) -> Vec<Moved> {
        if !self.routines.are_in(self.store) {
            return Vec::new();
        }
        let body = Body::of(&query.to_string(), self.store, self.relations);
        let written = self.routines.written_by(self.store, &body.words, self.work);
        written.into_iter().map(|into| (into.clone(), self.unknown.clone())).collect()
    }

    /// `WITH … INSERT`; where the `WITH` itself writes, it is not followed.
    fn modified(&self, query: &Query) -> Option<Vec<Moved>> {
        let queries = query.with.iter().flat_map(|with| &with.cte_tables).map(|cte| &cte.query);
        if !queries.into_iter().all(|query| reads_only(query)) {
            return None;
        }
        let scope =
            query.with.as_ref().map_or_else(Scope::default, |with| self.with(with, &Scope::default()));
        match &*query.body {
            SetExpr::Insert(Statement::Insert(insert)) => self.insert(insert, &scope),
            SetExpr::Update(Statement::Update(update)) => self.update(update, &scope),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => None,
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } => None,
            SetExpr::Values(_) | SetExpr::Table(_) => None,
        }
    }

    fn insert(&self, insert: &Insert, scope: &Scope) -> Option<Vec<Moved>> {
        let TableObject::TableName(name) = &insert.table else { return None };
        let relation = self.target(name)?;
        let columns: Vec<SmolStr> = if insert.columns.is_empty() {
            let stored = stored_columns(self.platform, self.store, relation);
            stored.into_iter().map(|(name, _)| name).collect()
        } else {
            insert.columns.iter().map(column_of).collect::<Option<_>>()?
        };
        let given: Vec<Traced> = match &insert.source {
            Some(query) => self.query(query, scope)?.into_iter().map(|column| column.traced).collect(),
            None => Vec::new(),
        };
        if given.len() > columns.len() || !insert.assignments.is_empty() || !insert.after_columns.is_empty() {
            return None;
        }
        let mut moved: Vec<Moved> = columns
            .iter()
            .zip(&given)
            .map(|(column, from)| (one(relation, column), from.from.clone()))
            .collect();
        match &insert.on {
            Some(OnInsert::OnConflict(conflict)) => {
                let OnConflictAction::DoUpdate(update) = &conflict.action else { return Some(moved) };
                let alias = insert.table_alias.as_ref().map(|alias| folded(&alias.alias).into());
                let mut there = self.named(&parts(name)?, scope)?;
                there.name = alias.unwrap_or(there.name);
                let excluded: Vec<Column> = columns
                    .iter()
                    .zip(given)
                    .map(|(name, traced)| Column::new(name.clone(), traced, Value::unknown()))
                    .collect();
                let excluded =
                    Table { name: "excluded".into(), columns: excluded.into(), ..Table::default() };
                let scope = scope.within(vec![there, excluded]);
                for assignment in &update.assignments {
                    moved.extend(self.assigned(relation, assignment, &scope)?);
                }
            }
            Some(_) => return None,
            None => {}
        }
        Some(moved)
    }

    fn update(&self, update: &Update, outer: &Scope) -> Option<Vec<Moved>> {
        let TableFactor::Table { name, .. } = &update.table.relation else { return None };
        let relation = self.target(name)?;
        let mut tables: Vec<Table> = self.source(&update.table, &[], outer).tables;
        let from = match &update.from {
            Some(UpdateTableFromKind::AfterSet(from)) => &from[..],
            Some(UpdateTableFromKind::BeforeSet(_)) => return None,
            None => &[],
        };
        for from in from {
            let source = self.source(from, &tables, outer);
            tables.extend(source.tables);
        }
        let scope = outer.within(tables);
        let moved: Option<Vec<Vec<Moved>>> =
            update.assignments.iter().map(|a| self.assigned(relation, a, &scope)).collect();
        Some(moved?.into_iter().flatten().collect())
    }

    /// `a = …` or `(a, b) = …`
    fn assigned(&self, relation: Relation, assignment: &Assignment, scope: &Scope) -> Option<Vec<Moved>> {
        let from = self.everything(&assignment.value, scope).from;
        let names = match &assignment.target {
            AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
            AssignmentTarget::Tuple(names) => &names[..],
        };
        names.iter().map(|name| Some((one(relation, &column_of(name)?), from.clone()))).collect()
    }

    fn target(&self, name: &ObjectName) -> Option<Relation> {
        let names: Vec<String> = parts(name)?.iter().map(folded).collect();
        everything::relation(self.relations, self.store, &names)
    }
}

fn one(relation: Relation, column: &SmolStr) -> Written {
    Written { relation, columns: Columns { named: BTreeSet::from([column.clone()]), all: false } }
}

/// The column that is named; `None` for a part of one.
fn column_of(name: &ObjectName) -> Option<SmolStr> {
    let [column] = &parts(name)?[..] else { return None };
    Some(folded(column).into())
}
