//! How long rows live, with what takes them along: a row whose reference says `on delete cascade` goes when the row goes
//! that it refers to, whatever its own `retain` says, and an erasure takes what is the person's.

use std::cmp::Ordering;

use super::truth::order;
use super::values::{FactValue, span};
use crate::Governed;
use crate::erasure::Action;
use polity_model::entity::{Fate, PartitionKind, Period, Retain};
use polity_model::{Duration, DurationUnit, Entity, EntityId};

/// The values of the facts about retention, by entity.
pub(super) struct Retention {
    /// Absent where nothing ever deletes a row.
    pub least: Vec<FactValue>,
    pub most: Vec<FactValue>,
    pub bounded: Vec<bool>,
    pub ends_with_subject: Vec<bool>,
    /// Whether an erasure deletes rows.
    pub erased: Vec<bool>,
}

impl Retention {
    /// Costs as much as there are references, and sorting the entities by how long their rows live.
    pub(super) fn of(platform: &Governed) -> Self {
        let entities = || platform.entities.iter();
        let deletes = |entity: &Entity| platform.retain(entity.id).is_some_and(|r| r.fate != Fate::Anonymize);
        let may = Cascades::new(platform, |_| true);
        let must = Cascades::new(platform, |optional| !optional);

        // What only loses the person still stands, and takes nothing along.
        let own_least: Vec<FactValue> = entities().map(|entity| least(platform.retain(entity.id))).collect();
        let own_most: Vec<FactValue> =
            entities().map(|entity| most(entity, platform.retain(entity.id))).collect();
        let gone = |own: &[FactValue], counts: &dyn Fn(&Entity) -> bool| -> Vec<FactValue> {
            let of = |e: &Entity| if counts(e) { own[e.id.index()].clone() } else { FactValue::Forever };
            entities().map(of).collect()
        };
        let with_parents = |own: Vec<FactValue>, parents: &[FactValue]| -> Vec<FactValue> {
            own.into_iter().zip(parents).map(|(own, parent)| sooner(own, parent.clone())).collect()
        };

        let least = with_parents(own_least.clone(), &may.spread(gone(&own_least, &deletes)));
        let least = least.into_iter().map(|value| match value {
            FactValue::Forever => FactValue::Absent,
            value => value,
        });
        // A bound that always comes beats one that may not, however short that is.
        let surely = must.spread(gone(&own_most, &|e| deletes(e) && is_bounded(e, platform.retain(e.id))));
        let perhaps = must.spread(gone(&own_most, &deletes));
        let mut bounded = Vec::with_capacity(own_most.len());
        let mut most = Vec::with_capacity(own_most.len());
        for (entity, own) in entities().zip(own_most) {
            let (surely, perhaps) = (&surely[entity.id.index()], &perhaps[entity.id.index()]);
            let (own_bound, by_parent) =
                (is_bounded(entity, platform.retain(entity.id)), *surely != FactValue::Forever);
            most.push(match (own_bound, by_parent) {
                (true, _) => sooner(own, surely.clone()),
                (false, true) => surely.clone(),
                (false, false) => sooner(own, perhaps.clone()),
            });
            bounded.push(own_bound || by_parent);
        }
        let keeps_person =
            |e: &Entity| platform.retain(e.id).is_some_and(|retain| retain.fate == Fate::Anonymize);
        let people = entities().filter(|e| e.subject.is_some() && !keeps_person(e)).map(|e| e.id);
        let mut erased = vec![false; platform.entities.len()];
        for rows in super::erasure::plans(platform).iter().flat_map(|plan| &plan.rows) {
            erased[rows.entity.index()] |= rows.action == Action::Delete;
        }
        Self {
            least: least.collect(),
            most,
            bounded,
            ends_with_subject: must.below(people.collect()),
            erased,
        }
    }
}

/// The duration that `retain` says, or for ever.
fn least(retain: Option<&Retain>) -> FactValue {
    retain.map_or(FactValue::Forever, |retain| span(&[retain.duration]))
}

/// The sum of the duration that `retain` says, the width of a partition that is dropped as a whole, and the period of
/// the job; for ever where there is no `retain`.
fn most(entity: &Entity, retain: Option<&Retain>) -> FactValue {
    let Some(retain) = retain else { return FactValue::Forever };
    let mut parts = vec![retain.duration, Duration { count: 1, unit: DurationUnit::Days }];
    if let Some(partition) = &entity.partition
        && let PartitionKind::Range(range) = &partition.kind
        && retain.after.is_some_and(|after| partition.fields[..] == [after])
    {
        let unit = match range.period {
            Period::Day => DurationUnit::Days,
            Period::Week => DurationUnit::Weeks,
            Period::Month => DurationUnit::Months,
            Period::Year => DurationUnit::Years,
        };
        parts.push(Duration { count: 1, unit });
    }
    span(&parts)
}

/// Whether the moment always comes from which `retain` counts.
fn is_bounded(entity: &Entity, retain: Option<&Retain>) -> bool {
    let after = retain.and_then(|retain| retain.after);
    after.is_some_and(|after| !entity.field(after).ty.optional)
}

fn sooner(one: FactValue, other: FactValue) -> FactValue {
    if order(&other, &one) == Some(Ordering::Less) { other } else { one }
}

/// The entities whose rows go with the rows of an entity, for each entity.
struct Cascades(Vec<Vec<EntityId>>);

impl Cascades {
    /// Collects the references that cascade in the store itself and that `counts` accepts: it gets whether a reference
    /// may lead nowhere, or elsewhere.
    fn new(platform: &Governed, counts: impl Fn(bool) -> bool) -> Self {
        let mut below = vec![Vec::new(); platform.entities.len()];
        for entity in &platform.entities {
            for (reference, _) in platform.goes_with(entity.id) {
                if counts(reference.optional || reference.arm.is_some()) {
                    below[reference.target.index()].push(entity.id);
                }
            }
        }
        Self(below)
    }

    /// The soonest of each entity's own and of all that takes it along.
    fn spread(&self, mut values: Vec<FactValue>) -> Vec<FactValue> {
        let mut soonest_first: Vec<EntityId> = (0..values.len() as u32).map(EntityId).collect();
        soonest_first
            .sort_by(|a, b| order(&values[a.index()], &values[b.index()]).unwrap_or(Ordering::Equal));
        for first in soonest_first {
            let value = values[first.index()].clone();
            let mut next = self.0[first.index()].clone();
            while let Some(entity) = next.pop() {
                if order(&value, &values[entity.index()]) == Some(Ordering::Less) {
                    values[entity.index()] = value.clone();
                    next.extend(&self.0[entity.index()]);
                }
            }
        }
        values
    }

    /// Whether an entity is one of these or goes with one, for each entity.
    fn below(&self, mut next: Vec<EntityId>) -> Vec<bool> {
        let mut is_below = vec![false; self.0.len()];
        while let Some(entity) = next.pop() {
            if !std::mem::replace(&mut is_below[entity.index()], true) {
                next.extend(&self.0[entity.index()]);
            }
        }
        is_below
    }
}
