//! Values for documents that are there when a field comes: those of `backfill`, defaults, and what is computed.

use smol_str::SmolStr;

use super::aggregation::{Unsupported, Update};
use super::sealed::Fill;
use super::{collection, encryption};
use polity_govern::Stored;
use polity_model::expr::ExprKind;
use polity_model::{Backfill, Entity, FieldId, Store};

/// The values of the fields of a store.
#[derive(Debug, Default)]
pub(in crate::mongodb) struct Fills {
    /// The values that the source says for documents that are there.
    pub(in crate::mongodb) said: Vec<Fill>,
    /// The values that clients write where they say nothing else, for fields that come.
    pub(in crate::mongodb) usual: Vec<Fill>,
    /// The parts of backfills that MongoDB cannot write.
    pub(in crate::mongodb) unsupported: Vec<Unsupported>,
}

/// Lowers the values for all documents that may be there.
pub(in crate::mongodb) fn fills(platform: &Stored, store: &Store) -> Fills {
    let mut fills = Fills::default();
    for backfill in &platform.backfills {
        let entity = &platform[backfill.entity];
        if entity.store != store.id || is_hidden(platform, entity, backfill.field) {
            continue;
        }
        match said(platform, entity, backfill) {
            Ok(fill) => fills.said.push(fill),
            Err(unsupported) => fills.unsupported.push(unsupported),
        }
    }
    for entity in platform.entities_in(store.id) {
        for (id, field) in entity.fields() {
            if is_hidden(platform, entity, id) {
                continue;
            }
            let value = match (&field.computed, &field.default) {
                (Some(computed), _) => Update::recomputing(platform, entity, id, computed),
                (None, Some(default)) if default.kind != ExprKind::Null => {
                    Update::value(platform, entity, id, default)
                }
                (None, _) => continue,
            };
            let (collection, field) = (entity.named.stored.clone(), name(platform, entity, id));
            // What cannot be written is filled by nobody, which another rule tells.
            fills.usual.extend(value.ok().map(|value| Fill { collection, field, value }));
        }
    }
    fills
}

fn said(platform: &Stored, entity: &Entity, backfill: &Backfill) -> Result<Fill, Unsupported> {
    let value = Update::value(platform, entity, backfill.field, &backfill.value)?;
    let field = name(platform, entity, backfill.field);
    Ok(Fill { collection: entity.named.stored.clone(), field, value })
}

fn name(platform: &Stored, entity: &Entity, field: FieldId) -> SmolStr {
    collection::field_name(platform, entity, field)
}

/// Whether clients encrypt a field, so that only they could write it.
fn is_hidden(platform: &Stored, entity: &Entity, field: FieldId) -> bool {
    platform.is_sealed(entity.id, field)
        || encryption::is_hidden(platform, entity.store, entity.id.into(), field)
}
