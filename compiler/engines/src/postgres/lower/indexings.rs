//! Keyed hashes by which encrypted fields are found, and that come or go beside ciphertexts which stay. Until the contract a row holds
//! that of its value, or none.

use smol_str::SmolStr;

use super::doubles::{INTERIM, column};
use super::lowered::Lowered;
use super::sealed::Sealed;
use super::sealings::hash;
use polity_catalog::origins::{Origins, Part};
use polity_catalog::relational::{
    Catalog, Constraint, ConstraintRule, Name, Object, ObjectId, Trigger, mentions,
};

/// A column of ciphertext with that of its keyed hash.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Indexing {
    pub(in crate::postgres) table: Name,
    pub(in crate::postgres) value: SmolStr,
    pub(in crate::postgres) hash: SmolStr,
    /// Whether it comes; otherwise it goes.
    pub(in crate::postgres) comes: bool,
}

/// Finds them among the columns of ciphertext that were there before, under today's names.
pub(super) fn indexings(lowered: &Lowered, sealed: &Sealed, origins: &Origins) -> Vec<Indexing> {
    let indexing = |object: &Object| {
        let Object::Column(after) = object else { return None };
        let (table, value) = (&after.table, &after.name);
        let before = column(&sealed.renamed, table, value)?;
        let origin = origins.get(&object_id(table, value)).filter(|origin| origin.part == Part::Whole)?;
        let led = |one: &&SmolStr| {
            sealed.doubles.iter().any(|double| double.table == *table && double.new == **one)
        };
        if !after.uncompressed || !before.uncompressed || led(&value) {
            return None;
        }
        let (old_table, _) =
            sealed.renames.column_before(table, value).unwrap_or_else(|| (table.clone(), value.clone()));
        let before = hash(&sealed.catalog, &sealed.state.origins, &old_table, &origin.id);
        let after = hash(&lowered.catalog, origins, table, &origin.id);
        let (hash, comes) = match (before, after) {
            (None, Some(hash)) => (hash, true),
            (Some(hash), None) => (sealed.renames.column(&old_table, &hash), false),
            _ => return None,
        };
        Some(Indexing { table: table.clone(), value: value.clone(), hash, comes })
    };
    lowered.catalog.objects().filter_map(indexing).collect()
}

fn object_id(table: &Name, column: &SmolStr) -> String {
    ObjectId::Column(table.clone(), column.clone()).to_string()
}

impl Indexing {
    /// Whether a column is the keyed hash.
    pub(in crate::postgres) fn is_hash(&self, table: &Name, column: &str) -> bool {
        self.table == *table && self.hash == column
    }

    /// The checks that want both columns in each row, or neither.
    pub(in crate::postgres) fn checks<'c>(
        &'c self,
        catalog: &'c Catalog,
    ) -> impl Iterator<Item = &'c Constraint> {
        catalog.constraints(&self.table).filter(|one| match &one.rule {
            ConstraintRule::Check(sql) => mentions(sql, &self.hash) && mentions(sql, &self.value),
            _ => false,
        })
    }

    /// The columns as the arguments of its triggers.
    pub(in crate::postgres) fn arguments(&self) -> Vec<String> {
        let word = if self.comes { COMES } else { GOES };
        [word, &self.value, &self.hash].map(str::to_owned).to_vec()
    }

    /// Reads them from a trigger.
    pub(in crate::postgres) fn of(trigger: &Trigger) -> Option<Self> {
        let [word, value, hash] = &trigger.arguments[..] else { return None };
        let is_one = trigger.name.starts_with(INTERIM) && (word == COMES || word == GOES);
        let (table, comes) = (trigger.table.clone(), word == COMES);
        is_one.then(|| Self { table, value: value.into(), hash: hash.into(), comes })
    }
}

/// The first argument of the triggers.
const COMES: &str = "indexed";
const GOES: &str = "unindexed";
