//! `WITH`: queries that others read by name, and that may read themselves.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use foldhash::{HashMap, HashMapExt, HashSet};
use smol_str::SmolStr;
use sqlparser::ast::{Cte, ObjectName, SetExpr, Visitor, With};

use super::super::sql::{folded, parts};
use super::Tracer;
use super::scope::{Column, Scope, Table, Traced};
use super::tables::{rename, settled};
use crate::written_sql::walk;

impl Tracer<'_> {
    /// Returns the outer scope with the queries of a `WITH` added.
    pub(super) fn with(&self, with: &With, outer: &Scope) -> Scope {
        let mut scope = outer.clone();
        let ctes = &with.cte_tables;
        if with.recursive {
            // Each may read any other, so none that is not done yet means one further out.
            let unknown = Traced { from: self.unknown.clone(), ..Traced::default() };
            for cte in ctes {
                scope.with(Table::opaque(name_of(cte), unknown.clone()));
            }
        }
        for at in if with.recursive { in_order(ctes) } else { (0..ctes.len()).collect() } {
            let cte = &ctes[at];
            scope.with(match self.cte(cte, with.recursive, &scope) {
                Some(columns) => {
                    Table { name: name_of(cte), columns: settled(columns).into(), ..Table::default() }
                }
                None => Table::opaque(name_of(cte), self.unknown()),
            });
        }
        scope
    }

    /// A recursive one reads itself: what its columns come from grows until nothing new does.
    fn cte(&self, cte: &Cte, recursive: bool, outer: &Scope) -> Option<Vec<Column>> {
        let Cte { alias, query, from: None, materialized: _, closing_paren_token: _ } = cte else {
            return None;
        };
        let names: Vec<SmolStr> = alias.columns.iter().map(|c| folded(&c.name).into()).collect();
        let SetExpr::SetOperation { left, .. } = &*query.body else {
            return Some(rename(self.query(query, outer)?, &names));
        };
        if !recursive {
            return Some(rename(self.query(query, outer)?, &names));
        }
        let mut columns = rename(self.set(left, outer)?, &names);
        loop {
            let mut scope = outer.clone();
            let table = settled(columns.clone()).into();
            scope.with(Table { name: name_of(cte), columns: table, ..Table::default() });
            let mut grown = rename(self.query(query, &scope)?, &names);
            // What grows from turn to turn, such as a text, has no bound.
            for (grown, before) in grown.iter_mut().zip(&columns) {
                grown.value = before.value.clone().grown_to(&grown.value);
                grown.at = before.at;
            }
            if grown == columns || self.work.is_spent() {
                return Some(columns);
            }
            columns = grown;
        }
    }
}

fn name_of(cte: &Cte) -> SmolStr {
    folded(&cte.alias.name).into()
}

/// An order in which each stands behind those that it reads; of those that read each other, the first comes first.
fn in_order(ctes: &[Cte]) -> Vec<usize> {
    let mut named: HashMap<SmolStr, Vec<usize>> = HashMap::new();
    for (at, cte) in ctes.iter().enumerate() {
        named.entry(name_of(cte)).or_default().push(at);
    }
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); ctes.len()];
    let mut waits_for = vec![0_usize; ctes.len()];
    for (at, cte) in ctes.iter().enumerate() {
        let mut read = Names::default();
        let _ = walk(&cte.query, &mut read);
        read.0.remove(&name_of(cte));
        for other in read.0.iter().filter_map(|name| named.get(name)).flatten() {
            readers[*other].push(at);
            waits_for[at] += 1;
        }
    }
    let mut open: BTreeSet<usize> = (0..ctes.len()).collect();
    let mut ready: BTreeSet<usize> = open.iter().copied().filter(|at| waits_for[*at] == 0).collect();
    let mut order = Vec::with_capacity(ctes.len());
    while let Some(next) = ready.pop_first().or_else(|| open.first().copied()) {
        if !open.remove(&next) {
            continue;
        }
        order.push(next);
        for reader in &readers[next] {
            waits_for[*reader] -= 1;
            if waits_for[*reader] == 0 {
                ready.insert(*reader);
            }
        }
    }
    order
}

/// The names without a schema that a query reads.
#[derive(Default)]
struct Names(HashSet<SmolStr>);

impl Visitor for Names {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        if let Some([name]) = parts(name).as_deref() {
            self.0.insert(folded(name).into());
        }
        ControlFlow::Continue(())
    }
}
