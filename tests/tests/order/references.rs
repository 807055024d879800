//! References of a random entity: to others, to itself, in circles.

use super::draws::Draws;
use super::fields::Lines;
use super::plan::{Fate, Key, Plan};

pub fn of(draws: &mut Draws, plan: &Plan, at: usize, lines: &mut Lines) {
    let in_rings = plan.rings.iter().filter(|(from, _)| *from == at).map(|(_, to)| *to);
    let mut targets: Vec<usize> = in_rings.collect();
    for _ in 0..draws.below(4) {
        targets.push(draws.below(plan.entities.len()));
    }
    for (number, target) in targets.into_iter().enumerate() {
        if plan.entities[at].is_global && plan.is_scoped(target) {
            continue; // all tenants share the one, and each has its own of the other
        }
        reference(draws, plan, (at, target), number, lines);
    }
    arms(draws, plan, at, lines);
}

fn reference(draws: &mut Draws, plan: &Plan, (from, to): (usize, usize), number: usize, lines: &mut Lines) {
    let target = &plan.entities[to];
    // A row needs what it refers to at once only where that is declared before it, so that no circle is stuck.
    let is_deferrable = draws.one_in(4);
    let is_optional = draws.one_in(3) || to > from && !is_deferrable;
    let mark = if is_optional { "?" } else { "" };
    let mut end = gives_way(draws, plan, (from, to), is_optional);
    if is_deferrable {
        end.push_str(" deferrable");
    }
    if target.leaves_by_partition() {
        end = " unchecked".to_owned();
    }
    let path = plan.path(to);
    let name = format!("r{number}");
    let mut fields = vec![name.clone()];
    if target.key_fields().len() == 1 {
        lines.push(format!("{name}: -> {path}{mark}{end}"));
    } else {
        fields = target.key_fields().iter().map(|(field, _)| format!("{name}_{field}")).collect();
        for (field, (_, ty)) in fields.iter().zip(target.key_fields()) {
            lines.push(format!("{field}: {ty}{mark}"));
        }
        lines.push(format!("ref ({}) -> {path}{end}", fields.join(", ")));
    }
    if draws.one_in(2) {
        lines.push(format!("index ({})", fields.join(", ")));
    }
}

/// The fate of the row when the other goes.
fn gives_way(draws: &mut Draws, plan: &Plan, (from, to): (usize, usize), is_optional: bool) -> String {
    let refuses = ["", " on delete restrict"];
    let follows = [" on delete cascade", " on delete set null"];
    let most = if is_optional && !plan.entities[from].append_only { 2 } else { 1 };
    if plan.is_scoped(from) && !plan.is_scoped(to) {
        draws.one(&refuses).to_owned()
    } else if plan.entities[to].fate == Some(Fate::Delete) || draws.one_in(2) {
        draws.one(&follows[..most]).to_owned()
    } else {
        draws.one(&refuses).to_owned()
    }
}

/// A reference to one of two, which nothing enforces.
fn arms(draws: &mut Draws, plan: &Plan, at: usize, lines: &mut Lines) {
    if plan.entities[at].is_global || !draws.one_in(6) {
        return;
    }
    let simple =
        |at: &usize| plan.entities[*at].key == Key::Uuid && plan.entities[*at].key_fields().len() == 1;
    let fitting: Vec<usize> = (0..plan.entities.len()).filter(simple).collect();
    if let [one, other, ..] = fitting[..] {
        lines.push(format!("any: -> {} as \"one\" | {} as \"other\"?", plan.path(one), plan.path(other)));
    }
}
