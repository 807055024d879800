//! The constraints of a table as a whole: its key, what is unique or may not overlap, its checks and its references.

use smol_str::SmolStr;

use super::super::super::sql::{Ident, List};
use super::super::expr::{Scope, joined, struct_of};
use super::super::index;
use super::super::names::{Claim, Claimed};
use super::{ANONYMIZED_AT, Constraint, Lowering, column_name, column_names};
use polity_catalog::relational::{self, ConstraintRule, Exclusion, ForeignKey};
use polity_model::entity::{Field, OnDelete};
use polity_model::expr::ExprKind;
use polity_model::{Expr, FieldId, Reference, Scalar};

impl Lowering<'_> {
    /// The key and the unique constraints; a unique one with a filter or an expression is an index.
    pub(super) fn keys(&mut self, scope: &Scope) {
        if !self.entity.key.is_empty() {
            let span = self.entity.key_span.unwrap_or(self.entity.named.span);
            let name = self.derived("pkey", span);
            let rule = ConstraintRule::PrimaryKey(column_names(self.entity, &self.entity.key));
            self.constraints.push(Constraint::new(name, rule));
        }
        self.uniques();
        self.overlaps(scope);
    }

    fn uniques(&mut self) {
        for unique in &self.entity.uniques {
            let Some(fields) = index::plain_fields(unique) else { continue };
            let columns = column_names(self.entity, &fields);
            let name = match &unique.name {
                Some(name) if unique.aliased => Claimed::new(name.clone(), Claim::Whole, unique.span),
                Some(name) => self.with_end(name, unique.span),
                None => self.derived(&format!("{}_key", columns.join("_")), unique.span),
            };
            self.constraints.push(Constraint {
                name,
                rule: ConstraintRule::Unique(columns),
                deferred: unique.deferrable.is_some(),
                not_distinct: unique.not_distinct.is_some(),
            });
        }
    }

    fn overlaps(&mut self, scope: &Scope) {
        for overlap in &self.entity.no_overlaps {
            let [from, to] = [&overlap.from, &overlap.to].map(|end| column_of(scope, end));
            let name = match &overlap.name {
                Some(name) => self.with_end(name, overlap.span),
                None => self.derived(&format!("{from}_{to}_excl"), overlap.span),
            };
            let alike = |column: &Expr| (Ident(&column_of(scope, column)).to_string(), "=".into());
            let mut elements: Vec<(String, SmolStr)> = overlap.per.iter().map(alike).collect();
            let range = match self.platform.scalar(&overlap.from.ty) {
                Some(Scalar::Date) => "daterange",
                Some(Scalar::Timestamp) => "tstzrange",
                Some(Scalar::SmallInt | Scalar::Int) => "int4range",
                Some(Scalar::BigInt) => "int8range",
                _ => "numrange",
            };
            // A range leaves out its last end unless it is told otherwise.
            let bounds = if overlap.closed { ", '[]'" } else { "" };
            elements.push((format!("{range}({}, {}{bounds})", Ident(&from), Ident(&to)), "&&".into()));
            let filter = overlap.filter.as_ref().map(|filter| scope.sql(filter));
            let rule = ConstraintRule::Exclude(Exclusion { method: "gist".into(), elements, filter });
            self.constraints.push(Constraint::new(name, rule));
        }
    }

    pub(super) fn entity_checks(&mut self, scope: &Scope) {
        for check in &self.entity.checks {
            let name = match &check.name {
                Some(name) => self.with_end(name, check.span),
                None => {
                    let mut columns: Vec<SmolStr> = Vec::new();
                    check.expr.fields(&mut |path, _| {
                        let column = scope.stored(path).column;
                        if !columns.contains(&column) {
                            columns.push(column);
                        }
                    });
                    columns.push(SmolStr::new_static("check"));
                    self.derived(&columns.join("_"), check.span)
                }
            };
            self.constraints.push(Constraint::new(name, ConstraintRule::Check(scope.sql(&check.expr))));
        }
    }

    /// A check for each field that is required until the row is anonymized; of a record that is spread, one of its columns
    /// tells whether it is there.
    pub(super) fn required_until_anonymized(&mut self) {
        for (id, field) in self.entity.fields() {
            if !self.platform.is_required_until_anonymized(self.entity.id, id) {
                continue;
            }
            let Some(column) = self.tells(id, field) else { continue };
            let rule = format!("{ANONYMIZED_AT} IS NOT NULL OR {} IS NOT NULL", Ident(&column));
            self.check(&format!("{}_required", field.named.stored), rule, field);
        }
    }

    /// The column that is there wherever the field is.
    fn tells(&self, id: FieldId, field: &Field) -> Option<SmolStr> {
        let Some(record) = field.inline.and_then(|_| struct_of(self.platform, &field.ty)) else {
            return Some(column_name(self.entity, id));
        };
        let mut required = self.platform[record].fields.iter().filter(|member| !member.ty.optional);
        let stem = format!("{}_", field.named.stored);
        required.find_map(|member| {
            let name = joined(&stem, &member.named.stored);
            self.columns.iter().any(|column| column.name == name).then_some(name)
        })
    }

    /// The foreign keys, with the checks that they need.
    pub(super) fn foreign_keys(&mut self) -> Vec<Constraint> {
        let enforced = self.platform.references(self.entity.id).filter(|r| r.enforced);
        enforced.map(|reference| self.foreign_key(reference)).collect()
    }

    fn foreign_key(&mut self, reference: &Reference) -> Constraint {
        let columns = column_names(self.entity, &reference.fields);
        let target = &self.platform[reference.target];
        let stem = columns.join("_");
        let optional: Vec<bool> =
            reference.fields.iter().map(|id| self.entity.field(*id).ty.optional).collect();
        let led = reference.fields.first().is_some_and(|first| Some(*first) == self.entity.tenant);
        // The tenant's column is never absent, so it says nothing about whether the reference is there.
        let own = &columns[usize::from(led)..];
        if own.len() > 1 && optional[usize::from(led)..].iter().all(|o| *o) {
            // Without this, one missing part would switch the foreign key off (MATCH SIMPLE).
            let rule = format!("num_nulls({}) IN (0, {})", List(own), own.len());
            let name = self.derived(&format!("{stem}_whole"), reference.span);
            self.constraints.push(Constraint::new(name, ConstraintRule::Check(rule)));
        }
        let rule = ConstraintRule::ForeignKey(ForeignKey {
            on_delete: on_delete(reference, &columns, &optional),
            columns,
            target: self.placement.table_of(target).0,
            target_columns: column_names(target, &reference.target_fields),
            deferred: reference.deferrable,
        });
        Constraint::new(self.derived(&format!("{stem}_fkey"), reference.span), rule)
    }
}

/// Returns the column of a field, or of a member that has a column of its own.
fn column_of(scope: &Scope, expr: &Expr) -> SmolStr {
    match &expr.kind {
        ExprKind::Field(path) => scope.stored(path).column,
        _ => SmolStr::default(),
    }
}

fn on_delete(reference: &Reference, columns: &[SmolStr], optional: &[bool]) -> relational::OnDelete {
    match reference.on_delete {
        Some((OnDelete::Cascade, _)) => relational::OnDelete::Cascade,
        Some((OnDelete::SetNull, _)) if optional.iter().all(|o| *o) => {
            relational::OnDelete::SetNull(Vec::new())
        }
        Some((OnDelete::SetNull, _)) => {
            let nulled = columns.iter().zip(optional).filter(|(_, o)| **o).map(|(c, _)| c.clone());
            relational::OnDelete::SetNull(nulled.collect())
        }
        // RESTRICT is judged at once even where the rest of the constraint waits.
        Some((OnDelete::Restrict, _)) if !reference.deferrable => relational::OnDelete::Restrict,
        Some((OnDelete::Restrict, _)) | None => relational::OnDelete::NoAction,
    }
}
