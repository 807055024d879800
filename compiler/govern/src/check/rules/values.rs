//! The values of fields that are expressions, each looked through once, and the expressions that rows are judged by.

use std::collections::BTreeSet;

use crate::Governed;
use polity_model::entity::Entity;
use polity_model::expr::ExprKind;
use polity_model::inference::{Inference, infer};
use polity_model::{Expr, Field};

/// How a value comes into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// It follows from the rest of the row.
    Computed,
    /// A default, what an update writes, or what stands in for an erased value.
    Written,
}

/// An expression whose value a field holds.
pub(super) struct Valued<'p> {
    pub(super) field: &'p Field,
    pub(super) expr: &'p Expr,
    pub(super) given: Given,
    pub(super) inference: Inference,
}

/// Every value of a field that is no constant; what a struct brings to many places, once.
pub(super) fn values<'p>(platform: &'p Governed) -> impl Iterator<Item = Valued<'p>> {
    let mut seen = BTreeSet::new();
    rows(platform).into_iter().flat_map(move |(fields, entity)| {
        let mut all = Vec::new();
        for field in fields {
            let written = [&field.default, &field.on_update, &field.anonymized].into_iter().flatten();
            let written = written.map(|expr| (expr, Given::Written));
            let computed = field.computed.iter().map(|expr| (expr, Given::Computed));
            for (expr, given) in computed.chain(written) {
                if !is_constant(expr) && seen.insert((expr.span.file, expr.span.start, expr.span.end)) {
                    let checks = entity.iter().flat_map(|entity| &entity.checks).map(|check| &check.expr);
                    let inference = infer(platform, fields, checks, expr);
                    all.push(Valued { field, expr, given, inference });
                }
            }
        }
        all
    })
}

/// Every expression by which rows are judged or found, with the fields that it may name.
pub(super) fn conditions(platform: &Governed) -> Vec<(&[Field], &Expr)> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (fields, entity) in rows(platform) {
        let beside = fields.iter().flat_map(|field| &field.constraints.checks);
        for expr in beside.chain(entity.into_iter().flat_map(of_entity)) {
            if seen.insert((expr.span.file, expr.span.start, expr.span.end)) {
                all.push((fields, expr));
            }
        }
    }
    all
}

fn of_entity(entity: &Entity) -> Vec<&Expr> {
    let mut all: Vec<&Expr> = entity.checks.iter().map(|check| &check.expr).collect();
    for index in &entity.indexes {
        all.extend(index.columns.iter().map(|column| &column.expr).chain(&index.filter));
    }
    for unique in &entity.uniques {
        all.extend(unique.columns.iter().map(|column| &column.expr).chain(&unique.filter));
    }
    all.extend(entity.no_overlaps.iter().filter_map(|overlap| overlap.filter.as_ref()));
    all
}

/// The fields of every entity, and of every record.
pub(super) fn rows(platform: &Governed) -> Vec<(&[Field], Option<&Entity>)> {
    let entities = platform.entities.iter().map(|entity| (&entity.fields[..], Some(entity)));
    let records = platform.structs.iter().map(|record| (&record.fields[..], None));
    entities.chain(records).collect()
}

/// Whether a value was judged where it was read.
fn is_constant(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Integer(_)
            | ExprKind::Decimal(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Date { .. }
            | ExprKind::EnumValue { .. }
            | ExprKind::List(_)
            | ExprKind::Record(_)
            | ExprKind::Broken
    )
}
