//! The values of the columns that a store keeps.

use smol_str::SmolStr;

use super::super::super::sql::{Relation, stored_columns, typed_columns};
use super::{Absence, Value};
use crate::{FieldId, Platform, StoreId};

/// The stored columns of a relation in their order, each with the field that it belongs to and its value.
pub(in crate::resolve::lineage) fn stored_values(
    platform: &Platform,
    store: StoreId,
    relation: Relation,
) -> Vec<(SmolStr, FieldId, Value)> {
    match relation {
        Relation::Entity(entity) => {
            let fields = platform[entity].in_order();
            fields
                .flat_map(|(id, field)| {
                    typed_columns(platform, store, field).into_iter().map(move |column| {
                        let value = match column.ty {
                            Some(ty) if std::ptr::eq(ty, &field.ty) => {
                                Value::of_column(platform, entity, id, ty)
                            }
                            Some(ty) => Value::of_type(platform, ty),
                            None => Value::of(super::Sql::Text { max: None }),
                        };
                        let absence = if column.optional { Absence::Maybe } else { value.absence };
                        (column.name, id, value.absent(absence))
                    })
                })
                .collect()
        }
        Relation::View(view) => {
            let columns = stored_columns(platform, store, relation).into_iter().zip(&platform[view].columns);
            columns.map(|((name, id), column)| (name, id, Value::of_type(platform, &column.ty))).collect()
        }
        Relation::AuditLog(_) | Relation::Sequence(_) => Vec::new(),
    }
}
