//! The entries that end by themselves, for the function `end_entries` of the library and for the script that walks the
//! databases with it: what no write and no worker passes by ends there.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::super::{ending, keys};
use super::{erasure, operations};
use polity_catalog::keyed::{Fragment, Object, Role};
use polity_govern::Stored;
use polity_model::keyspace::ValueShape;
use polity_model::{Keyspace, Store};
use polity_text::quoting::lua;

/// Returns the commands that the caller of the function needs in addition to `SCAN`; none where there is no such function.
pub(super) fn commands(valid: &Stored, store: &Store) -> Vec<&'static str> {
    let mut commands: Vec<&str> = Vec::new();
    for keyspace in ending(valid, store) {
        commands.extend(match keyspace.value {
            ValueShape::List(_) => &["fcall", "time", "lrange", "lrem", "lset", "zrange", "zrem"][..],
            ValueShape::Stream { .. } => &["fcall", "time", "xtrim"],
            ValueShape::TimeSeries => &["fcall", "time", "ts.del"],
            _ => &["fcall", "time", "zremrangebyscore"],
        });
    }
    commands
}

/// Returns the fragment and the function of the library that remove what is over.
pub(super) fn lower(valid: &Stored, store: &Store) -> Vec<Object> {
    let ending: String = ending(valid, store).map(|keyspace| places(valid, keyspace)).collect();
    if ending.is_empty() {
        return Vec::new();
    }
    let code = polity_templates::render(polity_templates::redis::ENTRIES, json!({ "ending": ending }));
    let fragment = Fragment { library: valid.name.clone(), name: "entries".into(), keyspace: None, code };
    let comment = "removes, of one step through the keys, what is over.";
    let function = erasure::walk(valid, "end_entries", &["database", "cursor"], "end_entries", comment);
    vec![fragment.into(), function.into()]
}

/// Returns the databases that the script walks through.
pub(super) fn databases(valid: &Stored, store: &Store) -> Vec<u32> {
    let found: BTreeSet<u32> = ending(valid, store).map(erasure::database).collect();
    found.into_iter().collect()
}

/// Writes the keys of a keyspace, and those next to them.
fn places(valid: &Stored, keyspace: &Keyspace) -> String {
    let mut out = String::new();
    for (key, role) in keys::all_of(valid, keyspace) {
        let value = match (role, &keyspace.value) {
            (Some(Role::Processing), _) => "processing",
            (Some(Role::Dead), _) | (None, ValueShape::Stream { .. }) => "stream",
            (None, ValueShape::List(_)) => "list",
            (None, ValueShape::TimeSeries) => "timeseries",
            (None, _) => "zset",
        };
        let (database, pattern) = (erasure::database(keyspace), lua::text(&erasure::matching(&key.pieces())));
        let ttl = operations::ttl(keyspace).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {{ database = {database}, pattern = {pattern}, value = '{value}', ttl = {ttl} }},"
        );
    }
    out
}
