//! `polity.erase_subject(id)` and `polity.export_subject(id)`: a person's data gone, or in one document; and the log
//! from which a restored database is brought up to date.

mod command;
mod person;
mod tenant;
mod traces;

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::database::Database;
use super::names::{LIMIT, fit};
use super::sql::{Body, Ident, Literal, Name, Remark, dollar_quote};
use super::table::column_name;
use super::types::column_type;
pub(super) use command::command;
use person::Person;
use polity_govern::erasure::{Action, Plan};
pub(super) use tenant::emptying;

/// Whether anything of a person stands in this database, or of tenants who may leave.
pub(super) fn is_needed(database: &Database) -> bool {
    database.plans.iter().any(|plan| holds(database, plan)) || tenant::is_shared(database)
}

fn holds(database: &Database, plan: &Plan) -> bool {
    plan.rows.iter().any(|rows| database.platform[rows.entity].store == database.store.id)
}

/// The name of a function about one kind of person, which is told from others by the stored name of its entity.
pub(super) fn function_name(what: &str, kind: Option<&str>) -> SmolStr {
    match kind {
        Some(stored) => fit(&format!("{what}_{stored}"), LIMIT),
        None => SmolStr::new(what),
    }
}

/// The table of erasures, the functions, and who may call them.
pub(super) fn write(database: &Database, functions: &mut Vec<String>, out: &mut String) {
    #[derive(Serialize)]
    struct ErasureLog {
        /// Where all of this stands.
        own: String,
        tenancy: bool,
        /// The word for a tenant in the log, as a literal; `None` where tenants do not share the database.
        offboards: Option<String>,
        days: u64,
        eraser: String,
        maintenance: String,
        owner: String,
        /// The argument of `polity.enter` that makes the tenant of a log entry the tenant of the transaction.
        entered: String,
        tenant_ty: String,
        kinds: Vec<Kind>,
        /// The dollar quote around the body of the replay, which does not occur in it.
        quote: String,
    }
    #[derive(Serialize)]
    struct Kind {
        name: String,
        text: String,
        ty: String,
        scoped: bool,
    }
    if !is_needed(database) {
        return;
    }
    let people: Vec<Person> = database
        .plans
        .iter()
        .filter(|plan| holds(database, plan))
        .map(|plan| Person::new(database, plan))
        .collect();
    let ident = |name: &str| Ident(name).to_string();
    let roles = &database.roles;
    let names: String = people.iter().map(|person| name(database, "erase_subject", person)).collect();
    let values = ErasureLog {
        quote: dollar_quote(&names),
        own: ident(&database.own),
        tenancy: database.tenancy.is_some(),
        offboards: tenant::is_shared(database).then(|| Literal(tenant::KIND).to_string()),
        days: backup_days(database),
        eraser: ident(&roles.eraser),
        maintenance: ident(&roles.maintenance),
        owner: ident(&roles.owner),
        tenant_ty: database.tenancy.as_ref().map_or_else(String::new, |t| t.ty.clone()),
        entered: (database.tenancy.as_ref())
            .map_or_else(String::new, |t| format!("entry.tenant::{}", t.entered())),
        kinds: people
            .iter()
            .map(|person| Kind {
                name: name(database, "erase_subject", person),
                text: Literal(&person.path).to_string(),
                ty: person.ty.clone(),
                scoped: person.is_scoped,
            })
            .collect(),
    };
    let text = polity_templates::render(polity_templates::postgres::ERASURE, values);
    // The log comes before what writes into it, and the replay after what it calls.
    let (log, replay) = text.split_once("-- *\n").unwrap_or((&text, ""));
    out.push_str(log);
    for person in &people {
        let erase = name(database, "erase_subject", person);
        let docs = format!(
            "Erases one {}. It may be run again at any time.\n{}`found` is what other stores found, and what comes back is for them.",
            person.path,
            told(database, person.plan)
        );
        function(database, &erase, person, "", &docs, &person.erasing(), functions, out);
        let export = name(database, "export_subject", person);
        let docs = format!(
            "Everything about one {}, but for secrets: what the person has a right to see.",
            person.path
        );
        function(database, &export, person, " STABLE", &docs, &person.exporting(), functions, out);
    }
    tenant::write(database, functions, out);
    out.push_str(replay);
    out.push('\n');
    let own = Ident(&database.own);
    functions.push(format!("{own}.merge_found(jsonb, jsonb)"));
    functions.push(format!("{own}.replay_erasures()"));
}

fn name(database: &Database, what: &str, person: &Person) -> String {
    let subject = &database.platform[person.plan.subject];
    let kind = (database.plans.len() > 1).then_some(subject.named.stored.as_str());
    Name::new(database.own.clone(), function_name(what, kind)).to_string()
}

/// One line for each thing that happens, with the tables that it happens to.
fn told(database: &Database, plan: &Plan) -> String {
    let mut told = String::new();
    let words = [
        (Action::Delete, "rows go"),
        (Action::Anonymize, "rows stay, without the person"),
        (Action::Forget, "rows are about somebody else, and forget"),
        (Action::Keep, "rows stay, since nothing in them is personal"),
    ];
    for (action, what) in words {
        let rows = plan.rows.iter().rev().filter(|rows| rows.action == action);
        let here = rows.filter(|rows| database.platform[rows.entity].store == database.store.id);
        for rows in here {
            let table = super::table::table_name(database.platform, &database.platform[rows.entity]);
            let _ = writeln!(told, "  {table}: {what}");
        }
    }
    told
}

/// For how many days a backup can bring back what was erased: that of whichever store keeps it longest.
fn backup_days(database: &Database) -> u64 {
    let platform = database.platform;
    let stores = platform.stores.iter().map(|store| platform.backup_retain(store.id));
    stores.flatten().map(|kept| kept.at_most_milliseconds().div_ceil(86_400_000)).max().unwrap_or(0)
}

#[allow(clippy::too_many_arguments, reason = "one statement, of which each is a part")]
fn function(
    database: &Database,
    name: &str,
    person: &Person,
    stable: &str,
    docs: &str,
    body: &str,
    functions: &mut Vec<String>,
    out: &mut String,
) {
    let all_rows = if database.tenancy.is_some() { " SET row_security = off" } else { "" };
    let ty = &person.ty;
    let _ = writeln!(
        out,
        "{}CREATE FUNCTION {name}(id {ty}, found jsonb DEFAULT '{{}}') RETURNS jsonb\n    LANGUAGE plpgsql{stable} SECURITY DEFINER SET search_path = pg_catalog, pg_temp\n    SET TimeZone = 'UTC' SET bytea_output = 'hex'{all_rows}\nAS {};",
        Remark(docs),
        Body(body)
    );
    let roles = &database.roles;
    let _ = writeln!(out, "REVOKE ALL ON FUNCTION {name}({ty}, jsonb) FROM PUBLIC;");
    let _ = writeln!(
        out,
        "GRANT EXECUTE ON FUNCTION {name}({ty}, jsonb) TO {}, {};\n",
        Ident(&roles.owner),
        Ident(&roles.eraser)
    );
    functions.push(format!("{name}({ty}, jsonb)"));
}

/// The type and the column of the key of a person.
fn key(database: &Database, plan: &Plan) -> (String, String) {
    let subject = &database.platform[plan.subject];
    match subject.identity().first() {
        Some(id) => (
            column_type(database.platform, &subject.field(*id).ty).into_owned(),
            column_name(subject, *id).to_string(),
        ),
        None => ("uuid".to_owned(), "id".to_owned()),
    }
}
