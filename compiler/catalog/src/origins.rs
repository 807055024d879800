//! The things of a source that objects come from. They stand beside a catalog and are no part of it: an engine knows
//! nothing of them. Names change and an origin stays, so two catalogs are paired by it before they are by names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::file::is_default;

/// The thing of a source that an object comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The id that the thing keeps for ever, a UUID; `docs/ciphertext.md` says of what it is made.
    pub id: SmolStr,
    /// The path of the thing as it is called now, such as `core.User.address.street`.
    pub path: SmolStr,
    /// The part of the thing that the object holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub part: Part,
}

/// The part of a thing that an object holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    #[default]
    Whole,
    /// The word that says what a reference with several arms refers to.
    Arm,
    /// The keyed hash by which an encrypted field is found.
    BlindIndex,
}

/// The origins of a catalog's objects, by the text of an object's identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    pub fn insert(&mut self, object: String, origin: Origin) {
        self.0.insert(object, origin);
    }

    /// Returns the origin of an object.
    #[must_use]
    pub fn get(&self, object: &str) -> Option<&Origin> {
        self.0.get(object)
    }

    /// Returns all origins, by object.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.0.iter().map(|(object, origin)| (object.as_str(), origin))
    }

    /// Returns the objects that are called otherwise in `other`, each with its name there.
    #[must_use]
    pub fn renamed<'o>(&'o self, other: &'o Self) -> BTreeMap<&'o str, &'o str> {
        let there: BTreeMap<_, _> =
            other.iter().map(|(object, origin)| ((&origin.id, origin.part), object)).collect();
        let pairs = self.iter().filter_map(|(object, origin)| {
            let other = there.get(&(&origin.id, origin.part))?;
            (*other != object).then_some((object, *other))
        });
        pairs.collect()
    }
}
