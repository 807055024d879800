//! `offboard.sql`: a tenant's database, or its schemas, gone with the roles that work there.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::database::Database;
use super::super::lower::placement::PUBLIC;
use super::super::lower::roles::{Roles, names, owners_in};
use super::super::lower::tenancy::sight::PROOF;
use super::super::sql::{Body, Ident, List, Literal};
use super::header;
use super::migrations::holding;
use super::roles::{lend, texts};
use polity_templates::postgres::blocks;

#[derive(Serialize)]
struct Offboarding {
    header: String,
    /// The beginning of its jobs' names, as a text, where pg_cron runs them.
    cron: Option<String>,
    /// The role of the tenant's own that pg_cron runs them by, which has rights in pg_cron's database.
    cron_role: Option<String>,
    /// How psql connects to its database, where it has one.
    connection: Option<String>,
    database: String,
    database_name: String,
    schemas: String,
    /// The block that refuses where rows would be lost.
    guard: String,
    /// The roles that go, as texts.
    roles: String,
    /// The statements by which the administrator acts for those that own what stays.
    lend: String,
    give_back: &'static str,
    /// The condition on its rows of the ledger, where something was sealed.
    account: Option<String>,
}

/// The file of a tenant that has a database or schemas to itself.
pub(super) fn file(database: &Database) -> Option<String> {
    let tenant = &database.placement.tenant?.named.name;
    let place = match database.placement.prefix() {
        Some(_) => {
            "its schemas and the roles that work there. Run with psql, by an administrator in the shared database."
        }
        None => {
            "its database and the roles of it. Run with psql, by an administrator in the shared database."
        }
    };
    let what = format!(
        "Takes away all that is {tenant}'s: {place}\nWhat backups hold of it is in them until they end. Rows that the shared tables hold of it are erased there by\npolity.erase_tenant."
    );
    let schemas = database.schemas.iter().map(|(name, _)| name).chain([&database.functions_schema]);
    let schemas: Vec<SmolStr> = schemas.filter(|name| *name != PUBLIC).cloned().collect();
    let stem = Literal(&format!("{}/", database.stem())).to_string();
    let leaving = names(database);
    let shared = Roles::of_database(database.platform, None);
    let owners = owners_in(database.platform, database.store, &shared);
    let values = Offboarding {
        header: header(database, &what),
        cron: database.lists_pg_cron().then(|| stem.replace(['\n', '\r'], " ")),
        cron_role: database
            .lists_pg_cron()
            .then(|| Ident(&database.roles.cron).to_string())
            .filter(|_| leaving.contains(&database.roles.cron)),
        connection: database.placement.is_apart().then(|| connection(&database.placement.database_name())),
        database: Literal(&database.placement.database_name()).to_string(),
        database_name: Ident(&database.placement.database_name()).to_string(),
        schemas: List(&schemas).to_string(),
        guard: Body(&guard(database)).to_string(),
        lend: lend(&owners),
        give_back: polity_templates::postgres::GIVE_BACK,
        roles: texts(&leaving),
        account: (!database.platform.history.is_empty()).then(|| account(database, tenant)),
    };
    Some(polity_templates::render(polity_templates::postgres::OFFBOARD, values))
}

/// The condition on rows of the ledger that are about this place of a tenant.
fn account(database: &Database, tenant: &str) -> String {
    format!("place = {} AND tenant = {}", Literal(&database.placement.in_history()), Literal(tenant))
}

/// The argument of psql's `\connect` that leads to a database of this name, whatever is in it.
fn connection(name: &str) -> String {
    let value = name.replace('\\', r"\\").replace('\'', r"\'");
    Ident(&format!("dbname='{value}'")).to_string()
}

/// The block that refuses where rows would be lost.
fn guard(database: &Database) -> String {
    #[derive(Serialize)]
    struct Guard {
        /// Each table with a condition on the rows that their retention has not reached, as an array of arrays has them.
        held: String,
        /// The beginning of the refusal, as a text.
        message: String,
        maintenance: String,
        maintenance_text: String,
        proof: &'static str,
    }
    let tenant = database.placement.tenant.map_or("", |tenant| tenant.named.name.as_str());
    let held = holding(database);
    let held = held.iter().map(|(name, kept)| {
        let kept = kept.as_deref().unwrap_or("false");
        format!("[{}, {}]", Literal(&name.to_string()), Literal(kept))
    });
    let guard = Guard {
        held: held.collect::<Vec<_>>().join(",\n        "),
        message: Literal(&format!("rows of {tenant} would be lost: ")).to_string(),
        maintenance: Ident(&database.roles.maintenance).to_string(),
        maintenance_text: Literal(&database.roles.maintenance).to_string(),
        proof: PROOF,
    };
    polity_templates::render(blocks::GUARD, guard).trim_end().to_owned()
}
