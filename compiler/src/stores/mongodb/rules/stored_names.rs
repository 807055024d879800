//! No two things of a collection, and no two collections, are stored under one name.

use std::collections::{HashMap, HashSet};

use smol_str::SmolStr;

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0614;
use crate::model::{Platform, Store, StructId, Type, TypeKind};
use crate::source::Span;
use crate::stores::mongodb::collection;

/// `naming: camel_case` makes `a_b` and `a__b` one name; `as` may repeat another; `_id` is the key's or the driver's.
pub(super) fn stored_names(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut collections = HashMap::new();
    let mut seen = HashSet::new();
    for entity in platform.entities_in(store.id) {
        let span = entity.named.span;
        take(&mut collections, entity.named.stored.clone(), span, "collections", found);
        let mut fields = HashMap::new();
        let id = collection::id_field(platform, entity);
        for (field_id, field) in entity.fields() {
            let names = collection::field_names(platform, entity, field_id);
            if id != Some(field_id) && names.iter().any(|name| name == "_id") {
                found.push(
                    Diagnostic::new(E0614, field.named.span, "`_id` is the key's name")
                        .here("this is not the key, or not alone")
                        .help("give it another name with `as \"…\"`"),
                );
                continue;
            }
            for name in names {
                take(&mut fields, name, field.named.span, "fields", found);
            }
            inner(platform, store, &field.ty, &mut seen, found);
        }
    }
}

fn inner(
    platform: &Platform,
    store: &Store,
    ty: &Type,
    seen: &mut HashSet<StructId>,
    found: &mut Vec<Diagnostic>,
) {
    let mut ty = ty;
    while let TypeKind::List(element) | TypeKind::Map(element) = &ty.kind {
        ty = element;
    }
    if let TypeKind::Struct(id) = ty.kind
        && seen.insert(id)
    {
        let mut fields = HashMap::new();
        for field in &platform[id].fields {
            take(
                &mut fields,
                platform.stored_name(store.id, &field.named),
                field.named.span,
                "fields",
                found,
            );
            if collection::is_union(&field.ty) {
                let name = platform.stored_type_name(store.id, &field.named);
                take(&mut fields, name, field.named.span, "fields", found);
            }
            inner(platform, store, &field.ty, seen, found);
        }
    }
}

fn take(
    taken: &mut HashMap<SmolStr, Span>,
    name: SmolStr,
    span: Span,
    what: &str,
    found: &mut Vec<Diagnostic>,
) {
    if let Some(first) = taken.insert(name.clone(), span) {
        found.push(
            Diagnostic::new(E0614, span, format!("two {what} would be stored as `{name}`"))
                .here("this one")
                .also(first, "and this one")
                .help("give one of them another name with `as \"…\"`"),
        );
    }
}
