//! The rights that an administrator gives before anything is made: on the database, on schemas that are the administrator's,
//! and on objects that the roles of the database make later. `public` gets none of those that PostgreSQL gives it.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::database::{Database, extensions_inside};
use super::lowered::Lowered;
use super::placement::PUBLIC;
use super::types::EXTENSIONS_SCHEMA;
use super::{erasure, outbox, roles, usage};
use polity_catalog::relational::{DefaultPrivileges, Grant, ObjectId, ObjectKind, Privilege, Reach, Target};

/// Lowers the rights of a database, or those of a tenant with schemas of its own on the database that all share.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    for role in connecting(database) {
        lowered.catalog.grant(given(Target::Database, role, &[Privilege::Connect]));
    }
    if !extensions_inside(database.store).is_empty() {
        for role in extension_users(database) {
            let on = Target::Schema(SmolStr::new_static(EXTENSIONS_SCHEMA));
            lowered.catalog.grant(given(on, role, &[Privilege::Usage]));
        }
    }
    if database.placement.prefix().is_none() {
        lower_whole(database, lowered);
    }
}

/// Lowers the rights of the roles that make what stands in a database.
fn lower_whole(database: &Database, lowered: &mut Lowered) {
    let owner = &database.roles.owner;
    lowered.remark(
        ObjectId::Grant(Target::Database, owner.clone()),
        "CREATE is for schemas; a materialized view is refreshed beside its readers by way of a temporary table.",
    );
    lowered.catalog.grant(given(Target::Database, owner, &[Privilege::Create, Privilege::Temporary]));
    if database.schemas.iter().any(|(name, _)| name == PUBLIC) {
        let on = Target::Schema(SmolStr::new_static(PUBLIC));
        lowered.remark(
            ObjectId::Grant(on.clone(), owner.clone()),
            "The owner gives these on: USAGE to services, CREATE to the role that owns figures.",
        );
        let grantable = BTreeSet::from([Privilege::Create, Privilege::Usage]);
        let rights = given(on, owner, &[Privilege::Create, Privilege::Usage]);
        lowered.catalog.grant(Grant { grantable, ..rights });
    }
    for owner in roles::owners(database) {
        lowered.add(DefaultPrivileges {
            by: owner.clone(),
            on: ObjectKind::Functions,
            // Rights within a schema are added to those of the database, where everybody would keep `EXECUTE`.
            within: None,
            rights: BTreeMap::new(),
        });
    }
}

/// Returns rights that the administrator gives.
fn given(on: Target, to: &SmolStr, privileges: &[Privilege]) -> Grant {
    Grant {
        on,
        to: to.clone(),
        by: None,
        privileges: privileges.iter().map(|privilege| (*privilege, Reach::Whole)).collect(),
        grantable: BTreeSet::new(),
    }
}

/// Returns the roles that log in, or whose members do.
fn connecting<'d>(database: &'d Database) -> Vec<&'d SmolStr> {
    /// The role that postgres_exporter is in.
    static MONITOR: SmolStr = SmolStr::new_static("pg_monitor");
    let roles = &database.roles;
    let mut all = vec![&roles.app];
    all.extend((!database.trails.is_empty()).then_some(&roles.audit_reader));
    if database.placement.prefix().is_none() {
        all.extend([&roles.migrator, &roles.cron]);
        all.extend(database.operates().then_some(&roles.operator));
        all.extend(erasure::is_needed(database).then_some(&roles.eraser));
        let publishes = outbox::is_in(database.platform, database.store);
        all.extend(publishes.then_some(&roles.relay));
        let is_sealed = database.trails.iter().any(|trail| trail.sealing().is_some());
        let is_watched = usage::is_needed(database) || publishes || is_sealed;
        all.extend(is_watched.then_some(&MONITOR));
    }
    all
}

/// Returns the roles that name something in the schema of extensions.
fn extension_users<'d>(database: &'d Database) -> Vec<&'d SmolStr> {
    let roles = &database.roles;
    if database.placement.prefix().is_some() {
        return vec![&roles.app];
    }
    let mut all = vec![&roles.owner, &roles.maintenance];
    all.extend(database.groups());
    all.extend(database.records().then_some(&roles.auditor));
    all
}
