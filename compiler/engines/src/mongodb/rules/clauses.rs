//! Clauses and modifiers that MongoDB has nothing for.

use polity_govern::Stored;
use polity_model::expr::{ExprKind, Function};
use polity_model::{Entity, Field, Store, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0612;
use polity_text::source::Span;

/// Each with the nearest thing that a collection has.
pub(super) fn clauses(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut seen = vec![false; platform.structs.len()];
    for entity in platform.entities_in(store.id) {
        entity_clauses(platform, entity, found);
        for field in &entity.fields {
            field_words(platform, field, &mut seen, found);
        }
    }
}

fn entity_clauses(platform: &Stored, entity: &Entity, found: &mut Vec<Diagnostic>) {
    let mut none = |span: Span, what: &str, nearest: &str| {
        found.push(
            Diagnostic::new(E0612, span, format!("MongoDB has no {what}"))
                .here(format!("not in `{}`", entity.named.name))
                .help(nearest),
        );
    };
    if let Some(partition) = &entity.partition {
        none(
            partition.span,
            "partitions",
            "`shard by (…)` spreads documents; `retain … after …` deletes the old ones",
        );
    }
    if let Some(column) = entity.order_by.first() {
        none(
            column.expr.span,
            "order of its own in a collection",
            "leave it out; an index gives an order to queries",
        );
    }
    for overlap in &entity.no_overlaps {
        none(overlap.span, "constraint against overlaps", "keep what must not overlap in a relational store");
    }
    unenforced(platform, entity, &mut none);
    if let Some(audit) = platform.audit(entity.id) {
        none(
            audit.span,
            "triggers, so nothing writes an audit trail",
            "keep what must be audited in a relational store",
        );
    }
    if let Some(span) = platform.append_only(entity.id) {
        none(
            span,
            "way to refuse updates of a collection",
            "keep what must never change in a relational store",
        );
    }
}

/// The terms of unique constraints and of references.
fn unenforced(platform: &Stored, entity: &Entity, none: &mut impl FnMut(Span, &str, &str)) {
    for unique in &entity.uniques {
        if let Some(span) = unique.not_distinct {
            none(
                span,
                "choice here: what is absent stands in no unique index that Polity makes",
                "leave out `nulls not distinct`, or make the field required",
            );
        }
        if let Some(span) = unique.deferrable {
            none(span, "constraint that could be deferred", "leave out `deferrable`");
        }
    }
    let mut last = None;
    for reference in platform.references(entity.id) {
        // Each arm of a reference says the same.
        if last.replace(reference.span) == Some(reference.span) {
            continue;
        }
        if let Some((action, span)) = reference.on_delete {
            none(
                span,
                &format!("foreign keys, so nothing carries out `on delete {}`", action.name()),
                "leave it out: the client and erasure follow the reference",
            );
        }
        if reference.deferrable {
            none(reference.span, "constraint that could be deferred", "leave out `deferrable`");
        }
    }
}

fn field_words(platform: &Stored, field: &Field, seen: &mut Vec<bool>, found: &mut Vec<Diagnostic>) {
    if let Some(span) = field.inline {
        found.push(
            Diagnostic::new(E0612, span, "MongoDB has no columns to spread a record over")
                .here("a record is a document inside")
                .help("leave out `inline`"),
        );
    }
    for word in &field.store_words {
        let help = match word.word.as_str() {
            "analyzed" | "weight" => {
                "say it in the index: `index (title weight 10, body) using text language \"french\"`"
            }
            _ => "leave it out",
        };
        found.push(
            Diagnostic::new(E0612, word.span, format!("`{}` means nothing in MongoDB", word.word)).help(help),
        );
    }
    if let Some(default) = &field.default {
        default.walk(&mut |expr| {
            let what = match &expr.kind {
                ExprKind::Next(_) => "sequences",
                ExprKind::Call { function: Function::Identity, .. } => "numbers that count up by themselves",
                ExprKind::Sql { .. } => "SQL",
                _ => return,
            };
            found.push(
                Diagnostic::new(E0612, expr.span, format!("MongoDB has no {what}"))
                    .help("a key that needs no counting is `uuid = uuid_v7()`"),
            );
        });
    }
    let mut ty = &field.ty;
    while let TypeKind::List(element) | TypeKind::Map(element) = &ty.kind {
        ty = element;
    }
    if let TypeKind::Struct(id) = ty.kind
        && !std::mem::replace(&mut seen[id.index()], true)
    {
        for field in &platform[id].fields {
            field_words(platform, field, seen, found);
        }
    }
}
