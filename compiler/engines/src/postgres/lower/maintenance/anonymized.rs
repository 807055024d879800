//! The columns of a row that stays without the person.

use smol_str::SmolStr;

use super::super::database::Database;
use super::super::expr::{Scope, spread, struct_of};
use super::super::table::{Table, arm_column, column_name};
use polity_model::{Type, TypeKind};

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
                spread(&scope, &field.named.stored, inner, field.anonymized.as_ref(), &mut sets);
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
