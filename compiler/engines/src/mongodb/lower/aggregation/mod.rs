//! Expressions of the language as MongoDB's, for checks in validators.
//! <https://www.mongodb.com/docs/manual/reference/operator/aggregation/>
//!
//! A check holds unless it is false: what is absent breaks none, as in SQL. MongoDB instead takes an absent field
//! for less than any value, so each comparison says itself what it makes of absence.

mod absence;
mod expressions;
mod update;

use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use self::absence::is_absent;
use self::expressions::any_of;
pub(in crate::mongodb) use self::update::Update;
use super::{collection, encryption};
use polity_govern::{Holder, Stored};
use polity_model::inference::infer;
use polity_model::{Entity, Expr, Field, FieldId, Scalar, StoreId, Type, TypeKind};
use polity_text::source::Span;

/// A part of an expression that MongoDB cannot express, and its place in the source.
#[derive(Debug, Clone)]
pub(in crate::mongodb) struct Unsupported {
    pub(in crate::mongodb) span: Span,
    /// `` `now()` differs at every look ``
    pub(in crate::mongodb) what: String,
}

/// Every check of an entity, those of nested records and of computed fields included, with its place.
pub(in crate::mongodb) fn checks(
    platform: &Stored,
    entity: &Entity,
) -> Vec<(Span, Result<Json, Unsupported>)> {
    let scope = Scope::of(platform, entity);
    let mut checks: Vec<_> =
        entity.checks.iter().map(|check| (check.span, scope.condition(&check.expr, true))).collect();
    scope.field_checks(0, &mut checks);
    checks
}

/// Where an expression stands: the fields it may name, and how MongoDB reaches them.
struct Scope<'p> {
    platform: &'p Stored,
    store: StoreId,
    holder: Holder,
    fields: &'p [Field],
    /// The stored names of `fields`.
    names: Vec<SmolStr>,
    /// `$`, `$address.` or, inside a list, `$$item1.`
    prefix: String,
    /// Whether the record itself may be absent.
    optional: bool,
    /// Whether the expression is written once, so that it may differ at every look.
    is_written: bool,
}

impl<'p> Scope<'p> {
    fn of(platform: &'p Stored, entity: &'p Entity) -> Self {
        let names = entity.fields().map(|(id, _)| collection::field_name(platform, entity, id)).collect();
        let (store, holder, prefix) = (entity.store, entity.id.into(), "$".to_owned());
        Self {
            platform,
            store,
            holder,
            fields: &entity.fields,
            names,
            prefix,
            optional: false,
            is_written: false,
        }
    }

    /// The checks beside the fields of this record and of the records inside.
    fn field_checks(&self, depth: usize, checks: &mut Vec<(Span, Result<Json, Unsupported>)>) {
        for (i, (field, name)) in self.fields.iter().zip(&self.names).enumerate() {
            if encryption::is_hidden(self.platform, self.store, self.holder, FieldId(i as u32)) {
                continue;
            }
            for check in &field.constraints.checks {
                checks.push((check.span, self.condition(check, true)));
            }
            if let Some(computed) = &field.computed {
                checks.push((computed.span, self.computed(name, computed)));
            }
            checks.extend(self.byte_length(name, field).map(|(span, check)| (span, Ok(check))));
            let optional = self.optional || field.ty.optional;
            self.inner_checks(&field.ty, &format!("{}{name}", self.prefix), optional, depth, checks);
        }
    }

    /// The checks of the record that stands at `place`, or in the list or map there.
    fn inner_checks(
        &self,
        ty: &Type,
        place: &str,
        optional: bool,
        depth: usize,
        checks: &mut Vec<(Span, Result<Json, Unsupported>)>,
    ) {
        // Deeper documents are refused by a rule of their own.
        if depth > super::MAX_DEPTH || !has_checks(self.platform, ty, depth) {
            return;
        }
        match &ty.kind {
            TypeKind::Struct(id) => {
                let record = &self.platform[*id];
                let names =
                    record.fields.iter().map(|f| self.platform.stored_name(self.store, &f.named)).collect();
                let holder = record.id.into();
                let inner = Scope {
                    holder,
                    fields: &record.fields,
                    names,
                    prefix: format!("{place}."),
                    optional,
                    ..*self
                };
                inner.field_checks(depth + 1, checks);
            }
            TypeKind::List(element) => {
                let each = format!("item{depth}");
                let mut inside = Vec::new();
                self.inner_checks(element, &format!("$${each}"), element.optional, depth + 1, &mut inside);
                let input = json!({ "$ifNull": [place, []] });
                checks.extend(
                    inside.into_iter().map(|(span, check)| (span, check.map(|c| for_all(&each, &input, &c)))),
                );
            }
            TypeKind::Map(element) => {
                let each = format!("entry{depth}");
                let mut inside = Vec::new();
                self.inner_checks(element, &format!("$${each}.v"), element.optional, depth + 1, &mut inside);
                let input = json!({ "$objectToArray": { "$ifNull": [place, {}] } });
                checks.extend(
                    inside.into_iter().map(|(span, check)| (span, check.map(|c| for_all(&each, &input, &c)))),
                );
            }
            TypeKind::Scalar(_)
            | TypeKind::Constrained(_)
            | TypeKind::Enum(_)
            | TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Null
            | TypeKind::Broken => {}
        }
    }

