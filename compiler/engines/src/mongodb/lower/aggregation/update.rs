//! Documents without the person: an update as a pipeline, which may read the document it changes.
//! <https://www.mongodb.com/docs/manual/tutorial/update-documents-with-aggregation-pipeline/>

use serde_json::{Map, Value as Json, json};

use super::{Lowering, Scope, Unsupported, moments};
use crate::constant;
use crate::mongodb::lower::{collection, encryption, extended_json};
use polity_govern::Stored;
use polity_model::expr::ExprKind;
use polity_model::{Entity, Expr, FieldId, Scalar, Type, TypeKind};

/// Stand for a new UUID in each document, which the script fills in: MongoDB makes none.
pub(super) const NEW_UUID: &str = "$$UUID";
pub(super) const NEW_UUID_TEXT: &str = "$$UUID_TEXT";

/// The value that removes a field from a document.
const REMOVE: &str = "$$REMOVE";

/// The stages of the update, and what MongoDB cannot write.
#[derive(Debug, Default)]
pub(in crate::mongodb) struct Update {
    pub(in crate::mongodb) stages: Vec<Json>,
    pub(in crate::mongodb) unsupported: Vec<Unsupported>,
}

impl Update {
    /// Takes a person out of a document, and the references that are to be emptied. When a document was anonymized first
    /// stands in it.
    pub(in crate::mongodb) fn anonymizing(platform: &Stored, entity: &Entity, emptied: &[FieldId]) -> Self {
        let scope = Scope { is_written: true, ..Scope::of(platform, entity) };
        let mut update = Self::default();
        let (mut first, mut then) = (Map::new(), Map::new());
        let moment = collection::anonymized_at(platform, entity);
        first.insert(moment.to_string(), json!({ "$ifNull": [format!("${moment}"), "$$NOW"] }));
        for (id, field) in entity.fields() {
            if entity.key.contains(&id) {
                continue;
            }
            let names = collection::field_names(platform, entity, id);
            let remove = |set: &mut Map<String, Json>| {
                set.extend(names.iter().map(|name| (name.to_string(), json!(REMOVE))));
            };
            let is_hidden = encryption::is_hidden(platform, entity.store, entity.id.into(), id);
            match (&field.computed, &field.anonymized) {
                // What cannot be computed, no validator could hold either.
                (Some(computed), _) if !is_hidden => {
                    let value = scope.recomputed(&field.ty, computed).ok();
                    then.extend(value.map(|value| (names[0].to_string(), value)));
                }
                _ if emptied.contains(&id) => remove(&mut first),
                (_, Some(value)) if value.kind == ExprKind::Null => remove(&mut first),
                (_, Some(value)) => match scope.typed(&field.ty, value) {
                    Ok(value) => first.extend([(names[0].to_string(), value)]),
                    Err(unsupported) => update.unsupported.push(unsupported),
                },
                (_, None) if field.ty.optional && platform.is_anonymized(entity.id, id) => remove(&mut first),
                (_, None) => {}
            }
        }
        update.stages.push(json!({ "$set": first }));
        if !then.is_empty() {
            update.stages.push(json!({ "$set": then }));
        }
        update
    }
}

impl Update {
    /// Returns the value that a field takes in a document, as an expression over the document.
    pub(in crate::mongodb) fn value(
        platform: &Stored,
        entity: &Entity,
        field: FieldId,
        value: &Expr,
    ) -> Result<Json, Unsupported> {
        let scope = Scope { is_written: true, ..Scope::of(platform, entity) };
        scope.typed(&entity.field(field).ty, value)
    }

    /// Returns the expression that computes a field of a document.
    pub(in crate::mongodb) fn recomputing(
        platform: &Stored,
        entity: &Entity,
        field: FieldId,
        computed: &Expr,
    ) -> Result<Json, Unsupported> {
        let scope = Scope { is_written: true, ..Scope::of(platform, entity) };
        scope.recomputed(&entity.field(field).ty, computed)
    }
}

