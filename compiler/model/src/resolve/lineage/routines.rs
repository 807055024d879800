//! Functions and blocks by hand: what each reads and writes, with all that it calls.
//!
//! A body is known by its words alone, so whatever it gives back, and whatever it writes, comes from every column of
//! every table that it reads.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashSet};
use smol_str::SmolStr;
use sqlparser::tokenizer::Token;

use super::super::sql::{Relation, Relations, WrittenScript};
use super::everything;
use super::origins::Origins;
use super::words::{Body, Written, is, name};
use super::work::Work;
use crate::{Platform, StoreId};
use polity_text::source::Span;

/// Words of a body that is told what another said of rows: messages of errors.
const TOLD: &[&str] = &["sqlerrm", "stacked"];

/// The bodies in the scripts of every store.
#[derive(Debug, Default)]
pub(super) struct Routines {
    stores: BTreeMap<StoreId, Bodies>,
}

/// A function, a procedure or a block.
#[derive(Debug)]
pub(super) struct Routine {
    pub(super) store: StoreId,
    /// The script that it stands in.
    pub(super) span: Span,
    /// The columns that it reads, with those of all that it calls.
    pub(super) reads: Origins,
    /// The tables that it writes, with those of all that it calls.
    pub(super) writes: Vec<Written>,
    body: Body,
    /// The tables whose rows it is given as a trigger.
    given: BTreeSet<Relation>,
}

#[derive(Debug, Default)]
struct Bodies {
    routines: Vec<Routine>,
    /// Without their schemas.
    by_name: HashMap<SmolStr, Vec<usize>>,
    triggers: Vec<Trigger>,
    /// Whether tables are made that nobody here knows: what one writes there, another may read.
    makes_tables: bool,
}

#[derive(Debug)]
struct Trigger {
    function: SmolStr,
    on: BTreeSet<Relation>,
    /// Whether it is called before the row is written, and so may change it.
    before: bool,
}

impl Routines {
    pub(super) fn of(
        platform: &Platform,
        relations: &Relations,
        scripts: &[WrittenScript],
        work: &Work,
    ) -> Self {
        let mut stores: BTreeMap<StoreId, Bodies> = BTreeMap::new();
        for script in scripts {
            stores.entry(script.store).or_default().add(script, relations);
        }
        for bodies in stores.values_mut() {
            bodies.close(platform, work);
        }
        Self { stores }
    }

    /// Whether there are any in a store.
    pub(super) fn are_in(&self, store: StoreId) -> bool {
        self.stores.get(&store).is_some_and(|bodies| !bodies.routines.is_empty())
    }

    /// Whether a function by hand bears the name.
    pub(super) fn knows(&self, store: StoreId, name: &str) -> bool {
        self.stores.get(&store).is_some_and(|bodies| bodies.by_name.contains_key(name))
    }

    /// Returns the columns that the functions named among these words read.
    pub(super) fn read_by(&self, store: StoreId, words: &HashSet<SmolStr>, work: &Work) -> Origins {
        let mut read = Origins::default();
        for routine in self.called_by(store, words).take_while(|routine| work.takes(1 + routine.reads.len()))
        {
            read.add(&routine.reads);
        }
        read
    }

    /// Returns the tables that the functions named among these words write.
    pub(super) fn written_by(&self, store: StoreId, words: &HashSet<SmolStr>, work: &Work) -> Vec<&Written> {
        let called = self.called_by(store, words).take_while(|routine| work.takes(1 + routine.writes.len()));
        called.flat_map(|routine| &routine.writes).collect()
    }

    /// In the order of the source.
    pub(super) fn all(&self) -> Vec<&Routine> {
        let mut all: Vec<&Routine> = self.stores.values().flat_map(|bodies| &bodies.routines).collect();
        all.sort_by_key(|routine| (routine.store, routine.span));
        all
    }

    fn called_by(&self, store: StoreId, words: &HashSet<SmolStr>) -> impl Iterator<Item = &Routine> {
        let bodies = self.stores.get(&store).into_iter();
        bodies.flat_map(|bodies| bodies.among(words).filter_map(|at| bodies.routines.get(at)))
    }
}

