//! `tenants/<tenant>.sql`: what closes a database that a tenant has of its own to everybody else's rows.

use std::fmt::Write;

use super::database::Database;
use super::schema::{self, RESET, SET};
use super::sql::{Ident, Literal};
use crate::model::governance::Tenant;

/// Tables have the same shape in every tier, so that a tenant's rows can move; rows that were copied to the wrong
/// database are refused there, whoever copies them. `None` where no table holds rows of tenants.
pub(super) fn file(database: &Database, tenant: &Tenant) -> Option<String> {
    let column = Ident(&database.tenancy.as_ref()?.column);
    let about = format!(
        "The database `{}{}`, which {} has of its own: after schema.sql and after each migration, as the migrator.\n\
         It may be run again at any time.",
        database.platform[tenant.tier].prefix_of(tenant),
        database.platform.database_name(database.store, None),
        tenant.named.name,
    );
    let mut out = format!("{}\nBEGIN;\n\n{SET}\n", schema::header(database, &about));
    let mut scoped = database.tables.iter().filter(|table| table.is_scoped()).peekable();
    scoped.peek()?;
    for table in scoped {
        let _ = writeln!(
            out,
            "ALTER TABLE {}\n    DROP CONSTRAINT IF EXISTS polity_tenant,\n    \
             ADD CONSTRAINT polity_tenant CHECK ({column} = {});",
            table.name,
            Literal(tenant.id())
        );
    }
    let _ = write!(out, "\n{RESET}\nCOMMIT;\n");
    Some(out)
}
