//! The columns of a row that stays without the person.

use smol_str::SmolStr;

use super::super::database::Database;
use super::super::expr::{Scope, struct_of};
use super::super::names::{LIMIT, fit};
use super::super::table::{Table, arm_column, column_name};
use polity_model::expr::ExprKind;
use polity_model::{Expr, StructId, Type, TypeKind};

/// Returns each column that is anonymized, with its new value: that of `anonymized as`, or without one `NULL`, where
/// the column may be absent.
pub(in crate::postgres) fn anonymized(database: &Database, table: &Table) -> Vec<(SmolStr, String)> {
    let entity = table.entity;
    let scope = Scope::columns(&database.placement, &entity.fields, database.major);
    let mut sets = Vec::new();
    for (id, field) in entity.fields() {
        let optional_type = Type { kind: field.ty.kind.clone(), optional: true };
        if entity.key.contains(&id) || field.computed.is_some() {
            continue;
        }
        let value =
            match (&field.anonymized, database.platform.is_anonymized(entity.id, id), field.ty.optional) {
                (Some(value), ..) => scope.value_for(&optional_type, value),
                (None, true, true) => "NULL".to_owned(),
                _ => continue,
            };
        match struct_of(database.platform, &field.ty) {
            Some(inner) if field.inline.is_some() => {
                spread(database, &scope, &field.named.stored, inner, field.anonymized.as_ref(), &mut sets);
            }
            _ => {
                if value == "NULL" && matches!(field.ty.kind, TypeKind::Union(_)) {
                    sets.push((arm_column(entity, id), value.clone()));
                }
                sets.push((column_name(entity, id), value));
            }
        }
    }
    sets
}

/// The columns of a record that is spread: what the value says of each member, or its default; nothing without a value.
fn spread(
    database: &Database,
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
    for member in &database.platform[record].fields {
        let column = format!("{prefix}_{}", member.named.stored);
        let given = entries.and_then(|entries| {
            let entry = entries.iter().find(|(name, _)| *name == member.named.name);
            entry.map(|(_, value)| value).or(member.default.as_ref())
        });
        match struct_of(database.platform, &member.ty) {
            Some(inner) if member.inline.is_some() => {
                spread(database, scope, &column, inner, given, sets);
            }
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