impl Bodies {
    fn add(&mut self, script: &WrittenScript, relations: &Relations) {
        for statement in script.tokens.split(|token| *token == Token::SemiColon) {
            let body = Body::of_statement(statement, script.store, relations);
            let in_sql =
                statement.windows(2).any(|two| is(&two[0], &["language"]) && !is(&two[1], &["plpgsql"]));
            self.makes_tables |= body.makes_tables || in_sql && body.selects_into;
            self.makes_tables |= body.words.contains("refcursor"); // a cursor may be another's
            let made = made(statement);
            if made == Some("trigger") {
                self.triggers.extend(trigger(statement, body.reads.clone()));
                // A condition calls functions with the rows.
                if !statement.iter().any(|token| is(token, &["when"])) {
                    continue;
                }
            } else if made.is_none() && !statement.first().is_some_and(|first| is(first, &["do"])) {
                continue;
            }
            let named = || named(statement, &["function", "procedure"]);
            if let Some(name) = made.filter(|made| *made != "trigger").and_then(|_| named()) {
                self.by_name.entry(name).or_default().push(self.routines.len());
            }
            self.routines.push(Routine {
                store: script.store,
                span: script.span,
                reads: Origins::default(),
                writes: Vec::new(),
                body,
                given: BTreeSet::new(),
            });
        }
    }

    /// Gives every routine what it reads and writes by way of others.
    fn close(&mut self, platform: &Platform, work: &Work) {
        for Trigger { function, on, before } in std::mem::take(&mut self.triggers) {
            for at in self.by_name.get(&function).into_iter().flatten() {
                let routine = &mut self.routines[*at];
                work.turns_to(routine.span);
                if !work.takes(1 + on.len()) {
                    return;
                }
                routine.given.extend(&on);
                let row = routine.body.row.clone();
                if before {
                    let written = |relation: &Relation| Written { relation: *relation, columns: row.clone() };
                    routine.body.writes.extend(on.iter().map(written));
                }
            }
        }
        let read_by = |routine: &Routine| -> Vec<Relation> {
            routine.body.reads.union(&routine.given).copied().collect()
        };
        let read: Vec<Vec<Relation>> = self.routines.iter().map(read_by).collect();
        let called_by = |routine: &Routine| -> Vec<usize> {
            work.turns_to(routine.span);
            self.among(&routine.body.words).take_while(|_| work.takes(1)).collect()
        };
        let calls: Vec<Vec<usize>> = self.routines.iter().map(called_by).collect();
        let all: BTreeSet<Relation> = read.iter().flatten().copied().collect();
        for at in 0..self.routines.len() {
            work.turns_to(self.routines[at].span);
            let is_told = TOLD.iter().any(|word| self.routines[at].body.words.contains(*word));
            let mut relations = if self.makes_tables || is_told { all.clone() } else { BTreeSet::new() };
            let mut writes = Vec::new();
            let mut open = vec![at];
            let mut with = BTreeSet::from([at]);
            while let Some(next) = open.pop() {
                let written = &self.routines[next].body.writes;
                if !work.takes(calls[next].len() + read[next].len() + written.len()) {
                    return;
                }
                relations.extend(&read[next]);
                writes.extend(written.iter().cloned());
                open.extend(calls[next].iter().copied().filter(|called| with.insert(*called)));
            }
            let columns = everything::held_by(platform, work, relations.iter().copied());
            (self.routines[at].reads, self.routines[at].writes) = (columns, writes);
        }
    }

    /// The functions that are among these words, in an order that does not depend on the words'.
    fn among(&self, words: &HashSet<SmolStr>) -> impl Iterator<Item = usize> {
        let mut named: Vec<&Vec<usize>> = words.iter().filter_map(|word| self.by_name.get(word)).collect();
        named.sort_unstable();
        named.into_iter().flatten().copied()
    }
}

/// `function`, `procedure` or `trigger`, where a statement creates one.
fn made(statement: &[Token]) -> Option<&'static str> {
    let (first, rest) = statement.split_first()?;
    let kinds = ["function", "procedure", "trigger"];
    let kind = kinds.iter().find(|kind| rest.iter().take(3).any(|token| is(token, &[kind])))?;
    is(first, &["create"]).then_some(kind)
}

fn trigger(statement: &[Token], on: BTreeSet<Relation>) -> Option<Trigger> {
    let execute = statement.iter().rposition(|token| is(token, &["execute"]))?;
    let before = statement.iter().any(|token| is(token, &["before", "instead"]));
    Some(Trigger { function: named(&statement[execute..], &["function", "procedure"])?, on, before })
}

/// The name behind one of these words, without its schema.
fn named(statement: &[Token], kinds: &[&str]) -> Option<SmolStr> {
    let at = statement.iter().position(|token| is(token, kinds))? + 1;
    let has_schema = statement.get(at + 1) == Some(&Token::Period);
    Some(name(statement.get(if has_schema { at + 2 } else { at })?)?.into())
}
