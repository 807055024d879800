//! Fields that clients encrypt from now on, or no longer, or otherwise. Until the contract the column of before stands beside the new
//! one, and a row holds a value in one of them.

use smol_str::SmolStr;

use super::database::Database;
use super::doubles::{INTERIM, column, is_needed, is_resealed};
use super::lowered::Lowered;
use super::sealed::Sealed;
use polity_catalog::Identified;
use polity_catalog::origins::{Origins, Part};
use polity_catalog::relational::{Catalog, Column, ColumnValue, Name, ObjectId, Trigger};

/// A column with the one that takes its place, where only clients make the value of one of that of the other.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Sealing {
    pub(in crate::postgres) table: Name,
    pub(in crate::postgres) before: Held,
    pub(in crate::postgres) after: Held,
    /// The value of a new row in which a client writes neither.
    pub(in crate::postgres) default: Option<String>,
}

/// A column that holds the value of a field.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Held {
    pub(in crate::postgres) value: SmolStr,
    /// The keyed hash by which the field is found, where it is.
    pub(in crate::postgres) hash: Option<SmolStr>,
    pub(in crate::postgres) is_sealed: bool,
}

/// Finds them among the columns that have another name: the source accepts it (`accept encryption`).
pub(super) fn sealings(
    database: &Database,
    lowered: &Lowered,
    sealed: &Sealed,
    origins: &Origins,
) -> Vec<Sealing> {
    let sealing = |(table, old, now): (&Name, &SmolStr, &SmolStr)| {
        let before = column(&sealed.catalog, table, old)?;
        let after = column(&lowered.catalog, table, now)?;
        let origin = origins.get(&ObjectId::Column(table.clone(), now.clone()).to_string())?;
        if sealed.renames.relation(table) != *table
            || !is_resealed(database, origin, before, after)
            || !may_wait(before, after)
            || is_needed(&sealed.catalog, table, old)
            || is_needed(&lowered.catalog, table, now)
        {
            return None;
        }
        let hash_before = hash(&sealed.catalog, &sealed.state.origins, table, &origin.id);
        if hash_before.as_ref().is_some_and(|hash| is_needed(&sealed.catalog, table, hash)) {
            return None;
        }
        let held = |column: &Column, hash: Option<SmolStr>| Held {
            value: column.name.clone(),
            hash,
            is_sealed: column.uncompressed,
        };
        let default = match &after.value {
            ColumnValue::Default(sql) => Some(sql.clone()),
            _ => None,
        };
        let hash_after = hash(&lowered.catalog, origins, table, &origin.id);
        let (before, after) = (held(before, hash_before), held(after, hash_after));
        Some(Sealing { table: table.clone(), before, after, default })
    };
    sealed.renames.columns().filter_map(sealing).collect()
}

/// Whether nobody takes a value that was left out for one that is absent.
fn may_wait(before: &Column, after: &Column) -> bool {
    let is_written = |one: &Column| matches!(one.value, ColumnValue::Absent | ColumnValue::Default(_));
    is_written(before) && is_written(after) && (after.required || after.value == ColumnValue::Absent)
}

/// Returns the column of the keyed hash by which a field is found.
pub(super) fn hash(catalog: &Catalog, origins: &Origins, table: &Name, id: &str) -> Option<SmolStr> {
    let is_hash = |object: &ObjectId| {
        let of = origins.get(&object.to_string());
        of.is_some_and(|of| of.id == id && of.part == Part::BlindIndex)
    };
    catalog.objects().find_map(|object| match object.id() {
        ObjectId::Column(ref of, ref name) if of == table && is_hash(&object.id()) => Some(name.clone()),
        _ => None,
    })
}

impl Held {
    /// The columns that hold the value.
    pub(in crate::postgres) fn columns(&self) -> impl Iterator<Item = &SmolStr> {
        std::iter::once(&self.value).chain(&self.hash)
    }
}

impl Sealing {
    /// Whether a column is one of those that hold the value.
    pub(in crate::postgres) fn names(&self, table: &Name, column: &str) -> bool {
        self.table == *table && self.before.columns().chain(self.after.columns()).any(|one| one == column)
    }

    /// The columns as the arguments of its triggers.
    pub(in crate::postgres) fn arguments(&self) -> Vec<String> {
        let hash = |held: &Held| held.hash.clone().unwrap_or_default();
        let names =
            [self.before.value.clone(), self.after.value.clone(), hash(&self.after), hash(&self.before)];
        let flags = (self.before.is_sealed, self.after.is_sealed);
        let word = WORDS.iter().find(|(_, of)| *of == flags).map_or("", |(word, _)| *word);
        std::iter::once(word.to_owned()).chain(names.iter().map(SmolStr::to_string)).collect()
    }

    /// Reads them from a trigger.
    pub(in crate::postgres) fn of(trigger: &Trigger) -> Option<Self> {
        let [word, before, after, hashes @ ..] = &trigger.arguments[..] else { return None };
        let (_, flags) = WORDS.iter().find(|(known, _)| known == word)?;
        if hashes.is_empty() || !trigger.name.starts_with(INTERIM) {
            return None;
        }
        let held = |value: &String, hash: Option<&String>, is_sealed| Held {
            value: value.into(),
            hash: hash.filter(|hash| !hash.is_empty()).map(SmolStr::from),
            is_sealed,
        };
        Some(Self {
            table: trigger.table.clone(),
            before: held(before, hashes.get(1), flags.0),
            after: held(after, hashes.first(), flags.1),
            default: None,
        })
    }
}

/// The first argument of the triggers, by which of both columns are sealed.
const WORDS: &[(&str, (bool, bool))] =
    &[("sealed", (false, true)), ("opened", (true, false)), ("resealed", (true, true))];
