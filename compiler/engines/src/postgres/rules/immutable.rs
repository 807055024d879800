//! An expression that is judged once and then relied on gives the same answer for the same row for ever.

use super::super::lower::expr::volatility;
use super::entities;
use polity_govern::Stored;
use polity_model::{Expr, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0509;

/// A check, a computed field, a column or a predicate of an index that depends on the moment or the session.
pub(super) fn immutable(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut judge = |what: &str, expr: &Expr, help: &str| {
        if let Some((span, why)) = volatility(platform, expr) {
            found.push(
                Diagnostic::new(
                    E0509,
                    span,
                    format!("{what} must always give the same answer for the same row"),
                )
                .here(why)
                .help(help),
            );
        }
    };
    const CHECK: &str =
        "a row is checked when it is written and never again; compare with another field instead";
    const COMPUTED: &str = "compute it from fields alone, or let a view or the client compute it";
    const INDEX: &str = "put the moment into the query instead: an index on the field serves it";
    for entity in entities(platform, store) {
        for field in &entity.fields {
            field.constraints.checks.iter().for_each(|check| judge("a check", check, CHECK));
            field.computed.iter().for_each(|computed| judge("a computed field", computed, COMPUTED));
            if let Some(record) = super::super::lower::expr::struct_of(platform, &field.ty) {
                for member in &platform[record].fields {
                    member.constraints.checks.iter().for_each(|check| judge("a check", check, CHECK));
                }
            }
        }
        entity.checks.iter().for_each(|check| judge("a check", &check.expr, CHECK));
        for index in &entity.indexes {
            index.filter.iter().for_each(|filter| judge("the predicate of an index", filter, INDEX));
            index.columns.iter().for_each(|column| judge("a column of an index", &column.expr, INDEX));
        }
        for unique in &entity.uniques {
            unique
                .filter
                .iter()
                .for_each(|filter| judge("the predicate of a unique constraint", filter, INDEX));
            unique.columns.iter().for_each(|column| judge("a unique column", &column.expr, INDEX));
        }
        for overlap in &entity.no_overlaps {
            overlap.filter.iter().for_each(|filter| judge("the predicate of `no overlap`", filter, INDEX));
        }
    }
}
