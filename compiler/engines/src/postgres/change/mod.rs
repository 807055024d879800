//! From what was sealed to what the source says: the statements that an expert would write, in files, with the lock that each
//! takes.
//!
//! | module | does |
//! |---|---|
//! | [`delta`] | finds what one catalog has and the other has not |
//! | [`locks`] | the locks of a file, taken first, all or none |
//! | [`writer`] | keeps statements as steps, and steps as files |
//! | [`expand`] | adds what new clients need, in one transaction |
//! | [`columns`], [`constraints`], [`indexes`], [`tables`] | the parts of tables that are there |
//! | [`partitioned`] | indexes, unique constraints and references of partitioned tables, partition by partition |
//! | [`respread`] | tables whose rows are spread over other partitions |
//! | [`fill`] | columns that come to hold a value in every row |
//! | [`types`] | types of columns that change |
//! | [`made_types`], [`sequences`] | types that somebody made, and details of sequences, for which no source has a word |
//! | [`respelled`] | texts in which a type has another name |
//! | [`names`] | indexes and constraints that are only called otherwise |
//! | [`misfits`] | what a query reads that counts rows which do not fit |
//! | [`clear`] | drops what stands on something that changes, to be made anew |
//! | [`code`] | functions, views, triggers, policies and rules |
//! | [`partition_policies`] | partitions that were made before policies decide who sees a row of their table |
//! | [`rights`] | rights on objects |
//! | [`files`] | the files of migrations, as the tools that run them want them |
//! | [`route`] | the same files, as a program runs them that keeps account of it |
//! | [`admin`] | roles and what an administrator gives them |
//! | [`owners`] | objects that other roles own, in a database that was adopted |
//! | [`contract`] | what goes once no client of before is left |
//! | [`sealing`] | fields that clients encrypt from now on, no longer, or otherwise |
//! | [`indexing`] | keyed hashes that come or go beside ciphertexts |
//! | [`batches`], [`recode`] | rows that change beside the writes of clients, such as those with values that are called otherwise |
//! | [`values`] | checks that allow fewer values than before |
//! | [`window`] | the old names of tables and views, which work until then |
//! | [`withheld`] | columns that go and that a trail does not hold |
//! | [`undo`] | the way back until then |
//! | [`catalogs`] | the same between two databases that no source describes |

mod admin;
mod batches;
pub mod catalogs;
mod clear;
mod code;
mod columns;
mod constraints;
mod contract;
mod delta;
mod expand;
mod files;
mod fill;
mod indexes;
mod indexing;
mod locks;
mod made_types;
mod misfits;
mod names;
mod owners;
mod partition_policies;
mod partitioned;
mod recode;
mod respelled;
pub(super) mod respread;
mod rights;
mod route;
mod sealing;
mod sequences;
mod tables;
pub(super) mod types;
mod undo;
mod values;
mod window;
mod withheld;
mod writer;

use super::lower::database::Database;
use super::lower::lowered::Lowered;
use super::lower::maintenance::{Ahead, ahead_of};
use super::lower::origins;
use super::lower::sealed::{Sealed, State};
use super::print::parts::Parts;
use crate::change::{Change, Phase};
use admin::Stated;
use clear::Clearing;
use contract::indexes_beside;
use delta::Delta;
pub(super) use files::emit;
use polity_catalog::relational::{Catalog, Constraint, ConstraintRule, Object, ObjectId};
pub(super) use route::route;
use window::Window;
use writer::Files;
pub(super) use writer::is_admins;

/// Returns the way from what was sealed, or from nothing, to what the source says.
pub(super) fn change(database: &Database, lowered: &Lowered) -> Change {
    let nothing = Sealed::default();
    let sealed = lowered.sealed.as_ref().unwrap_or(&nothing);
    between(database, lowered, sealed)
}

/// The order in which constraints and indexes go: each before those that it needs.
fn rank(object: &Object) -> u8 {
    match object {
        Object::Constraint(one) => match one.rule {
            ConstraintRule::ForeignKey(_) => 0,
            ConstraintRule::Check(_) | ConstraintRule::Exclude(_) => 1,
            ConstraintRule::Unique(_) => 2,
            ConstraintRule::PrimaryKey(_) => 3,
        },
        _ => 4,
    }
}

/// Returns the way from nothing to what was lowered.
pub(super) fn whole(database: &Database, lowered: &Lowered) -> Change {
    between(database, lowered, &Sealed::default())
}

