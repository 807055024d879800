//! From what was sealed to what the source says: scripts of calls, each of which may run again.
//!
//! | module | does |
//! |---|---|
//! | [`delta`] | holds what was sealed beside what the source says |
//! | [`collections`] | collections with the rules for their documents |
//! | [`documents`] | documents that are there: fields that take a value, have another name, or go |
//! | [`indexes`] | indexes, built before those that they replace go |
//! | [`services`] | views, roles and users |
//! | [`files`] | the files of migrations, for mongosh |

mod collections;
mod delta;
mod documents;
mod files;
mod indexes;
mod services;

use serde_json::Value as Json;

use super::lower::fills::fills;
use super::lower::sealed::{Sealed, State};
use super::lower::{self, Lowered};
use crate::change::files::{Files, Writer};
use crate::change::{Change, Phase};
use delta::Delta;
pub(super) use files::{emit, ledger};
use polity_catalog::document::{Catalog, Object};
use polity_govern::Stored;
use polity_model::Store;
use polity_text::quoting::javascript;

/// The file of one phase while it is written.
type Script<'w> = Writer<'w, Object>;

/// Returns the way from what was sealed of a store, or from nothing, to what the source says.
pub(super) fn change(platform: &Stored, store: &Store) -> Change {
    let lowered = lower::lower(platform, store);
    let origins = lower::origins(platform, store);
    let sealed = Sealed::of(platform, store, &origins);
    let nothing = Sealed::default();
    let fills = fills(platform, store);
    let delta = Delta::of(sealed.as_ref().unwrap_or(&nothing), &lowered, &origins, &fills);
    between(&delta, &lowered)
}

fn between(delta: &Delta<'_>, lowered: &Lowered<'_>) -> Change {
    let mut files = Files::new(delta.origins, &delta.sealed.catalog, ".js");
    let mut script = files.begin();
    services::give(&mut script, delta);
    files.end_admin(script, Phase::Admin);

    let mut script = files.begin();
    collections::rename(&mut script, delta);
    collections::make(&mut script, delta, lowered);
    indexes::relax(&mut script, delta);
    collections::widen(&mut script, delta);
    services::show(&mut script, delta);
    files.end(script, Phase::Expand, "");

    indexes::build(&mut files, delta, false);
    documents::lead(&mut files, delta);
    indexes::build(&mut files, delta, true);

    let mut script = files.begin();
    collections::narrow(&mut script, delta);
    indexes::drop(&mut script, delta);
    services::hide(&mut script, delta);
    collections::drop(&mut script, delta);
    let mut admin = files.begin();
    services::take(&mut admin, delta);
    files.end_admin(admin, Phase::Contract);
    files.end(script, Phase::Contract, "");

    let state = state(delta, files.expanded());
    files.finish(state.to_json())
}

/// Everything that the next change must know beside the catalog that this one leads to.
fn state(delta: &Delta<'_>, expanded: &Catalog) -> State {
    let is_waiting = |collection: &str, field: &str| {
        let required = |catalog: &Catalog| {
            let property = catalog.collection(collection)?.schema.properties.get(field)?;
            Some(property.required)
        };
        required(expanded) == Some(false) && required(delta.new) == Some(true)
    };
    let mut fills = delta.fills.said.clone();
    for fill in delta.all_fills() {
        let is_known = fills.iter().any(|known| known.is_of(&fill.collection, &fill.field));
        if !is_known && is_waiting(&fill.collection, &fill.field) {
            fills.push(fill.clone());
        }
    }
    let moves = delta.moves.iter().filter(|one| delta.new.get(&one.of()).is_some());
    State::new(fills, moves.cloned().collect(), delta.origins)
}

/// A call of one of the functions that every script has.
fn call(function: &str, argument: &Json) -> String {
    format!("{function}({});\n", javascript::literal(argument))
}
