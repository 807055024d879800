//! Columns of indexes that MongoDB can have.

use crate::mongodb::lower::indexes::is_geo;
use polity_govern::Stored;
use polity_model::entity::{Column, IndexMethod};
use polity_model::expr::{ExprKind, Step};
use polity_model::{Entity, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0616;

/// Fields and paths, with absent values first when ascending; no expressions and no columns carried along.
pub(super) fn index_columns(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        for column in entity.uniques.iter().flat_map(|u| &u.columns) {
            judge(column, found);
        }
        for index in &entity.indexes {
            for column in &index.columns {
                judge(column, found);
                if let Some((method, _)) = index.method
                    && column.descending
                    && has_no_direction(platform, entity, column, method)
                {
                    found.push(
                        Diagnostic::new(E0616, column.expr.span, "this column has no direction")
                            .here("it is not kept in order")
                            .help("leave out `desc`"),
                    );
                }
            }
            if !index.include.is_empty() {
                found.push(
                    Diagnostic::new(E0616, index.span, "an index of MongoDB carries no other fields along")
                        .here("with `include`")
                        .help(format!("add them to its columns: `{}`", names(entity, &index.include))),
                );
            }
            if index.method.is_some_and(|(m, _)| m == IndexMethod::Wildcard) && index.columns.len() > 1 {
                found.push(
                    Diagnostic::new(
                        E0616,
                        index.span,
                        "a wildcard index is over all that is inside one field",
                    )
                    .here(format!("this has {}", index.columns.len()))
                    .help("write one index for each"),
                );
            }
        }
    }
}

fn has_no_direction(platform: &Stored, entity: &Entity, column: &Column, method: IndexMethod) -> bool {
    match method {
        IndexMethod::Text | IndexMethod::Hash | IndexMethod::Wildcard => true,
        IndexMethod::Geo => is_geo(platform, entity, column),
        _ => false,
    }
}

fn judge(column: &Column, found: &mut Vec<Diagnostic>) {
    match &column.expr.kind {
        ExprKind::Broken => {}
        ExprKind::Field(path) => {
            let odd = |step: &Step| match step {
                Step::Key(key) => key.is_empty() || key.contains(['.', '$', '\0']),
                Step::Member(..) => false,
            };
            if path.steps.iter().any(odd) {
                found.push(
                    Diagnostic::new(E0616, column.expr.span, "MongoDB cannot reach this key by a path")
                        .here("a dot or a dollar sign is in it")
                        .help("store the value under a plain key"),
                );
            }
        }
        _ => found.push(
            Diagnostic::new(E0616, column.expr.span, "an index of MongoDB is over fields, not over expressions")
                .here("an expression")
                .help("store its value in a field of its own, `lower_email: text computed (lower(email))`, and index that"),
        ),
    }
    if column.nulls_first.is_some_and(|first| first == column.descending) {
        found.push(
            Diagnostic::new(E0616, column.expr.span, "MongoDB sorts what is absent before everything else")
                .here(if column.descending { "so it is last here" } else { "so it is first here" })
                .help("leave out `nulls first` or `nulls last`"),
        );
    }
}

fn names(entity: &Entity, fields: &[polity_model::FieldId]) -> String {
    fields.iter().map(|f| entity.field(*f).named.name.as_str()).collect::<Vec<_>>().join(", ")
}
