//! The checks of a row admit its defaults.

use std::collections::BTreeSet;

use super::values::rows;
use crate::Governed;
use polity_model::expr::{Expr, ExprKind, FieldPath, Step};
use polity_model::known::{self, Known};
use polity_model::{Field, FieldId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0347;

/// A check that is false as soon as a field has its default, or what an update writes, whatever else stands in the row.
pub fn refused_default(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for (fields, entity) in rows(platform) {
        let beside = fields.iter().flat_map(|field| &field.constraints.checks);
        let checks: Vec<&Expr> = beside
            .chain(entity.into_iter().flat_map(|entity| entity.checks.iter().map(|c| &c.expr)))
            .collect();
        for (at, field) in fields.iter().enumerate() {
            for value in field.default.iter().chain(&field.on_update) {
                let holds = |path: &FieldPath| {
                    if path.root == FieldId(at as u32) {
                        held(platform, value, &path.steps)
                    } else {
                        Known::Open
                    }
                };
                let refused = checks.iter().find(|check| known::value(check, &holds) == Known::Bool(false));
                if let Some(check) = refused
                    && seen.insert((value.span.file, value.span.start, check.span.start))
                {
                    found.push(said(field, value, check));
                }
            }
        }
    }
}

fn said(field: &Field, value: &Expr, check: &Expr) -> Diagnostic {
    let message = format!("a check refuses every row in which `{}` is this", field.named.name);
    Diagnostic::new(E0347, value.span, message)
        .also(check.span, "the check")
        .help("change the value, or what the check admits")
}

/// The value at the end of a path into a constant.
fn held(platform: &Governed, value: &Expr, steps: &[Step]) -> Known {
    let Some((first, rest)) = steps.split_first() else {
        return known::value(value, &|_| Known::Open);
    };
    let ExprKind::Record(entries) = &value.kind else { return Known::Open };
    let name = match first {
        Step::Member(record, member) => &platform[*record].fields[member.index()].named.name,
        Step::Key(key) => key,
    };
    let entry = entries.iter().find(|(known, _)| known == name);
    entry.map_or(Known::Null, |(_, value)| held(platform, value, rest))
}
