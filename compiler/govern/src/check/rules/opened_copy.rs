//! A cache that names what it holds, and names something encrypted as if it were not, would hold it in the clear.

use super::clear_use::encrypted_here;
use crate::Governed;
use crate::encrypted::EncryptedPlace;
use polity_model::keyspace::Held;
use polity_model::{Field, Scalar, StructId, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0830;

pub fn opened_copy(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for keyspace in &platform.keyspaces {
        let (Some(cache), Held::Record(record)) = (&keyspace.cache, keyspace.value.held()) else { continue };
        for place in platform.encrypted_places(cache.source) {
            let Some(copy) = copy_of(platform, &place, record) else { continue };
            let source = platform.entity_path(cache.source);
            let message = format!(
                "`{}` would hold `{source}.{}` in the clear, which is encrypted",
                keyspace.named.name,
                place.name()
            );
            found.push(
                encrypted_here(Diagnostic::new(E0830, copy.named.span, message), place.encrypted)
                    .also(cache.span, "copied from there")
                    .help("leave it out, hold the ciphertext as `bytes`, or say `not encrypted because \"…\"` here"),
            );
        }
    }
}

/// The field of a record that has the name of something encrypted, and room for its value.
fn copy_of<'p>(platform: &'p Governed, of: &EncryptedPlace<'_>, record: StructId) -> Option<&'p Field> {
    let mut fields = &platform[record].fields;
    for (at, step) in of.way.iter().enumerate() {
        let copy = fields.iter().find(|field| field.named.name == step.named.name)?;
        let holds_ciphertext = platform.scalar(&copy.ty) == Some(Scalar::Bytes);
        if holds_ciphertext || copy.declared.encrypted.is_some() || copy.not_encrypted.is_some() {
            return None;
        }
        match copy.ty.kind {
            TypeKind::Struct(inner) if at < of.members.len() => {
                fields = &platform[inner].fields;
            }
            _ => return Some(copy),
        }
    }
    None
}
