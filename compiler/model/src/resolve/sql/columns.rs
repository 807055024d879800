//! The columns that the store keeps of a relation.

use smol_str::{SmolStr, format_smolstr};

use super::super::budgets::RECORDS;
use super::Relation;
use crate::written_out::WrittenOut;
use crate::{Field, FieldId, Platform, StoreId, Struct, TypeKind};

/// A record with more than these, all records in it written out, has more columns than any store takes.
const MOST_FIELDS: u64 = 10_000;

/// The stored columns of a relation in their order, each with the field that it belongs to; none of an audit log or a
/// sequence, whose columns are the compiler's own.
pub(in crate::resolve) fn stored_columns(
    platform: &Platform,
    store: StoreId,
    relation: Relation,
) -> Vec<(SmolStr, FieldId)> {
    match relation {
        Relation::Entity(id) => {
            platform[id].in_order().flat_map(|(id, field)| columns_of(platform, store, id, field)).collect()
        }
        Relation::View(id) => {
            let columns = platform[id].columns.iter().enumerate();
            columns.map(|(i, column)| (column.named.stored.clone(), FieldId(i as u32))).collect()
        }
        Relation::AuditLog(_) | Relation::Sequence(_) => Vec::new(),
    }
}

/// The columns that a field of an entity is stored in.
pub(in crate::resolve) fn columns_of(
    platform: &Platform,
    store: StoreId,
    id: FieldId,
    field: &Field,
) -> Vec<(SmolStr, FieldId)> {
    if is_too_large(platform, field) {
        return Vec::new();
    }
    let mut names = Vec::new();
    field_columns(platform, store, field, "", 0, &mut names);
    names.into_iter().map(|name| (name, id)).collect()
}

/// Whether an inline record has too many members to follow one by one, which a rule of the store says.
pub(super) fn is_too_large(platform: &Platform, field: &Field) -> bool {
    field.inline.is_some() && WrittenOut::new(platform).ty(&field.ty) > MOST_FIELDS
}

fn field_columns(
    platform: &Platform,
    store: StoreId,
    field: &Field,
    prefix: &str,
    depth: usize,
    columns: &mut Vec<SmolStr>,
) {
    let stored = platform.stored_name(store, &field.named);
    let name = format_smolstr!("{prefix}{stored}");
    if let (Some(_), TypeKind::Struct(id)) = (field.inline, &field.ty.kind)
        && depth < RECORDS
    {
        let record: &Struct = &platform[*id];
        for inner in &record.fields {
            field_columns(platform, store, inner, &format!("{name}_"), depth + 1, columns);
        }
        return;
    }
    if let TypeKind::Union(_) = field.ty.kind {
        columns.push(platform.stored_type_name(store, &field.named));
    }
    columns.push(name);
}
