//! A hashed index has one field, which holds one value.

use polity_govern::Stored;
use polity_model::entity::IndexMethod;
use polity_model::{Store, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0608;

/// <https://www.mongodb.com/docs/manual/core/indexes/index-types/index-hashed/#limitations>
pub(super) fn hashed_index(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        for index in entity.indexes.iter().filter(|i| i.method.is_some_and(|(m, _)| m == IndexMethod::Hash)) {
            if index.columns.len() > 1 {
                found.push(
                    Diagnostic::new(E0608, index.span, "an index can hash one field only")
                        .here(format!("this has {}", index.columns.len()))
                        .help("leave out `using hash`: a plain index finds equal values as well"),
                );
            } else if index.columns.iter().any(|c| super::is_multikey(platform, entity, c)) {
                found.push(list(index.span));
            }
        }
        if let Some(shard) = entity.shard.as_ref().filter(|shard| shard.hashed)
            && let Some(first) = shard.fields.first()
            && matches!(entity.field(*first).ty.kind, TypeKind::List(_))
        {
            found.push(list(shard.span));
        }
    }
}

fn list(span: polity_text::source::Span) -> Diagnostic {
    Diagnostic::new(E0608, span, "a list cannot be hashed")
        .here("one of these is a list")
        .note("MongoDB refuses documents that hold a list where a hashed index looks")
        .help("hash a field that holds one value")
}
