//! Whether the operands of an expression are there, and what is said where one is not.

use serde_json::{Map, Value as Json, json};

use super::expressions::any_of;
use super::{Lowering, Unsupported};
use crate::mongodb::lower::collection;
use polity_model::Expr;
use polity_model::expr::{BinaryOp, ExprKind, Function, UnaryOp};

/// The outcome where an operand is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// A condition that is so.
    Is(bool),
    /// A value that is absent itself.
    Null,
}

/// The names that operands take where they are written more than once.
const NAMES: &[&str] = &["one", "other", "third"];

impl Lowering<'_> {
    /// The value that `then` makes of operands that are all there. An operand is computed once, however often it is written.
    pub(super) fn of_present(
        &self,
        operands: &[&Expr],
        absent_is: Absent,
        then: impl FnOnce(&[Json]) -> Json,
    ) -> Result<Json, Unsupported> {
        let values = operands.iter().map(|operand| self.value(operand)).collect::<Result<Vec<_>, _>>()?;
        let mut leaves = Vec::new();
        // What needs all of its parts is absent where one of these is.
        if operands.iter().all(|operand| self.leaves(operand, &mut leaves)) {
            let absent = leaves.iter().map(is_absent).collect();
            return Ok(guarded(absent, absent_is, then(&values)));
        }
        let may_be_absent: Vec<bool> = operands.iter().map(|operand| self.may_be_absent(operand)).collect();
        Ok(bound(values, |values| {
            let absent = values.iter().zip(may_be_absent).filter(|(_, may)| *may);
            guarded(absent.map(|(value, _)| is_absent(value)).collect(), absent_is, then(values))
        }))
    }

    /// Whether a value can be absent.
    pub(super) fn may_be_absent(&self, expr: &Expr) -> bool {
        let any = |parts: &[&Expr]| parts.iter().any(|part| self.may_be_absent(part));
        match &expr.kind {
            ExprKind::Null => true,
            ExprKind::Field(path) => {
                let scope = self.scope;
                scope.optional || collection::reach(scope.platform, scope.fields, path).optional
            }
            ExprKind::IsNull { .. } => false,
            ExprKind::Call {
                function: Function::Coalesce | Function::Least | Function::Greatest,
                arguments,
            } => arguments.iter().all(|part| self.may_be_absent(part)),
            ExprKind::Case { branches, otherwise } => match otherwise {
                None => true,
                Some(otherwise) => {
                    // What its condition knows of a branch, the types know.
                    expr.ty.optional
                        && any(&branches
                            .iter()
                            .map(|(_, value)| value)
                            .chain([&**otherwise])
                            .collect::<Vec<_>>())
                }
            },
            ExprKind::Call { arguments: parts, .. } | ExprKind::List(parts) => {
                parts.iter().any(|part| self.may_be_absent(part))
            }
            ExprKind::Cast { operand, .. } | ExprKind::Unary { operand, .. } => self.may_be_absent(operand),
            ExprKind::Binary { left, right, .. } => any(&[left, right]),
            ExprKind::Between { operand, low, high, .. } => any(&[operand, low, high]),
            ExprKind::In { operand, list, .. } => {
                self.may_be_absent(operand) || list.iter().any(|part| self.may_be_absent(part))
            }
            ExprKind::Record(_)
            | ExprKind::Bool(_)
            | ExprKind::Integer(_)
            | ExprKind::Decimal(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Date { .. }
            | ExprKind::EnumValue { .. }
            | ExprKind::Next(_)
            | ExprKind::Sql { .. }
            | ExprKind::Broken => false,
        }
    }

    /// Collects the fields of which each leaves the value absent. `false` where one alone does not, as in `coalesce`.
    fn leaves(&self, expr: &Expr, leaves: &mut Vec<Json>) -> bool {
        if !self.may_be_absent(expr) {
            return true;
        }
        let mut all = |parts: &[&Expr]| parts.iter().all(|part| self.leaves(part, leaves));
        match &expr.kind {
            ExprKind::Field(path) => {
                let place = json!(self.place(path));
                if !leaves.contains(&place) {
                    leaves.push(place);
                }
                true
            }
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. }
            | ExprKind::Case { .. }
            | ExprKind::Call {
                function: Function::Coalesce | Function::Least | Function::Greatest, ..
            } => false,
            ExprKind::Unary { op: UnaryOp::Not | UnaryOp::Minus, operand }
            | ExprKind::Cast { operand, .. }
            | ExprKind::Between { operand, .. }
            | ExprKind::In { operand, .. } => all(&[operand]),
            ExprKind::Binary { left, right, .. } => all(&[left, right]),
            ExprKind::Call { arguments: parts, .. } => all(&parts.iter().collect::<Vec<_>>()),
            _ => false,
        }
    }
}

/// A value that is written as often as it is asked for, and computed once.
pub(super) fn bound(values: Vec<Json>, then: impl FnOnce(&[Json]) -> Json) -> Json {
    let mut vars = Map::new();
    let named: Vec<Json> = values
        .into_iter()
        .zip(NAMES)
        .map(|(value, name)| {
            // Literals of Extended JSON are objects of one name, which no operator has.
            if !value.is_object() || extended(&value) {
                return value;
            }
            vars.insert((*name).to_owned(), value);
            json!(format!("$${name}"))
        })
        .collect();
    let then = then(&named);
    if vars.is_empty() { then } else { json!({ "$let": { "vars": vars, "in": then } }) }
}

fn extended(value: &Json) -> bool {
    let names = ["$numberLong", "$numberDecimal", "$numberInt", "$numberDouble", "$date", "$uuid", "$oid"];
    names.iter().any(|name| value.get(name).is_some())
}

/// `then` where none of the conditions holds that something is absent.
fn guarded(absent: Vec<Json>, absent_is: Absent, then: Json) -> Json {
    if absent.is_empty() {
        return then;
    }
    match absent_is {
        Absent::Is(true) => any_of(absent, then),
        Absent::Is(false) => {
            let mut all: Vec<Json> = absent.into_iter().map(|a| json!({ "$not": [a] })).collect();
            all.push(then);
            json!({ "$and": all })
        }
        Absent::Null => json!({ "$cond": [any(absent), null, then] }),
    }
}

fn any(mut conditions: Vec<Json>) -> Json {
    match conditions.pop() {
        Some(last) => any_of(conditions, last),
        None => json!(false),
    }
}

pub(super) fn is_absent(value: &Json) -> Json {
    json!({ "$eq": [{ "$ifNull": [value, null] }, null] })
}
