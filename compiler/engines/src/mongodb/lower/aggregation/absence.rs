//! Whether the operands of an expression are there.

use serde_json::{Value as Json, json};

use super::Scope;
use crate::mongodb::lower::collection;
use polity_model::Expr;
use polity_model::expr::{ExprKind, Function};

impl Scope<'_> {
    /// For each operand that may be absent, the condition that it is.
    pub(super) fn absent(&self, operands: &[&Expr]) -> Vec<Json> {
        let mut conditions = Vec::new();
        operands.iter().for_each(|operand| self.absent_in(operand, &mut conditions));
        conditions
    }

    fn absent_in(&self, expr: &Expr, conditions: &mut Vec<Json>) {
        let mut add = |value: &Json| {
            let absent = is_absent(value);
            if !conditions.contains(&absent) {
                conditions.push(absent);
            }
        };
        match &expr.kind {
            // One of several values, which is there although a field in another may not be.
            ExprKind::Call {
                function: Function::Coalesce | Function::Least | Function::Greatest, ..
            }
            | ExprKind::Case { .. } => {
                if expr.ty.optional
                    && let Ok(value) = self.value(expr)
                {
                    add(&value);
                }
            }
            ExprKind::Field(path) => {
                if self.optional || collection::reach(self.platform, self.fields, path).optional {
                    add(&json!(self.place(path)));
                }
            }
            ExprKind::Unary { operand, .. }
            | ExprKind::Cast { operand, .. }
            | ExprKind::IsNull { operand, .. } => self.absent_in(operand, conditions),
            ExprKind::Binary { left, right, .. } => {
                self.absent_in(left, conditions);
                self.absent_in(right, conditions);
            }
            ExprKind::Between { operand, low, high, .. } => {
                [operand, low, high].iter().for_each(|part| self.absent_in(part, conditions));
            }
            ExprKind::In { operand, list, .. } => {
                self.absent_in(operand, conditions);
                list.iter().for_each(|part| self.absent_in(part, conditions));
            }
            ExprKind::Call { arguments: parts, .. } | ExprKind::List(parts) => {
                parts.iter().for_each(|part| self.absent_in(part, conditions));
            }
            ExprKind::Record(entries) => {
                entries.iter().for_each(|(_, part)| self.absent_in(part, conditions))
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Integer(_)
            | ExprKind::Decimal(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Date { .. }
            | ExprKind::EnumValue { .. }
            | ExprKind::Next(_)
            | ExprKind::Sql { .. }
            | ExprKind::Broken => {}
        }
    }
}

pub(super) fn is_absent(value: &Json) -> Json {
    json!({ "$eq": [{ "$ifNull": [value, null] }, null] })
}
