//! Predicates as `partialFilterExpression`, which knows only a few operators.
//! <https://www.mongodb.com/docs/manual/core/index-partial/#create-a-partial-index>

use serde_json::{Value as Json, json};

use super::aggregation::Unsupported;
use super::{collection, extended_json};
use polity_govern::Stored;
use polity_model::expr::{BinaryOp, ExprKind, FieldPath, UnaryOp};
use polity_model::{Entity, Expr, Scalar, TypeKind};

/// The documents that the index holds.
pub(in crate::mongodb) fn filter(
    platform: &Stored,
    entity: &Entity,
    expr: &Expr,
) -> Result<Json, Unsupported> {
    Filter { platform, entity }.lower(expr, false)
}

struct Filter<'p> {
    platform: &'p Stored,
    entity: &'p Entity,
}

impl Filter<'_> {
    /// There is no negation in these filters, so it is carried down to the comparisons.
    fn lower(&self, expr: &Expr, negated: bool) -> Result<Json, Unsupported> {
        match &expr.kind {
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
                let is_and = (*op == BinaryOp::And) != negated;
                let sides = [self.lower(left, negated)?, self.lower(right, negated)?];
                let operator = if is_and { "$and" } else { "$or" };
                Ok(json!({ operator: flatten(operator, sides) }))
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.lower(operand, !negated),
            ExprKind::Binary { op, left, right } => match (&left.kind, &right.kind) {
                (ExprKind::Field(_), _) => self.compare(expr, self.compared(left)?, *op, right, negated),
                (_, ExprKind::Field(_)) => {
                    self.compare(expr, self.compared(right)?, op.mirrored(), left, negated)
                }
                _ => Err(refuse(expr, "a comparison of anything but a field with a value")),
            },
            ExprKind::Between { operand, low, high, negated: not } => {
                let path = self.compared(operand)?;
                let (low, high) = (self.value(low)?, self.value(high)?);
                Ok(if *not == negated {
                    self.at(path, json!({ "$gte": low, "$lte": high }))
                } else {
                    json!({ "$or": [self.at(path, json!({ "$lt": low })), self.at(path, json!({ "$gt": high }))] })
                })
            }
            ExprKind::In { operand, list, negated: not } => {
                let path = self.compared(operand)?;
                let values = list.iter().map(|e| self.value(e)).collect::<Result<Vec<_>, _>>()?;
                if *not == negated {
                    return Ok(self.at(path, json!({ "$in": values })));
                }
                match self.other_values(operand, &values) {
                    Some(others) => Ok(self.at(path, json!({ "$in": others }))),
                    None => Err(refuse(expr, "`not in`")),
                }
            }
            ExprKind::IsNull { operand, negated: not } => {
                let path = field_of(operand)?;
                // What is absent equals null here, and `$exists: false` is not allowed.
                let condition =
                    if *not == negated { json!({ "$eq": null }) } else { json!({ "$exists": true }) };
                Ok(self.at(path, condition))
            }
            ExprKind::Field(path) => Ok(self.at(path, json!({ "$eq": !negated }))),
            _ => Err(refuse(expr, "this")),
        }
    }

    /// A field that is compared as other stores compare it: addresses are texts here, and what a path into json leads to
    /// is none.
    fn compared<'e>(&self, operand: &'e Expr) -> Result<&'e FieldPath, Unsupported> {
        let path = field_of(operand)?;
        if self.platform.scalar(&operand.ty) == Some(Scalar::Inet) {
            return Err(refuse(operand, "a comparison of addresses"));
        }
        if collection::reach(self.platform, &self.entity.fields, path).ty.is_none() {
            return Err(refuse(operand, "a comparison of what stands in json"));
        }
        Ok(path)
    }

    fn compare(
        &self,
        expr: &Expr,
        path: &FieldPath,
        op: BinaryOp,
        value: &Expr,
        negated: bool,
    ) -> Result<Json, Unsupported> {
        let written = self.value(value)?;
        let operator = match (op, negated) {
            (BinaryOp::Equal, false) | (BinaryOp::NotEqual, true) => "$eq",
            (BinaryOp::Less, false) | (BinaryOp::GreaterEqual, true) => "$lt",
            (BinaryOp::LessEqual, false) | (BinaryOp::Greater, true) => "$lte",
            (BinaryOp::Greater, false) | (BinaryOp::LessEqual, true) => "$gt",
            (BinaryOp::GreaterEqual, false) | (BinaryOp::Less, true) => "$gte",
            (BinaryOp::NotEqual, false) | (BinaryOp::Equal, true) => {
                let field = Expr { kind: ExprKind::Field(path.clone()), ..expr.clone() };
                let reached = collection::reach(self.platform, &self.entity.fields, path);
                let typed = reached.ty.map(|ty| Expr { ty: ty.clone(), ..field });
                return match typed.and_then(|field| self.other_values(&field, &[written])) {
                    Some(others) => Ok(self.at(path, json!({ "$in": others }))),
                    None => Err(refuse(expr, "`!=`")),
                };
            }
            _ => return Err(refuse(expr, "this operator")),
        };
        Ok(self.at(path, json!({ operator: written })))
    }

    /// All values but these, where the type has few enough to list.
    fn other_values(&self, operand: &Expr, values: &[Json]) -> Option<Vec<Json>> {
        let all: Vec<Json> = match &operand.ty.kind {
            TypeKind::Enum(id) => {
                self.platform[*id].values.iter().map(|v| json!(v.named.stored.as_str())).collect()
            }
            TypeKind::Scalar(Scalar::Bool) => vec![json!(true), json!(false)],
            _ => return None,
        };
        Some(all.into_iter().filter(|value| !values.contains(value)).collect())
    }

    fn value(&self, expr: &Expr) -> Result<Json, Unsupported> {
        let scalar = self.platform.scalar(&expr.ty);
        match &expr.kind {
            ExprKind::Bool(value) => Ok(json!(value)),
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => {
                Ok(extended_json::number(digits, scalar))
            }
            ExprKind::Text(text) => Ok(extended_json::text(text, scalar)),
            ExprKind::EnumValue { of, value } => {
                Ok(json!(self.platform[*of].values[*value].named.stored.as_str()))
            }
            ExprKind::Date { year, month, day } => Ok(extended_json::day(*year, *month, *day)),
            _ => Err(refuse(expr, "anything but a literal beside a field")),
        }
    }

    fn at(&self, path: &FieldPath, condition: Json) -> Json {
        json!({ collection::path(self.platform, self.entity, path): condition })
    }
}

fn flatten(operator: &str, sides: [Json; 2]) -> Vec<Json> {
    let mut out = Vec::new();
    for mut side in sides {
        match side.get_mut(operator) {
            Some(Json::Array(inner)) => out.append(inner),
            _ => out.push(side),
        }
    }
    out
}

fn field_of(expr: &Expr) -> Result<&FieldPath, Unsupported> {
    match &expr.kind {
        ExprKind::Field(path) => Ok(path),
        _ => Err(refuse(expr, "a comparison of anything but a field with a value")),
    }
}

fn refuse(expr: &Expr, what: &str) -> Unsupported {
    Unsupported { span: expr.span, what: what.to_owned() }
}
