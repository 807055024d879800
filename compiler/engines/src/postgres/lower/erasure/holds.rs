//! Holds: somebody has a reason for which a person's data must stay for now. No erasure and no retention takes it before
//! the hold ends or is lifted.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, OwnTable, arguments, plpgsql, settings};
use super::super::table::{Table, arm_column, column_name};
use super::super::tenancy::sight::prove;
use super::person::Person;
use super::{finds, is_needed, name};
use polity_catalog::relational::{Privilege, Target};
use polity_govern::erasure::Plan;
use polity_model::entity::Entity;
use polity_model::{EntityId, FieldId, Reference};
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
        let tenant = if self.is_scoped { "person.tenant::text" } else { "''" };
        let entity = Literal(&self.path);
        format!("h.tenant = {tenant} AND h.entity = {entity} AND h.subject = $1::text AND {STANDS}")
    }
}

/// Returns the end of a condition on rows of a table that spares those of persons who are held; nothing where no person has
/// any.
pub(in crate::postgres) fn spared(database: &Database, table: &Table) -> String {
    let held = held(database, table, &table.name.to_string());
    held.map_or_else(String::new, |held| format!(" AND ({held}) IS NOT TRUE"))
}

/// Returns the condition that a row of a table, by its name or by an alias, is that of a person who is held.
pub(in crate::postgres) fn held(database: &Database, table: &Table, named: &str) -> Option<String> {
    if !is_needed(database) {
        return None;
    }
    let plans = database.plans.iter().filter(|plan| finds(database, plan));
    let held = plans.filter_map(|plan| Held { database, plan }.rows(table.entity.id, named, 0));
    let held: Vec<String> = held.collect();
    (!held.is_empty()).then(|| held.join(" OR "))
}

/// The rows of persons of one kind who are held.
struct Held<'d> {
    database: &'d Database<'d>,
    plan: &'d Plan,
}

impl Held<'_> {
    /// The condition on rows that are named so.
    fn rows(&self, entity: EntityId, named: &str, depth: usize) -> Option<String> {
        let p = self.database.platform;
        let rows = self.plan.found_rows().find(|rows| rows.entity == entity)?;
        let owner = &p[entity];
        if entity == self.plan.subject {
            let key = owner.identity().first()?;
            return Some(self.person(owner, &column(owner, *key, named), named));
        }
        let references = rows.by.iter().map(|i| p.reference(entity, *i));
        let ways = references.filter_map(|reference| self.way(owner, reference, named, depth));
        let ways: Vec<String> = ways.collect();
        match ways.is_empty() {
            true => None,
            false => Some(ways.join(" OR ")),
        }
    }

    /// Whether a value is the key of a person who is held.
    fn person(&self, owner: &Entity, value: &str, named: &str) -> String {
        let p = self.database.platform;
        let entity = Literal(&p.entity_path(self.plan.subject)).to_string();
        let (mut sought, mut found) = (format!("{value}::text"), "h.subject".to_owned());
        if let Some(tenant) = owner.tenant.filter(|_| p[self.plan.subject].tenant.is_some()) {
            sought = format!("({}::text, {sought})", column(owner, tenant, named));
            found = format!("h.tenant, {found}");
        }
        let holds = table(self.database);
        format!("{sought} IN (SELECT {found} FROM {holds} h WHERE h.entity = {entity} AND {STANDS})")
    }

    /// Whether a reference leads to what is held.
    fn way(&self, owner: &Entity, reference: &Reference, named: &str, depth: usize) -> Option<String> {
        let p = self.database.platform;
        let mut led = if reference.target == self.plan.subject {
            let key = p[reference.target].identity().first()?;
            let at = reference.target_fields.iter().position(|field| field == key)?;
            self.person(owner, &column(owner, reference.fields[at], named), named)
        } else {
            let target = &p[reference.target];
            let table = self.database.tables.iter().find(|table| table.entity.id == target.id)?;
            let alias = format!("held{depth}");
            let held = self.rows(target.id, &alias, depth + 1)?;
            let own: Vec<String> =
                reference.fields.iter().map(|field| column(owner, *field, named)).collect();
            let its: Vec<String> =
                reference.target_fields.iter().map(|field| column(target, *field, &alias)).collect();
            format!(
                "({}) IN (SELECT {} FROM {} {alias} WHERE {held})",
                own.join(", "),
                its.join(", "),
                table.name
            )
        };
        if let Some((arm, field)) = reference.told_by(owner) {
            led = format!("({led} AND {named}.{} = {})", Ident(&arm_column(owner, field)), Literal(arm));
        }
        Some(led)
    }
}

fn column(owner: &Entity, field: FieldId, named: &str) -> String {
    format!("{named}.{}", Ident(&column_name(owner, field)))
}
