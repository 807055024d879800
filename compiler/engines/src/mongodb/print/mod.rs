//! From the catalog of a store to its files.
//!
//! | file | does |
//! |---|---|
//! | [`validator`] | `validators/*.json` |
//! | [`indexes`] | `indexes.json` |
//! | [`apply`] | `apply.js` |
//! | [`roles`] | `roles.js` |
//! | [`promote`] | `promote.js` |
//! | [`place`] | the part of every script that finds its database |

pub(super) mod apply;
pub(super) mod indexes;
pub(super) mod place;
pub(super) mod promote;
pub(super) mod roles;
pub(super) mod validator;

use serde_json::Value as Json;

use super::lower::Lowered;
use crate::artifact::Artifacts;
use polity_govern::check::Valid;
use polity_model::Store;

/// Adds the files that make a database what its catalog says, and move a tenant's documents into another.
/// `migrations` are all that were sealed.
pub(super) fn emit(
    valid: &Valid,
    store: &Store,
    lowered: &Lowered<'_>,
    migrations: Option<Json>,
    artifacts: &mut Artifacts,
) {
    let folder = &store.named.name;
    for collection in lowered.collections() {
        let path = format!("{folder}/validators/{}.json", collection.name);
        artifacts.add(path, text(&validator::validator(collection)));
    }
    artifacts.add(format!("{folder}/indexes.json"), text(&indexes::file(lowered)));
    artifacts.add(format!("{folder}/apply.js"), apply::script(valid, store, lowered, migrations));
    if let Some(script) = promote::script(valid, store, lowered) {
        artifacts.add(format!("{folder}/promote.js"), script);
    }
    if lowered.roles().next().is_some() {
        artifacts.add(format!("{folder}/roles.js"), roles::script(valid, store, lowered));
    }
}

/// JSON as people read it, with a newline at its end.
pub(super) fn text(value: &Json) -> String {
    format!("{value:#}\n")
}
