//! Holds: somebody has a reason for which a person's data must stay for now. No erasure and no retention takes it before
//! the hold ends or is lifted.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, OwnTable, arguments, plpgsql, settings};
use super::super::tenancy::sight::prove;
use super::name;
use super::person::Person;
use polity_catalog::relational::{Privilege, Target};
use polity_templates::postgres::functions;
use smol_str::SmolStr;

/// The condition that a hold `h` stands.
pub(super) const STANDS: &str = "(h.until IS NULL OR h.until > now())";

/// Returns the name of the table of holds.
pub(in crate::postgres) fn table(database: &Database) -> Name {
    Name::new(database.functions_schema.clone(), "hold")
}

/// Lowers the table.
pub(super) fn lower_table(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    let name = table(database);
    let own = OwnTable::new(&name, &roles.owner, "Whose data stays for now, and why.")
        .column("tenant", "text", "Whose the person is; empty where there are no tenants.")
        .column("entity", "text", "What the person is.")
        .column("subject", "text", "The key.")
        .column("reason", "text", "Why.")
        .column("until", "timestamptz", "The end; without one it stands until it is lifted.")
        .optional()
        .column("placed_at", "timestamptz", "")
        .defaults_to("now()")
        .column("placed_by", "text", "The role that placed it.")
        .defaults_to("session_user")
        .key(&["tenant", "entity", "subject", "reason"]);
    lowered.own_table(
        "Holds: neither an erasure nor retention takes what is a person's before all of them have ended.",
        own,
    );
    lowered.grant(Target::Relation(name.0), &roles.owner, [&roles.eraser], &[Privilege::Select]);
}

/// The values of the functions that place and lift a hold.
#[derive(Serialize)]
struct Hold {
    own: String,
    is_scoped: bool,
    lock: String,
    tenant: &'static str,
    entity: String,
    erase: String,
}

/// Lowers the functions for one kind of person.
pub(super) fn lower(database: &Database, person: &Person, erase: &Name, lowered: &mut Lowered) {
    let roles = &database.roles;
    let values = Hold {
        own: Ident(&database.functions_schema).to_string(),
        is_scoped: person.is_scoped,
        lock: person.lock(),
        tenant: if person.is_scoped { "polity.current_tenant()::text" } else { "''" },
        entity: Literal(&person.path).to_string(),
        erase: erase.to_string(),
    };
    let mut function =
        |what: &str, named: &[(&str, &str)], returns: &str, template: &'static str, docs: &str| {
            let body = polity_templates::render(template, &values);
            let mut function = plpgsql(&name(database, what, person), &roles.maintenance, returns, &body);
            function.arguments = arguments(named);
            function.security_definer = true;
            function.settings.extend(settings(&[("TimeZone", "'UTC'")]));
            if what == "lift" {
                function.arguments[1].default = Some(SmolStr::new_static("NULL"));
            }
            prove(database, &mut function);
            lowered.function(docs, function, [&roles.owner, &roles.eraser]);
        };
    let ty = person.ty.as_str();
    let docs = format!(
        "Keeps all that is of one {}, until a moment or, where that is null, until it is lifted.",
        person.path
    );
    let named = [("id", ty), ("until", "timestamptz"), ("reason", "text")];
    function("hold", &named, "void", functions::HOLD, &docs);
    let docs = "Lifts the hold of that reason, or all of them. An erasure that waited is carried out, and what comes back is for other\nstores.";
    function("lift", &[("id", ty), ("reason", "text")], "jsonb", functions::LIFT, docs);
}

impl Person<'_> {
    /// The condition on a hold `h` that stops the erasure of the person `$1`.
    pub(super) fn stopped(&self) -> String {
        let (tenant, entity) = (self.tenant(), Literal(&self.path));
        format!("h.tenant = {tenant} AND h.entity = {entity} AND h.subject = $1::text AND {STANDS}")
    }
}
