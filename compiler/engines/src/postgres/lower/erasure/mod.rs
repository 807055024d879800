//! `polity.erase_subject(id)` and `polity.export_subject(id)`: a person's data gone, or in one document; and the log
//! from which a restored database is brought up to date.

mod batches;
mod changes;
mod command;
pub(in crate::postgres) mod held;
pub(in crate::postgres) mod holds;
mod person;
mod rows;
mod search;
mod shown;
mod tenant;
mod traces;
pub(in crate::postgres) mod waiting;

use std::fmt::Write;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::sql::{Ident, Literal, Name};
use super::database::Database;
use super::lowered::{Lowered, OwnTable, arguments, atomic, plpgsql, settings};
use super::names::{LIMIT, fit};
use super::table::column_name;
use super::tenancy::sight::prove;
use super::types::column_type;
pub(in crate::postgres) use command::command;
pub(super) use held::Leading;
use person::Person;
use polity_catalog::relational::{Function, Privilege, Target, Volatility};
use polity_govern::erasure::{Action, Plan};
use polity_templates::postgres::functions;
pub(in crate::postgres) use tenant::emptying;
pub(super) use traces::names_of_table;

/// Whether anything of a person stands in this database, or of tenants who may leave.
pub(in crate::postgres) fn is_needed(database: &Database) -> bool {
    database.plans.iter().any(|plan| finds(database, plan)) || tenant::is_shared(database)
}

fn finds(database: &Database, plan: &Plan) -> bool {
    plan.rows.iter().any(|rows| database.platform[rows.entity].store == database.store.id)
}

/// The name of a function about one kind of person, which is told from others by the stored name of its entity.
pub(in crate::postgres) fn function_name(what: &str, kind: Option<&str>) -> SmolStr {
    match kind {
        Some(stored) => fit(&format!("{what}_{stored}"), LIMIT),
        None => SmolStr::new(what),
    }
}

/// Lowers the log of erasures, the functions, and who may call them.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    if !is_needed(database) {
        return;
    }
    let people: Vec<Person> = database
        .plans
        .iter()
        .filter(|plan| finds(database, plan))
        .map(|plan| Person::new(database, plan))
        .collect();
    lower_log(database, lowered);
    holds::lower_table(database, lowered);
    held::lower(database, lowered);
    for person in &people {
        let erase = name(database, "erase_subject", person);
        let docs = format!(
            "Erases one {}. It may be run again at any time.\n{}`found` is what other stores found, and what comes back is for them.",
            person.path,
            told(database, person.plan)
        );
        lower_person(database, &erase, person, Volatility::Volatile, &docs, &person.erasing(), lowered);
        batches::lower(database, person, &erase, lowered);
        holds::lower(database, person, &erase, lowered);
        let export = name(database, "export_subject", person);
        let docs = format!(
            "Everything about one {}, but for secrets: what the person has a right to see.",
            person.path
        );
        lower_person(database, &export, person, Volatility::Stable, &docs, &person.exporting(), lowered);
    }
    waiting::lower(database, &people, lowered);
    tenant::lower(database, lowered);
    lower_replay(database, &people, lowered);
}

/// Returns the name of the log.
pub(in crate::postgres) fn log(database: &Database) -> Name {
    Name::new(database.functions_schema.clone(), "erasure_log")
}

/// Lowers the log, and the function that joins what two stores found.
fn lower_log(database: &Database, lowered: &mut Lowered) {
    let (roles, own) = (&database.roles, &database.functions_schema);
    let name = log(database);
    let table =
        OwnTable::new(&name, &roles.owner, "Who was erased, and when; kept outside the backups as well.")
            .column("tenant", "text", "Whose; empty where there are no tenants.")
            .column("entity", "text", "What the person was.")
            .column("subject", "text", "The key.")
            .column("erased_at", "timestamptz", "When it was first asked for.")
            .defaults_to("now()")
            .column(
                "found",
                "jsonb",
                "Keys of rows that were the person's, by which other stores find what they hold.",
            )
            .defaults_to("'{}'")
            .column(
                "ended_at",
                "timestamptz",
                "When nothing was left; nothing while it waits for a hold, or has not come to its end.",
            )
            .optional()
            .key(&["tenant", "entity", "subject"]);
    lowered.own_table(&about_log(database, &name), table);
    lowered.grant(Target::Schema(own.clone()), &roles.owner, [&roles.eraser], &[Privilege::Usage]);
    let rights = [Privilege::Select, Privilege::Insert, Privilege::Delete];
    lowered.grant(Target::Relation(name.0), &roles.owner, [&roles.eraser], &rights);
    let merge = Function {
        arguments: arguments(&[("a", "jsonb"), ("b", "jsonb")]),
        volatility: Volatility::Immutable,
        settings: settings(&[("search_path", "pg_catalog, pg_temp")]),
        ..atomic(&Name::new(own.clone(), "merge_found"), &roles.maintenance, "jsonb", functions::MERGE_FOUND)
    };
    lowered.function("Both lists of rows in one, by entity, each row once.", merge, []);
}

