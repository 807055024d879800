//! No two fields of a document are stored under one name.

use foldhash::{HashMap, HashSet, HashSetExt};
use smol_str::SmolStr;

use crate::mongodb::lower::collection;
use polity_govern::Stored;
use polity_model::{Field, Store, StructId, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0614;
use polity_text::source::Span;

/// `naming: camel_case` makes `a_b` and `a__b` one name, a reference with several arms takes two, and `_id` is the
/// key's or the driver's. Names that are the same as written were reported before any store was asked.
pub(super) fn stored_names(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for entity in platform.entities_in(store.id) {
        let mut taken = Taken::default();
        let id = collection::id_field(platform, entity);
        for (field_id, field) in entity.fields() {
            let name = collection::field_name(platform, entity, field_id);
            if id != Some(field_id) && name == "_id" {
                found.push(
                    Diagnostic::new(E0614, field.named.span, "`_id` is the key's name")
                        .here("this is not the key, or not alone")
                        .help("give it another name with `as \"…\"`"),
                );
                continue;
            }
            taken.field(platform, store, field, name, found);
            inner(platform, store, &field.ty, &mut seen, found);
        }
        if let Some(retain) =
            platform.retain(entity.id).filter(|_| collection::is_anonymized(platform, entity))
        {
            taken.take(collection::anonymized_at(platform, entity), "", retain.span, found);
        }
    }
}

fn inner(
    platform: &Stored,
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
        let mut taken = Taken::default();
        for field in &platform[id].fields {
            taken.field(platform, store, field, platform.stored_name(store.id, &field.named), found);
            inner(platform, store, &field.ty, seen, found);
        }
    }
}

/// The names of one document: of each, what it is without the store's `naming`, and where it stands.
#[derive(Default)]
struct Taken(HashMap<SmolStr, (SmolStr, Span)>);

impl Taken {
    fn field(
        &mut self,
        platform: &Stored,
        store: &Store,
        field: &Field,
        name: SmolStr,
        found: &mut Vec<Diagnostic>,
    ) {
        self.take(name, &field.named.stored, field.named.span, found);
        if collection::is_union(&field.ty) {
            // No name as written is empty, so that this one is never taken for reported.
            let name = platform.stored_type_name(store.id, &field.named);
            self.take(name, "", field.named.span, found);
        }
    }

    fn take(&mut self, name: SmolStr, written: &str, span: Span, found: &mut Vec<Diagnostic>) {
        if let Some((before, first)) = self.0.insert(name.clone(), (written.into(), span))
            && before != written
        {
            found.push(
                Diagnostic::new(E0614, span, format!("two fields would be stored as `{name}`"))
                    .here("this one")
                    .also(first, "and this one")
                    .help("give one of them another name with `as \"…\"`"),
            );
        }
    }
}
