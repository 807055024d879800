//! `roles.sql`: the roles, and what the database grants them beside the rights on objects.

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::database::{Database, extensions_inside};
use super::super::lower::lowered::Lowered;
use super::super::lower::types::EXTENSIONS_SCHEMA;
use super::super::sql::{Ident, List, Literal, Remark};
use super::default_privileges::default_privileges;
use super::quotas;
use super::{Comment, create_extension, header};
use polity_catalog::relational::ObjectId;

/// Writes the file. That of a tenant with schemas of its own holds only who works for that tenant.
pub(in crate::postgres) fn roles(database: &Database, lowered: &Lowered) -> String {
    #[derive(Serialize)]
    struct Roles {
        header: String,
        /// Whether rows are told apart by tenant, for which the server must be repaired.
        tenancy: bool,
        /// As texts, for the loop that creates them.
        role_names: String,
        roles: String,
        owner: String,
        /// The roles that may connect.
        connecting: String,
        uses_public: bool,
        /// Statements about the rights on objects that roles make later.
        default_privileges: Vec<String>,
        /// The roles that name something in the schema of extensions.
        extension_users: String,
        extensions: Vec<String>,
        extensions_schema: &'static str,
        /// How much of the server the roles may use.
        quotas: String,
    }
    let beside = database.prefix().is_some();
    let what = match database.tenant.filter(|_| beside) {
        Some(tenant) => format!(
            "The roles that work for {} in its own schemas of the shared database. The owner, the migrator and maintenance are\nthose of the shared database.",
            tenant.named.name
        ),
        None => "The roles of the platform, and what this database grants them.".to_owned(),
    };
    let texts: Vec<String> = lowered.roles().map(|role| Literal(&role.name).to_string()).collect();
    let needs_extensions = !beside || !extensions_inside(database.store).is_empty();
    let values = Roles {
        header: header(database, &what),
        tenancy: database.tenancy.is_some(),
        role_names: texts.join(", "),
        roles: statements(database, lowered),
        owner: Ident(&database.roles.owner).to_string(),
        connecting: List(&connecting(database)).to_string(),
        uses_public: database.schemas.iter().any(|(name, _)| name == "public"),
        default_privileges: default_privileges(&lowered.catalog),
        extension_users: match needs_extensions {
            true => List(&extension_users(database)).to_string(),
            false => String::new(),
        },
        extensions: database.extensions.iter().map(|name| create_extension(name)).collect(),
        extensions_schema: EXTENSIONS_SCHEMA,
        quotas: quotas::write(database, None),
    };
    let template = match beside {
        true => polity_templates::postgres::TENANT_ROLES,
        false => polity_templates::postgres::ROLES,
    };
    polity_templates::render(template, values)
}

/// Each role with its attributes, and then whom it acts for.
fn statements(database: &Database, lowered: &Lowered) -> String {
    let mut out = String::new();
    for role in lowered.roles() {
        let remark = lowered.remark_on(&ObjectId::Role(role.name.clone()));
        if !remark.is_empty() {
            let _ = write!(out, "{}", Remark(remark));
        }
        let name = Ident(&role.name);
        let login = if role.login { "LOGIN" } else { "NOLOGIN" };
        // To say so takes a superuser, and without tenants row security judges nobody.
        let rows = match (database.tenancy.is_some(), role.bypasses_row_security) {
            (false, _) => "",
            (true, true) => " BYPASSRLS",
            (true, false) => " NOBYPASSRLS",
        };
        let _ = writeln!(
            out,
            "ALTER ROLE {name} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION{rows};"
        );
        let _ = write!(out, "{}", Comment { kind: "ROLE", of: name, text: &role.comment });
    }
    for role in lowered.roles().filter(|role| !role.member_of.is_empty()) {
        let groups: Vec<&SmolStr> = role.member_of.iter().collect();
        let _ = write!(out, "\nGRANT {} TO {};", List(&groups), Ident(&role.name));
    }
    out
}

fn connecting<'d>(database: &'d Database) -> Vec<&'d str> {
    let roles = &database.roles;
    let mut all: Vec<&SmolStr> = vec![&roles.app];
    if !database.trails.is_empty() {
        all.push(&roles.audit_reader);
    }
    if database.prefix().is_none() {
        all.extend([&roles.migrator, &roles.cron]);
        if database.operates() {
            all.push(&roles.operator);
        }
        if super::super::lower::erasure::is_needed(database) {
            all.push(&roles.eraser);
        }
    }
    let mut all: Vec<&str> = all.into_iter().map(SmolStr::as_str).collect();
    if super::super::lower::usage::is_needed(database) {
        all.push("pg_monitor"); // the role of postgres_exporter is in it
    }
    all
}

fn extension_users<'d>(database: &'d Database) -> Vec<&'d SmolStr> {
    let roles = &database.roles;
    if database.prefix().is_some() {
        return vec![&roles.app];
    }
    let mut all = vec![&roles.owner];
    all.extend(database.groups());
    all.push(&roles.maintenance);
    all.extend((!database.trails.is_empty()).then_some(&roles.auditor));
    all
}