fn between(database: &Database, lowered: &Lowered, sealed: &Sealed) -> Change {
    let origins = &origins::of(database);
    let parts = Parts::of(&lowered.catalog);
    let mut files = Files::new(lowered, &parts, &database.roles, origins, &sealed.renamed, &sealed.renames);
    let stated = Stated::of(database, lowered, sealed);
    stated.begin(&mut files, sealed);
    let windows = window::of(database, sealed, &lowered.catalog, origins);
    let ways = Ways::of(lowered, sealed);
    let delta = ways.delta(lowered, sealed);
    let aheads: Vec<Ahead> = database.tables.iter().filter_map(ahead_of).collect();
    ways.expand(&mut files, &delta, &windows, lowered, sealed, &aheads);
    let undo = undo::undo(database, lowered, &files.everything(), &delta, &ways.recodes);
    ways.contract(&mut files, &delta, &windows);
    stated.end(&mut files, lowered);
    files.finish(&State::of(lowered, origins, stated.sum(), ways.recodes.all.clone()), undo)
}

/// The parts of a change that are found before anything of it is written.
struct Ways<'l> {
    narrowed: Vec<values::Narrowed>,
    recodes: recode::Recodes,
    /// The checks that only the contract adds.
    withheld: Vec<Constraint>,
    /// The catalog that holds until the contract, where it is not that of the end.
    until: Option<Catalog>,
    clearing: Clearing<'l>,
}

impl<'l> Ways<'l> {
    fn of(lowered: &Lowered, sealed: &'l Sealed) -> Self {
        let narrowed = values::narrowed(&sealed.renamed, &lowered.catalog);
        let recodes = recode::Recodes::of(lowered, sealed, &narrowed);
        let withheld = indexing::withheld(&lowered.catalog, &delta::indexings(&sealed.renamed, sealed));
        let until = until(&lowered.catalog, &narrowed, &withheld);
        let new = until.as_ref().unwrap_or(&lowered.catalog);
        let clearing = Clearing::of(&sealed.renamed, new, true);
        Self { narrowed, recodes, withheld, until, clearing }
    }

    fn delta(&'l self, lowered: &'l Lowered, sealed: &'l Sealed) -> Delta<'l> {
        let new = self.until.as_ref().unwrap_or(&lowered.catalog);
        Delta::of(&self.clearing.left, new, sealed, lowered)
    }

    /// Writes everything that clients of before go on with.
    fn expand(
        &self,
        files: &mut Files<'_, 'l>,
        delta: &Delta<'l>,
        windows: &'l [Window],
        lowered: &'l Lowered,
        sealed: &Sealed,
        aheads: &[Ahead],
    ) {
        let coming = fill::coming(delta);
        match lowered.sealed {
            Some(_) => expand::expand(files, delta, &coming, &self.clearing, windows, sealed, aheads),
            None => expand::first(files, delta, lowered),
        }
        indexes::build(files, delta);
        partitioned::build(files, delta);
        fill::backfill(files, delta, &coming);
        self.recodes.begin(files, delta, &self.narrowed);
        fill::validate(files, delta, &coming);
        constraints::validate(files, delta);
        partitioned::validate(files, delta);
        let mut settled = files.begin();
        fill::settle(&mut settled, delta, &coming);
        expand::settle(&mut settled, delta, lowered);
        indexes::settle(&mut settled, delta);
        columns::loosen_keys(&mut settled, delta, |key| indexes::is_replaced(delta, key));
        partitioned::settle(&mut settled, delta);
        files.end(settled, Phase::Settle, "");
    }

    /// Writes what takes away the rest.
    fn contract(&self, files: &mut Files<'_, 'l>, delta: &Delta<'l>, windows: &'l [Window]) {
        values::count(files, delta, &self.narrowed, &self.recodes);
        contract::contract(files, delta, &fill::coming(delta), windows, &self.narrowed, &self.withheld);
        indexes_beside(files, delta);
        self.recodes.end(files, delta);
        values::judge(files, delta, &self.narrowed, &self.recodes);
        indexing::judge(files, delta, &self.withheld);
    }
}

/// Returns the catalog that holds until the contract; `None` where it is that of the end.
fn until(new: &Catalog, narrowed: &[values::Narrowed], withheld: &[Constraint]) -> Option<Catalog> {
    if narrowed.is_empty() && withheld.is_empty() {
        return None;
    }
    let mut catalog = new.clone();
    narrowed.iter().for_each(|one| drop(catalog.insert(one.until.clone())));
    for one in withheld {
        catalog.remove(&ObjectId::Constraint(one.table.clone(), one.name.clone()));
    }
    Some(catalog)
}
