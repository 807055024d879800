//! Tenants who move to another place: the tables that say so, and what waits for the end.

use super::super::super::sql::{Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, OwnTable, arguments, plpgsql};
use super::guards::policy;
use super::sight::prove;
use super::{POLITY, Tenancy, Words};
use polity_catalog::relational::{Command, ConstraintRule, Policy, Privilege, Target};
use polity_model::Isolation;
use polity_templates::postgres::functions;

/// Lowers the tables of tenants who move to another place, and the function that refuses to erase one of two places.
pub(super) fn lower(database: &Database, tenancy: &Tenancy, lowered: &mut Lowered) {
    if freezes(database) {
        lower_frozen(database, tenancy, lowered);
    }
    if moves(database) {
        lower_seal(database, tenancy, lowered);
        lower_settled(database, lowered);
    }
}

fn lower_frozen(database: &Database, tenancy: &Tenancy, lowered: &mut Lowered) {
    let roles = &database.roles;
    let name = Name::new(POLITY, "frozen");
    let frozen = OwnTable::new(&name, &roles.owner, "")
        .column("tenant", &tenancy.ty, "")
        .column("place", "text", "")
        .defaults_to("''")
        .column("since", "timestamptz", "")
        .defaults_to("now()")
        .column("state", "text", "")
        .defaults_to("'frozen'")
        .column("seal", "uuid", "")
        .optional()
        .key(&["tenant", "place"])
        .constraint(
            "frozen_state",
            ConstraintRule::Check("state IN ('frozen', 'thawing', 'left')".to_owned()),
        )
        .closed();
    lowered.own_table(
        "Tenants whose rows must not change in a place, because they are being moved out of it, or have left it. The place is\n\
         the prefix of their schemas there, or empty for the tables that tenants share.",
        frozen,
    );
    lowered.add(Policy {
        using: Some("tenant = (SELECT polity.current_tenant())".to_owned()),
        ..policy(&name, "tenant", Command::Select, &[])
    });
    lowered.grant(Target::Relation(name.0), &roles.owner, database.groups(), &[Privilege::Select]);
}

fn lower_seal(database: &Database, tenancy: &Tenancy, lowered: &mut Lowered) {
    let roles = &database.roles;
    let seal = OwnTable::new(&Name::new(POLITY, "seal"), &roles.owner, "")
        .column("id", "uuid", "")
        .column("tenant", &tenancy.ty, "")
        .column("place", "text", "")
        .column("arrived", "boolean", "")
        .column("item", "text", "")
        .column("part", "text", "")
        .column("rows", "bigint", "")
        .column("hash", "numeric", "")
        .column("at", "timestamptz", "")
        .defaults_to("now()")
        .key(&["id", "arrived", "item", "part"])
        .closed();
    lowered.own_table(
        "What `copy` of promote.sh copied, by table and partition: in the place that a tenant is to leave, and in the one where\n\
         it arrived. Both stand until `remove` or `thaw`, and no service sees any.",
        seal,
    );
}

fn lower_settled(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    let body = polity_templates::render(functions::REQUIRE_SETTLED, Words::of(database));
    let mut settled = plpgsql(&Name::new(POLITY, "require_settled"), &roles.maintenance, "void", &body);
    settled.arguments = arguments(&[("tenant", "text"), ("place", "text")]);
    settled.security_definer = true;
    prove(database, &mut settled);
    let auditor = (!database.trails.is_empty()).then_some(&roles.auditor);
    let docs = "Refuses an erasure that would reach one of the two places of a tenant that is being moved; null is any tenant or place.";
    lowered.function(docs, settled, auditor);
}

/// Whether tenants can leave for schemas or a database of their own.
pub(in super::super) fn freezes(database: &Database) -> bool {
    !database.placement.is_apart() && moves(database)
}

/// Whether tenants can leave this database for another place, or come here from one.
pub(in super::super) fn moves(database: &Database) -> bool {
    database.tenancy.is_some()
        && database.platform.tiers.iter().any(|tier| tier.isolation() != Some(Isolation::Row))
}

/// The end of a condition on rows that retention takes, so that rows of a tenant that is being moved out of here wait.
pub(in super::super) fn unless_moving(database: &Database, tenant: &str) -> String {
    if !freezes(database) {
        return String::new();
    }
    let place = Literal(database.placement.prefix().unwrap_or_default()).to_string();
    format!(
        " AND NOT EXISTS (SELECT FROM polity.frozen f WHERE f.tenant::text = {tenant}::text AND f.place = {place} AND f.state <> 'left')"
    )
}
