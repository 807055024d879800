//! The order in which objects are made, and the one in which they go.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::dependencies::Dependencies;
use super::{Object, ObjectId};
use crate::objects::Identified;

impl<'c> Dependencies<'c> {
    /// Returns the views and functions among `of`, and all that cannot be there without one of `of`, in an order in which they can
    /// go.
    #[must_use]
    pub fn dependents(&self, of: &BTreeSet<ObjectId>) -> Vec<&'c Object> {
        let mut needed_by = vec![Vec::new(); self.nodes.len()];
        for (at, others) in self.needs.iter().enumerate() {
            others.iter().for_each(|other| needed_by[*other].push(at));
        }
        let mut held = vec![false; self.nodes.len()];
        let mut open: Vec<usize> =
            (0..self.nodes.len()).filter(|at| of.contains(&self.nodes[*at].id())).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut held[at], true) {
                // A table stays, whatever its columns become; only code is made anew.
                let code =
                    needed_by[at].iter().filter(|other| !matches!(self.nodes[**other], Object::Table(_)));
                open.extend(code);
            }
        }
        let places: BTreeSet<ObjectId> =
            (0..self.nodes.len()).filter(|at| held[*at]).map(|at| self.nodes[at].id()).collect();
        self.removal()
            .into_iter()
            .filter(|object| {
                matches!(object, Object::View(_) | Object::Function(_)) && places.contains(&object.id())
            })
            .collect()
    }

    /// Returns the tables, views and functions in an order in which they can be made: each behind all that it needs, and
    /// otherwise functions that a table needs, tables, views and then all other functions, by name.
    #[must_use]
    pub fn creation(&self) -> Vec<&'c Object> {
        let needed = needed_functions(self);
        let rank = |at: usize| match self.nodes[at] {
            Object::Function(_) if needed[at] => 0,
            Object::Table(_) => 1,
            Object::View(_) => 2,
            _ => 3,
        };
        let waits = [&self.needs[..], &self.mentions];
        sorted(self.nodes.len(), rank, waits).into_iter().map(|at| self.nodes[at]).collect()
    }

    /// Returns the tables, views, functions, sequences and schemas in an order in which they can go. Tables that refer to
    /// each other stand side by side, for one statement; a partition goes with its table.
    #[must_use]
    pub fn removal(&self) -> Vec<&'c Object> {
        let rank = |at: usize| match self.nodes[at] {
            Object::View(_) => 0,
            Object::Table(_) => 1,
            _ => 2,
        };
        // A node waits for all that need it.
        let mut needed_by = vec![Vec::new(); self.nodes.len()];
        for list in [&self.needs, &self.guarded_by] {
            for (at, others) in list.iter().enumerate() {
                others.iter().for_each(|other| needed_by[*other].push(at));
            }
        }
        for others in &mut needed_by {
            others.sort_unstable();
            others.dedup();
        }
        let none = vec![Vec::new(); self.nodes.len()];
        let order =
            sorted(self.nodes.len(), rank, [&needed_by[..], &none]).into_iter().map(|at| self.nodes[at]);
        let stays = |object: &&Object| matches!(object, Object::Table(table) if table.partition_of.is_some());
        let sequences = self.catalog.objects().filter(|object| matches!(object, Object::Sequence(_)));
        let schemas = self.catalog.objects().filter(|object| matches!(object, Object::Schema(_)));
        order.filter(|object| !stays(object)).chain(sequences).chain(schemas).collect()
    }
}

/// Returns which nodes are functions that a table or view needs, or that one of these does.
fn needed_functions(graph: &Dependencies<'_>) -> Vec<bool> {
    let is_function = |at: usize| matches!(graph.nodes[at], Object::Function(_));
    let mut needed = vec![false; graph.nodes.len()];
    let mut open: Vec<usize> = (0..graph.nodes.len()).filter(|at| !is_function(*at)).collect();
    while let Some(at) = open.pop() {
        for other in graph.needs[at].iter().chain(&graph.mentions[at]) {
            if is_function(*other) && !needed[*other] {
                needed[*other] = true;
                open.push(*other);
            }
        }
    }
    needed
}

/// Sorts `count` nodes so that each comes behind those that it waits for, those of lower rank and place first. Where all
/// that are left go round, what `waits` names second is waited for no longer.
fn sorted(count: usize, rank: impl Fn(usize) -> u8, waits: [&[Vec<usize>]; 2]) -> Vec<usize> {
    let mut left: [Vec<usize>; 2] = waits.map(|lists| lists.iter().map(Vec::len).collect());
    let mut followers: [Vec<Vec<usize>>; 2] = [vec![Vec::new(); count], vec![Vec::new(); count]];
    for (strength, lists) in waits.iter().enumerate() {
        for (at, others) in lists.iter().enumerate() {
            others.iter().for_each(|other| followers[strength][*other].push(at));
        }
    }
    let mut ready = BinaryHeap::new();
    // Those that wait for nothing that cannot be left out, and all others, for when everything goes round.
    let (mut makeable, mut held) = (BTreeSet::new(), BTreeSet::new());
    for (at, waits) in left[0].iter().zip(&left[1]).enumerate() {
        let key = (rank(at), at);
        match waits {
            (0, 0) => ready.push(Reverse(key)),
            (0, _) => drop(makeable.insert(key)),
            _ => drop(held.insert(key)),
        }
    }
    let mut order = Vec::with_capacity(count);
    loop {
        let next = ready.pop().map(|Reverse(next)| next);
        let Some((_, at)) = next.or_else(|| makeable.pop_first()).or_else(|| held.pop_first()) else {
            return order;
        };
        order.push(at);
        for strength in [0, 1] {
            for follower in &followers[strength][at] {
                left[strength][*follower] -= 1;
                let key = (rank(*follower), *follower);
                let waited = held.contains(&key) || makeable.contains(&key);
                match (left[0][*follower], left[1][*follower]) {
                    (0, 0) if waited => {
                        held.remove(&key);
                        makeable.remove(&key);
                        ready.push(Reverse(key));
                    }
                    (0, _) if held.remove(&key) => drop(makeable.insert(key)),
                    _ => {}
                }
            }
        }
    }
}
