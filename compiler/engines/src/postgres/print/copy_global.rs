//! `copy_global.sh`: brings what all tenants share up to date in the database that a tenant has to itself.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::database::Database;
use super::super::lower::names::LIMIT;
use super::super::lower::table::{Table, column_names};
use super::super::sql::{Ident, List, Literal, dollar_quote};
use super::promotion::{Late, here_end, late, remarks, written};
use crate::hashed::hashed;

#[derive(Serialize)]
struct GlobalCopy {
    header: String,
    owner: String,
    /// The dollar quote of the block and the end of the here-documents, which nothing in them holds.
    quote: String,
    end: String,
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
    /// The action on a row that is there: `UPDATE SET a = EXCLUDED.a`, of every column but the key's, or `NOTHING`.
    change: String,
    /// Where its rows stand until all of them are there.
    file: String,
    /// The statement that reads them there, as a text.
    into: String,
}

/// The script, where anything is shared.
pub(super) fn file(database: &Database) -> Option<String> {
    let order = database.referrers_first();
    let shared: Vec<&Table> = order.iter().rev().filter(|table| !table.is_scoped()).copied().collect();
    let tables: Vec<Copied> = shared.iter().map(|table| copied(table)).collect();
    if tables.is_empty() {
        return None;
    }
    let mut values = GlobalCopy {
        header: remarks(database, "Copies what all tenants share from the shared database into this one."),
        owner: Ident(&database.roles.owner).to_string(),
        quote: String::new(),
        end: String::new(),
        tables,
        late: late(&shared),
    };
    let all = serde_json::to_string(&values).unwrap_or_default();
    (values.quote, values.end) = (dollar_quote(&all), here_end(&all));
    Some(polity_templates::render(polity_templates::postgres::COPY_GLOBAL, values))
}

fn copied(table: &Table) -> Copied {
    let columns = written(table);
    let key = column_names(table.entity, &table.entity.key);
    let changed = columns.iter().filter(|column| !key.contains(column));
    let changed: Vec<String> = changed.map(|column| format!("{0} = EXCLUDED.{0}", Ident(column))).collect();
    let key: Vec<SmolStr> = if key.is_empty() { columns.clone() } else { key };
    let file = hashed("t", &table.name.to_string(), LIMIT).to_string();
    Copied {
        name: table.name.to_string(),
        text: Literal(&table.name.to_string()).to_string(),
        columns: List(&columns).to_string(),
        key: List(&key).to_string(),
        change: match changed.is_empty() {
            true => "NOTHING".to_owned(),
            false => format!("UPDATE SET {}", changed.join(", ")),
        },
        into: Literal(&format!("COPY {file} FROM STDIN;")).to_string(),
        file,
    }
}
