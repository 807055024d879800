//! Expressions in SQL (`sql("…")`): the fields that they name, and what they read beside those.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;

use smol_str::SmolStr;
use sqlparser::ast::{Expr, Query, Visitor};

use super::super::exprs::Cx;
use super::super::sql::{Relations, columns_of, too_much};
use super::super::{Owner, Resolver};
use super::everything;
use super::kinds::{Kind, kind_of, whole_rows};
use super::origins::Origins;
use super::places::{Place, filled_at};
use super::routines::Routines;
use super::typed::InSight;
use super::words::Body;
use super::work::Work;
use crate::expr::{ExprKind, FieldPath};
use crate::written_sql::walk;
use crate::{EntityId, Field, FieldId, Filled, Lineage, Platform, StoreId};
use polity_text::source::Span;

/// Fields that all fragments of a project may name, each in each of them.
pub(in crate::resolve) const NAMED: usize = 500_000;

/// The columns of an entity by their stored names.
pub(in crate::resolve) struct StoredColumns {
    /// The entity, its store, and how many fields it had.
    key: (EntityId, StoreId, usize),
    columns: Rc<Vec<(SmolStr, FieldId)>>,
    /// Their types, and the names that the source has for them.
    sight: Rc<InSight>,
}

impl Resolver<'_> {
    /// The fields that a fragment of SQL names by their columns; all that there are where it names something else, but for a
    /// column that is known to be none.
    pub(in crate::resolve) fn fields_of_fragment(
        &mut self,
        fragment: &Expr,
        span: Span,
        cx: Cx,
        is_sound: bool,
    ) -> Vec<crate::Expr> {
        let (Owner::Entity(id), Some(store)) = (cx.owner, cx.scope.store) else { return Vec::new() };
        if self.named_left == 0 {
            return Vec::new();
        }
        let columns = self.stored_of(id, store);
        let read = |root: FieldId| crate::Expr {
            kind: ExprKind::Field(FieldPath { root, steps: Vec::new() }),
            ty: self.platform[id].field(root).ty.clone(),
            span,
        };
        let table = self.platform[id].named.stored.clone();
        let named = fields_named(fragment, &columns, Some(&table).filter(|_| !is_sound));
        match self.named_left.checked_sub(named.len()) {
            Some(left) => {
                self.named_left = left;
                named.into_iter().map(read).collect()
            }
            None => {
                if std::mem::take(&mut self.named_left) > 0 {
                    let excess = format!("all `sql(\"…\")` up to here name more than {NAMED} fields");
                    let note = "one that names its row, or something unknown, names every field of the row";
                    self.error(too_much(span, excess).note(note));
                }
                Vec::new()
            }
        }
    }

    /// The columns of an entity, kept for the next fragment of it.
    fn stored_of(&mut self, entity: EntityId, store: StoreId) -> Rc<Vec<(SmolStr, FieldId)>> {
        let key = (entity, store, self.platform[entity].fields.len());
        if let Some(stored) = self.stored.as_ref().filter(|stored| stored.key == key) {
            return Rc::clone(&stored.columns);
        }
        let own = self.platform[entity].fields();
        let columns = own.flat_map(|(id, field)| columns_of(&self.platform, store, id, field)).collect();
        let columns = Rc::new(columns);
        let sight = Rc::new(InSight::of_entity(&self.platform, store, entity));
        self.stored = Some(StoredColumns { key, columns: Rc::clone(&columns), sight });
        columns
    }

    /// The columns that fragments of an entity have in sight, kept for the next fragment of it.
    pub(super) fn sight_of(&mut self, entity: EntityId, store: StoreId) -> Rc<InSight> {
        self.stored_of(entity, store);
        self.stored.as_ref().map_or_else(Rc::default, |stored| Rc::clone(&stored.sight))
    }
}

/// Finds the fields that their expressions fill from elsewhere: from other fields of the row, from tables that SQL
/// names, and by the functions that it calls.
pub(super) fn filled(
    platform: &Platform,
    relations: &Relations,
    routines: &Routines,
    work: &Work,
) -> Vec<(Place, Filled)> {
    let mut all = Vec::new();
    for entity in &platform.entities {
        for (id, field) in entity.fields() {
            let place = Place::Field(entity.id, id);
            all.extend(filled_by(field, place, &[entity.store], platform, relations, routines, work));
        }
    }
    let stores: Vec<StoreId> = platform.stores.iter().map(|store| store.id).collect();
    for record in &platform.structs {
        for (at, member) in record.fields.iter().enumerate() {
            let place = Place::Member(record.id, FieldId(at as u32));
            all.extend(filled_by(member, place, &stores, platform, relations, routines, work));
        }
    }
    all
}

