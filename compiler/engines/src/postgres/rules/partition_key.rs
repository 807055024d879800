//! The key, every unique constraint and every `no overlap` of a partitioned table hold what it is partitioned by.

use super::entities;
use polity_govern::Stored;
use polity_model::expr::ExprKind;
use polity_model::{Expr, FieldId, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0512;

/// PostgreSQL judges uniqueness within one partition, so the partition must follow from the columns.
pub(super) fn partition_key(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        let Some(partition) = &entity.partition else { continue };
        let names = |fields: &[FieldId]| {
            fields.iter().map(|id| entity.field(*id).named.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let mut judge = |what: &str, word: &str, fields: &[FieldId], span| {
            let missing: Vec<FieldId> =
                partition.fields.iter().copied().filter(|id| !fields.contains(id)).collect();
            if missing.is_empty() {
                return;
            }
            // The tenant leads by itself, and nobody names it.
            let all = fields.iter().chain(&missing).copied().filter(|id| Some(*id) != entity.tenant);
            let all: Vec<FieldId> = all.collect();
            found.push(
                Diagnostic::new(
                    E0512,
                    span,
                    format!("{what} of a table partitioned by `{0}` must hold `{0}`", names(&missing)),
                )
                .also(partition.span, "partitioned here")
                .note("PostgreSQL cannot see a duplicate in another partition")
                .help(format!("write `{word} ({})`", names(&all))),
            );
        };
        if !entity.key.is_empty() {
            judge("the key", "key", &entity.key, entity.key_span.unwrap_or(entity.named.span));
        }
        for unique in entity.uniques.iter().filter(|unique| !unique.columns.is_empty()) {
            let fields: Vec<FieldId> = unique.columns.iter().filter_map(|c| c.field()).collect();
            judge("a unique constraint", "unique", &fields, unique.span);
        }
        for overlap in &entity.no_overlaps {
            let fields: Vec<FieldId> = overlap.per.iter().filter_map(field).collect();
            judge("`no overlap`", "per", &fields, overlap.span);
        }
    }
}

/// Returns the field, where an expression is one and nothing more.
fn field(expr: &Expr) -> Option<FieldId> {
    match &expr.kind {
        ExprKind::Field(path) if path.steps.is_empty() => Some(path.root),
        _ => None,
    }
}
