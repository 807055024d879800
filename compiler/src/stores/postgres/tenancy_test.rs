//! `tests/tenancy.sql`: what one tenant could try against another, as a pgTAP suite for the user's own database.

use std::collections::BTreeSet;

use serde::Serialize;
use smol_str::SmolStr;

use super::database::Database;
use super::sql::{Ident, List, Literal};
use crate::template;

#[derive(Serialize)]
struct Context {
    header: String,
    ty: String,
    signed: bool,
    tenant: String,
    tenant_text: String,
    /// Inside of a text that `format()` reads.
    tenant_format: String,
    nobody: String,
    nobody_else: String,
    app: String,
    app_text: String,
    /// Whether the group of the services may do nothing, because each has rights of its own.
    services: bool,
    /// Those that hold the tables.
    schemas: String,
    held: String,
    /// Those that are known to read the rows of every tenant, with their group.
    operators: String,
    operator_text: String,
    owners: String,
    names: String,
    /// Where a tenant has schemas of its own, these as texts.
    own_schemas: String,
    /// Whoever may reach them.
    insiders: String,
    tables: Vec<Guarded>,
}

#[derive(Serialize)]
struct Guarded {
    name: String,
    /// On one line, for a remark.
    remark: String,
    text: String,
    /// Inside of a text.
    inner: String,
    /// Inside of a text that `format()` reads.
    format: String,
    /// What comes of deleting what is another tenant's.
    deleted: &'static str,
}

/// The suite, where each tenant has its own rows of anything.
pub(super) fn file(database: &Database) -> Option<String> {
    let tenancy = database.tenancy.as_ref()?;
    let inner = |sql: &str| sql.replace('\'', "''");
    let format = |sql: &str| inner(sql).replace('%', "%%");
    let tables: Vec<Guarded> = database
        .tables
        .iter()
        .filter(|table| table.is_scoped())
        .map(|table| {
            let name = table.name.to_string();
            Guarded {
                remark: name.replace(['\n', '\r'], " "),
                text: Literal(&name).to_string(),
                inner: inner(&name),
                format: format(&name),
                deleted: if table.entity.append_only.is_some() { "42501" } else { "0 rows" },
                name,
            }
        })
        .collect();
    if tables.is_empty() {
        return None;
    }
    let roles = &database.roles;
    let scoped = database.tables.iter().filter(|table| table.is_scoped());
    let schemas: BTreeSet<&SmolStr> = scoped.map(|table| &table.name.schema).collect();
    let unaudited = database.trails.is_empty();
    let is_there = |name: &SmolStr| !unaudited || ![&roles.auditor, &roles.audit_reader].contains(&name);
    let list = |names: &[&SmolStr]| {
        let names = names.iter().filter(|name| is_there(name));
        names.map(|name| Literal(name).to_string()).collect::<Vec<_>>().join(", ")
    };
    let mut owners = vec![&roles.owner, &roles.migrator, &roles.maintenance, &roles.reader, &roles.auditor];
    let mut held = vec![&roles.owner, &roles.app, &roles.reader, &roles.auditor, &roles.audit_reader];
    let mut operators = Vec::new();
    if database.operates() {
        operators.push(&roles.operator);
        operators
            .extend(database.services.iter().filter(|service| service.across).map(|service| &service.role));
        held.extend(operators.iter());
    }
    if tenancy.signed {
        owners.push(&roles.context);
    }
    let tenant = Ident(&tenancy.column).to_string();
    let (nobody, nobody_else) = tenancy.nobodies();
    let context = Context {
        header: super::schema::header(
            database,
            "That no tenant sees or touches what is another's, tried as the application.",
        ),
        ty: tenancy.ty.clone(),
        signed: tenancy.signed,
        tenant_text: Literal(&tenancy.column).to_string(),
        tenant_format: format(&tenant),
        tenant,
        nobody: Literal(nobody).to_string(),
        nobody_else: Literal(nobody_else).to_string(),
        app: Ident(&roles.app).to_string(),
        app_text: Literal(&roles.app).to_string(),
        services: !database.services.is_empty(),
        schemas: List(&schemas.into_iter().collect::<Vec<_>>()).to_string(),
        held: list(&held),
        operators: list(&operators),
        operator_text: Literal(&roles.operator).to_string(),
        owners: list(&owners),
        names: tables.iter().map(|table| table.text.as_str()).collect::<Vec<_>>().join(", "),
        own_schemas: match database.prefix() {
            Some(_) => list(&database.schemas.iter().map(|(name, _)| name).collect::<Vec<_>>()),
            None => String::new(),
        },
        insiders: list(&[
            &roles.app,
            &roles.owner,
            &roles.reader,
            &roles.maintenance,
            &roles.cron,
            &roles.auditor,
            &roles.audit_reader,
        ]),
        tables,
    };
    Some(template::render(include_str!("../../../../templates/postgres/tenancy_test.sql.jinja"), context))
}
