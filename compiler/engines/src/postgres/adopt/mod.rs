//! A database that is there, taken over: what it holds becomes what was sealed, under the names that it has. Nothing here connects to a
//! server: a caller describes it by [`Adoption::scope`], has the server make twins of what was lowered ([`Twins`]), describes these
//! as well, and rolls all of it back.
//!
//! | module | does |
//! |---|---|
//! | `twins` | has the server say in its own form what was lowered |
//! | `strangers` | finds what the source knows nothing of |
//! | `beyond` | names what a database holds and no catalog does |
//! | `sealing` | writes the first migration of the history |

mod beyond;
mod sealing;
mod strangers;
mod twins;

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::describe::Scope;
use super::lower::database::Database;
use super::lower::held::{Held, schemas_before};
use super::lower::lowered::Lowered;
use super::lower::placement::Placement;
use super::lower::{lower, origins, sealed};
pub use beyond::{BEYOND, Beyond, Unsayable};
use polity_catalog::relational::{Catalog, Difference, Object, Renames, Texts};
use polity_govern::check::Valid;
use polity_model::Store;
use polity_model::history::SealedModel;
pub(super) use sealing::ADOPTED;
pub use strangers::Stranger;
pub use twins::Twins;

/// A store whose database is to be taken over, or compared with what was sealed.
pub struct Adoption<'v> {
    database: Database<'v>,
    lowered: Lowered,
    /// The catalog that the database is held against: what was sealed last, otherwise what was lowered.
    expected: Catalog,
}

/// The history of a place that begins with what its database holds.
#[derive(Debug)]
pub struct Adopted {
    /// The files by their paths below `history/`.
    pub files: BTreeMap<String, String>,
    pub model: SealedModel,
    /// Everything in the database that neither the source nor a line of it with `unmanaged` names.
    pub strangers: Vec<Stranger>,
    /// The columns that no new installation could have as the database has them.
    pub unsayable: Vec<Unsayable>,
    /// The objects that such lines name and that the database lacks, or that the source has as well.
    pub idle: Vec<SmolStr>,
}

impl<'v> Adoption<'v> {
    /// Returns the place that all tenants share.
    pub(crate) fn of(valid: &'v Valid, store: &'v Store) -> Self {
        let database = Database::lower_in(Placement::shared(valid, store));
        let lowered = lower(&database);
        let expected = match &lowered.sealed {
            Some(sealed) => sealed.catalog.clone(),
            None => lowered.catalog.clone(),
        };
        let is_described = |object: &&Object| !matches!(object, Object::Job(_));
        Self { expected: expected.objects().filter(is_described).cloned().collect(), database, lowered }
    }

    /// Returns the part of the database that is described.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let mut scope = Scope::of(&self.expected);
        if self.lowered.sealed.is_none() {
            scope.schemas.extend(schemas_before(&self.database));
        }
        scope
    }

    /// Returns the statements that make twins of what was lowered, beside the database's own tables; each some of them, to be rolled back
    /// before the next.
    #[must_use]
    pub fn twins(&self, live: &Catalog) -> Vec<Twins> {
        twins::of(&self.expected, live, &self.renames(live))
    }

    /// Makes history of a database. `twins` is the description of the twins, `beyond` what the database holds that is in no catalog.
    #[must_use]
    pub fn adopted(&self, live: &Catalog, twins: &Catalog, beyond: &Beyond) -> Adopted {
        let held = Held::of(&self.database, live);
        let renames = self.renames(live);
        let normal = twins::normal(&self.expected, twins);
        let mut today = renames.applied(live).written_as(&self.expected, &normal);
        let (strangers, idle) = strangers::take(&self.database, &self.lowered, &mut today, &beyond.objects);
        let there = renames.reversed().applied(&today);
        let unsayable = beyond.unsayable(&there, &strangers);
        let files = sealing::files(&self.database, &self.lowered, &there, &today, &held);
        Adopted { files, model: held.model, strangers, unsayable, idle }
    }

    /// Returns the differences between what was sealed last and the database, from the one to the other.
    #[must_use]
    pub fn drift(&self, live: &Catalog, twins: &Catalog) -> Vec<Difference> {
        let normal = twins::known(&self.expected, live, twins);
        let mut live = live.written_as(&self.expected, &normal);
        strangers::leave_out(&self.database, &mut live);
        self.expected.differences(&live, Texts::Exact)
    }

    /// Whether anything of the place was sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.lowered.sealed.is_some()
    }

    /// The things that the database calls otherwise than the source does today.
    fn renames(&self, live: &Catalog) -> Renames {
        if self.lowered.sealed.is_some() {
            return Renames::none(sealed::quoted);
        }
        let held = Held::of(&self.database, live);
        let today = (&self.lowered.catalog, &origins::of(&self.database));
        Renames::between((live, &held.origins), today, sealed::quoted)
    }
}
