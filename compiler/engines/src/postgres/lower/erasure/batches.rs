//! An erasure of many rows, one short transaction after the other: a procedure that calls one function a batch.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, arguments, plpgsql};
use super::super::tenancy::sight::prove;
use super::person::Person;
use super::{lower_person, name};
use polity_catalog::relational::{Function, Volatility};
use polity_templates::postgres::functions;
use smol_str::SmolStr;

#[derive(Serialize)]
struct Batches {
    is_scoped: bool,
    /// The schema of the functions.
    own: String,
    batch: String,
    resume: String,
    /// `core.User`, as a text.
    entity: String,
    /// The type of what `polity.enter` takes.
    entered: String,
}

/// Lowers the procedure, and the functions that it calls.
pub(super) fn lower(database: &Database, person: &Person, erase: &Name, lowered: &mut Lowered) {
    let batch = name(database, "erase_batch", person);
    let docs = format!(
        "Erases a part of one {}, what refers before what is referred to; null as long as something is left.",
        person.path
    );
    lower_person(database, &batch, person, Volatility::Volatile, &docs, &person.erasing_some(erase), lowered);
    let resume = name(database, "resume_erasure", person);
    let tenancy = database.tenancy.as_ref().filter(|_| person.is_scoped);
    let entered = tenancy.map_or_else(String::new, |tenancy| tenancy.entered().to_owned());
    let values = Batches {
        is_scoped: person.is_scoped,
        own: Ident(&database.functions_schema).to_string(),
        batch: batch.to_string(),
        resume: resume.to_string(),
        entity: Literal(&person.path).to_string(),
        entered: entered.clone(),
    };
    if person.is_scoped {
        lower_resume(database, person, &resume, &values, lowered);
    }
    let body = polity_templates::render(functions::ERASE_IN_BATCHES, &values);
    let roles = &database.roles;
    let procedure = name(database, "erase_subject_in_batches", person);
    let procedure = plpgsql(&procedure, &roles.maintenance, "", &body);
    // It may commit only where it sets nothing.
    let mut procedure = Function { returns: None, settings: Vec::new(), ..procedure };
    let of_person = [("id", person.ty.as_str()), ("found", "jsonb")];
    let tenant = person.is_scoped.then_some(("tenant", entered.as_str()));
    procedure.arguments = arguments(&tenant.into_iter().chain(of_person).collect::<Vec<_>>());
    if let Some(found) = procedure.arguments.last_mut() {
        found.default = Some(SmolStr::new_static("'{}'"));
    }
    let docs = format!(
        "Erases one {}, a thousand rows a transaction. It may be stopped anywhere and called again. What other stores ask for\nstands in the setting `polity.found` then.",
        person.path
    );
    lowered.function(&docs, procedure, [&roles.owner, &roles.eraser]);
}

/// Lowers the function that goes on in the next transaction, for the tenant of an erasure that has begun.
fn lower_resume(database: &Database, person: &Person, name: &Name, values: &Batches, lowered: &mut Lowered) {
    let roles = &database.roles;
    let body = polity_templates::render(functions::RESUME_ERASURE, values);
    let mut resume = plpgsql(name, &roles.maintenance, "jsonb", &body);
    resume.arguments = arguments(&[("id", &person.ty), ("tenant", "text")]);
    resume.security_definer = true;
    prove(database, &mut resume);
    let docs = format!("Goes on with the erasure of one {} that has begun.", person.path);
    lowered.function(&docs, resume, [&roles.owner, &roles.eraser]);
}
