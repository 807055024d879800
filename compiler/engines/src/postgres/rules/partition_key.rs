//! The key, every unique constraint and every `no overlap` of a partitioned table hold what it is partitioned by.

use super::entities;
use polity_govern::Stored;
use polity_model::expr::ExprKind;
use polity_model::{Expr, FieldId, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0512;
use polity_text::source::Span;

/// PostgreSQL judges uniqueness within one partition, so the partition must follow from the columns.
pub(super) fn partition_key(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        let Some(partition) = &entity.partition else { continue };
        let names = |fields: &[FieldId]| {
            fields.iter().map(|id| entity.field(*id).named.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let mut judge = |what: &str, word: &str, fields: &[FieldId], span, list| {
            let missing: Vec<FieldId> =
                partition.fields.iter().copied().filter(|id| !fields.contains(id)).collect();
            if missing.is_empty() {
                return;
            }
            // The tenant leads by itself, and nobody names it.
            let all = fields.iter().chain(&missing).copied().filter(|id| Some(*id) != entity.tenant);
            let all: Vec<FieldId> = all.collect();
            let (missing, all) = (names(&missing), format!("{word} ({})", names(&all)));
            let problem = Diagnostic::new(
                E0512,
                span,
                format!("{what} of a table partitioned by `{missing}` must hold `{missing}`"),
            )
            .also(partition.span, "partitioned here")
            .note("PostgreSQL cannot see a duplicate in another partition");
            let written = |problem: Diagnostic| problem.help(format!("write `{all}`"));
            found.push(match list {
                List::Behind(last) => {
                    written(problem).edit(Span { start: last.end, ..last }, format!(", {missing}"))
                }
                List::InPlaceOf(modifier) => entity.adding(&all, written(problem).edit(modifier, "")),
                List::Nowhere => {
                    problem.help(format!("compare rows of the same `{missing}` only, by `{word}`"))
                }
            });
        };
        if !entity.key.is_empty() {
            let span = entity.key_span.unwrap_or(entity.named.span);
            let list = match (entity.key_last, entity.key_span) {
                (Some(last), _) => List::Behind(last),
                (None, Some(modifier)) => List::InPlaceOf(modifier),
                (None, None) => List::Nowhere,
            };
            judge("the key", "key", &entity.key, span, list);
        }
        for unique in entity.uniques.iter().filter(|unique| !unique.columns.is_empty()) {
            let fields: Vec<FieldId> = unique.columns.iter().filter_map(|c| c.field()).collect();
            let is_modifier = entity.fields.iter().any(|field| field.unique == Some(unique.span));
            let list = match unique.columns.last() {
                Some(last) if !is_modifier => List::Behind(last.expr.span),
                _ => List::InPlaceOf(unique.span),
            };
            judge("a unique constraint", "unique", &fields, unique.span, list);
        }
        for overlap in &entity.no_overlaps {
            let fields: Vec<FieldId> = overlap.per.iter().filter_map(field).collect();
            let list = overlap.per.last().map_or(List::Nowhere, |last| List::Behind(last.span));
            judge("`no overlap`", "per", &fields, overlap.span, list);
        }
    }
}

/// The place where the fields are listed, or are to be.
enum List {
    /// Behind the last that is listed.
    Behind(Span),
    /// In a clause that stands for this modifier of a field.
    InPlaceOf(Span),
    Nowhere,
}

/// Returns the field, where an expression is one and nothing more.
fn field(expr: &Expr) -> Option<FieldId> {
    match &expr.kind {
        ExprKind::Field(path) if path.steps.is_empty() => Some(path.root),
        _ => None,
    }
}
