//! An expression that is judged once and then relied on gives the same answer for the same row for ever.

use super::super::lower::expr::{Scope, struct_of, volatility};
use super::super::lower::handwritten::volatile_call;
use super::super::lower::placement::Placement;
use super::entities;
use polity_govern::Stored;
use polity_model::entity::{Entity, Field};
use polity_model::expr::ExprKind;
use polity_model::{Expr, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0509;

const CHECK: &str = "a row is checked when it is written and never again; compare with another field instead";
const COMPUTED: &str = "compute it from fields alone, or let a view or the client compute it";
const INDEX: &str = "put the moment into the query instead: an index on the field serves it";
const CALL: &str = "let a view or the client make the value";

/// A check, a computed field, a column or a predicate of an index that depends on the moment or the session.
pub(super) fn immutable(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let placement = Placement::shared(platform, store);
    for entity in entities(platform, store) {
        let scope = Scope::columns(&placement, &entity.fields, store.version.major());
        let mut judge = Judge { platform, scope: &scope, found };
        judge.checks(entity);
        judge.stored(entity);
    }
}

struct Judge<'j> {
    platform: &'j Stored,
    scope: &'j Scope<'j>,
    found: &'j mut Vec<Diagnostic>,
}

impl Judge<'_> {
    /// Checks, which PostgreSQL takes as they are.
    fn checks(&mut self, entity: &Entity) {
        for field in &entity.fields {
            for check in &field.constraints.checks {
                self.expression("a check", &entity.fields, check, CHECK);
            }
            if let Some(record) = struct_of(self.platform, &field.ty) {
                // Its members have columns where it is spread.
                let members = &self.platform[record].fields;
                for check in members.iter().flat_map(|member| &member.constraints.checks) {
                    self.expression("a check", members, check, CHECK);
                }
            }
        }
        for check in &entity.checks {
            self.expression("a check", &entity.fields, &check.expr, CHECK);
        }
    }

    /// Columns and indexes, of which PostgreSQL asks that every function in them is immutable.
    fn stored(&mut self, entity: &Entity) {
        let fields = &entity.fields;
        for field in fields {
            if let Some(computed) = &field.computed {
                self.with_calls("a computed field", fields, computed, Some(field), COMPUTED);
            }
        }
        for index in &entity.indexes {
            if let Some(filter) = &index.filter {
                self.with_calls("the predicate of an index", fields, filter, None, INDEX);
            }
            for column in &index.columns {
                self.with_calls("a column of an index", fields, &column.expr, None, INDEX);
            }
        }
        for unique in &entity.uniques {
            if let Some(filter) = &unique.filter {
                self.with_calls("the predicate of a unique constraint", fields, filter, None, INDEX);
            }
            for column in &unique.columns {
                self.with_calls("a unique column", fields, &column.expr, None, INDEX);
            }
        }
        for filter in entity.no_overlaps.iter().filter_map(|overlap| overlap.filter.as_ref()) {
            self.with_calls("the predicate of `no overlap`", fields, filter, None, INDEX);
        }
    }

    fn expression(&mut self, what: &str, fields: &[Field], expr: &Expr, help: &str) -> bool {
        let Some((span, why)) = volatility(self.platform, fields, expr) else { return false };
        let message = format!("{what} must always give the same answer for the same row");
        self.found.push(Diagnostic::new(E0509, span, message).here(why).help(help));
        true
    }

    /// Judges the expression, and then the functions that the compiler writes for it.
    fn with_calls(&mut self, what: &str, fields: &[Field], expr: &Expr, into: Option<&Field>, help: &str) {
        let is_column =
            matches!(&expr.kind, ExprKind::Field(path) if path.steps.is_empty() && into.is_none());
        if is_column || self.expression(what, fields, expr, help) {
            return;
        }
        let written =
            into.map_or_else(|| self.scope.sql(expr), |field| self.scope.value_for(&field.ty, expr));
        if let Some(name) = volatile_call(&written) {
            let message = format!("{what} must always give the same answer for the same row");
            let why = format!("PostgreSQL would make it by `{name}`, which may depend on the session");
            self.found.push(Diagnostic::new(E0509, expr.span, message).here(why).help(CALL));
        }
    }
}
