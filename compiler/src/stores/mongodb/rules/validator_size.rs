//! A validator fits into one command of 16 MiB.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0622;
use crate::model::{Entity, Platform, Store, Type, TypeKind};

/// Every record is written out at each place that holds it, and a field takes some 150 bytes: this many are about
/// half of what MongoDB takes in one command.
const MOST_FIELDS: u64 = 50_000;

/// Records that hold others many times, level by level, would grow without end.
pub(super) fn validator_size(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut known = vec![None; platform.structs.len()];
    for entity in platform.entities_in(store.id) {
        let fields = fields(platform, entity, &mut known);
        if fields > MOST_FIELDS {
            found.push(
                Diagnostic::new(
                    E0622,
                    entity.named.span,
                    format!("the validator of `{}` would be larger than MongoDB takes", entity.named.name),
                )
                .here(format!("{} fields, each record counted wherever it stands", written(fields)))
                .help("store the inner records in collections of their own, with references to them"),
            );
        }
    }
}

/// Whether nobody should follow the records of an entity one by one.
pub(super) fn is_too_large(platform: &Platform, entity: &Entity, known: &mut Vec<Option<u64>>) -> bool {
    fields(platform, entity, known) > MOST_FIELDS
}

/// The fields of an entity and of all records in it. `known` keeps what each record has, so that each is counted once.
fn fields(platform: &Platform, entity: &Entity, known: &mut Vec<Option<u64>>) -> u64 {
    entity.fields.iter().fold(0, |n: u64, field| n.saturating_add(size(platform, &field.ty, 0, known)))
}

fn written(fields: u64) -> String {
    if fields == u64::MAX { "countless".to_owned() } else { fields.to_string() }
}

fn size(platform: &Platform, ty: &Type, depth: usize, known: &mut Vec<Option<u64>>) -> u64 {
    match &ty.kind {
        TypeKind::Struct(id) => {
            if let Some(size) = known[id.index()] {
                return size;
            }
            // Too deep, which another rule says.
            if depth > super::MAX_DEPTH {
                return 1;
            }
            let inner = platform[*id].fields.iter();
            let size = inner.fold(1, |n: u64, f| n.saturating_add(size(platform, &f.ty, depth + 1, known)));
            known[id.index()] = Some(size);
            size
        }
        TypeKind::List(element) | TypeKind::Map(element) => {
            if depth > super::MAX_DEPTH {
                1
            } else {
                size(platform, element, depth + 1, known).saturating_add(1)
            }
        }
        TypeKind::Scalar(_)
        | TypeKind::Constrained(_)
        | TypeKind::Enum(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => 1,
    }
}