impl Scope<'_> {
    /// The expression that computes a field again from what is left of the document.
    fn recomputed(&self, ty: &Type, computed: &Expr) -> Result<Json, Unsupported> {
        let value = self.typed(ty, computed)?;
        let may_be_absent = self.lowering(computed).may_be_absent(computed);
        Ok(if may_be_absent { json!({ "$ifNull": [value, REMOVE] }) } else { value })
    }

    /// A value in the type in which a field of that type holds it.
    fn typed(&self, ty: &Type, expr: &Expr) -> Result<Json, Unsupported> {
        let scalar = self.platform.scalar(ty);
        if scalar == Some(Scalar::Json) {
            // The JSON that every store keeps, unless it is what only the store can tell.
            let json = constant::json(self.platform, ty, expr);
            return json.map_or_else(
                || self.lowering(expr).value(expr),
                |json| Ok(json!({ "$literal": exact(json) })),
            );
        }
        match &expr.kind {
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => Ok(number(digits, scalar)),
            ExprKind::List(elements) => {
                let of = self.element(ty);
                let elements = elements.iter().map(|e| self.typed(of.unwrap_or(&e.ty), e));
                Ok(Json::Array(elements.collect::<Result<_, _>>()?))
            }
            ExprKind::Record(entries) => self.record(ty, entries),
            ExprKind::Duration(duration) if !duration.is_calendar() => {
                Ok(number(&duration.at_least_milliseconds().to_string(), Some(Scalar::BigInt)))
            }
            ExprKind::Call { .. } if scalar == Some(Scalar::Date) => {
                Ok(moments::day(self.lowering(expr).value(expr)?))
            }
            ExprKind::Text(text) => {
                let value = extended_json::text(text, scalar);
                Ok(if value.is_string() { json!({ "$literal": value }) } else { value })
            }
            _ => self.lowering(expr).written_value(scalar, expr),
        }
    }

    fn record(&self, ty: &Type, entries: &[(smol_str::SmolStr, Expr)]) -> Result<Json, Unsupported> {
        let mut out = Map::new();
        let mut add = |name: &str, ty: &Type, value: &Expr| -> Result<(), Unsupported> {
            if value.kind != ExprKind::Null {
                out.insert(name.to_owned(), self.typed(ty, value)?);
            }
            Ok(())
        };
        match self.resolved(ty) {
            TypeKind::Struct(id) => {
                for member in &self.platform[*id].fields {
                    let given = entries.iter().find(|(name, _)| *name == member.named.name);
                    if let Some(value) = given.map(|(_, value)| value).or(member.default.as_ref()) {
                        let name = self.platform.stored_name(self.store, &member.named);
                        add(&name, &member.ty, value)?;
                    }
                }
            }
            _ => {
                for (name, value) in entries {
                    // What an expression calls a field is no name that begins with a dollar sign, or has a dot in it.
                    if name.is_empty() || name.contains(['.', '$', '\0']) {
                        return Err(Unsupported {
                            span: value.span,
                            what: "a key with a dot or a dollar sign".to_owned(),
                        });
                    }
                    add(name, self.element(ty).unwrap_or(&value.ty), value)?;
                }
            }
        }
        // An empty document is no expression.
        Ok(if out.is_empty() { json!({ "$literal": {} }) } else { Json::Object(out) })
    }

    fn resolved<'t>(&'t self, ty: &'t Type) -> &'t TypeKind {
        match &ty.kind {
            TypeKind::Constrained(id) => self.resolved(&self.platform[*id].base),
            kind => kind,
        }
    }

    fn element<'t>(&'t self, ty: &'t Type) -> Option<&'t Type> {
        match self.resolved(ty) {
            TypeKind::List(element) | TypeKind::Map(element) => Some(element),
            _ => None,
        }
    }
}

impl Lowering<'_> {
    /// A value in the very type of the field: numbers of another one are equal, and refused by its validator.
    fn written_value(&self, scalar: Option<Scalar>, expr: &Expr) -> Result<Json, Unsupported> {
        let value = self.for_field(scalar, expr)?;
        let operator = match scalar {
            _ if matches!(expr.kind, ExprKind::Field(_)) && self.scalar(expr) == scalar => return Ok(value),
            Some(Scalar::SmallInt | Scalar::Int) => "$toInt",
            Some(Scalar::BigInt | Scalar::Interval) => "$toLong",
            Some(Scalar::Float) => "$toDouble",
            Some(Scalar::Decimal { .. }) => "$toDecimal",
            _ => return Ok(value),
        };
        let is_so = value.as_object().is_some_and(|value| value.contains_key(operator));
        Ok(if is_so { value } else { json!({ operator: value }) })
    }
}

/// JSON whose whole numbers no reader of JavaScript rounds.
fn exact(value: Json) -> Json {
    match value {
        Json::Number(number) if number.is_i64() => extended_json::number(&number.to_string(), None),
        Json::Array(items) => Json::Array(items.into_iter().map(exact).collect()),
        Json::Object(entries) => {
            Json::Object(entries.into_iter().map(|(name, value)| (name, exact(value))).collect())
        }
        other => other,
    }
}

/// A number in the type of the field, which its validator asks for.
pub(super) fn number(digits: &str, scalar: Option<Scalar>) -> Json {
    let name = match scalar {
        Some(Scalar::SmallInt | Scalar::Int) => "$numberInt",
        Some(Scalar::BigInt) => "$numberLong",
        Some(Scalar::Float) => "$numberDouble",
        Some(Scalar::Decimal { .. }) => "$numberDecimal",
        _ => return extended_json::number(digits, scalar),
    };
    json!({ name: digits })
}
