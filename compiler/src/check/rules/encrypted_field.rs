//! What is never encrypted, because rows are found, told apart or judged by it.

use std::collections::HashSet;

use super::clear_use::encrypted_here;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{E0203, E0835};
use crate::model::sealing::BLIND_INDEX_SUFFIX;
use crate::model::{Entity, EntityId, Field, FieldId, Platform, Scalar, TypeKind};

pub fn encrypted_field(platform: &Platform, found: &mut Vec<Diagnostic>) {
    let references = platform.entities.iter().flat_map(|entity| &entity.references);
    let targets: HashSet<(EntityId, FieldId)> =
        references.flat_map(|r| r.target_fields.iter().map(|field| (r.target, *field))).collect();
    for entity in &platform.entities {
        for (id, field) in entity.fields() {
            let Some(encrypted) = &field.encrypted else { continue };
            let is_target = targets.contains(&(entity.id, id));
            if let Some((what, help)) = never(platform, entity, id, field, is_target) {
                let message = format!("`{}` cannot be encrypted: {what}", field.named.name);
                found.push(
                    encrypted_here(Diagnostic::new(E0835, field.named.span, message), encrypted).help(help),
                );
            }
            let taken = format!("{}{BLIND_INDEX_SUFFIX}", field.named.name);
            if let Some(other) = entity.fields.iter().find(|f| encrypted.searchable && f.named.name == taken)
            {
                let message = format!("field `{taken}` is declared twice");
                found.push(
                    Diagnostic::new(E0203, other.named.span, message)
                        .also(encrypted.span, "`searchable` brings in a field of this name")
                        .help("rename it"),
                );
            }
        }
    }
}

/// Why a field is never encrypted, and what to do.
fn never(
    platform: &Platform,
    entity: &Entity,
    id: FieldId,
    field: &Field,
    is_target: bool,
) -> Option<(&'static str, &'static str)> {
    let scalar = platform.scalar(&field.ty);
    Some(if entity.key.contains(&id) {
        ("it is the key", "give the entity a key that says nothing, such as `id: uuid key`")
    } else if entity.references.iter().any(|r| r.fields.contains(&id)) || is_reference(field) {
        ("it refers to a row", "leave `encrypted` out")
    } else if is_target {
        ("references lead to it", "let them lead to the key")
    } else if scalar == Some(Scalar::Password) {
        ("a password is a hash already", "leave `encrypted` out")
    } else if field.optimistic.is_some() || field.soft_delete.is_some() {
        ("the store reads and writes it", "leave `encrypted` out")
    } else if field.inline.is_some() {
        ("its columns are those of a record", "leave `inline` out, so that it is one ciphertext")
    } else {
        return None;
    })
}

fn is_reference(field: &Field) -> bool {
    matches!(field.ty.kind, TypeKind::Reference { .. } | TypeKind::Union(_))
}
