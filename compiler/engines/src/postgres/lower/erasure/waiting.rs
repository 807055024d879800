//! Erasures that wait: a hold stopped them, or nobody brought them to their end. A job carries out those that no hold stops any
//! more, and a figure says since when the oldest of them is due.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, arguments, plpgsql, settings, sql};
use super::super::tenancy::sight::prove;
use super::holds::STANDS;
use super::person::Person;
use super::{finds, name};
use crate::surface::Watch;
use polity_catalog::relational::{Function, Privilege, Target, Volatility};
use polity_govern::Stored;
use polity_govern::erasure::Plan;
use polity_model::Store;
use polity_templates::postgres::functions;
use polity_text::quoting::promql;

/// The procedure that the job calls.
pub(in crate::postgres) const ERASE_DUE: &str = "erase_due";
/// The function that tells how many wait.
pub(in crate::postgres) const WAITING: &str = "erasures_waiting";
/// How many seconds an erasure may be due: the job runs once a day.
const PATIENCE: u32 = 2 * 24 * 60 * 60;

/// Whether erasures of persons can wait in a database.
pub(in crate::postgres) fn waits(database: &Database) -> bool {
    database.plans.iter().any(|plan| finds(database, plan))
}

/// Whether they can in a store.
pub(in crate::postgres) fn waits_in(platform: &Stored, store: &Store) -> bool {
    let finds = |plan: &Plan| plan.rows.iter().any(|rows| platform[rows.entity].store == store.id);
    platform.erasure_plans().iter().any(finds)
}

/// Returns what must be watched of a store: that what is due is carried out.
pub(in crate::postgres) fn watches(platform: &Stored, store: &Store) -> Vec<Watch> {
    let of = format!("store={}", promql::text(&store.named.name));
    let watch = || {
        Watch {
        name: "erasures_due".to_owned(),
        expression: format!("max by (place) (polity_erasure_due_seconds{{{of}}}) > {PATIENCE}"),
        summary: format!("an erasure in {} has been due for more than two days", store.named.name),
        description: "No hold stops it any more, and the job has not brought it to its end. Where other stores hold something of the person, run the commands of docs/erasure.md for the lines of polity.erasure_log without an ended_at; else look whether the job runs, and what it warns of.".to_owned(),
    }
    };
    waits_in(platform, store).then(watch).into_iter().collect()
}

#[derive(Serialize)]
struct Waiting {
    own: String,
    /// The condition that a hold `h` is of the person of a line `l`, and that it stands.
    of_line: &'static str,
    stands: &'static str,
    tenancy: bool,
    /// The argument of `polity.enter`.
    entered: String,
    kinds: Vec<Kind>,
}

#[derive(Serialize)]
struct Kind {
    text: String,
    ty: String,
    batch: String,
    /// Whether other stores hold something of such a person.
    elsewhere: bool,
}

/// Lowers the functions, and the procedure.
pub(super) fn lower(database: &Database, people: &[Person], lowered: &mut Lowered) {
    if people.is_empty() {
        return;
    }
    let kind = |person: &Person| Kind {
        text: Literal(&person.path).to_string(),
        ty: person.ty.clone(),
        batch: name(database, "erase_batch", person).to_string(),
        elsewhere: !person.plan.keys.is_empty()
            || person.plan.turns.iter().any(|store| *store != database.store.id),
    };
    let tenancy = database.tenancy.as_ref();
    let values = Waiting {
        own: Ident(&database.functions_schema).to_string(),
        of_line: "h.tenant = l.tenant AND h.entity = l.entity AND h.subject = l.subject",
        stands: STANDS,
        tenancy: tenancy.is_some(),
        entered: tenancy.map_or_else(String::new, |tenancy| format!("$1::{}", tenancy.entered())),
        kinds: people.iter().map(kind).collect(),
    };
    told(database, &values, lowered);
    let (roles, own) = (&database.roles, |what: &str| Name::new(database.functions_schema.clone(), what));
    let body = polity_templates::render(functions::ERASE_DUE_BATCH, &values);
    let mut batch = plpgsql(&own("erase_due_batch"), &roles.maintenance, "boolean", &body);
    batch.arguments = arguments(&[("tenant", "text"), ("entity", "text"), ("subject", "text")]);
    batch.security_definer = true;
    prove(database, &mut batch);
    let docs = "Carries a part of an erasure out that is due; false once nothing of it is left here.";
    lowered.function(docs, batch, [&roles.owner, &roles.cron]);
    let body = polity_templates::render(functions::ERASE_DUE, &values);
    let all = plpgsql(&own(ERASE_DUE), &roles.maintenance, "", &body);
    // It may commit only where it sets nothing.
    let all = Function { returns: None, settings: Vec::new(), ..all };
    lowered.function("Carries out every erasure that is due.", all, [&roles.owner, &roles.cron]);
}

/// Lowers what says which erasures are due, and how many wait.
fn told(database: &Database, values: &Waiting, lowered: &mut Lowered) {
    let roles = &database.roles;
    let told = |what: &str, returns: &str, template| {
        let name = Name::new(database.functions_schema.clone(), what);
        let mut function = sql(&name, &roles.owner, returns, &polity_templates::render(template, values));
        function.volatility = Volatility::Stable;
        function.security_definer = true;
        function.settings.extend(settings(&[("TimeZone", "'UTC'")]));
        function
    };
    let lines = "TABLE (tenant text, entity text, subject text, since timestamptz)";
    let due = told("erasures_due", lines, functions::ERASURES_DUE);
    let docs = "The erasures that were asked for and have not come to their end, although no hold stops them; and since when.";
    lowered.function(docs, due, [&roles.cron, &roles.eraser]);
    let figures = "TABLE (held bigint, due bigint, since timestamptz)";
    let waiting = told(WAITING, figures, functions::ERASURES_WAITING);
    let monitor = SmolStr::new_static("pg_monitor");
    let schema = Target::Schema(database.functions_schema.clone());
    lowered.grant(schema, &roles.owner, [&monitor], &[Privilege::Usage]);
    let docs = "How many erasures a hold stops, how many are due, and since when the first of these is.";
    lowered.function(docs, waiting, [&roles.eraser, &monitor]);
}
