//! Expressions in SQL (`sql("…")`): the fields that they name, and what they read beside those.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use smol_str::SmolStr;
use sqlparser::ast::{Expr, Query, Visit, Visitor};

use super::super::exprs::Cx;
use super::super::sql::{Relations, columns_of};
use super::super::{Owner, Resolver};
use super::everything;
use super::kinds::{Kind, kind_of, whole_rows};
use super::places::Place;
use super::routines::Routines;
use super::words::Body;
use super::work::Work;
use crate::model::expr::{ExprKind, FieldPath};
use crate::model::{self, Field, FieldId, Filled, Lineage, Platform, StoreId};
use crate::source::Span;

impl Resolver<'_> {
    /// The fields that a fragment of SQL names by their columns; all that there are where it names something else.
    pub(in crate::model::resolve) fn fields_of_fragment(
        &self,
        fragment: &Expr,
        span: Span,
        cx: Cx,
    ) -> Vec<model::Expr> {
        let (Owner::Entity(id), Some(store)) = (cx.owner, cx.scope.store) else { return Vec::new() };
        let fields = || self.platform[id].fields();
        let columns: Vec<(SmolStr, FieldId)> =
            fields().flat_map(|(id, field)| columns_of(&self.platform, store, id, field)).collect();
        let read = |root: FieldId| model::Expr {
            kind: ExprKind::Field(FieldPath { root, steps: Vec::new() }),
            ty: self.platform[id].field(root).ty.clone(),
            span,
        };
        fields_named(fragment, &columns).into_iter().map(read).collect()
    }
}

/// What fragments beside fields take from elsewhere: from tables that they name, and by the functions that they call.
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
    let written = [&field.default, &field.on_update, &field.computed, &field.anonymized];
    for expr in written.into_iter().flatten() {
        expr.walk(&mut |part| {
            let ExprKind::Sql { text, .. } = &part.kind else { return };
            work.turns_to(part.span);
            let mut from: BTreeSet<Lineage> = BTreeSet::new();
            for store in stores {
                let body = Body::of(text, *store, relations);
                let named = body.reads.iter().flat_map(|relation| everything::of(platform, *relation));
                from.extend(named.take_while(|_| work.takes(1)));
                from.extend(routines.read_by(*store, &body.words, work).iter());
            }
            if !from.is_empty() {
                let from = from.into_iter().collect();
                all.push((place, Filled { from, span: part.span }));
            }
        });
    }
    all
}

/// The ids of the fields of an expression in SQL that stands among them, by their stored names.
fn fields_named(expr: &Expr, columns: &[(SmolStr, FieldId)]) -> Vec<FieldId> {
    let mut names = Names { columns, read: BTreeSet::new(), other: false };
    let _ = expr.visit(&mut names);
    if names.other {
        names.read = columns.iter().map(|(_, field)| *field).collect();
    }
    names.read.into_iter().collect()
}

struct Names<'c> {
    columns: &'c [(SmolStr, FieldId)],
    read: BTreeSet<FieldId>,
    /// Whether something else is named, which may be the row itself.
    other: bool,
}

impl Names<'_> {
    fn name(&mut self, names: &[String]) {
        let known = self.columns.iter().filter(|(column, _)| names.iter().any(|name| name == column));
        let known: Vec<FieldId> = known.map(|(_, field)| *field).collect();
        self.other |= known.is_empty();
        self.read.extend(known);
    }
}

impl Visitor for Names<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.other = true;
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
