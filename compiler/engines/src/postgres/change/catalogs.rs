//! From one database to another, both as they were described and neither of a source: somebody made them by hand, or another tool
//! did. Roles, extensions and what an administrator gives are taken to be there.

use smol_str::SmolStr;

use super::super::lower::lowered::Lowered;
use super::super::lower::roles::Roles;
use super::super::lower::sealed::{Sealed, State, quoted};
use super::super::print::parts::Parts;
use super::writer::Files;
use super::{Ways, made_types, names};
use crate::change::{Change, Phase};
use polity_catalog::origins::{Origin, Origins, Part};
use polity_catalog::relational::{Catalog, Name, ObjectId, Renames};

/// The things that two databases call otherwise.
#[derive(Debug, Clone, Default)]
pub struct Renamed {
    /// The things of the older one, each with its identity in the newer one.
    pub things: Vec<(ObjectId, ObjectId)>,
    /// The values of enums: the newer name of the type, the older word and the newer one.
    pub values: Vec<(Name, String, String)>,
}

/// Returns the way from one catalog to another, run by a role that owns what both hold. Both were described with all that a catalog
/// can hold (`Scope::whole`), or neither.
#[must_use]
pub fn between(old: &Catalog, new: &Catalog, renamed: &Renamed, role: &str) -> Change {
    let roles = Roles::one(&SmolStr::new(role));
    let (before, after) = (
        origins(renamed.things.iter().map(|(old, _)| old)),
        origins(renamed.things.iter().map(|(_, new)| new)),
    );
    let renames = Renames::between((old, &before), (new, &after), quoted);
    let mut lowered = Lowered::default().with_catalog(new.clone());
    lowered.sealed = Some(Sealed::default()); // so that what is there stays
    let parts = Parts::of(&lowered.catalog);
    let applied = renames.applied(old);
    let mut files = Files::new(&lowered, &parts, &roles, &after, &applied, &renames);
    let mut writer = files.begin();
    let typed = made_types::lead(&mut writer, (&applied, new), renamed, &roles.owner);
    let renamed = names::rename(&mut writer, (&typed, new), &renames, &roles.owner);
    files.end(writer, Phase::Expand, "names");
    let sealed = Sealed { catalog: old.clone(), renamed, renames: renames.clone(), ..Sealed::default() };
    let ways = Ways::of(&lowered, &sealed);
    let delta = ways.delta(&lowered, &sealed);
    ways.expand(&mut files, &delta, &[], &lowered, &sealed, &[]);
    ways.contract(&mut files, &delta, &[]);
    files.finish(&State::default(), String::new())
}

/// Gives each thing the number of its place as its origin.
fn origins<'i>(things: impl Iterator<Item = &'i ObjectId>) -> Origins {
    let mut origins = Origins::default();
    for (at, id) in things.enumerate() {
        let (id, number) = (id.to_string(), at.to_string());
        let origin = Origin { id: number.into(), path: id.as_str().into(), part: Part::Whole };
        origins.insert(id, origin);
    }
    origins
}
