//! The table of the outbox, and the rights on it.

use smol_str::SmolStr;

use super::super::super::sql::Name;
use super::super::calendar;
use super::super::database::Database;
use super::super::lowered::{Lowered, OwnTable, arguments, settings, sql};
use super::{KEPT, Outbox, values};
use polity_catalog::relational::{ConstraintRule, Privilege, Target, Volatility};

/// Lowers the outbox, where anything publishes.
pub(in super::super) fn lower(database: &Database, lowered: &mut Lowered) {
    let Some(outbox) = &database.outbox else { return };
    lower_table(database, outbox, lowered);
    lower_rights(database, outbox, lowered);
    lower_waiting(database, outbox, lowered);
    let roles = &database.roles;
    let mut encode = sql(&outbox.encode(), &roles.owner, "text", &values::encoding());
    encode.arguments = arguments(&[("value", "text")]);
    (encode.volatility, encode.parallel_safe) = (Volatility::Immutable, true);
    let docs = "A text as a segment of the name of a channel or a key: nothing in it ends the segment.";
    lowered.function(docs, encode, [&roles.auditor]);
}

fn lower_table(database: &Database, outbox: &Outbox, lowered: &mut Lowered) {
    let comment = "Messages that a relay has not published yet.";
    let mut table = OwnTable::new(&outbox.name, &database.roles.owner, comment);
    if let Some(tenancy) = &database.tenancy {
        let whose = "Whose row it was; empty where all tenants share it.";
        table = table.column(&tenancy.column, "text", whose).closed();
    }
    let table = table
        .column("id", "bigint", "Counts the entries: of one row, a later one has a greater number.")
        .counted()
        .column("at", "timestamptz", "When the change was made.")
        .column("target", "text", "The name of the channel, or the key of the stream.")
        .unknown_to_planner()
        .column("operation", "text", "INSERT, UPDATE or DELETE.")
        .column(
            "subjects",
            "text[]",
            "Whom the message is about: the row itself, then persons, and the rows by which it is theirs.",
        )
        .unknown_to_planner()
        .column("message", "jsonb", "The message.")
        .unknown_to_planner()
        .key(&["id"])
        .constraint(
            "outbox_operation_values",
            ConstraintRule::Check("operation IN ('INSERT', 'UPDATE', 'DELETE')".to_owned()),
        );
    lowered.own_table(&about(&outbox.name), table);
}

/// The remark above the table: how it is read.
fn about(name: &Name) -> String {
    format!(
        "What entities publish, written by triggers in the transaction that changes the row. A relay, one at a time, publishes\n\
         what it reads here in the order of the numbers, and then deletes it:\n    \
         SELECT pg_advisory_xact_lock(hashtextextended('{name}', 0));\n    \
         SELECT id, target, message FROM {name} ORDER BY id LIMIT 100;\n\
         An entry whose transaction ends late may come behind a greater number, but never one of the same row. What is published\n\
         before the relay's own transaction fails is published once more. Retention deletes what is left after {}.",
        calendar::words(KEPT)
    )
}

/// No service reads an entry, writes one or takes one away.
fn lower_rights(database: &Database, outbox: &Outbox, lowered: &mut Lowered) {
    use Privilege::{Delete, Insert, Select, Usage};
    let roles = &database.roles;
    let schema = Target::Schema(outbox.name.schema.clone());
    lowered.grant(schema, &roles.owner, [&roles.auditor, &roles.relay], &[Usage]);
    let on = Target::Relation(outbox.name.0.clone());
    lowered.grant(on.clone(), &roles.owner, [&roles.auditor], &[Select, Insert]);
    lowered.grant(on, &roles.owner, [&roles.relay], &[Select, Delete]);
}

/// Lowers the function that tells how long the oldest entry has waited, to who watches the server.
fn lower_waiting(database: &Database, outbox: &Outbox, lowered: &mut Lowered) {
    let roles = &database.roles;
    let body = format!("    SELECT count(*), min(e.at) FROM {} e", outbox.name);
    let returns = "TABLE (entries bigint, since timestamptz)";
    let mut waiting = sql(&outbox.waiting(), &roles.auditor, returns, &body);
    waiting.volatility = Volatility::Stable;
    waiting.security_definer = true;
    if database.tenancy.is_some() {
        waiting.settings.extend(settings(&[("row_security", "on")]));
    }
    let monitor = SmolStr::new_static("pg_monitor");
    let schema = Target::Schema(outbox.name.schema.clone());
    lowered.grant(schema, &roles.owner, [&monitor], &[Privilege::Usage]);
    lowered.function(
        "How many messages no relay has published yet, and since when.",
        waiting,
        [&roles.owner, &roles.relay, &monitor],
    );
}