    /// `length` of bytes, which `$jsonSchema` has no word for.
    fn byte_length(&self, name: &str, field: &Field) -> Option<(Span, Json)> {
        if !self.platform.scalar(&field.ty).is_some_and(Scalar::is_bytes) {
            return None;
        }
        let mut limits = vec![&field.constraints];
        let mut ty = &field.ty;
        while let TypeKind::Constrained(id) = &ty.kind {
            limits.push(&self.platform[*id].constraints);
            ty = &self.platform[*id].base;
        }
        let here = json!(format!("{}{name}", self.prefix));
        let size = json!({ "$binarySize": here });
        let shortest = limits.iter().filter_map(|l| l.min_length).max_by_key(|(length, _)| *length);
        let longest = limits.iter().filter_map(|l| l.max_length).min_by_key(|(length, _)| *length);
        let mut all: Vec<Json> =
            shortest.iter().map(|(length, _)| json!({ "$gte": [size, length] })).collect();
        all.extend(longest.iter().map(|(length, _)| json!({ "$lte": [size, length] })));
        let (_, span) = shortest.or(longest)?;
        let within = if all.len() > 1 { json!({ "$and": all }) } else { all.pop()? };
        let is_optional = self.optional || field.ty.optional;
        Some((span, if is_optional { any_of(vec![is_absent(&here)], within) } else { within }))
    }

    /// The client computes it; the validator holds it to the expression.
    fn computed(&self, name: &str, expr: &Expr) -> Result<Json, Unsupported> {
        let here = json!(format!("{}{name}", self.prefix));
        let mut value = self.value(expr)?;
        // A column of a relational store rounds, and so does the client.
        let field = self.fields.iter().zip(&self.names).find(|(_, n)| *n == name).map(|(field, _)| field);
        if let Some(Scalar::Decimal { scale, .. }) = field.and_then(|field| self.platform.scalar(&field.ty))
            && has_more_digits(self.platform, self.fields, expr, scale)
        {
            value = expressions::rounded(&value, scale.into());
        }
        let mut absent = self.absent(&[expr]);
        if self.optional || self.fields.iter().zip(&self.names).any(|(f, n)| n == name && f.ty.optional) {
            absent.push(is_absent(&here));
        }
        Ok(any_of(absent, json!({ "$eq": [here, value] })))
    }
}

/// Whether a decimal may come to more digits after the point than its field has.
fn has_more_digits(platform: &Stored, fields: &[Field], expr: &Expr, scale: u16) -> bool {
    let digits = infer(platform, fields, [], expr).value.scale;
    digits.is_none_or(|digits| digits > u32::from(scale))
}

/// Whether a record in the type has a check anywhere inside.
fn has_checks(platform: &Stored, ty: &Type, depth: usize) -> bool {
    match &ty.kind {
        TypeKind::Struct(id) => {
            depth <= super::MAX_DEPTH
                && platform[*id].fields.iter().any(|field| {
                    field.computed.is_some()
                        || !field.constraints.checks.is_empty()
                        || platform.scalar(&field.ty).is_some_and(Scalar::is_bytes)
                        || has_checks(platform, &field.ty, depth + 1)
                })
        }
        TypeKind::List(element) | TypeKind::Map(element) => has_checks(platform, element, depth + 1),
        TypeKind::Scalar(_)
        | TypeKind::Constrained(_)
        | TypeKind::Enum(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => false,
    }
}

fn for_all(each: &str, input: &Json, check: &Json) -> Json {
    json!({ "$allElementsTrue": [{ "$map": { "input": input, "as": each, "in": check } }] })
}
