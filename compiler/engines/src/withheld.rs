//! The values that an export withholds, and the words that stand in their place.

use polity_govern::Stored;
use polity_model::{Entity, FieldId};

/// In place of a value that only who holds the key can read.
pub(crate) const SEALED: &str = "(sealed: a service that has the key can open it)";

/// In place of the key of somebody else.
pub(crate) const OTHER: &str = "(somebody else)";

/// Whether a field is a reference to a person, or may be one.
pub(crate) fn names_person(platform: &Stored, entity: &Entity, field: FieldId) -> bool {
    let mut own = platform.references(entity.id).filter(|r| r.fields.last() == Some(&field));
    own.any(|reference| platform[reference.target].subject.is_some())
}
