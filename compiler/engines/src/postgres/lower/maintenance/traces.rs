//! The values that a trail holds of rows that leave: what changed, and by whom, stays; the values go.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal};
use super::super::audit::{Trail, holds_persons};
use super::super::database::Database;
use super::super::table::{Table, column_name};
use polity_templates::postgres::statements;

/// A batch of which a trail holds values.
#[derive(Serialize)]
pub(super) struct Traces {
    /// The expressions by which an entry names the tenant and the key of a row.
    tenant: String,
    key: String,
    /// The statement that takes the values of these rows out of the trail.
    removal: String,
}

/// Returns the traces of a batch, whose tenants and keys stand in two variables.
pub(super) fn traces(database: &Database, table: &Table) -> Option<Traces> {
    let trail = holds_persons(database, table)?;
    let (tenant, key) = named(database, table);
    let rows = "SELECT * FROM unnest(retention.tenants, retention.keys)";
    Some(Traces { tenant, key, removal: removal(database, trail, table, rows) })
}

/// Returns the statement for all rows of a partition, as `format` reads it.
pub(super) fn traces_of_partition(database: &Database, table: &Table) -> Option<String> {
    let trail = holds_persons(database, table)?;
    let (tenant, key) = named(database, table);
    // No name holds a zero byte.
    let rows = format!("SELECT {tenant}, {key} FROM \0");
    Some(removal(database, trail, table, &rows).replace('%', "%%").replace('\0', "%s"))
}

/// Returns the expressions by which an entry of a trail names the tenant and the key of a row.
fn named(database: &Database, table: &Table) -> (String, String) {
    let entity = table.entity;
    let tenant = match entity.tenant.filter(|_| database.tenancy.is_some()) {
        Some(tenant) => format!("{}::text", Ident(&column_name(entity, tenant))),
        None => "''".to_owned(),
    };
    let columns = entity.identity().iter().map(|field| column_name(entity, *field));
    let pairs: Vec<String> = columns.map(|name| format!("{}, {}", Literal(&name), Ident(&name))).collect();
    (tenant, format!("jsonb_build_object({})", pairs.join(", ")))
}

/// Writes the statement that takes the values of rows out of the trail. `rows` yields tenants and keys.
fn removal(database: &Database, trail: &Trail, table: &Table, rows: &str) -> String {
    #[derive(Serialize)]
    struct Removal<'r> {
        payload: String,
        log: String,
        /// The condition, with what must follow it, that payload and entry are one tenant's; or nothing.
        of_tenant: String,
        /// The tenant of an entry.
        tenant: String,
        schema: String,
        table: String,
        rows: &'r str,
    }
    let column = database.tenancy.as_ref().map(|tenancy| Ident(&tenancy.column).to_string());
    let values = Removal {
        payload: trail.payload.to_string(),
        log: trail.name.to_string(),
        of_tenant: column.as_ref().map(|name| format!("e.{name} = p.{name} AND ")).unwrap_or_default(),
        tenant: column.map_or_else(|| "''".to_owned(), |name| format!("e.{name}")),
        schema: Literal(&table.name.schema).to_string(),
        table: Literal(&table.name.name).to_string(),
        rows,
    };
    polity_templates::render(statements::REMOVE_VALUES, values).trim_end().to_owned()
}
