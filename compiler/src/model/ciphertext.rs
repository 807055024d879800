//! What is written about a field that ciphertext cannot do: it has no order, no parts and no meaning to a store.

use super::expr::{Expr, ExprKind};
use super::{Entity, EntityId, FieldId, Platform};
use crate::source::Span;

/// A line that needs a field in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClearUse {
    pub what: ClearUseKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClearUseKind {
    /// Has no way out but to leave the index or the encryption.
    Index,
    /// Possible with `searchable`: equality is all it needs.
    Unique,
    Check,
    Default,
    OnUpdate,
    Partition,
    Shard,
    OrderBy,
    NoOverlap,
    /// Computed by the store from the field; over encrypted fields the client computes it.
    Computed,
    /// The moment from which `retain` counts.
    Retain,
}

impl Platform {
    /// Every line that needs the field in the clear, but for what a blind index can do.
    pub fn uses_that_ciphertext_cannot(
        &self,
        entity: EntityId,
        field: FieldId,
    ) -> impl Iterator<Item = ClearUse> + use<'_> {
        self.clear_uses(entity, field)
            .into_iter()
            .filter(|used| !matches!(used.what, ClearUseKind::Unique | ClearUseKind::Computed))
    }

    /// Every line that needs the field in the clear.
    #[must_use]
    pub fn clear_uses(&self, entity: EntityId, id: FieldId) -> Vec<ClearUse> {
        let owner = &self[entity];
        let field = owner.field(id);
        let mut uses = Vec::new();
        let mut used = |what, span| uses.push(ClearUse { what, span });
        for index in &owner.indexes {
            let columns = index.columns.iter().any(|column| reads(&column.expr, id));
            if columns
                || index.filter.as_ref().is_some_and(|filter| reads(filter, id))
                || index.include.contains(&id)
            {
                used(ClearUseKind::Index, index.span);
            }
        }
        for unique in &owner.uniques {
            if unique.filter.as_ref().is_some_and(|filter| reads(filter, id)) {
                used(ClearUseKind::Index, unique.span);
            } else if unique.columns.iter().any(|column| column.field() == Some(id)) {
                used(ClearUseKind::Unique, unique.span);
            } else if unique.columns.iter().any(|column| reads(&column.expr, id)) {
                used(ClearUseKind::Index, unique.span);
            }
        }
        let checks = owner.checks.iter().filter(|check| reads(&check.expr, id));
        checks.for_each(|check| used(ClearUseKind::Check, check.span));
        let own = field.constraints.checks.iter();
        own.for_each(|check| used(ClearUseKind::Check, check.span));
        if let Some(default) = &field.default {
            used(ClearUseKind::Default, default.span);
        }
        if let Some(value) = &field.on_update {
            used(ClearUseKind::OnUpdate, value.span);
        }
        if let Some(partition) = owner.partition.as_ref().filter(|p| p.fields.contains(&id)) {
            used(ClearUseKind::Partition, partition.span);
        }
        if let Some(shard) = owner.shard.as_ref().filter(|s| s.fields.contains(&id)) {
            used(ClearUseKind::Shard, shard.span);
        }
        for column in owner.order_by.iter().filter(|column| reads(&column.expr, id)) {
            used(ClearUseKind::OrderBy, column.expr.span);
        }
        for overlap in &owner.no_overlaps {
            if overlap.from == id || overlap.to == id || overlap.per.contains(&id) {
                used(ClearUseKind::NoOverlap, overlap.span);
            }
        }
        if let Some(retain) = owner.retain.as_ref().filter(|retain| retain.after == Some(id)) {
            used(ClearUseKind::Retain, retain.span);
        }
        computed_from(owner, id).for_each(|span| used(ClearUseKind::Computed, span));
        uses
    }
}

fn computed_from(owner: &Entity, id: FieldId) -> impl Iterator<Item = Span> {
    let computed = owner.fields.iter().filter_map(|field| field.computed.as_ref());
    computed.filter(move |expr| reads(expr, id)).map(|expr| expr.span)
}

fn reads(expr: &Expr, id: FieldId) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(&part.kind, ExprKind::Field(path) if path.root == id));
    found
}
