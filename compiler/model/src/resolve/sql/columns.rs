//! The columns that the store keeps of a relation.

use smol_str::{SmolStr, format_smolstr};

use super::super::budgets::RECORDS;
use super::Relation;
use crate::written_out::WrittenOut;
use crate::{Field, FieldId, Platform, StoreId, Struct, Type, TypeKind};

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
    typed_columns(platform, store, field).into_iter().map(|column| (column.name, id)).collect()
}

/// A column that a field, or a member of an inline record, is stored in.
pub(in crate::resolve) struct TypedColumn<'p> {
    pub name: SmolStr,
    /// `None` of the one that says which arm a reference takes.
    pub ty: Option<&'p Type>,
    /// Whether it may be absent, the record around it included.
    pub optional: bool,
}

/// The columns that a field of an entity is stored in, with the type of each.
pub(in crate::resolve) fn typed_columns<'p>(
    platform: &'p Platform,
    store: StoreId,
    field: &'p Field,
) -> Vec<TypedColumn<'p>> {
    let mut columns = Vec::new();
    if !is_too_large(platform, field) {
        field_columns(platform, store, field, &Around::default(), &mut columns);
    }
    columns
}

/// The records around a field.
#[derive(Default)]
struct Around {
    prefix: String,
    depth: usize,
    optional: bool,
}

/// Whether an inline record has too many members to follow one by one, which a rule of the store says.
pub(super) fn is_too_large(platform: &Platform, field: &Field) -> bool {
    field.inline.is_some() && WrittenOut::new(platform).ty(&field.ty) > MOST_FIELDS
}

fn field_columns<'p>(
    platform: &'p Platform,
    store: StoreId,
    field: &'p Field,
    around: &Around,
    columns: &mut Vec<TypedColumn<'p>>,
) {
    let stored = platform.stored_name(store, &field.named);
    let name = format_smolstr!("{}{stored}", around.prefix);
    let optional = around.optional || field.ty.optional;
    if let (Some(_), TypeKind::Struct(id)) = (field.inline, &field.ty.kind)
        && around.depth < RECORDS
    {
        let record: &Struct = &platform[*id];
        let around = Around { prefix: format!("{name}_"), depth: around.depth + 1, optional };
        for inner in &record.fields {
            field_columns(platform, store, inner, &around, columns);
        }
        return;
    }
    if let TypeKind::Union(_) = field.ty.kind {
        columns.push(TypedColumn {
            name: platform.stored_type_name(store, &field.named),
            ty: None,
            optional,
        });
    }
    columns.push(TypedColumn { name, ty: Some(&field.ty), optional });
}
