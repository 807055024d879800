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
use super::origins::Origins;
use super::places::{Place, filled_at};
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
    // A computed field carries what it names like any expression.
    let written = [
        (&field.default, true),
        (&field.on_update, true),
        (&field.anonymized, true),
        (&field.computed, false),
    ];
    for (expr, takes_fields) in written.into_iter().filter_map(|(expr, takes)| Some((expr.as_ref()?, takes)))
    {
        expr.walk(&mut |part| {
            work.turns_to(part.span);
            let mut from: BTreeSet<Lineage> = BTreeSet::new();
            match (&part.kind, place) {
                (ExprKind::Field(path), Place::Field(entity, own)) if takes_fields && path.root != own => {
                    from.insert(Lineage::Field(entity, path.root));
                }
                (ExprKind::Sql { text, .. }, _) => {
                    for store in stores {
                        let body = Body::of(text, *store, relations);
                        let named =
                            body.reads.iter().flat_map(|relation| everything::of(platform, *relation));
                        from.extend(named.take_while(|_| work.takes(1)));
                        from.extend(routines.read_by(*store, &body.words, work).iter());
                    }
                }
                _ => {}
            }
            if !from.is_empty() {
                let from = from.into_iter().collect();
                all.push((place, Filled { from, span: part.span }));
            }
        });
    }
    all
}

/// What the functions write that a fragment of an entity calls: whatever its row holds, and what the functions read.
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
