//! `tests/tenancy.sql`: what one tenant could try against another, as a pgTAP suite for the user's own database.

use std::collections::BTreeSet;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::database::Database;
use super::super::lower::roles::{names, owners as owning};
use super::super::lower::table::Table;
use super::super::lower::tenancy::Tenancy;
use super::super::lower::views::{self, Form};
use super::super::sql::{Ident, List, Literal, Name, dollar_quote};
use super::roles::lend;
use polity_catalog::relational;
use polity_text::quoting::visible;

#[derive(Serialize)]
struct AttackTests {
    header: String,
    ty: String,
    signed: bool,
    entered: Entered,
    tenant: String,
    tenant_text: String,
    /// Inside of a text.
    tenant_inner: String,
    /// Inside of a text that `format()` reads.
    tenant_format: String,
    nobody: String,
    nobody_else: String,
    app: String,
    app_text: String,
    /// Whether the group of the services may do nothing, because each has rights of its own.
    services: bool,
    /// The schemas that hold the tables.
    schemas: String,
    /// The names of these schemas, as texts that are read as names.
    schema_texts: String,
    #[serde(flatten)]
    roles: KnownRoles,
    names: String,
    /// Where a tenant has schemas of its own, these as texts.
    own_schemas: String,
    tables: Vec<Guarded>,
    /// The ways in which a row is brought.
    insertions: [Insertion; 2],
    views: Vec<Shown>,
    /// Whether a setting holds for one transaction only, whoever made it.
    bound: bool,
    /// The other relations that the probe reads: tables that all tenants share, and views. `reached` has their schemas.
    readable: String,
    reached: String,
    /// The database or the schemas are one tenant's.
    own: bool,
    /// The dollar quote around a query, which occurs in none.
    quote: String,
}

/// The arguments of `polity.enter` for the tenant of an attack, and for the two of a prepared statement: what the signer
/// said of them, where that is asked for.
#[derive(Serialize)]
struct Entered {
    tenant: &'static str,
    one: &'static str,
    another: &'static str,
}

/// An end of an `INSERT`, and the end of what is told of it, each inside of a text.
#[derive(Serialize)]
struct Insertion {
    end: &'static str,
    told: &'static str,
}

/// Roles, each list as texts.
#[derive(Serialize)]
struct KnownRoles {
    /// All of the platform's.
    held: String,
    maintenance_text: String,
    /// The name of the role that sees every row, and the statements by which an administrator acts for it.
    migrator: String,
    lend: String,
    /// The roles that are known to read the rows of every tenant, with their group.
    operators: String,
    operator_text: String,
    /// The roles that own or bypass.
    owners: String,
    /// The roles that may reach a tenant's own schemas.
    insiders: String,
}

/// A view of rows of tenants.
#[derive(Serialize)]
struct Shown {
    name: String,
    remark: String,
    text: String,
    /// The name in the description of a test, as a text.
    told: String,
    inner: String,
    format: String,
    owner: String,
    /// `security_invoker=true`
    option: &'static str,
    /// The query that reads the view's rows from the tables themselves; empty where its rows are stored.
    query: String,
    /// Where its rows are stored, for those of every tenant; or empty.
    stored: String,
    stored_text: String,
}

#[derive(Serialize)]
struct Joined {
    /// On one line, in a text.
    remark: String,
    on: String,
    target: String,
    /// Inside of a text.
    on_inner: String,
    target_inner: String,
    /// The columns that refer, without the tenant; each given, and none to the row itself.
    given: String,
}

#[derive(Serialize)]
struct Guarded {
    /// The rights of a service that may do as much as any could be given.
    rights: String,
    /// The columns that a service writes, and those of a row `r`, inside of a text that `format()` reads.
    columns_format: String,
    taken_format: String,
    joins: Vec<Joined>,
    name: String,
    /// On one line, for a remark.
    remark: String,
    text: String,
    /// The name in the description of a test, as a text.
    told: String,
    /// Inside of a text.
    inner: String,
    /// Inside of a text that `format()` reads.
    format: String,
    /// The result of deleting rows of another tenant: no rows, or the code of an error.
    deleted: &'static str,
}

