//! The mark of a transaction that carries an erasure or a retention out. Trails keep no values of what goes then, and what is
//! append only or immutable gives way. Only functions of maintenance set the mark, as a row that nobody else may write: what
//! a session says of itself gives no right.

use super::super::sql::Name;
use super::database::Database;
use super::lowered::{Lowered, OwnTable, plpgsql};
use super::maintenance::retains;
use super::{erasure, tenancy};
use polity_catalog::relational::{Function, Privilege, Target};
use polity_templates::postgres::functions;

/// The condition that the mark is set. What every session can say saves all others from asking.
pub(super) const REMOVES: &str =
    "(CASE WHEN current_setting('polity.retain', true) = 'on' THEN polity.is_removing() ELSE false END)";

/// Whether anything is ever erased or removed at the end of its retention.
pub(super) fn is_needed(database: &Database) -> bool {
    erasure::is_needed(database) || retains(database) || tenancy::moves(database)
}

/// Lowers the table of marks and its functions. A tenant's schemas use those of the shared database.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    if !is_needed(database) {
        return;
    }
    let roles = &database.roles;
    let name = |name: &str| Name::new(tenancy::POLITY, name);
    let asked = Function {
        security_definer: true,
        ..plpgsql(&name("is_removing"), &roles.owner, "boolean", functions::IS_REMOVING)
    };
    if database.placement.prefix().is_some() {
        let on = Target::Function(asked.signature());
        return lowered.grant(on, &roles.owner, database.groups(), &[Privilege::Execute]);
    }
    let auditor = (!database.trails.is_empty()).then_some(&roles.auditor);
    let comment = "The transactions that carry an erasure or a retention out; no row outlasts its own.";
    let table = OwnTable::new(&name("removing"), &roles.owner, comment)
        .column("xact", "xid8", "The transaction.")
        .key(&["xact"]);
    lowered.own_table("", table);
    if let Some(auditor) = auditor {
        let schema = Target::Schema(tenancy::POLITY.into());
        lowered.grant(schema, &roles.owner, [auditor], &[Privilege::Usage]);
    }
    let askers = database.groups().into_iter().chain(auditor);
    lowered.function(
        "Whether this transaction carries an erasure or a retention out just now.",
        asked,
        askers,
    );
    let marks = [
        (
            "begin_removing",
            functions::BEGIN_REMOVING,
            "From here on this transaction removes, until it says that it does not.",
        ),
        (
            "end_removing",
            functions::END_REMOVING,
            "What this transaction does from here on is its caller's own again.",
        ),
    ];
    for (what, body, docs) in marks {
        let function = plpgsql(&name(what), &roles.maintenance, "void", body);
        lowered.function(docs, function, []);
    }
}
