//! The fields that SQL by hand puts values into.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::super::sql::{Relation, stored_columns};
use super::origins::Origins;
use super::words::{Columns, Written};
use super::work::Work;
use crate::{EntityId, Field, FieldId, Filled, Lineage, Platform, StoreId, StructId};
use polity_text::source::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Field(EntityId, FieldId),
    Member(StructId, FieldId),
}

impl Place {
    pub(super) fn field(self, platform: &mut Platform) -> &mut Field {
        match self {
            Self::Field(entity, field) => &mut platform[entity].fields[field.index()],
            Self::Member(record, field) => &mut platform[record].fields[field.index()],
        }
    }
}

/// Returns each field that the moved columns fill, with the origins of what comes into it.
pub(super) fn filled_at(
    platform: &Platform,
    store: StoreId,
    span: Span,
    moved: impl IntoIterator<Item = (Written, Origins)>,
    work: &Work,
) -> Vec<(Place, Filled)> {
    let mut filled: BTreeMap<(EntityId, FieldId), Vec<Lineage>> = BTreeMap::new();
    for (into, from) in moved {
        for (entity, field) in written(platform, store, &into, work) {
            if !work.takes(from.len()) {
                return Vec::new();
            }
            let own = Lineage::Field(entity, field);
            let from = from.iter().copied().filter(|from| *from != own);
            filled.entry((entity, field)).or_default().extend(from);
        }
    }
    let filled = filled.into_iter().filter(|(_, from)| !from.is_empty());
    filled
        .map(|((entity, field), mut from)| {
            from.sort_unstable();
            from.dedup();
            (Place::Field(entity, field), Filled { from, span })
        })
        .collect()
}

/// The fields that are written. One whose column nobody knows may be any.
fn written(
    platform: &Platform,
    store: StoreId,
    into: &Written,
    work: &Work,
) -> BTreeSet<(EntityId, FieldId)> {
    let Columns { named, all } = &into.columns;
    let stored = stored_columns(platform, store, into.relation);
    work.takes(stored.len());
    let known: BTreeSet<&SmolStr> =
        stored.iter().map(|(column, _)| column).filter(|column| named.contains(*column)).collect();
    let all = *all || known.len() < named.len();
    let fields = stored.iter().filter(|(column, _)| all || named.contains(column)).map(|(_, field)| *field);
    match into.relation {
        Relation::Entity(entity) if all => {
            platform[entity].fields().map(|(field, _)| (entity, field)).collect()
        }
        Relation::Entity(entity) => fields.map(|field| (entity, field)).collect(),
        // What is written to a view is written to what it shows.
        Relation::View(view) => {
            let mut open: Vec<Lineage> = fields.map(|field| Lineage::Column(view, field)).collect();
            let mut found = BTreeSet::new();
            let mut seen = BTreeSet::new();
            while let Some(from) = open.pop() {
                if !seen.insert(from) {
                    continue;
                }
                match from {
                    Lineage::Field(entity, field) => drop(found.insert((entity, field))),
                    Lineage::Column(view, column) => {
                        open.extend(platform[view].lineage.get(column.index()).into_iter().flatten());
                    }
                    Lineage::AuditLog(_) => {}
                }
            }
            found
        }
        Relation::AuditLog(_) | Relation::Sequence(_) => BTreeSet::new(),
    }
}
