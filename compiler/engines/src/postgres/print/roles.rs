//! `roles.sql`: the roles, and what the database grants them beside the rights on objects.

use std::collections::BTreeSet;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::lower::placement::PUBLIC;
use super::super::lower::roles::{memberships_elsewhere, open, owners};
use super::super::lower::types::EXTENSIONS_SCHEMA;
use super::super::sql::{Ident, List, Literal, Remark};
use super::default_privileges::default_privileges;
use super::migrations::Style;
use super::quotas::{self, percent};
use super::rights::{alike, target};
use super::{header, liquibase};
use polity_catalog::relational::{Object, ObjectId, Role, Target};

/// Writes the file. That of a tenant with schemas of its own holds only who works for that tenant.
pub(in crate::postgres) fn roles(database: &Database, lowered: &Lowered) -> String {
    #[derive(Serialize)]
    struct Roles {
        header: String,
        /// The settings of the session, for one transaction.
        settings: &'static str,
        /// The block that lets one administrator work after the other.
        alone: &'static str,
        /// Whether rows are told apart by tenant, for which the server must be repaired.
        tenancy: bool,
        /// The statements that make each role what it must be.
        stated: String,
        database_rights: Vec<Right>,
        public_rights: Vec<Right>,
        /// Statements about the rights on objects that roles make later, and those around them.
        default_privileges: Vec<String>,
        lend: String,
        give_back: &'static str,
        extension_rights: Vec<Right>,
        /// As texts.
        extensions: String,
        extensions_schema: &'static str,
        extensions_text: String,
        /// Functions that tell where rows lie, as texts.
        extents: String,
        /// How much of the server the roles may use.
        quotas: String,
        /// The statements that make the place where a program keeps account of migrations.
        account: String,
    }
    let beside = database.placement.prefix().is_some();
    let values = Roles {
        header: header(database, &whose(database)),
        settings: SETTINGS,
        alone: polity_templates::postgres::ALONE,
        tenancy: database.tenancy.is_some(),
        stated: stated(database, lowered),
        database_rights: database_rights(lowered),
        public_rights: schema_rights(lowered, PUBLIC),
        default_privileges: default_privileges(&lowered.catalog),
        lend: lend(&owners(database)),
        give_back: polity_templates::postgres::GIVE_BACK,
        extension_rights: schema_rights(lowered, EXTENSIONS_SCHEMA),
        extensions: texts(&database.extensions),
        extensions_schema: EXTENSIONS_SCHEMA,
        extensions_text: Literal(EXTENSIONS_SCHEMA).to_string(),
        extents: extents(database),
        quotas: quotas::write(database, None),
        account: account(database),
    };
    let template = match beside {
        true => polity_templates::postgres::TENANT_ROLES,
        false => polity_templates::postgres::ROLES,
    };
    polity_templates::render(template, values)
}

/// Writes the place where the program that runs migrations keeps account of them, where it makes none itself.
fn account(database: &Database) -> String {
    if Style::of(database).has_changelog() { liquibase::account(database) } else { String::new() }
}

/// Says whose roles they are.
fn whose(database: &Database) -> String {
    match database.placement.tenant.filter(|_| database.placement.prefix().is_some()) {
        Some(tenant) => format!(
            "The roles that work for {} in its own schemas of the shared database. The owner, the migrator and maintenance are\nthose of the shared database.",
            tenant.named.name
        ),
        None => "The roles of the platform, and what this database grants them.".to_owned(),
    }
}

/// Writes the functions that tell where rows lie, as texts, where the database has them.
fn extents(database: &Database) -> String {
    let has_postgis = database.extensions.iter().any(|name| name == "postgis");
    if has_postgis { texts(EXTENTS) } else { String::new() }
}

/// Functions of PostGIS that read the statistics of a table whatever rows its reader may see.
const EXTENTS: &[&str] = &[
    "st_estimatedextent",
    "_postgis_stats",
    "_postgis_selectivity",
    "_postgis_join_selectivity",
    "_postgis_index_extent",
];

const SETTINGS: &str = "\
SET LOCAL standard_conforming_strings = on;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
";

/// Writes the statements by which an administrator who is no superuser acts for these roles, until it gives them back.
pub(super) fn lend<T: AsRef<str>>(roles: &[T]) -> String {
    #[derive(Serialize)]
    struct Lent {
        roles: String,
    }
    polity_templates::render(polity_templates::postgres::LEND, Lent { roles: texts(roles) })
}

/// Writes names as texts, with a comma between them.
pub(super) fn texts<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| Literal(name.as_ref()).to_string()).collect::<Vec<_>>().join(", ")
}

/// The values of the statements that make each role what it must be.
#[derive(Serialize)]
struct Stated {
    roles: Vec<Stood>,
    members: Vec<Member>,
    elsewhere: Vec<Member>,
    /// The groups that a person may put roles into, as texts.
    open: String,
    grants: String,
}

/// A role, each part as SQL.
#[derive(Serialize)]
struct Stood {
    remark: String,
    name: String,
    login: &'static str,
    comment: String,
}

/// A role, and the one that it acts for.
#[derive(Serialize)]
struct Member {
    held: String,
    member: String,
}

/// Writes the statements that make each role what it must be, and then whom it acts for.
fn stated(database: &Database, lowered: &Lowered) -> String {
    let role = |role: &Role| {
        debug_assert!(
            !role.bypasses_row_security,
            "no administrator but a superuser could let {} do so",
            role.name
        );
        let remark = Remark(lowered.remark_on(&ObjectId::Role(role.name.clone()))).to_string();
        let said = !lowered.remark_on(&ObjectId::Role(role.name.clone())).is_empty();
        Stood {
            remark: remark.lines().filter(|_| said).map(|line| format!("    {line}\n")).collect(),
            name: Literal(&role.name).to_string(),
            login: if role.login { "true" } else { "false" },
            comment: if role.comment.is_empty() {
                "NULL".to_owned()
            } else {
                Literal(&role.comment).to_string()
            },
        }
    };
    let pair = |(held, member): (&SmolStr, &SmolStr)| Member {
        held: Literal(held).to_string(),
        member: Literal(member).to_string(),
    };
    let members =
        || lowered.roles().flat_map(|role| role.member_of.iter().map(move |held| (held, &role.name)));
    let here: BTreeSet<_> = members().collect();
    let elsewhere = memberships_elsewhere(database);
    let elsewhere = elsewhere.iter().map(|(held, member)| (held, member)).filter(|pair| !here.contains(pair));
    let acting = lowered.roles().filter(|role| !role.member_of.is_empty());
    let grant = |role: &Role| {
        let groups: Vec<&SmolStr> = role.member_of.iter().collect();
        format!("GRANT {} TO {};\n", List(&groups), Ident(&role.name))
    };
    let values = Stated {
        roles: lowered.roles().map(role).collect(),
        members: members().map(pair).collect(),
        elsewhere: elsewhere.map(pair).collect(),
        open: texts(&open(database)),
        grants: acting.map(grant).collect(),
    };
    polity_templates::render(polity_templates::postgres::STATE_ROLES, values)
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
