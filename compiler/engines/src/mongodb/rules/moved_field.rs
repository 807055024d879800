//! Other names of fields that documents can take.

use crate::mongodb::lower::collection::field_names;
use crate::mongodb::lower::origins;
use crate::mongodb::lower::sealed::Sealed;
use polity_govern::Stored;
use polity_model::{Entity, FieldId, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0901;

/// Another name of what is stored as `_id`, of what spreads a collection over shards, or one that was another field's: no
/// document could be led on while others are written.
pub(super) fn moved_field(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let origins = origins(platform, store);
    let Some(sealed) = Sealed::of(platform, store, &origins) else { return };
    for entity in platform.entities_in(store.id) {
        let today = |name: &str| {
            entity.fields().any(|(id, _)| field_names(platform, entity, id).iter().any(|one| one == name))
        };
        for (id, field) in entity.fields() {
            for name in field_names(platform, entity, id) {
                let Some(before) = sealed.name_before(&entity.named.stored, &name, &origins) else {
                    continue;
                };
                let reason = if before == "_id" || name == "_id" {
                    "MongoDB never changes an `_id`"
                } else if is_shard_key(entity, id) {
                    "the collection is spread over shards by it"
                } else if today(&before) {
                    "its name before is another field's now"
                } else {
                    continue;
                };
                let message = format!("another name of `{before}` in the store is not carried out: {reason}");
                found.push(
                    Diagnostic::new(E0901, field.named.span, message)
                        .help(format!("keep the stored name with `as \"{before}\"`")),
                );
            }
        }
    }
}

fn is_shard_key(entity: &Entity, field: FieldId) -> bool {
    entity.shard.as_ref().is_some_and(|shard| shard.fields.contains(&field))
}
