//! Fields that are never encrypted, because rows are found, told apart or judged by them.

use foldhash::{HashSet, HashSetExt};

use super::clear_use::encrypted_here;
use crate::Governed;
use crate::sealing::BLIND_INDEX_SUFFIX;
use polity_model::entity::Encrypted;
use polity_model::{Entity, EntityId, Field, FieldId, Scalar, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0835};
use polity_text::source::Span;

pub fn encrypted_field(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let references = platform.entities.iter().flat_map(|entity| platform.references(entity.id));
    let targets: HashSet<(EntityId, FieldId)> =
        references.flat_map(|r| r.target_fields.iter().map(|field| (r.target, *field))).collect();
    // Of the fields of records, which many may hold.
    let mut told: HashSet<Span> = HashSet::new();
    for entity in &platform.entities {
        for (id, field) in entity.fields() {
            let Some(encrypted) = platform.encrypted(entity.id, id) else { continue };
            let is_target = targets.contains(&(entity.id, id));
            let reason = of_row(platform, entity, id).or_else(|| of_field(platform, field, is_target));
            found.extend(reason.map(|reason| refused(field, encrypted, reason)));
            found.extend(encrypted_twice(platform, field, encrypted));
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
        for place in platform.encrypted_places(entity.id).iter().filter(|place| place.is_member()) {
            if told.insert(place.encrypted.span) {
                let reason = of_field(platform, place.field, false);
                found.extend(reason.map(|reason| refused(place.field, place.encrypted, reason)));
                found.extend(encrypted_twice(platform, place.field, place.encrypted));
            }
        }
    }
}

/// Why something is never encrypted, and what to do.
type Reason = (&'static str, &'static str);

fn refused(field: &Field, encrypted: &Encrypted, (what, help): Reason) -> Diagnostic {
    let message = format!("`{}` cannot be encrypted: {what}", field.named.name);
    encrypted_here(Diagnostic::new(E0835, field.named.span, message), encrypted).help(help)
}

/// For what the entity knows of it.
fn of_row(platform: &Governed, entity: &Entity, id: FieldId) -> Option<Reason> {
    if entity.key.contains(&id) {
        Some(("it is the key", "give the entity a key that says nothing, such as `id: uuid key`"))
    } else if platform.references(entity.id).any(|r| r.fields.contains(&id)) {
        Some(REFERS)
    } else {
        None
    }
}

const REFERS: Reason = ("it refers to a row", "leave `encrypted` out");

/// For what the field is itself.
fn of_field(platform: &Governed, field: &Field, is_target: bool) -> Option<Reason> {
    if matches!(field.ty.kind, TypeKind::Reference { .. } | TypeKind::Union(_)) {
        Some(REFERS)
    } else if is_target {
        Some(("references lead to it", "let them lead to the key"))
    } else if platform.scalar(&field.ty) == Some(Scalar::Password) {
        Some(("a password is a hash already", "leave `encrypted` out"))
    } else if field.optimistic.is_some() || field.soft_delete.is_some() {
        Some(("the store reads and writes it", "leave `encrypted` out"))
    } else if field.inline.is_some() {
        Some(("its columns are those of a record", "leave `inline` out, so that it is one ciphertext"))
    } else {
        None
    }
}

/// Refuses an encrypted field in a record that is encrypted as a whole: decrypting the whole would leave ciphertext
/// that is bound to no path.
fn encrypted_twice(platform: &Governed, field: &Field, encrypted: &Encrypted) -> Option<Diagnostic> {
    let (member, inner) = platform.encrypted_member(platform.encrypting_record(&field.ty)?)?;
    let (outer, name) = (&field.named.name, &member.named.name);
    let message = format!("`{name}` cannot be encrypted by itself: all of `{outer}` is");
    Some(
        encrypted_here(Diagnostic::new(E0835, field.named.span, message), encrypted)
            .also(inner.span, format!("`{name}` is encrypted here"))
            .help("leave one of them out; against a rule, `not encrypted because \"…\"` does"),
    )
}
