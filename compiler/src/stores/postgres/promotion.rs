//! `promote.sh`: moves a tenant's rows from the shared database into the one that it has to itself.

use serde::Serialize;
use smol_str::SmolStr;

use super::database::Database;
use super::sql::{Ident, List, Literal};
use super::table::{Table, column_names};
use crate::model::governance::Tenant;
use crate::template;

#[derive(Serialize)]
struct Context {
    header: String,
    id: String,
    owner: String,
    tenant: String,
    /// Parents before those that refer to them.
    moved: Vec<Moved>,
    /// The same the other way round, without what all tenants share.
    removed: Vec<Moved>,
    audited: Vec<String>,
    schemas: String,
    partitioned: String,
}

/// A table of which rows move.
#[derive(Serialize)]
struct Moved {
    name: String,
    text: String,
    /// Those that can be written.
    columns: String,
    key: String,
    /// Which rows: the tenant's, or all of what every tenant shares.
    rows: String,
    file: String,
}

pub(super) fn file(database: &Database, tenant: &Tenant) -> String {
    let column = database.tenancy.as_ref().map_or_else(String::new, |t| Ident(&t.column).to_string());
    let id = Literal(tenant.id()).to_string();
    let own = format!("WHERE {column} = {id}");
    let order = database.referrers_first();
    let one = |table: &Table| Moved {
        name: table.name.to_string(),
        text: Literal(&table.name.to_string()).to_string(),
        columns: List(&written(table)).to_string(),
        key: List(&column_names(table.entity, &table.entity.key)).to_string(),
        rows: if table.is_scoped() { own.clone() } else { String::new() },
        file: format!("t{}", table.entity.id.index()),
    };
    let mut moved: Vec<Moved> = order.iter().rev().map(|table| one(table)).collect();
    let mut removed: Vec<Moved> =
        order.iter().filter(|table| table.is_scoped()).map(|table| one(table)).collect();
    for (i, trail) in database.trails.iter().enumerate() {
        for (j, part) in trail.tables().into_iter().enumerate() {
            let part = || Moved {
                name: part.to_string(),
                text: Literal(&part.to_string()).to_string(),
                columns: trail.columns(j, &column),
                key: String::new(),
                rows: own.clone(),
                file: format!("a{i}_{j}"),
            };
            moved.push(part());
            removed.push(part());
        }
    }
    let mut schemas: Vec<SmolStr> = database.schemas.iter().map(|(name, _)| name.clone()).collect();
    schemas.dedup();
    let partitioned: Vec<String> = (database.tables.iter().filter(|t| t.entity.partition.is_some()))
        .map(|t| t.name.to_string())
        .chain(
            database
                .trails
                .iter()
                .filter(|t| t.partition.is_some())
                .flat_map(|t| [t.name.to_string(), t.payload.to_string()]),
        )
        .map(|name| Literal(&name).to_string())
        .collect();
    let context = Context {
        header: super::schema::header(
            database,
            &format!(
                "Moves {} from the shared database into {}, which it has to itself.",
                tenant.named.name,
                database.name()
            ),
        )
        .replace("--", "#"),
        id,
        owner: Ident(&database.roles.owner).to_string(),
        tenant: column,
        audited: (database.tables.iter().filter(|t| t.entity.audit.is_some()))
            .map(|t| t.name.to_string())
            .collect(),
        moved,
        removed,
        schemas: schemas.iter().map(|name| Literal(name).to_string()).collect::<Vec<_>>().join(", "),
        partitioned: partitioned.join(", "),
    };
    template::render(include_str!("../../../../templates/postgres/promote.sh.jinja"), context)
}

/// The columns that a row is written by: those that PostgreSQL computes are left out.
fn written(table: &Table) -> Vec<SmolStr> {
    let computed = |rest: &str| rest.starts_with("GENERATED ALWAYS");
    table.columns.iter().filter(|c| !computed(&c.rest)).map(|c| c.name.clone()).collect()
}