/// Returns the remark above the log: how it outlives a restore.
fn about_log(database: &Database, log: &Name) -> String {
    let own = Ident(&database.functions_schema);
    let mut about = format!(
        r#"Who was erased, and when. A subject is named by its key alone, which leads to nothing once the row is gone.

A backup brings back whom it holds, and it holds this table as it was then. So this table is kept outside the
backups as well: after each erasure, copy it to where no restore reaches,
    psql -c "\copy {log} TO 'erasures.csv' CSV"
and after a restore, before anybody else connects:
    psql -c "CREATE TEMP TABLE came (LIKE {log})" -c "\copy came FROM 'erasures.csv' CSV" \
         -c "INSERT INTO {log} SELECT * FROM came ON CONFLICT DO NOTHING" \
         -c "SELECT {own}.replay_erasures()""#
    );
    let days = backup_days(database);
    if days > 0 {
        let _ = write!(
            about,
            "\nNo backup is older than {days} days. Then a line has no use any more:\n    psql -c \"DELETE FROM {log} WHERE erased_at < now() - interval '{days} days'\""
        );
    }
    about
}

/// Lowers the function that erases, after a restore, whom the log names.
fn lower_replay(database: &Database, people: &[Person], lowered: &mut Lowered) {
    #[derive(Serialize)]
    struct Replay {
        /// Where all of this stands.
        own: String,
        tenancy: bool,
        /// The word for a tenant in the log, as a literal; `None` where tenants do not share the database.
        offboards: Option<String>,
        /// The argument of `polity.enter` that makes the tenant of a log entry the tenant of the transaction.
        entered: String,
        tenant_ty: String,
        kinds: Vec<Kind>,
    }
    #[derive(Serialize)]
    struct Kind {
        name: String,
        text: String,
        ty: String,
    }
    let kind = |person: &Person| Kind {
        name: name(database, "erase_subject", person).to_string(),
        text: Literal(&person.path).to_string(),
        ty: person.ty.clone(),
    };
    let tenancy = database.tenancy.as_ref();
    let values = Replay {
        own: Ident(&database.functions_schema).to_string(),
        tenancy: tenancy.is_some(),
        offboards: tenant::is_shared(database).then(|| Literal(tenant::KIND).to_string()),
        tenant_ty: tenancy.map_or_else(String::new, |t| t.ty.clone()),
        entered: tenancy.map_or_else(String::new, |t| format!("entry.tenant::{}", t.entered())),
        kinds: people.iter().map(kind).collect(),
    };
    let roles = &database.roles;
    let body = polity_templates::render(functions::REPLAY_ERASURES, values);
    let name = Name::new(database.functions_schema.clone(), "replay_erasures");
    let mut replay = plpgsql(&name, &roles.maintenance, "bigint", &body);
    replay.security_definer = true;
    prove(database, &mut replay);
    let docs = "After a restore: erases once more whoever the log names, and says how many that were.";
    lowered.function(docs, replay, [&roles.owner, &roles.eraser]);
}

fn name(database: &Database, what: &str, person: &Person) -> Name {
    let subject = &database.platform[person.plan.subject];
    let kind = (database.plans.len() > 1).then_some(subject.named.stored.as_str());
    Name::new(database.functions_schema.clone(), function_name(what, kind))
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
            let table = database.placement.table_of(&database.platform[rows.entity]);
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

/// Lowers one function about a person, which the eraser may call.
fn lower_person(
    database: &Database,
    name: &Name,
    person: &Person,
    volatility: Volatility,
    docs: &str,
    body: &str,
    lowered: &mut Lowered,
) {
    let roles = &database.roles;
    let mut function = plpgsql(name, &roles.maintenance, "jsonb", body);
    function.arguments = arguments(&[("id", &person.ty), ("found", "jsonb")]);
    function.arguments[1].default = Some(SmolStr::new_static("'{}'"));
    function.volatility = volatility;
    function.security_definer = true;
    function.settings.extend(settings(&[("TimeZone", "'UTC'"), ("bytea_output", "'hex'")]));
    prove(database, &mut function);
    lowered.function(docs, function, [&roles.owner, &roles.eraser]);
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
