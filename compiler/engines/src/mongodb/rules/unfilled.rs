//! Fields that documents which are there could not have.

use crate::mongodb::lower::collection::field_name;
use crate::mongodb::lower::fills::fills;
use crate::mongodb::lower::origins;
use crate::mongodb::lower::sealed::Sealed;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0615, E1903};

/// A required field of an entity that was sealed without it, where nothing says what it holds in the documents that are
/// there, and a backfill that MongoDB cannot write.
pub(super) fn unfilled(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let origins = origins(platform, store);
    let Some(sealed) = Sealed::of(platform, store, &origins) else { return };
    let fills = fills(platform, store);
    found.extend(fills.unsupported.iter().map(|unsupported| {
        Diagnostic::new(
            E0615,
            unsupported.span,
            format!("MongoDB cannot fill documents with {}", unsupported.what),
        )
        .here("cannot be computed here")
        .help("make it an expression over the fields of the document, or let a client write it")
    }));
    for entity in platform.entities_in(store.id) {
        let collection = &entity.named.stored;
        if sealed.catalog.collection(collection).is_none() {
            continue;
        }
        for (id, field) in entity.fields().filter(|(_, field)| !field.ty.optional) {
            let name = field_name(platform, entity, id);
            let mut values = fills.said.iter().chain(&fills.usual);
            if sealed.knew(collection, &name, &origins) || values.any(|fill| fill.is_of(collection, &name)) {
                continue;
            }
            let path = platform.entity_path(entity.id);
            let message =
                format!("nothing says what `{name}` is in the documents of `{path}` that are there");
            let help = format!(
                "say it with `backfill {path}.{} = …`, give it a default, or make it optional",
                field.named.name
            );
            found.push(Diagnostic::new(E1903, field.named.span, message).help(help));
        }
    }
}
