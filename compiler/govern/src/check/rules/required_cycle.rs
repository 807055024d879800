//! No ring of entities, each of which needs the next one to be there first.

use crate::Governed;
use polity_model::{EntityId, Reference};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0210;

/// A cycle of required references that no order of inserts can satisfy. A reference to the row's own entity is fine
/// (a row may point at itself), and so is one that is `deferrable` (checked when the transaction ends).
pub fn required_cycle(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for ring in rings(platform) {
        let steps: Vec<(&Reference, EntityId)> = ring
            .iter()
            .enumerate()
            .filter_map(|(i, entity)| {
                let next = ring[(i + 1) % ring.len()];
                binding(platform, *entity).find(|r| r.target == next).map(|r| (r, *entity))
            })
            .collect();
        let Some((first, owner)) = steps.first() else { continue };
        let names: Vec<String> =
            ring.iter().chain(ring.first()).map(|e| format!("`{}`", platform.entity_path(*e))).collect();
        let mut diagnostic = Diagnostic::new(
            E0210,
            first.span,
            format!(
                "no row can be inserted first: {} need each other",
                names[..names.len() - 1].join(" and ")
            ),
        )
        .here(format!("a `{}` needs a `{}`", platform[*owner].named.name, platform[first.target].named.name));
        for (reference, owner) in &steps[1..] {
            diagnostic = diagnostic.also(
                reference.span,
                format!(
                    "and a `{}` needs a `{}`",
                    platform[*owner].named.name, platform[reference.target].named.name
                ),
            );
        }
        found.push(
            diagnostic
                .note(format!("the ring is {}", names.join(" -> ")))
                .help("make one of the references optional (`?`), or `deferrable`, so that a transaction may insert both"),
        );
    }
}

/// The references of an entity that a row must satisfy the moment it is inserted.
fn binding(platform: &Governed, entity: EntityId) -> impl Iterator<Item = &Reference> {
    platform
        .references(entity)
        .filter(move |r| r.enforced && !r.optional && !r.deferrable && r.target != entity)
}

/// The strongly connected components of more than one entity, each cut down to one ring. Tarjan's algorithm with a
/// stack of its own, since a chain of references may be as long as the project.
fn rings(platform: &Governed) -> Vec<Vec<EntityId>> {
    const UNSEEN: usize = usize::MAX;
    let count = platform.entities.len();
    let targets: Vec<Vec<usize>> = (0..count)
        .map(|i| binding(platform, EntityId(i as u32)).map(|r| r.target.index()).collect())
        .collect();
    let (mut order, mut low, mut on_stack) = (vec![UNSEEN; count], vec![0; count], vec![false; count]);
    let (mut stack, mut next, mut rings) = (Vec::new(), 0, Vec::new());
    for start in 0..count {
        if order[start] != UNSEEN {
            continue;
        }
        let mut work = vec![(start, 0)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                order[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(&target) = targets[node].get(edge) {
                work.push((node, edge + 1));
                if order[target] == UNSEEN {
                    work.push((target, 0));
                } else if on_stack[target] {
                    low[node] = low[node].min(order[target]);
                }
                continue;
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == order[node] {
                let from = stack.iter().rposition(|n| *n == node).unwrap_or(0);
                let component = stack.split_off(from);
                component.iter().for_each(|n| on_stack[*n] = false);
                if component.len() > 1 {
                    rings.push(one_ring(&component, &targets));
                }
            }
        }
    }
    rings
}

/// Walks inside a component until an entity comes again: what lies between is a ring. It begins with the entity that
/// stands first in the source.
fn one_ring(component: &[usize], targets: &[Vec<usize>]) -> Vec<EntityId> {
    let mut members = component.to_vec();
    members.sort_unstable();
    let mut walked = vec![members[0]];
    loop {
        let here = walked[walked.len() - 1];
        let Some(&onward) = targets[here].iter().find(|t| members.binary_search(t).is_ok()) else {
            return Vec::new();
        };
        if let Some(from) = walked.iter().position(|n| *n == onward) {
            let mut ring = walked.split_off(from);
            let first = ring.iter().enumerate().min_by_key(|(_, n)| **n).map_or(0, |(i, _)| i);
            ring.rotate_left(first);
            return ring.into_iter().map(|n| EntityId(n as u32)).collect();
        }
        walked.push(onward);
    }
}