fn filled_by(
    field: &Field,
    place: Place,
    stores: &[StoreId],
    platform: &Platform,
    relations: &Relations,
    routines: &Routines,
    work: &Work,
) -> Vec<(Place, Filled)> {
    let mut all = Vec::new();
    // A computed field carries what it names like any expression.
    let is_computed = field.computed.is_some();
    let written = [&field.default, &field.on_update, &field.anonymized, &field.computed];
    for expr in written.into_iter().flatten() {
        let mut beside = BTreeSet::new();
        expr.walk(&mut |part| match (&part.kind, place) {
            (ExprKind::Field(path), Place::Field(entity, own)) if !is_computed && path.root != own => {
                beside.insert(Lineage::Field(entity, path.root));
            }
            (ExprKind::Sql { text, .. }, _) => {
                work.turns_to(part.span);
                let mut from = Origins::default();
                for store in stores {
                    let body = Body::of(text, *store, relations);
                    from.add(&everything::held_by(platform, work, body.reads));
                    from.add(&routines.read_by(*store, &body.words, work));
                }
                if !from.is_empty() {
                    let from = from.iter().copied().collect();
                    all.push((place, Filled { from, span: part.span }));
                }
            }
            _ => {}
        });
        if !beside.is_empty() {
            all.push((place, Filled { from: beside.into_iter().collect(), span: expr.span }));
        }
    }
    all
}

/// Finds the fields that the functions called by a fragment of an entity write: whatever its row holds may come into
/// them, and what the functions read.
pub(super) fn moved(
    platform: &Platform,
    relations: &Relations,
    routines: &Routines,
    work: &Work,
) -> Vec<(Place, Filled)> {
    let mut all = Vec::new();
    for entity in platform.entities.iter().filter(|entity| routines.are_in(entity.store)) {
        platform.expressions(entity, &mut |expr| {
            expr.walk(&mut |part| {
                let ExprKind::Sql { text, .. } = &part.kind else { return };
                work.turns_to(part.span);
                let body = Body::of(text, entity.store, relations);
                let written = routines.written_by(entity.store, &body.words, work);
                if written.is_empty() {
                    return;
                }
                let own = entity.fields().map(|(field, _)| Lineage::Field(entity.id, field));
                let read = routines.read_by(entity.store, &body.words, work);
                let from: Origins = own.chain(read.iter().copied()).collect();
                let moved = written.into_iter().map(|into| (into.clone(), from.clone()));
                all.extend(filled_at(platform, entity.store, part.span, moved, work));
            });
        });
    }
    all
}

/// The ids of the fields of an expression in SQL that stands among them, by their stored names.
fn fields_named(expr: &Expr, columns: &[(SmolStr, FieldId)], only: Option<&SmolStr>) -> Vec<FieldId> {
    let mut names = Names { columns, only, read: BTreeSet::new(), other: false };
    let _ = walk(expr, &mut names);
    if names.other {
        names.read = columns.iter().map(|(_, field)| *field).collect();
    }
    names.read.into_iter().collect()
}

struct Names<'c> {
    columns: &'c [(SmolStr, FieldId)],
    /// The name of the row itself, where every other name that is no column is a mistake.
    only: Option<&'c SmolStr>,
    read: BTreeSet<FieldId>,
    /// Whether something else is named, which may be the row itself.
    other: bool,
}

impl Names<'_> {
    fn name(&mut self, names: &[String]) {
        let known = self.columns.iter().filter(|(column, _)| names.iter().any(|name| name == column));
        let known: Vec<FieldId> = known.map(|(_, field)| *field).collect();
        let is_row = self.only.is_none_or(|table| names.iter().any(|name| name == table));
        self.other |= known.is_empty() && is_row;
        self.read.extend(known);
    }
}

impl Visitor for Names<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.other |= self.only.is_none();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match kind_of(expr) {
            Kind::Parts => {}
            Kind::Name(names) => self.name(&names),
            Kind::Path { row, .. } => self.name(&[row]),
            Kind::Call(function) => self.other |= whole_rows(function).next().is_some(),
            Kind::Row(_) | Kind::Unknown => self.other = true,
        }
        ControlFlow::Continue(())
    }
}
