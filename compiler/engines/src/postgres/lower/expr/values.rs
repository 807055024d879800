//! Values in the type of their column: arrays, and the JSON of records, maps and lists.

use super::super::super::sql::Literal;
use super::super::names::{LIMIT, fit};
use super::super::types::{column_type, is_array, is_jsonb, underlying};
use super::Scope;
use crate::constant;
use polity_model::expr::ExprKind;
use polity_model::{Expr, Scalar, StructId, Type, TypeKind};
use smol_str::SmolStr;

impl Scope<'_> {
    /// The value that a field takes, in the type of its column.
    pub(in crate::postgres) fn value_for(&self, ty: &Type, expr: &Expr) -> String {
        if is_jsonb(self.platform, ty) && !matches!(expr.kind, ExprKind::Sql { .. } | ExprKind::Null) {
            return self.json(ty, expr);
        }
        if let (TypeKind::List(of), ExprKind::List(items)) = (underlying(self.platform, ty), &expr.kind)
            && is_array(self.platform, ty)
        {
            let ty = column_type(self.platform, ty);
            // A cast to `varchar(n)` would cut, where a column refuses what is too long.
            let ty = if ty.starts_with("varchar") { "text[]" } else { &*ty };
            if items.is_empty() {
                return format!("'{{}}'::{ty}");
            }
            let items: Vec<String> = items.iter().map(|item| self.value_for(of, item)).collect();
            return format!("ARRAY[{}]::{ty}", items.join(", "));
        }
        let mut out = String::new();
        self.write_as(expr, self.platform.scalar(ty), 0, &mut out);
        out
    }

    /// A value as JSON: a constant where it is one, and else each part in the form that JSON has for its type.
    pub(super) fn json(&self, ty: &Type, expr: &Expr) -> String {
        if let Some(value) = constant::json(self.platform, ty, expr) {
            return format!("{}::jsonb", Literal(&value.to_string()));
        }
        match (underlying(self.platform, ty), &expr.kind) {
            (kind, ExprKind::List(items)) => {
                let of = if let TypeKind::List(of) = kind { of } else { ty };
                let items: Vec<String> = items.iter().map(|item| self.json(of, item)).collect();
                built("jsonb_build_array", &items, ARGUMENTS)
            }
            (TypeKind::Struct(id), ExprKind::Record(entries)) => {
                let members = self.platform[*id].fields.iter().filter_map(|member| {
                    let (_, value) = entries.iter().find(|(name, _)| *name == member.named.name)?;
                    (value.kind != ExprKind::Null).then_some((&member.named.stored, &member.ty, value))
                });
                self.object(members)
            }
            (kind, ExprKind::Record(entries)) => {
                let of = if let TypeKind::Map(of) = kind { of } else { ty };
                self.object(entries.iter().map(|(name, value)| (name, of, value)))
            }
            // It is a column of jsonb already, and `to_jsonb` is not immutable.
            (_, ExprKind::Field(path))
                if is_jsonb(self.platform, &expr.ty) && self.stored(path).path.is_empty() =>
            {
                self.sql(expr)
            }
            _ => self.json_of_scalar(self.platform.scalar(ty), expr),
        }
    }

    /// An object: its constants as one, and what is computed.
    fn object<'e>(&self, members: impl Iterator<Item = (&'e SmolStr, &'e Type, &'e Expr)>) -> String {
        let (mut constants, mut computed) = (serde_json::Map::new(), Vec::new());
        for (name, ty, value) in members {
            match constant::json(self.platform, ty, value) {
                Some(value) => drop(constants.insert(name.to_string(), value)),
                None => computed.push(format!("{}, {}", Literal(name), self.json(ty, value))),
            }
        }
        let computed = built("jsonb_build_object", &computed, ARGUMENTS / 2);
        if constants.is_empty() {
            return computed;
        }
        let constants = serde_json::Value::Object(constants).to_string();
        format!("{}::jsonb || {computed}", Literal(&constants))
    }

    /// A computed value as JSON writes it: never as the session would.
    fn json_of_scalar(&self, scalar: Option<Scalar>, expr: &Expr) -> String {
        let mut value = String::new();
        match scalar {
            Some(Scalar::BigInt | Scalar::Decimal { .. }) => {
                self.write_as(expr, scalar, 9, &mut value);
                format!("to_jsonb({value}::text)")
            }
            Some(scalar @ (Scalar::Timestamp | Scalar::Interval)) => {
                self.write_as(expr, Some(scalar), 9, &mut value);
                format!("to_jsonb({})", written(scalar, &value))
            }
            _ => {
                self.write_as(expr, scalar, 0, &mut value);
                format!("to_jsonb({value})")
            }
        }
    }
}

/// The values that a function of PostgreSQL takes at most.
const ARGUMENTS: usize = 100;

/// A value that a function builds, of several where it does not take all parts at once.
fn built(function: &str, parts: &[String], at_once: usize) -> String {
    let calls: Vec<String> =
        parts.chunks(at_once).map(|parts| format!("{function}({})", parts.join(", "))).collect();
    calls.join(" || ")
}

/// The columns of a record that is spread: what the value says of each member, or nothing.
pub(in crate::postgres::lower) fn spread(
    scope: &Scope,
    prefix: &str,
    record: StructId,
    value: Option<&Expr>,
    sets: &mut Vec<(SmolStr, String)>,
) {
    let entries = value.and_then(|value| match &value.kind {
        ExprKind::Record(entries) => Some(entries),
        _ => None,
    });
    for member in &scope.platform[record].fields {
        let column = format!("{prefix}_{}", member.named.stored);
        let given = entries
            .and_then(|entries| entries.iter().find(|(name, _)| *name == member.named.name))
            .map(|(_, value)| value);
        match super::struct_of(scope.platform, &member.ty) {
            Some(inner) if member.inline.is_some() => spread(scope, &column, inner, given, sets),
            _ => {
                let ty = Type { kind: member.ty.kind.clone(), optional: true };
                let value = given.map_or_else(|| "NULL".to_owned(), |value| scope.value_for(&ty, value));
                if given.is_none() && matches!(member.ty.kind, TypeKind::Union(_)) {
                    sets.push((fit(&format!("{column}_type"), LIMIT), "NULL".to_owned()));
                }
                sets.push((fit(&column, LIMIT), value));
            }
        }
    }
}

/// A day, a moment or a length of time as a text in the one form of the language: that of ISO 8601, in UTC. `value` binds
/// tightly.
pub(in crate::postgres::lower) fn written(scalar: Scalar, value: &str) -> String {
    match scalar {
        Scalar::Timestamp => {
            format!(r#"to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#)
        }
        Scalar::Date => format!("to_char({value}::timestamp, 'YYYY-MM-DD')"),
        // A length that is less than nothing is negative as a whole, never in a part.
        Scalar::Interval => {
            format!("replace('PT' || trim_scale(extract(epoch FROM {value})) || 'S', 'PT-', '-PT')")
        }
        _ => format!("{value}::text"),
    }
}
