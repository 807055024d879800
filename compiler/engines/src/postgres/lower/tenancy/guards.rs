//! The policies, triggers and rules that keep the rows of each tenant apart.

use smol_str::SmolStr;

use super::super::super::sql::Name;
use super::super::audit::PartKind;
use super::super::database::Database;
use super::super::lowered::Lowered;
use super::POLITY;
use polity_catalog::relational::{
    self, Command, Event, Firing, ObjectId, Policy, Rule, TransitionTables, Trigger,
};

/// Lowers the guards of every table of which each tenant has its own rows.
pub(in super::super) fn lower_guards(database: &Database, lowered: &mut Lowered) {
    let Some(tenancy) = &database.tenancy else { return };
    let roles = &database.roles;
    let own = tenancy.own_row();
    for table in database.tables.iter().filter(|table| table.is_scoped()) {
        guard(&table.name, &[&roles.app], &own, lowered);
        if database.operates() {
            guard_across(&table.name, &roles.operator, &own, lowered);
        }
        // What it owns are views, and a view shows a tenant its own figures, whatever its SQL forgets.
        lowered.add(Policy {
            using: Some(own.clone()),
            ..policy(&table.name, "reader", Command::Select, &[&roles.reader])
        });
        lowered.add(Trigger {
            table: table.name.0.clone(),
            name: SmolStr::new_static("aa_require_tenant"),
            before: true,
            events: vec![Event::Insert, Event::Update, Event::Delete],
            each_row: false,
            condition: None,
            function: relational::Name::new(POLITY, "require_tenant"),
            arguments: database.placement.prefix().map(str::to_owned).into_iter().collect(),
            columns: Vec::new(),
            rows: TransitionTables::default(),
            firing: Firing::default(),
        });
        // `MERGE` whose actions read no column of the table goes over the rows of all tenants: it is refused where it
        // would change one, which tells that there is one, and a plan counts those that it skipped. PostgreSQL refuses
        // `MERGE` on a table that has a rule, and a rule for rows that there are none of does nothing else.
        let rule = Rule {
            table: table.name.0.clone(),
            name: SmolStr::new_static("no_merge"),
            on: Event::Delete,
            condition: "false".to_owned(),
            action: None,
            firing: Firing::default(),
        };
        let id = ObjectId::Rule(rule.table.clone(), rule.name.clone());
        lowered.add(rule);
        lowered.remark(id, "MERGE could count the rows of every tenant, and a table with a rule refuses it.");
    }
    lower_outbox(database, lowered);
    for trail in &database.trails {
        for part in trail.parts() {
            let name = part.name;
            // Of what all tenants did, none reads anything.
            if part.kind != PartKind::Seals {
                guard(&name, &[&roles.app, &roles.audit_reader], &tenancy.own_entry(), lowered);
            }
            lowered.add(Policy {
                using: Some("true".to_owned()),
                check: Some("true".to_owned()),
                ..policy(&name, "auditor", Command::All, &[&roles.auditor])
            });
        }
    }
}

/// Lowers the policies of the outbox: triggers write into it, and the relay takes the messages of all tenants out.
fn lower_outbox(database: &Database, lowered: &mut Lowered) {
    let Some(outbox) = &database.outbox else { return };
    let roles = &database.roles;
    for (name, role) in [("auditor", &roles.auditor), ("relay", &roles.relay)] {
        lowered.add(Policy {
            using: Some("true".to_owned()),
            check: Some("true".to_owned()),
            ..policy(&outbox.name, name, Command::All, &[role])
        });
    }
}

/// Reads the rows of every tenant and writes those of the one that it enters, whatever policies somebody adds by hand.
fn guard_across(table: &Name, to: &SmolStr, own: &str, lowered: &mut Lowered) {
    let own = || Some(own.to_owned());
    lowered.add(Policy { using: Some("true".to_owned()), ..policy(table, "across", Command::Select, &[to]) });
    lowered.add(Policy { using: own(), check: own(), ..policy(table, "across_tenant", Command::All, &[to]) });
    let restrictive =
        |name: &str, command| Policy { restrictive: true, ..policy(table, name, command, &[to]) };
    lowered.add(Policy { check: own(), ..restrictive("across_insert_guard", Command::Insert) });
    lowered.add(Policy { using: own(), ..restrictive("across_update_guard", Command::Update) });
    lowered.add(Policy { using: own(), ..restrictive("across_delete_guard", Command::Delete) });
}

/// A permissive policy lets the tenant's rows through, and a restrictive one keeps every other out, whatever
/// policies somebody adds by hand.
fn guard(table: &Name, to: &[&SmolStr], own: &str, lowered: &mut Lowered) {
    for (name, restrictive) in [("tenant_guard", true), ("tenant", false)] {
        lowered.add(Policy {
            restrictive,
            using: Some(own.to_owned()),
            check: Some(own.to_owned()),
            ..policy(table, name, Command::All, to)
        });
    }
}

/// A policy that lets rows through, without its conditions.
pub(super) fn policy(table: &Name, name: &str, command: Command, roles: &[&SmolStr]) -> Policy {
    Policy {
        table: table.0.clone(),
        name: name.into(),
        restrictive: false,
        command,
        roles: roles.iter().map(|role| (*role).clone()).collect(),
        using: None,
        check: None,
    }
}
