//! Fields that clients encrypt from now on. Until the contract the clear column stands beside the sealed one, and a row holds a value in
//! one of them.

use smol_str::SmolStr;

use super::database::Database;
use super::doubles::{column, is_accepted, is_needed};
use super::lowered::Lowered;
use super::sealed::Sealed;
use polity_catalog::origins::{Origins, Part};
use polity_catalog::relational::{Name, ObjectId, Trigger};

/// A clear column with the sealed one that takes its place.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Sealing {
    pub(in crate::postgres) table: Name,
    pub(in crate::postgres) clear: SmolStr,
    pub(in crate::postgres) sealed: SmolStr,
    /// The keyed hash by which the field is found, where it is.
    pub(in crate::postgres) hash: Option<SmolStr>,
}

/// Finds them among the columns that have another name: the source accepts it (`accept encryption`).
pub(super) fn sealings(
    database: &Database,
    lowered: &Lowered,
    sealed: &Sealed,
    origins: &Origins,
) -> Vec<Sealing> {
    let sealing = |(table, clear, now): (&Name, &SmolStr, &SmolStr)| {
        let before = column(&sealed.catalog, table, clear)?;
        let after = column(&lowered.catalog, table, now)?;
        let origin = origins.get(&ObjectId::Column(table.clone(), now.clone()).to_string())?;
        let is_sealed = after.uncompressed && !before.uncompressed && before.ty != after.ty;
        if !is_sealed
            || sealed.renames.relation(table) != *table
            || is_needed(&sealed.catalog, table, clear)
            || !is_accepted(database, "encryption", &origin.path)
        {
            return None;
        }
        let is_hash = |id: &ObjectId| {
            let of = origins.get(&id.to_string());
            of.is_some_and(|of| of.id == origin.id && of.part == Part::BlindIndex)
        };
        let mut ids = lowered.catalog.objects().map(polity_catalog::Identified::id);
        let hash = ids.find_map(|id| match &id {
            ObjectId::Column(of, name) if of == table && is_hash(&id) => Some(name.clone()),
            _ => None,
        });
        Some(Sealing { table: table.clone(), clear: clear.clone(), sealed: now.clone(), hash })
    };
    sealed.renames.columns().filter_map(sealing).collect()
}

impl Sealing {
    /// Whether a column is one of those that hold the value.
    pub(in crate::postgres) fn names(&self, table: &Name, column: &str) -> bool {
        self.table == *table && (self.clear == column || self.columns().any(|one| one == column))
    }

    /// The columns that come.
    pub(in crate::postgres) fn columns(&self) -> impl Iterator<Item = &SmolStr> {
        std::iter::once(&self.sealed).chain(&self.hash)
    }

    /// The columns as the arguments of its triggers.
    pub(in crate::postgres) fn arguments(&self) -> Vec<String> {
        let hash = self.hash.as_ref().map_or("", SmolStr::as_str);
        [WORD, &self.clear, &self.sealed, hash].map(str::to_owned).to_vec()
    }

    /// Reads them from a trigger.
    pub(in crate::postgres) fn of(trigger: &Trigger) -> Option<Self> {
        let [word, clear, sealed, hash] = &trigger.arguments[..] else { return None };
        let hash = Some(SmolStr::new(hash)).filter(|hash| !hash.is_empty());
        let table = trigger.table.clone();
        (word == WORD).then(|| Self { table, clear: clear.into(), sealed: sealed.into(), hash })
    }
}

/// The first argument of the triggers.
const WORD: &str = "sealed";
