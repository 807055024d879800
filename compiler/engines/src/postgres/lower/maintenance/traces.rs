//! The values that a trail holds of rows that leave: what changed, and by whom, stays; the values go.

use serde::Serialize;

use super::super::super::sql::Ident;
use super::super::audit::{Trail, holding_persons, persons, row_key};
use super::super::database::Database;
use super::super::erasure::names_of_table;
use super::super::table::{Table, column_name};
use polity_templates::postgres::statements;

/// A batch of which a trail holds values.
#[derive(Serialize)]
pub(super) struct Traces {
    /// The expressions of a row's tenant, its name in an entry, and its key.
    tenant: String,
    name: String,
    key: String,
    /// The statements that take the values of these rows out of trails.
    removals: Vec<String>,
}

/// Returns the traces of a batch, whose tenants, names and keys stand in three variables.
pub(super) fn traces(database: &Database, table: &Table) -> Option<Traces> {
    let rows = "SELECT * FROM unnest(retention.tenants, retention.names, retention.keys)";
    let removals: Vec<String> =
        holding_persons(database, table).map(|trail| removal(database, trail, table, rows)).collect();
    let Row { tenant, name, key } = row(database, table).filter(|_| !removals.is_empty())?;
    Some(Traces { tenant, name, key, removals })
}

/// Returns the statements for all rows of a partition, as `format` reads them.
pub(super) fn traces_of_partition(database: &Database, table: &Table) -> Option<String> {
    let Row { tenant, name, key } = row(database, table)?;
    // No name holds a zero byte.
    let rows = format!("SELECT {tenant}, {name}, {key} FROM \0");
    let removals: Vec<String> = holding_persons(database, table)
        .map(|trail| removal(database, trail, table, &rows).replace('%', "%%").replace('\0', "%1$s"))
        .collect();
    (!removals.is_empty()).then(|| removals.join("; "))
}

/// The expressions by which an entry of a trail tells of a row.
struct Row {
    tenant: String,
    name: String,
    key: String,
}

fn row(database: &Database, table: &Table) -> Option<Row> {
    let entity = table.entity;
    let tenant = match entity.tenant.filter(|_| database.tenancy.is_some()) {
        Some(tenant) => format!("{}::text", Ident(&column_name(entity, tenant))),
        None => "''".to_owned(),
    };
    let named = persons::named(database, entity)?;
    Some(Row {
        tenant,
        name: named.own.name(|column| Ident(column).to_string()),
        key: row_key(entity, |_, name| Ident(name).to_string()),
    })
}

/// Writes the statement that takes the values of rows out of the trail. `rows` yields tenants, names and keys.
fn removal(database: &Database, trail: &Trail, table: &Table, rows: &str) -> String {
    #[derive(Serialize)]
    struct Removal<'r> {
        /// The statement up to its condition.
        forgetting: String,
        /// The letter under which the values of an entry are read.
        values: char,
        /// The tenant of an entry.
        tenant: String,
        /// The names that the table has had, where entries may say no names of rows.
        was: Option<String>,
        rows: &'r str,
    }
    let column = database.tenancy.as_ref().map(|tenancy| Ident(&tenancy.column).to_string());
    let values = Removal {
        forgetting: trail.forgetting(database),
        values: trail.values(),
        tenant: column.map_or_else(|| "''".to_owned(), |name| format!("e.{name}")),
        was: trail.may_lack_names().then(|| names_of_table(&database.placement, table)),
        rows,
    };
    polity_templates::render(statements::REMOVE_VALUES, values).trim_end().to_owned()
}