/// The suite, where each tenant has its own rows of anything.
pub(super) fn file(database: &Database) -> Option<String> {
    let tenancy = database.tenancy.as_ref()?;
    let scoped = || database.tables.iter().filter(|table| table.is_scoped());
    let tables: Vec<Guarded> = scoped().map(|table| guarded(database, table, tenancy)).collect();
    if tables.is_empty() {
        return None;
    }
    let roles = &database.roles;
    let (readable, reached) = readable(database);
    let schemas: BTreeSet<&SmolStr> = scoped().map(|table| &table.name.schema).collect();
    let schemas: Vec<&SmolStr> = schemas.into_iter().collect();
    let texts = schemas.iter().map(|schema| Literal(&Ident(schema).to_string()).to_string());
    let about = "That no tenant sees or touches what is another's, tried as the application.";
    let tenant = Ident(&tenancy.column).to_string();
    let (nobody, nobody_else) = tenancy.nobodies();
    let mut values = AttackTests {
        header: super::header(database, about),
        ty: tenancy.ty.clone(),
        signed: tenancy.signed,
        entered: match tenancy.signed {
            true => Entered { tenant: "said", one: "said", another: "said_then" },
            false => Entered { tenant: "tenant", one: "one", another: "another" },
        },
        tenant_text: Literal(&tenancy.column).to_string(),
        tenant_inner: inner(&tenant),
        tenant_format: format(&tenant),
        tenant,
        nobody: Literal(nobody).to_string(),
        nobody_else: Literal(nobody_else).to_string(),
        app: Ident(&roles.app).to_string(),
        app_text: Literal(&roles.app).to_string(),
        services: !database.services.is_empty(),
        schema_texts: texts.collect::<Vec<_>>().join(", "),
        schemas: List(&schemas).to_string(),
        roles: known_roles(database, tenancy),
        names: tables.iter().map(|table| table.text.as_str()).collect::<Vec<_>>().join(", "),
        own_schemas: own_schemas(database),
        insertions: [
            Insertion { end: "", told: "" },
            Insertion { end: " ON CONFLICT DO NOTHING", told: ", to who writes ON CONFLICT neither" },
        ],
        views: shown(database),
        bound: tenancy.bound || tenancy.signed,
        readable,
        reached,
        own: database.placement.tenant.is_some(),
        quote: String::new(),
        tables,
    };
    values.quote = dollar_quote(&serde_json::to_string(&values).unwrap_or_default());
    Some(polity_templates::render(polity_templates::postgres::TENANCY_TEST, values))
}

/// SQL inside of a text.
fn inner(sql: &str) -> String {
    sql.replace('\'', "''")
}

/// SQL inside of a text that `format()` reads.
fn format(sql: &str) -> String {
    inner(sql).replace('%', "%%")
}

fn guarded(database: &Database, table: &Table, tenancy: &Tenancy) -> Guarded {
    let name = table.name.to_string();
    let columns: Vec<SmolStr> =
        super::promotion::written(table).into_iter().filter(|c| *c != tenancy.column).collect();
    let taken: Vec<String> = columns.iter().map(|c| format!("(r).{}", Ident(c))).collect();
    let columns = List(&columns).to_string();
    let (deletes, deleted) = match database.platform.append_only(table.entity.id) {
        Some(_) => ("", "42501"),
        None => (" DELETE,", "0 rows"),
    };
    Guarded {
        rights: format!("SELECT,{deletes} INSERT ({columns})"),
        columns_format: format(&columns),
        taken_format: format(&taken.join(", ")),
        joins: joins(database, table, tenancy),
        remark: visible(&name),
        text: Literal(&name).to_string(),
        told: told(&name),
        inner: inner(&name),
        format: format(&name),
        deleted,
        name,
    }
}

fn known_roles(database: &Database, tenancy: &Tenancy) -> KnownRoles {
    let roles = &database.roles;
    let unaudited = database.trails.is_empty();
    let is_there = |name: &SmolStr| !unaudited || ![&roles.auditor, &roles.audit_reader].contains(&name);
    let list = |names: &[&SmolStr]| {
        let names = names.iter().filter(|name| is_there(name));
        names.map(|name| Literal(name).to_string()).collect::<Vec<_>>().join(", ")
    };
    let mut owners = vec![&roles.owner, &roles.migrator, &roles.maintenance, &roles.reader, &roles.auditor];
    let held: BTreeSet<SmolStr> =
        names(database).into_iter().chain(owning(database).into_iter().cloned()).collect();
    let mut operators = Vec::new();
    if database.operates() {
        operators.push(&roles.operator);
        operators
            .extend(database.services.iter().filter(|service| service.across).map(|service| &service.role));
    }
    if tenancy.signed {
        owners.push(&roles.context);
    }
    owners.extend(database.operates().then_some(&roles.operator));
    KnownRoles {
        held: list(&held.iter().collect::<Vec<_>>()),
        maintenance_text: Literal(&roles.maintenance).to_string(),
        migrator: Ident(&roles.migrator).to_string(),
        lend: lend(&[&roles.migrator]),
        operators: list(&operators),
        operator_text: Literal(&roles.operator).to_string(),
        owners: list(&owners),
        insiders: list(&[
            &roles.app,
            &roles.owner,
            &roles.reader,
            &roles.maintenance,
            &roles.cron,
            &roles.auditor,
            &roles.audit_reader,
        ]),
    }
}

