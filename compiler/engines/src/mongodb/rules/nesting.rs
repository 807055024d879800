//! A document has 100 levels at most.

use polity_govern::Stored;
use polity_model::{Store, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0606;

/// Records in records, each list and map being a level too. A record that holds itself has no end.
pub(super) fn nesting(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut known = vec![None; platform.structs.len()];
    for entity in platform.entities_in(store.id) {
        for field in &entity.fields {
            // The document itself is the first level.
            let depth = 1 + depth(platform, &field.ty, super::MAX_DEPTH, &mut known);
            if depth > super::MAX_DEPTH {
                found.push(
                    Diagnostic::new(
                        E0606,
                        field.ty_span,
                        format!("`{}` is nested too deep", field.named.name),
                    )
                    .here(format!("more than {} levels", super::MAX_DEPTH))
                    .note("MongoDB refuses documents of more than 100 levels")
                    .help("store the inner records in a collection of their own, with a reference to it"),
                );
            }
        }
    }
}

/// The levels below a value; more than `limit` where it goes deeper. Each record is measured once, so that records
/// which hold others many times cost no more than their fields.
fn depth(platform: &Stored, ty: &Type, limit: usize, known: &mut Vec<Option<usize>>) -> usize {
    match &ty.kind {
        TypeKind::Struct(id) => {
            if let Some(depth) = known[id.index()] {
                return depth;
            }
            if limit == 0 {
                return super::MAX_DEPTH + 1;
            }
            let inner = platform[*id].fields.iter().map(|f| depth(platform, &f.ty, limit - 1, known)).max();
            let depth = 1 + inner.unwrap_or(0);
            known[id.index()] = Some(depth);
            depth
        }
        TypeKind::List(element) | TypeKind::Map(element) => {
            if limit == 0 {
                return super::MAX_DEPTH + 1;
            }
            1 + depth(platform, element, limit - 1, known)
        }
        TypeKind::Scalar(_)
        | TypeKind::Constrained(_)
        | TypeKind::Enum(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => 0,
    }
}
