//! The administrator's files. Before the rest roles get what new clients need, and keep what those of before have; only the contract
//! states them as the source does.

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::lower::sealed::Sealed;
use super::super::print;
use super::owners;
use super::writer::Files;
use crate::change::{Phase, Step};
use polity_catalog::Identified;
use polity_catalog::relational::{Catalog, Object};
use polity_model::history::sum;

/// The files of an administrator: before the rest of a change, and at its end.
pub(super) struct Stated {
    /// The catalog with the roles and rights of both.
    held: Lowered,
    first: String,
    last: String,
    /// The objects that other roles own, each with the step that hands it over.
    handed_over: Vec<(Step, Option<Object>)>,
}

impl Stated {
    pub(super) fn of(database: &Database, lowered: &Lowered, sealed: &Sealed) -> Self {
        let held = lowered.with_catalog(both(&sealed.renamed, &lowered.catalog));
        let (first, last) = (print::roles(database, &held), print::roles(database, lowered));
        let handed_over = owners::steps(database, sealed);
        Self { held, first, last, handed_over }
    }

    /// Returns the sum of what is stated at the end.
    pub(super) fn sum(&self) -> String {
        sum(&self.last)
    }

    /// Adds the file that runs before all others, unless all of it was said.
    pub(super) fn begin(&self, files: &mut Files<'_, '_>, sealed: &Sealed) {
        let old = &sealed.renamed;
        let has = |object: &Object| old.get(&object.id()) == Some(object);
        let states_more = self.held.catalog.objects().any(|object| is_stated(object) && !has(object));
        if states_more || sealed.state.admin != self.sum() || !self.handed_over.is_empty() {
            let handed_over = self.handed_over.iter().map(|(step, _)| step.sql.as_str());
            let text = self.first.clone() + &handed_over.collect::<String>();
            files.admin(Phase::Admin, text, old, &self.held.catalog, &self.handed_over);
        }
    }

    /// Adds the file that takes from roles what only clients of before needed.
    pub(super) fn end(&self, files: &mut Files<'_, '_>, lowered: &Lowered) {
        if self.first != self.last {
            files.admin(Phase::Contract, self.last.clone(), &self.held.catalog, &lowered.catalog, &[]);
        }
    }
}

/// Whether a role has it from an administrator.
fn is_stated(object: &Object) -> bool {
    match object {
        Object::Role(_) => true,
        Object::Grant(grant) => grant.by.is_none(),
        _ => false,
    }
}

/// Returns the newer catalog with the roles and the rights of the older one.
fn both(old: &Catalog, new: &Catalog) -> Catalog {
    let mut both = new.clone();
    for object in old.objects().filter(|object| is_stated(object)) {
        match (object, new.get(&object.id())) {
            (Object::Role(role), Some(Object::Role(now))) => {
                let mut held = now.clone();
                held.member_of.extend(role.member_of.iter().cloned());
                held.login |= role.login;
                both.insert(held);
            }
            (Object::Grant(grant), _) => both.grant(grant.clone()),
            (object, _) => drop(both.insert(object.clone())),
        }
    }
    both
}