/// The schemas of a tenant that has some to itself, as texts; or nothing.
fn own_schemas(database: &Database) -> String {
    if database.placement.prefix().is_none() {
        return String::new();
    }
    let schemas = database.schemas.iter().map(|(name, _)| Literal(name).to_string());
    schemas.collect::<Vec<_>>().join(", ")
}

/// A text in what is told of a test, where `#` begins what a reader of TAP takes for a reason to let a failure pass.
fn told(text: &str) -> String {
    Literal(&text.replace('\\', r"\\").replace('#', r"\#")).to_string()
}

/// Along each reference to what each tenant has its own of.
fn joins(database: &Database, table: &Table, tenancy: &Tenancy) -> Vec<Joined> {
    let is_scoped =
        |name: &relational::Name| database.tables.iter().any(|t| t.name.0 == *name && t.is_scoped());
    let to_scoped = table.references().map(|(_, key)| key).filter(|key| is_scoped(&key.target));
    to_scoped
        .map(|key| {
            let pairs = key.columns.iter().zip(&key.target_columns);
            let own: Vec<_> = pairs.filter(|(column, _)| **column != tenancy.column).collect();
            let on = own.iter().map(|(a, b)| format!("a.{} = b.{}", Ident(a), Ident(b)));
            let on = on.collect::<Vec<_>>().join(" AND ");
            let mut given: Vec<String> =
                own.iter().map(|(a, _)| format!("t.{} IS NOT NULL", Ident(a))).collect();
            if key.target == table.name.0 {
                let own = own.iter().map(|(a, b)| format!("t.{} <> t.{}", Ident(a), Ident(b)));
                given.push(format!("({})", own.collect::<Vec<_>>().join(" OR ")));
            }
            let target = key.target.to_string();
            Joined {
                remark: told(&format!("{} refers to {target} by {}", table.name, List(&key.columns))),
                on_inner: inner(&on),
                target_inner: inner(&target),
                on,
                target,
                given: given.join(" AND "),
            }
        })
        .collect()
}

fn shown(database: &Database) -> Vec<Shown> {
    let scoped = database.views.iter().filter(|lowered| database.platform.is_scoped_view(lowered.view.id));
    scoped
        .map(|lowered| {
            let name = lowered.name.to_string();
            let query = inner(&views::query(&database.placement, lowered.view));
            let (owner, option, query, stored) = match &lowered.form {
                Form::Row => (&database.roles.owner, "security_invoker=true", query, String::new()),
                Form::Figures => (&database.roles.reader, "security_barrier=true", query, String::new()),
                Form::Stored(rows) => {
                    (&database.roles.reader, "security_barrier=true", String::new(), rows.to_string())
                }
            };
            Shown {
                remark: visible(&name),
                text: Literal(&name).to_string(),
                told: told(&name),
                inner: inner(&name),
                format: format(&name),
                owner: Literal(owner).to_string(),
                option,
                query,
                stored_text: Literal(&stored).to_string(),
                stored,
                name,
            }
        })
        .collect()
}

/// Returns the tables that all tenants share and the views, in one list, and the schemas of both in another.
fn readable(database: &Database) -> (String, String) {
    let shared = database.tables.iter().filter(|table| !table.is_scoped()).chain(&database.common);
    let views = database.views.iter().chain(&database.common_views).map(|lowered| &lowered.name);
    let names: Vec<&Name> = shared.map(|table| &table.name).chain(views).collect();
    let schemas: BTreeSet<&SmolStr> = names.iter().map(|name| &name.schema).collect();
    let named: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    (named.join(", "), List(&schemas.into_iter().collect::<Vec<_>>()).to_string())
}
