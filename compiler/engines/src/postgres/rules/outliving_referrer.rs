//! No row outlives what it refers to.

use super::entities;
use polity_govern::Stored;
use polity_model::entity::{Fate, OnDelete, PartitionKind, Period};
use polity_model::{Entity, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0516;

/// Milliseconds of a day: how often retention runs.
const DAY: u64 = 86_400_000;

/// Removing the target would be refused for ever, unless the reference gives way or the target stays anonymously.
pub(super) fn outliving_referrer(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for referrer in entities(platform, store) {
        for reference in platform.references(referrer.id).filter(|r| r.enforced) {
            let target = &platform[reference.target];
            let Some(kept) = platform.retain(target.id) else { continue };
            let gives_way = matches!(reference.on_delete, Some((OnDelete::Cascade | OnDelete::SetNull, _)));
            if gives_way || kept.fate == Fate::Anonymize || target.id == referrer.id {
                continue;
            }
            let least = kept.duration.at_least_milliseconds();
            let (name, other) = (&referrer.named.name, &target.named.name);
            let mut problem = match longest(platform, referrer) {
                Some(longest) if longest <= least => continue,
                Some(longest) => Diagnostic::new(
                    E0516,
                    reference.span,
                    format!(
                        "a `{name}` may live {} days, and the `{other}` it refers to goes after {}",
                        longest.div_ceil(DAY),
                        kept.duration
                    ),
                ),
                None => Diagnostic::new(
                    E0516,
                    reference.span,
                    format!(
                        "a `{name}` may live for ever, and the `{other}` it refers to goes after {}",
                        kept.duration
                    ),
                ),
            };
            problem = problem.also(kept.span, format!("`{other}` is kept for this long"));
            if let Some(retain) = platform.retain(referrer.id) {
                problem = problem.also(
                    retain.span,
                    format!("`{name}` is kept for this long, then waits for its partition and the daily run"),
                );
            }
            // A reference of a row that never changes cannot give way.
            let gives_way = match platform.append_only(referrer.id) {
                Some(_) => "",
                None => ", or let the reference give way: `on delete cascade` or `on delete set null`",
            };
            found.push(
                problem
                    .note(format!("the database would refuse to remove the `{other}`, every day"))
                    .help(format!("keep `{name}` for less time{gives_way}")),
            );
        }
    }
}

/// How long a row can really be there, in milliseconds: until its partition is over age as a whole and the daily
/// job has run. `None` where that moment may never come.
fn longest(platform: &Stored, entity: &Entity) -> Option<u64> {
    let retain = platform.retain(entity.id)?;
    let after = entity.field(retain.after?);
    if after.ty.optional || retain.fate == Fate::Anonymize {
        return None;
    }
    let width = match entity.partition.as_ref().map(|p| &p.kind) {
        Some(PartitionKind::Range(period)) => match period.period {
            Period::Day => DAY,
            Period::Week => 7 * DAY,
            Period::Month => 31 * DAY,
            Period::Year => 366 * DAY,
        },
        _ => 0,
    };
    Some(retain.duration.at_most_milliseconds().saturating_add(width).saturating_add(DAY))
}
