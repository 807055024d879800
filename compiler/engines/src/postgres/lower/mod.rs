//! From the platform to the catalog of a database: schemas, sequences and tables here, and everything that keeps their rows
//! where they stand by itself. Nothing is printed here, but for the texts that a catalog holds at its leaves.
//!
//! | module | makes |
//! |---|---|
//! | [`database`] | a store as PostgreSQL keeps it: every table, view and service with its name |
//! | [`placement`], [`renaming`] | the place of the tables, and the names that it gives them |
//! | [`table`], [`types`], [`shape`], [`checks`], [`member_checks`], [`ranges`], [`index`], [`storage`], [`statistics`] | columns, their types, constraints and indexes |
//! | [`expr`], [`handwritten`] | expressions of the language, and SQL that a person wrote |
//! | [`names`], [`given`], [`scripted`] | the register of names: those that the source says, and those that give way to them |
//! | [`clashes`] | objects of one name, which the register should have kept apart |
//! | [`origins`] | the things of the source that objects come from |
//! | [`roles`], [`services`], [`rights`] | roles, and the rights of services |
//! | [`support`] | functions that columns, checks and triggers call |
//! | [`database_rights`] | rights that an administrator gives before anything is made: on the database, and on schemas that are no part of it |
//! | [`tenancy`] | policies and functions that keep tenants apart |
//! | [`removing`] | the mark of transactions that erase, or carry a retention out |
//! | [`audit`], [`outbox`], [`views`], [`maintenance`], [`erasure`], [`usage`] | trails, what is published, views, scheduled work, erasure, and counts of what tenants use |
//! | [`sealed`] | what was sealed: names and the order of columns that stay |
//! | [`held`] | the things that a database holds of which nothing was sealed |
//! | [`sealings`], [`indexings`] | columns that clients encrypt from now on, no longer or otherwise, and keyed hashes beside them |
//! | [`doubles`] | columns that keep both names until the contract |
//! | [`fills`] | values for rows that are there when a column comes |
//! | [`lowered`] | the catalog, with remarks and steps that only its printers need |

pub(super) mod audit;
pub(super) mod calendar;
pub(super) mod checks;
pub(super) mod clashes;
pub(super) mod database;
pub(super) mod database_rights;
pub(super) mod doubles;
pub(super) mod erasure;
pub(super) mod expr;
pub(super) mod fills;
pub(super) mod given;
pub(super) mod handwritten;
pub(super) mod held;
pub(super) mod index;
pub(super) mod indexings;
pub(super) mod live;
pub(super) mod lowered;
pub(super) mod maintenance;
mod member_checks;
pub(super) mod names;
pub(super) mod origins;
pub(super) mod outbox;
pub(super) mod placement;
mod ranges;
mod removing;
pub(super) mod renaming;
mod rights;
pub(super) mod roles;
pub(super) mod scripted;
pub(super) mod sealed;
pub(super) mod sealings;
pub(super) mod services;
pub(super) mod shape;
pub(super) mod statistics;
pub(super) mod storage;
mod support;
pub(super) mod table;
pub(super) mod tenancy;
pub(super) mod types;
pub(super) mod usage;
pub(super) mod view_identity;
pub(super) mod views;

use smol_str::SmolStr;

use self::database::{Database, Drawn};
use self::lowered::{Lowered, Step};
use self::placement::{PUBLIC, Placement};
use self::sealed::Sealed;
use self::types::EXTENSIONS_SCHEMA;
use polity_catalog::relational::{Extension, Privilege, Schema, Sequence, SequenceMore, Target};
use polity_model::ScriptKind;

/// Lowers a place whole. The one that tenants share a rule has lowered already, to look for names that clash: the first who asks
/// gets that.
pub(super) fn whole(placement: Placement<'_>) -> (Database<'_>, Lowered) {
    let kept = match placement.tenant {
        None => placement.platform.take_kept::<(Drawn, Lowered)>(placement.store.id),
        Some(_) => None,
    };
    match kept {
        Some((drawn, lowered)) => (Database::redrawn(placement, drawn), lowered),
        None => {
            let database = Database::lower_in(placement);
            let lowered = lower(&database);
            (database, lowered)
        }
    }
}

/// Lowers a database whole.
pub(super) fn lower(database: &Database) -> Lowered {
    let mut lowered = Lowered::default();
    roles::lower(database, &mut lowered);
    database_rights::lower(database, &mut lowered);
    lower_spaces(database, &mut lowered);
    support::lower(database, &mut lowered);
    removing::lower(database, &mut lowered);
    tenancy::lower(database, &mut lowered);
    lower_sequences(database, &mut lowered);
    table::lower(database, &mut lowered);
    audit::lower(database, &mut lowered);
    outbox::lower(database, &mut lowered);
    tenancy::lower_guards(database, &mut lowered);
    for view in &database.views {
        views::lower(database, view, &mut lowered);
    }
    live::lower(database, &mut lowered);
    maintenance::lower(database, &mut lowered);
    erasure::lower(database, &mut lowered);
    tenancy::sight::lower_policies(database, &mut lowered);
    rights::lower(database, &mut lowered);
    lower_steps(database, &mut lowered);
    if let Some(mut sealed) = Sealed::of(database) {
        sealed.settle(database, &mut lowered, &origins::of(database));
        fills::lower(database, &mut lowered);
        lowered.sealed = Some(sealed);
    }
    lowered
}

/// Extensions and schemas.
fn lower_spaces(database: &Database, lowered: &mut Lowered) {
    for name in &database.extensions {
        lowered.add(Extension { name: name.clone(), schema: EXTENSIONS_SCHEMA.into() });
    }
    let mut schema = |name: &SmolStr, comment: SmolStr| {
        lowered.add(Schema { name: name.clone(), owner: database.roles.owner.clone(), comment });
    };
    if database.has_own_functions() {
        let comment = "Functions that the platform's tables and schedules need.";
        schema(&database.functions_schema, comment.into());
    }
    for (name, of) in database.schemas.iter().filter(|(name, _)| name != PUBLIC) {
        schema(name, of.map(|schema| schema.named.docs.clone()).unwrap_or_default());
    }
}

fn lower_sequences(database: &Database, lowered: &mut Lowered) {
    let owner = &database.roles.owner;
    for sequence in database.platform.sequences.iter().filter(|s| s.store == database.store.id) {
        let name = database.placement.sequence_of(sequence).0;
        lowered.add(Sequence {
            name: name.clone(),
            owner: owner.clone(),
            least: sequence.from.min(1),
            start: sequence.from,
            more: SequenceMore::default(),
            comment: sequence.named.docs.clone(),
        });
        lowered.grant(Target::Sequence(name), owner, database.groups(), &[Privilege::Usage]);
    }
}

/// The first partitions, and the statements that a person wrote to run once.
fn lower_steps(database: &Database, lowered: &mut Lowered) {
    if let Some(sql) = maintenance::first_partitions(database) {
        let remark = "From now on this is done ahead, on a schedule.".to_owned();
        lowered.steps.push(Step { remark, sql, makes_partitions: true });
    }
    for script in handwritten::scripts(database) {
        if let ScriptKind::Once(name) = &script.kind {
            let remark = format!("From the source, once: {name}");
            let sql = handwritten::tidy(&script.sql);
            lowered.steps.push(Step { remark, sql, makes_partitions: false });
        }
    }
}
