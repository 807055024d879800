//! `copy_global.sh`: brings what all tenants share up to date in the database that a tenant has to itself.

use serde::Serialize;
use smol_str::SmolStr;

use super::database::Database;
use super::promotion::{Late, late, written};
use super::sql::{Ident, List, Literal};
use super::table::{Table, column_names};
use crate::template;

#[derive(Serialize)]
struct Context {
    header: String,
    owner: String,
    /// Parents before those that refer to them.
    tables: Vec<Copied>,
    /// References that go round, judged when all rows are there.
    late: Vec<Late>,
}

#[derive(Serialize)]
struct Copied {
    name: String,
    text: String,
    columns: String,
    key: String,
    /// `a = EXCLUDED.a`, of every column but the key's.
    changed: String,
    file: String,
}

/// The script, where anything is shared.
pub(super) fn file(database: &Database) -> Option<String> {
    let order = database.referrers_first();
    let shared: Vec<&Table> = order.iter().rev().filter(|table| !table.is_scoped()).copied().collect();
    let tables: Vec<Copied> = shared.iter().map(|table| copied(table)).collect();
    if tables.is_empty() {
        return None;
    }
    let context = Context {
        header: super::schema::header(
            database,
            "Copies what all tenants share from the shared database into this one.",
        )
        .replace("--", "#"),
        owner: Ident(&database.roles.owner).to_string(),
        tables,
        late: late(&shared),
    };
    Some(template::render(include_str!("../../../../templates/postgres/copy_global.sh.jinja"), context))
}

fn copied(table: &Table) -> Copied {
    let columns = written(table);
    let key = column_names(table.entity, &table.entity.key);
    let changed = columns.iter().filter(|column| !key.contains(column));
    let changed: Vec<String> = changed.map(|column| format!("{0} = EXCLUDED.{0}", Ident(column))).collect();
    let key: Vec<SmolStr> = if key.is_empty() { columns.clone() } else { key };
    Copied {
        name: table.name.to_string(),
        text: Literal(&table.name.to_string()).to_string(),
        columns: List(&columns).to_string(),
        key: List(&key).to_string(),
        changed: changed.join(", "),
        file: format!("t{}", table.entity.id.index()),
    }
}
