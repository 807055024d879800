//! `WITH`: queries that others read by name, and that may read themselves.

use std::collections::HashSet;
use std::ops::ControlFlow;

use smol_str::SmolStr;
use sqlparser::ast::{Cte, ObjectName, Query, SetExpr, Visit, Visitor, With};

use super::super::sql::{folded, parts};
use super::Tracer;
use super::scope::{Column, Scope, Table, Traced};
use super::tables::rename;

impl Tracer<'_> {
    /// What is in sight behind a `WITH`.
    pub(super) fn with(&self, with: &With, outer: &Scope) -> Scope {
        let mut scope = outer.clone();
        let mut open: Vec<&Cte> = with.cte_tables.iter().collect();
        if with.recursive {
            // Each may read any other, so none that is not done yet means one further out.
            let unknown = Traced { from: self.unknown.clone(), ..Traced::default() };
            let table = |cte: &Cte| Table::opaque(name_of(cte), unknown.clone());
            scope.ctes.extend(open.iter().map(|cte| (name_of(cte), table(cte))));
        }
        while !open.is_empty() {
            let waits = |cte: &Cte| {
                let others = open.iter().map(|other| name_of(other)).filter(|other| *other != name_of(cte));
                with.recursive && reads_any(&cte.query, &others.collect())
            };
            let next = open.iter().position(|cte| !waits(cte)).unwrap_or(0);
            let cte = open.remove(next);
            let columns = self.cte(cte, with.recursive, &scope);
            let table = match columns {
                Some(columns) => Table { name: name_of(cte), columns: columns.into(), rest: None },
                None => Table::opaque(name_of(cte), self.unknown()),
            };
            scope.ctes.insert(name_of(cte), table);
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
            let table = Table { name: name_of(cte), columns: columns.clone().into(), rest: None };
            scope.ctes.insert(name_of(cte), table);
            let grown = rename(self.query(query, &scope)?, &names);
            if grown == columns {
                return Some(columns);
            }
            columns = grown;
        }
    }
}

fn name_of(cte: &Cte) -> SmolStr {
    folded(&cte.alias.name).into()
}

fn reads_any(query: &Query, names: &HashSet<SmolStr>) -> bool {
    struct Finds<'n>(&'n HashSet<SmolStr>);
    impl Visitor for Finds<'_> {
        type Break = ();
        fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
            match parts(name).as_deref() {
                Some([name]) if self.0.contains(folded(name).as_str()) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    query.visit(&mut Finds(names)).is_break()
}
