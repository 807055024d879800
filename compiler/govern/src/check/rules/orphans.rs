//! No row goes by which alone others are found to be a person's.

use crate::Governed;
use crate::erasure::{Plan, Rows};
use polity_model::entity::Fate;
use polity_model::{EntityId, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0889;
use polity_text::source::Span;

/// Where no store takes the rows along that refer to a row, they stay when it goes, and nothing tells any more whose they
/// are.
pub fn orphans(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut told: Vec<(EntityId, EntityId)> = Vec::new();
    for plan in platform.erasure_plans() {
        for rows in plan.found_rows() {
            let Some((parent, reference)) = only_way(platform, plan, rows) else { continue };
            let is_held = holds_something(platform, plan, rows.entity);
            if !is_held || told.contains(&(rows.entity, parent)) {
                continue;
            }
            let (left, gone) = (&platform[rows.entity], &platform[parent]);
            for (span, what) in removals(platform, parent, rows.entity) {
                told.push((rows.entity, parent));
                let (name, other) = (&left.named.name, &gone.named.name);
                let message =
                    format!("{what} a `{other}`, by which alone a `{name}` is found to be a person's");
                found.push(
                    Diagnostic::new(E0889, span, message)
                        .also(reference, format!("no store takes a `{name}` along: an erasure would leave it"))
                        .help(format!(
                            "let `{name}` refer to the person and say `personal of` that reference, or let only erasures remove a `{other}`"
                        )),
                );
            }
        }
    }
}

/// The entity by which alone rows are found, where it is not the person and no store enforces the reference.
fn only_way(platform: &Governed, plan: &Plan, rows: &Rows) -> Option<(EntityId, Span)> {
    let [way] = rows.by[..] else { return None };
    let reference = platform.reference(rows.entity, way);
    let lost =
        rows.inside.is_empty() && !platform.keeps(rows.entity, reference) && reference.target != plan.subject;
    lost.then_some((reference.target, reference.span))
}

/// Whether rows of an entity, or rows that are found by them, hold something of a person.
fn holds_something(platform: &Governed, plan: &Plan, entity: EntityId) -> bool {
    let mut below = plan.found_rows().filter(|rows| rows.entity == entity || rows.path.contains(&entity));
    below.any(|rows| platform.holds_of_person(rows.entity))
}

/// The lines by which rows of an entity go while `left` may stay.
fn removals(platform: &Governed, entity: EntityId, left: EntityId) -> Vec<(Span, &'static str)> {
    let deletes = platform.services.iter().flat_map(|service| platform.privileges(service));
    let deletes = deletes.filter(|given| given.verb == "delete" && given.on == Thing::Entity(entity));
    let mut removals: Vec<(Span, &'static str)> =
        deletes.map(|given| (given.span, "a service may delete")).collect();
    let goes = |id| platform.retain(id).filter(|retain| retain.fate != Fate::Anonymize);
    if let Some(retain) = goes(entity).filter(|_| goes(left).is_none()) {
        removals.push((retain.span, "retention deletes"));
    }
    removals
}
