//! `roles.sql`: the roles, and what the database grants them beside the rights on objects.

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::lower::placement::PUBLIC;
use super::super::lower::types::EXTENSIONS_SCHEMA;
use super::super::sql::{Ident, List, Literal, Remark};
use super::default_privileges::default_privileges;
use super::quotas::{self, percent};
use super::rights::{alike, target};
use super::{Comment, create_extension, header};
use polity_catalog::relational::{Object, ObjectId, Target};

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
        database_rights: Vec<Right>,
        public_rights: Vec<Right>,
        /// Statements about the rights on objects that roles make later.
        default_privileges: Vec<String>,
        extension_rights: Vec<Right>,
        extensions: Vec<String>,
        extensions_schema: &'static str,
        /// How much of the server the roles may use.
        quotas: String,
    }
    let beside = database.placement.prefix().is_some();
    let what = match database.placement.tenant.filter(|_| beside) {
        Some(tenant) => format!(
            "The roles that work for {} in its own schemas of the shared database. The owner, the migrator and maintenance are\nthose of the shared database.",
            tenant.named.name
        ),
        None => "The roles of the platform, and what this database grants them.".to_owned(),
    };
    let texts: Vec<String> = lowered.roles().map(|role| Literal(&role.name).to_string()).collect();
    let values = Roles {
        header: header(database, &what),
        tenancy: database.tenancy.is_some(),
        role_names: texts.join(", "),
        roles: statements(database, lowered),
        database_rights: database_rights(lowered),
        public_rights: schema_rights(lowered, PUBLIC),
        default_privileges: default_privileges(&lowered.catalog),
        extension_rights: schema_rights(lowered, EXTENSIONS_SCHEMA),
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

/// A statement that gives rights, and the remark above it.
#[derive(Serialize)]
struct Right {
    remark: String,
    sql: String,
}

/// The rights on the database, each a text for `format`, which takes the name of the database.
fn database_rights(lowered: &Lowered) -> Vec<Right> {
    let mut rights = rights(lowered, &Target::Database, |roles| percent(&roles));
    rights.iter_mut().for_each(|right| right.sql = Literal(&right.sql).to_string());
    rights
}

/// The rights on a schema that is there before the platform.
fn schema_rights(lowered: &Lowered, schema: &'static str) -> Vec<Right> {
    rights(lowered, &Target::Schema(SmolStr::new_static(schema)), |roles| roles)
}

/// The rights that the administrator gives on an object; `list` writes the names of roles.
fn rights(lowered: &Lowered, on: &Target, list: impl Fn(String) -> String) -> Vec<Right> {
    let grants = lowered.catalog.objects().filter_map(|object| match object {
        Object::Grant(grant) if grant.on == *on && grant.by.is_none() => Some(grant),
        _ => None,
    });
    let mut out = Vec::new();
    for (grant, roles) in alike(grants) {
        let remark = lowered.remark_on(&ObjectId::Grant(on.clone(), grant.to.clone()));
        let mut remark = if remark.is_empty() { String::new() } else { Remark(remark).to_string() };
        for sql in super::rights::statements(grant, &target(on), &list(List(&roles).to_string())) {
            out.push(Right { remark: std::mem::take(&mut remark).trim_end().to_owned(), sql });
        }
    }
    out
}
