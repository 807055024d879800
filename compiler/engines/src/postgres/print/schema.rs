//! `schema.sql`: the whole database in one file, in the order in which things depend on each other.

use std::fmt::Write;

use super::super::lower::database::Database;
use super::super::lower::handwritten::{scripts, tidy};
use super::super::lower::names::fit;
use super::{RESET, SET, header};
use polity_model::{ScriptKind, Thing};

/// The whole file.
pub(super) fn file(database: &Database, body: &str) -> String {
    let mut out = String::with_capacity(body.len() + 2048);
    out.push_str(&header(
        database,
        "The whole database, for a new one: run roles.sql first, then this as its migrator, such as\n`psql -v ON_ERROR_STOP=1 -f schema.sql`. A database that exists is led on by migrations/.",
    ));
    out.push_str("BEGIN;\n\n");
    out.push_str(SET);
    out.push('\n');
    out.push_str(body);
    for (_, script) in repeatable(database) {
        let _ = writeln!(out, "-- From the source.\n{script}");
    }
    out.push_str(RESET);
    out.push_str("\nCOMMIT;\n");
    out
}

/// Returns the handwritten statements that run again whenever their text changes: the name and text of a file for each.
pub(in crate::postgres) fn repeatable(database: &Database) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for script in scripts(database) {
        if let ScriptKind::After(things) = &script.kind {
            let after: Vec<String> =
                things.iter().filter_map(|thing| stored_name(database, *thing)).collect();
            let name = format!("{:04}_after_{}", files.len() + 1, after.join("_"));
            let sql = format!("{};\n", tidy(&script.sql));
            files.push((fit(&name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"), 100).to_string(), sql));
        }
    }
    files
}

fn stored_name(database: &Database, thing: Thing) -> Option<String> {
    let platform = database.platform;
    match thing {
        Thing::Entity(id) => Some(database.placement.table_of(&platform[id]).to_string()),
        Thing::View(id) => Some(platform[id].named.stored.to_string()),
        Thing::Schema(id) => Some(database.placement.schema(id).to_string()),
        _ => None,
    }
}
