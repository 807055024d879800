//! The columns whose values no trail holds.

use smol_str::SmolStr;

use super::super::super::sql::ArrayText;
use super::super::expr::struct_of;
use super::super::names::{LIMIT, fit};
use super::super::table::{Table, column_name};
use polity_govern::{Holder, Stored};
use polity_model::entity::Field;
use polity_model::{FieldId, LabelId, Scalar, StructId, TypeKind};

/// The columns whose values a trail never holds: those labelled `#secret`, passwords, and blind indexes.
pub(in super::super) fn secret_columns(platform: &Stored, table: &Table) -> Vec<SmolStr> {
    let mut secrets = Vec::new();
    for (id, field) in table.entity.fields() {
        if platform.blind_index_of(table.entity.id, id).is_some() {
            // It says nothing that the ciphertext does not, and would outlive an erased key.
            secrets.push(column_name(table.entity, id));
            continue;
        }
        // What is computed or copied from a secret is one too.
        if field.inline.is_none() && platform.is_labelled(table.entity.id, id, "secret") {
            secrets.push(fit(&field.named.stored, LIMIT));
        } else {
            collect_secrets(platform, (table.entity.id.into(), id), field, "", &mut secrets);
        }
    }
    secrets
}

/// Writes the end of an expression that takes columns out of a row in json; nothing where there are none.
pub(in super::super) fn without(secrets: &[SmolStr]) -> String {
    match secrets.is_empty() {
        true => String::new(),
        false => format!(" - {}::text[]", ArrayText(secrets)),
    }
}

/// Whether a function takes a column out of a row in json, as [`without`] writes it.
pub(in crate::postgres) fn leaves_out(sql: &str, column: &SmolStr) -> bool {
    let alone = ArrayText(std::slice::from_ref(column)).to_string();
    let name = alone.trim_start_matches("'{").trim_end_matches("}'");
    let mut lists = sql.split(" - '{").skip(1).filter_map(|rest| rest.split("}'::text[]").next());
    lists.any(|list| list.contains(name))
}

fn collect_secrets(
    platform: &Stored,
    (holder, id): (Holder, FieldId),
    field: &Field,
    prefix: &str,
    secrets: &mut Vec<SmolStr>,
) {
    let stored = format!("{prefix}{}", field.named.stored);
    let is_labelled = is_labelled(platform, holder, id);
    match struct_of(platform, &field.ty) {
        Some(inner) if field.inline.is_some() && !is_labelled => {
            for (i, member) in platform[inner].fields.iter().enumerate() {
                let at = (inner.into(), FieldId(i as u32));
                collect_secrets(platform, at, member, &format!("{stored}_"), secrets);
            }
        }
        Some(inner) if field.inline.is_some() => {
            for member in &platform[inner].fields {
                secrets.push(fit(&format!("{stored}_{}", member.named.stored), LIMIT));
            }
        }
        // Its type or anything within it may be secret as well.
        _ if is_labelled || type_is_secret(platform, &field.ty.kind, 0) => secrets.push(fit(&stored, LIMIT)),
        _ => {}
    }
}

fn is_labelled(platform: &Stored, holder: Holder, field: FieldId) -> bool {
    platform.labels_on(holder, field).any(|(label, _)| label_is_secret(platform, label))
}

fn type_is_secret(platform: &Stored, kind: &TypeKind, depth: u8) -> bool {
    // Records may hold each other through lists; what lies deeper than this holds no column of its own.
    if depth > 16 {
        return false;
    }
    match kind {
        TypeKind::Scalar(scalar) => *scalar == Scalar::Password,
        TypeKind::Constrained(id) => {
            let named = &platform[*id];
            named.labels.iter().any(|label| label_is_secret(platform, *label))
                || type_is_secret(platform, &named.base.kind, depth + 1)
        }
        TypeKind::Struct(id) => struct_is_secret(platform, *id, depth),
        TypeKind::List(inner) | TypeKind::Map(inner) => type_is_secret(platform, &inner.kind, depth + 1),
        TypeKind::Enum(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => false,
    }
}

fn struct_is_secret(platform: &Stored, id: StructId, depth: u8) -> bool {
    platform[id].labels.iter().any(|label| label_is_secret(platform, *label))
        || platform[id].fields.iter().enumerate().any(|(i, field)| {
            is_labelled(platform, id.into(), FieldId(i as u32))
                || type_is_secret(platform, &field.ty.kind, depth + 1)
        })
}

fn label_is_secret(platform: &Stored, id: LabelId) -> bool {
    let mut open = vec![id];
    let mut seen = vec![id];
    while let Some(id) = open.pop() {
        let label = &platform[id];
        if label.name == "secret" {
            return true;
        }
        for parent in &label.parents {
            if !seen.contains(parent) {
                seen.push(*parent);
                open.push(*parent);
            }
        }
    }
    false
}
