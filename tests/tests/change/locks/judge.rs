//! The cost that a step says, held against its cost.

use std::collections::BTreeMap;

use polity_engines::change::{LockMode, Risk, Step, Time};
use postgres::Client;

use super::known::{Known, Oid, Touched};

/// A table of fewer rows tells nothing: whoever looks for one of them reads about as many.
const SOME: i64 = 10;

/// Everything that a file and its steps so far say, and what they do not keep to.
pub struct Judge<'k> {
    known: &'k Known,
    /// The strongest lock on each relation that a step has said.
    pub said: BTreeMap<Oid, LockMode>,
    pub misses: Vec<String>,
}

impl<'k> Judge<'k> {
    pub fn new(known: &'k Known) -> Self {
        Self { known, said: BTreeMap::new(), misses: Vec::new() }
    }

    /// Adds the locks that a step says, with the relations that are called so.
    pub fn adds(&mut self, locks: &[(Oid, LockMode)]) {
        for (relation, mode) in locks {
            let said = self.said.entry(*relation).or_insert(*mode);
            *said = (*said).max(*mode);
        }
    }

    /// The strongest lock that was said of a relation, or of the table that it is a partition of.
    pub fn said_of(&self, relation: Oid) -> Option<LockMode> {
        self.known.up(relation).filter_map(|at| self.said.get(&at).copied()).max()
    }

    /// Holds the locks of a session against those that were said.
    pub fn locks(&mut self, step: &str, taken: &BTreeMap<Oid, LockMode>) {
        for (relation, mode) in taken {
            let said = self.said_of(*relation);
            if Some(*mode) > said {
                let name = self.known.name(*relation);
                self.misses.push(format!("{step}: takes {mode:?} on {name}, and says {said:?}"));
            }
        }
    }

    /// Holds locks that were said against those of a session.
    pub fn is_taken(&mut self, step: &str, said: &[(Oid, LockMode)], taken: &BTreeMap<Oid, LockMode>) {
        for (relation, mode) in
            said.iter().filter(|(relation, _)| self.known.relations.contains_key(relation))
        {
            let of = taken.iter().filter(|(at, _)| self.known.is_of(**at, *relation));
            let strongest = of.map(|(_, mode)| *mode).max();
            if strongest < Some(*mode) {
                let name = self.known.name(*relation);
                self.misses.push(format!("{step}: says {mode:?} on {name}, and takes {strongest:?}"));
            }
        }
    }

    /// Holds the time of a step against the rows that it read and wrote anew.
    pub fn time(
        &mut self,
        shown: &str,
        step: &Step,
        said: &[(Oid, LockMode)],
        (before, after): (&Touched, &Touched),
        held: &BTreeMap<Oid, LockMode>,
    ) {
        let (mut is_read, mut is_rewritten, mut is_there) = (false, false, false);
        for (oid, relation) in &self.known.relations {
            let ((read_before, file_before), (read, file)) = (before[oid], after[oid]);
            let name = &relation.name;
            if relation.rows >= SOME {
                is_there |= said.first().is_some_and(|(whole, _)| self.known.is_of(*oid, *whole));
                if read - read_before >= relation.rows {
                    is_read = true;
                    if step.time < Time::Scan {
                        self.misses.push(format!(
                            "{shown}: reads all rows of {name}, and says that it takes a moment"
                        ));
                    }
                    let waits = held.get(oid).is_some_and(|mode| *mode >= LockMode::Share);
                    let is_known = step.risks.iter().any(|risk| matches!(risk, Risk::Scan | Risk::Rewrite));
                    if waits && !is_known {
                        self.misses.push(format!(
                            "{shown}: reads all rows of {name}, to which nobody may write, and says no risk"
                        ));
                    }
                }
            }
            if file.is_some() && file_before.is_some() && file != file_before {
                is_rewritten = true;
                if step.time != Time::Rewrite || !step.risks.contains(&Risk::Rewrite) {
                    self.misses.push(format!("{shown}: writes {name} anew, and does not say it"));
                }
            }
        }
        if is_there && step.time >= Time::Scan && !is_read {
            self.misses.push(format!("{shown}: says {:?}, and reads no table", step.time));
        }
        if is_there && step.time == Time::Rewrite && !is_rewritten {
            self.misses.push(format!("{shown}: says that it writes all rows anew, and does not"));
        }
    }
}

/// Looks for a relation by its name, also in a schema that the role may not use.
const NAMED: &str = "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ARRAY[n.nspname::text, c.relname::text] = parse_ident($1)";

/// Returns the relations that the locks of a step are on, by their names at that moment.
pub fn resolved(client: &mut Client, step: &Step) -> Vec<Option<Oid>> {
    let find = |table: &str| {
        let found = client.query_opt(NAMED, &[&table]).expect("names can be read");
        found.map(|row| row.get(0))
    };
    step.locks.iter().map(|lock| lock.table.as_str()).map(find).collect()
}
