//! The quotas that the server enforces: how many connections there may be, how long a statement may run and how long a
//! transaction may stand open; and the parameters that a tenant's own database has otherwise than the server. They are
//! properties of roles and databases, so `roles.sql` states them, and `quotas-<environment>.sql` what an environment
//! changes.

use std::fmt::Write;

use serde::Serialize;

use super::super::lower::database::Database;
use super::super::sql::{Body, Ident, Literal};
use crate::options::Options;
use polity_model::governance::Tenant;
use polity_model::parameters::figure;
use polity_model::{Environment, EnvironmentId, Isolation};
use polity_templates::postgres::blocks;
use polity_text::tokens;

/// The settings of a role that a part of a quota becomes.
const TIMES: [(&str, &str); 2] =
    [("statement", "statement_timeout"), ("idle", "idle_in_transaction_session_timeout")];

/// A file for each environment whose quotas differ from those of `roles.sql`, by name.
pub(super) fn files(database: &Database, options: &Options) -> Vec<(String, String)> {
    let plain = write(database, None);
    let file = |environment: &Environment| {
        let statements = write(database, Some(environment.id));
        (statements != plain).then(|| of_environment(database, environment, &statements))
    };
    options.environments(database.platform).filter_map(file).collect()
}

/// The files of a tenant that has other quotas or parameters than the tokens of its tier stand for, by name. They run after
/// those of the tier.
pub(super) fn own_files(any: &Database, tenant: &Tenant, options: &Options) -> Vec<(String, String)> {
    let platform = any.platform;
    let of_tier = |environment| platform.for_tenant(&write(any, environment), tenant);
    let own = |environment| platform.for_tenant(&write_for(any, Some(tenant), environment), tenant);
    let (plain, of_tier_plain) = (own(None), of_tier(None));
    let differs = plain != of_tier_plain;
    let mut files = Vec::new();
    if differs {
        let about = "The quotas and parameters that are not its tier's, after roles.sql has run.";
        files.push(("quotas.sql".to_owned(), framed(any, about, &plain)));
    }
    for environment in options.environments(platform) {
        let (statements, before) = (own(Some(environment.id)), of_tier(Some(environment.id)));
        let is_lost = differs && (before != of_tier_plain || statements != plain);
        if is_lost || statements != before {
            files.push(of_environment(any, environment, &statements));
        }
    }
    files
}

fn of_environment(database: &Database, environment: &Environment, statements: &str) -> (String, String) {
    let about = format!("The quotas and parameters of {}, after roles.sql has run.", environment.name);
    (format!("quotas-{}.sql", environment.name), framed(database, &about, statements))
}

fn framed(database: &Database, about: &str, statements: &str) -> String {
    let set = "SET standard_conforming_strings = on;\n";
    format!("{}{set}\n{statements}", super::header(database, about))
}

/// Statements for `roles.sql`, or of an environment; nothing where the source says nothing.
pub(super) fn write(database: &Database, environment: Option<EnvironmentId>) -> String {
    write_for(database, database.placement.tenant, environment)
}

/// Statements with what a tenant says, for the database of any of its tier.
fn write_for(database: &Database, tenant: Option<&Tenant>, environment: Option<EnvironmentId>) -> String {
    let connections = tenant.and_then(|tenant| figure_of(database, tenant, environment, "connections"));
    let roles: Vec<String> =
        database.services.iter().map(|service| Ident(&service.role).to_string()).collect();
    let (mut out, mut of_database, mut by_hand) =
        (parameters(database, tenant, environment), Vec::new(), Vec::new());
    match connections {
        Some(count) if database.placement.is_apart() => {
            of_database.push(format!("ALTER DATABASE %I CONNECTION LIMIT {count}"));
        }
        Some(count) => {
            for role in &roles {
                let _ = writeln!(out, "ALTER ROLE {role} CONNECTION LIMIT {count};");
            }
            by_hand.push(format!("CONNECTION LIMIT {count}"));
        }
        None => {}
    }
    for (part, setting) in TIMES {
        let Some(milliseconds) = time(database, tenant, environment, part) else { continue };
        let set = format!("SET {setting} = '{milliseconds}ms'");
        of_database
            .extend(roles.iter().map(|role| format!("ALTER ROLE {} IN DATABASE %I {set}", percent(role))));
        by_hand.push(format!("IN DATABASE {} {set}", Ident(&database.placement.database_name())));
    }
    if !of_database.is_empty() {
        let _ = writeln!(out, "DO {};", Body(&block(&of_database)));
    }
    if roles.is_empty() {
        for statement in by_hand {
            let _ =
                writeln!(out, "-- Of each service: ALTER ROLE some_service {}", statement.replace('\n', " "));
        }
    }
    out
}

/// The block that changes the database in which it runs.
fn block(statements: &[String]) -> String {
    #[derive(Serialize)]
    struct Statements {
        statements: Vec<String>,
    }
    let statements = statements.iter().map(|statement| Literal(statement).to_string()).collect();
    polity_templates::render(blocks::OF_DATABASE, Statements { statements }).trim_end().to_owned()
}

/// Writes the statement that gives a tenant's own database its parameters; nothing where it has none.
fn parameters(database: &Database, tenant: Option<&Tenant>, environment: Option<EnvironmentId>) -> String {
    #[derive(Serialize)]
    struct Parameters {
        /// As an array of arrays has them, all of them texts: the name, the same as a statement takes it, and the value.
        parameters: String,
    }
    let parameter = |(name, value): (String, String)| {
        let named: Vec<String> = name.split('.').map(|part| Ident(part).to_string()).collect();
        format!("[{}, {}, {value}]", Literal(&name), Literal(&named.join(".")))
    };
    let parameters: Vec<String> =
        super::parameters::of_database(database, tenant, environment).into_iter().map(parameter).collect();
    if parameters.is_empty() {
        return String::new();
    }
    let parameters = parameters.join(",\n        ");
    format!("DO {};\n", Body(&polity_templates::render(blocks::PARAMETERS, Parameters { parameters })))
}

/// As `format` leaves it alone.
pub(super) fn percent(text: &str) -> String {
    text.replace('%', "%%")
}

/// A part of what a tenant may use, as SQL has it: of any tenant of a tier its token, but where an environment says another.
fn figure_of(
    database: &Database,
    tenant: &Tenant,
    environment: Option<EnvironmentId>,
    part: &str,
) -> Option<String> {
    let platform = database.platform;
    let figure = platform.figure_of(tenant, environment, part)?;
    let is_plain = || platform.figure_of(tenant, None, part) == Some(figure);
    let is_token = tenant.is_any() && is_plain();
    Some(if is_token { tokens::of_quota(part) } else { figure.to_string() })
}

/// In milliseconds. Services of the shared database serve every tier that has no place of its own, so theirs is the
/// longest time that one of those has, and none where one has none.
fn time(
    database: &Database,
    tenant: Option<&Tenant>,
    environment: Option<EnvironmentId>,
    part: &str,
) -> Option<String> {
    let platform = database.platform;
    if let Some(tenant) = tenant {
        return figure_of(database, tenant, environment, part);
    }
    let shared = platform.tiers.iter().filter(|tier| tier.isolation() == Some(Isolation::Row));
    let all: Option<Vec<u64>> =
        shared.map(|tier| figure(&platform.tier_quota(tier.id, environment, part)?)).collect();
    Some(all?.into_iter().max()?.to_string())
}
