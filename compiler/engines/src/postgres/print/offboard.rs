//! `offboard.sql`: a tenant's database, or its schemas, gone with the roles that work there.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::database::Database;
use super::super::lower::placement::PUBLIC;
use super::super::lower::roles::names;
use super::super::sql::{Body, Ident, List, Literal};
use super::header;
use super::migrations::holding;

#[derive(Serialize)]
struct Offboarding {
    header: String,
    /// The beginning of its jobs' names, as a text, where pg_cron runs them.
    cron: Option<String>,
    /// How psql connects to its database, where it has one.
    connection: Option<String>,
    database: String,
    database_name: String,
    schemas: String,
    /// The block that refuses where rows would be lost.
    guard: String,
    roles: Vec<Role>,
}

#[derive(Serialize)]
struct Role {
    name: String,
    /// The block that takes its rights back.
    leaves: String,
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
    let values = Offboarding {
        header: header(database, &what),
        cron: database.lists_pg_cron().then(|| stem.replace(['\n', '\r'], " ")),
        connection: database.placement.is_apart().then(|| connection(&database.placement.database_name())),
        database: Literal(&database.placement.database_name()).to_string(),
        database_name: Ident(&database.placement.database_name()).to_string(),
        schemas: List(&schemas).to_string(),
        guard: Body(&guard(database)).to_string(),
        roles: names(database).iter().map(|name| role(name)).collect(),
    };
    Some(polity_templates::render(polity_templates::postgres::OFFBOARD, values))
}

/// The argument of psql's `\connect` that leads to a database of this name, whatever is in it.
fn connection(name: &str) -> String {
    let value = name.replace('\\', r"\\").replace('\'', r"\'");
    Ident(&format!("dbname='{value}'")).to_string()
}

fn role(name: &str) -> Role {
    let leaves = format!(
        "BEGIN\n    IF EXISTS (SELECT FROM pg_roles WHERE rolname = {}) THEN\n        EXECUTE {};\n    END IF;\nEND;",
        Literal(name),
        Literal(&format!("DROP OWNED BY {}", Ident(name)))
    );
    Role { name: Ident(name).to_string(), leaves: Body(&leaves).to_string() }
}

fn guard(database: &Database) -> String {
    let tenant = database.placement.tenant.map_or("", |tenant| tenant.named.name.as_str());
    let held: Vec<String> = holding(database)
        .iter()
        .map(|(name, kept)| {
            let kept = kept.as_deref().unwrap_or("false");
            format!("[{}, {}]", Literal(&name.to_string()), Literal(kept))
        })
        .collect();
    format!(
        "DECLARE
    item text[];
    held bigint;
    kept bigint;
    lost text[] := '{{}}';
BEGIN
    IF coalesce(current_setting('polity.undo_may_lose', true), '') = 'on' THEN
        RETURN;
    END IF;
    -- Each table, and which of its rows their retention has not reached.
    FOREACH item SLICE 1 IN ARRAY ARRAY[
        {}
    ]::text[] LOOP
        IF to_regclass(item[1]) IS NULL THEN
            CONTINUE;
        END IF;
        EXECUTE 'LOCK TABLE ' || item[1] || ' IN ACCESS EXCLUSIVE MODE';
        EXECUTE 'SELECT count(*), count(*) FILTER (WHERE ' || item[2] || ') FROM ' || item[1] INTO held, kept;
        IF held > 0 THEN
            lost := lost || (item[1] || ' holds ' || held || CASE WHEN kept > 0 THEN ' (' || kept || ' until their retention is over)' ELSE '' END);
        END IF;
    END LOOP;
    IF lost <> '{{}}' THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = {} || array_to_string(lost, ', '),
            HINT = 'psql -v may_lose=on, if they may go';
    END IF;
END;",
        held.join(",\n        "),
        Literal(&format!("rows of {tenant} would be lost: "))
    )
}
