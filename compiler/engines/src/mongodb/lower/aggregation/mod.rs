//! Expressions of the language as MongoDB's, for checks in validators: each by the types of its operands, so that it comes
//! to what the table of meanings says (`model/meaning.rs`).
//! <https://www.mongodb.com/docs/manual/reference/operator/aggregation/>
//!
//! A check holds unless it is false: what is absent breaks none, as in SQL. MongoDB instead takes an absent field
//! for less than any value, so each comparison says itself what it makes of absence.

mod absence;
mod calls;
mod casts;
mod conditions;
mod expressions;
mod moments;
mod numbers;
mod update;

use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use self::absence::is_absent;
use self::expressions::any_of;
pub(in crate::mongodb) use self::update::Update;
use super::{collection, encryption};
use polity_govern::{Holder, Stored};
use polity_model::expr::{FieldPath, Step};
use polity_model::inference::{HazardKind, infer};
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
        entity.checks.iter().map(|check| (check.span, scope.check(&check.expr))).collect();
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

/// One expression in its scope.
struct Lowering<'s> {
    scope: &'s Scope<'s>,
    /// The parts whose result may be beyond the type that it is computed as.
    overflowing: Vec<Span>,
}

impl Lowering<'_> {
    fn scalar(&self, expr: &Expr) -> Option<Scalar> {
        self.scope.platform.scalar(&expr.ty)
    }

    /// Whether a path leads into a json value.
    fn is_in_json(&self, path: &FieldPath) -> bool {
        let is_key = matches!(path.steps.last(), Some(Step::Key(_)));
        is_key && collection::reach(self.scope.platform, self.scope.fields, path).ty.is_none()
    }
}

impl<'p> Scope<'p> {
    fn lowering(&self, expr: &Expr) -> Lowering<'_> {
        let hazards = infer(self.platform, self.fields, [], expr).hazards.into_iter();
        let overflowing = hazards.filter(|hazard| matches!(hazard.kind, HazardKind::Overflows { .. }));
        Lowering { scope: self, overflowing: overflowing.map(|hazard| hazard.span).collect() }
    }

    /// A check, which holds unless it is false.
    fn check(&self, expr: &Expr) -> Result<Json, Unsupported> {
        self.lowering(expr).condition(expr, true)
    }

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
                checks.push((check.span, self.check(check)));
            }
            if let Some(computed) = &field.computed {
                checks.push((computed.span, self.computed(name, computed)));
            }
            checks.extend(self.byte_length(name, field).map(|(span, check)| (span, Ok(check))));
            let optional = self.optional || field.ty.optional;
            let place = format!("{}{name}", self.prefix);
            self.inner_checks(&field.ty, (&place, field.named.span), optional, depth, checks);
        }
    }

    /// The checks of the day or of the record that stands at `place`, or in the list or map there.
    fn inner_checks(
        &self,
        ty: &Type,
        (place, span): (&str, Span),
        optional: bool,
        depth: usize,
        checks: &mut Vec<(Span, Result<Json, Unsupported>)>,
    ) {
        // Deeper documents are refused by a rule of their own.
        if depth > super::MAX_DEPTH || !has_checks(self.platform, ty, depth) {
            return;
        }
        if self.platform.scalar(ty) == Some(Scalar::Date) {
            return checks.push((span, Ok(is_day(place, optional))));
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
                let item = format!("$${each}");
                self.inner_checks(element, (&item, span), element.optional, depth + 1, &mut inside);
                let input = json!({ "$ifNull": [place, []] });
                checks.extend(
                    inside.into_iter().map(|(span, check)| (span, check.map(|c| for_all(&each, &input, &c)))),
                );
            }
            TypeKind::Map(element) => {
                let each = format!("entry{depth}");
                let mut inside = Vec::new();
                let entry = format!("$${each}.v");
                self.inner_checks(element, (&entry, span), element.optional, depth + 1, &mut inside);
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
        let field = self.fields.iter().zip(&self.names).find(|(_, n)| *n == name).map(|(field, _)| field);
        let lowering = self.lowering(expr);
        let value = lowering.for_field(field.and_then(|field| self.platform.scalar(&field.ty)), expr)?;
        let equals = if lowering.may_be_absent(expr) {
            json!({ "$eq": [{ "$ifNull": [here, null] }, { "$ifNull": [value, null] }] })
        } else {
            json!({ "$eq": [here, value] })
        };
        // Nothing is computed in a record that is not there.
        let record = json!(self.prefix.trim_end_matches('.'));
        Ok(if self.optional { any_of(vec![is_absent(&record)], equals) } else { equals })
    }
}

impl Lowering<'_> {
    /// The value as a field of that type takes it: a decimal is rounded, as by a column and by the client.
    fn for_field(&self, scalar: Option<Scalar>, expr: &Expr) -> Result<Json, Unsupported> {
        match scalar {
            Some(Scalar::Decimal { scale, .. }) => self.rounded(expr, scale),
            scalar => self.as_scalar(expr, scalar),
        }
    }
}

/// Whether it is a day, or has one or a check anywhere inside.
fn has_checks(platform: &Stored, ty: &Type, depth: usize) -> bool {
    match &ty.kind {
        _ if platform.scalar(ty) == Some(Scalar::Date) => true,
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

/// A day is its midnight, and nothing else is one.
fn is_day(place: &str, optional: bool) -> Json {
    let is_day = json!({ "$eq": [place, moments::day(json!(place))] });
    if optional { any_of(vec![is_absent(&json!(place))], is_day) } else { is_day }
}

fn for_all(each: &str, input: &Json, check: &Json) -> Json {
    json!({ "$allElementsTrue": [{ "$map": { "input": input, "as": each, "in": check } }] })
}

fn unsupported(expr: &Expr, what: impl Into<String>) -> Unsupported {
    Unsupported { span: expr.span, what: what.into() }
}
