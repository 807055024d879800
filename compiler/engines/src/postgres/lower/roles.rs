//! The roles of a database. They belong to the whole server, so their names begin with the platform's.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::super::sql::Ident;
use super::database::Database;
use super::lowered::Lowered;
use super::names::{LIMIT, fit, of_tenant};
use super::placement::Placement;
use super::services::{self, ServiceRole};
use super::tenancy::Tenancy;
use polity_catalog::relational::{ObjectId, Role};
use polity_govern::Stored;
use polity_model::Store;
use polity_model::governance::Tenant;

/// The stored names of the roles.
#[derive(Debug)]
pub(in crate::postgres) struct Roles {
    pub(in crate::postgres) owner: SmolStr,
    pub(in crate::postgres) migrator: SmolStr,
    pub(in crate::postgres) app: SmolStr,
    /// Owns what shows a tenant more than its rows: figures of views, never a table.
    pub(in crate::postgres) reader: SmolStr,
    pub(in crate::postgres) maintenance: SmolStr,
    pub(in crate::postgres) cron: SmolStr,
    pub(in crate::postgres) auditor: SmolStr,
    pub(in crate::postgres) audit_reader: SmolStr,
    /// Publishes what the outbox holds, and deletes it there.
    pub(in crate::postgres) relay: SmolStr,
    /// May have a person erased, and do nothing else.
    pub(in crate::postgres) eraser: SmolStr,
    /// Owns the function that judges whose a transaction is, and alone reads the keys for that.
    pub(in crate::postgres) context: SmolStr,
    /// The group of services that read the rows of every tenant, and write those of the one they enter.
    pub(in crate::postgres) operator: SmolStr,
}

impl Roles {
    pub(super) fn of(placement: &Placement) -> Self {
        match placement.tenant.filter(|_| placement.prefix().is_some()) {
            Some(tenant) => Self::of_schemas(placement.platform, tenant),
            None => Self::of_database(placement.platform, placement.tenant),
        }
    }

    /// Returns the roles of a tenant's schemas in the shared database: its owner and its maintenance, but services and
    /// readers of a trail of their own.
    pub(super) fn of_schemas(platform: &Stored, tenant: &Tenant) -> Self {
        let Self { app, audit_reader, .. } = Self::of_database(platform, Some(tenant));
        Self { app, audit_reader, ..Self::of_database(platform, None) }
    }

    /// Returns the roles of the shared database, or of a tenant's own database.
    pub(in crate::postgres) fn of_database(platform: &Stored, tenant: Option<&Tenant>) -> Self {
        // The suffixes must stay what they are, so only the platform's name is shortened.
        let limit = LIMIT - "_audit_reader".len();
        let stem = tenant.map_or_else(
            || fit(&platform.name, limit),
            |tenant| of_tenant(&platform.name, &tenant.named.name, limit),
        );
        let role = |suffix: &str| SmolStr::new(format!("{stem}_{suffix}"));
        Self {
            owner: role("owner"),
            migrator: role("migrator"),
            app: role("app"),
            reader: role("reader"),
            maintenance: role("maintenance"),
            cron: role("cron"),
            auditor: role("auditor"),
            audit_reader: role("audit_reader"),
            relay: role("relay"),
            eraser: role("eraser"),
            context: role("context"),
            operator: role("operator"),
        }
    }

    /// Returns the roles of a database in which one role is all of them.
    pub(in crate::postgres) fn one(role: &SmolStr) -> Self {
        let role = || role.clone();
        Self {
            owner: role(),
            migrator: role(),
            app: role(),
            reader: role(),
            maintenance: role(),
            cron: role(),
            auditor: role(),
            audit_reader: role(),
            relay: role(),
            eraser: role(),
            context: role(),
            operator: role(),
        }
    }

    /// Whether a role is one of these.
    pub(super) fn holds(&self, role: &str) -> bool {
        let owners =
            [&self.owner, &self.migrator, &self.maintenance, &self.reader, &self.auditor, &self.context];
        let others = [&self.app, &self.cron, &self.audit_reader, &self.relay, &self.eraser, &self.operator];
        owners.iter().chain(&others).any(|known| **known == role)
    }

    /// Returns all of them.
    pub(super) fn into_names(self) -> [SmolStr; 12] {
        let Self {
            owner,
            migrator,
            app,
            reader,
            maintenance,
            cron,
            auditor,
            audit_reader,
            relay,
            eraser,
            context,
            operator,
        } = self;
        [
            owner,
            migrator,
            app,
            reader,
            maintenance,
            cron,
            auditor,
            audit_reader,
            relay,
            eraser,
            context,
            operator,
        ]
    }
}

/// Lowers the roles that the platform makes for this database, each with what it is for.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    if database.placement.prefix().is_none() {
        lower_own(database, lowered);
    }
    let of_services = match database.services.is_empty() {
        true => {
            format!("The group of services: `CREATE ROLE some_service LOGIN IN ROLE {}`.", Ident(&roles.app))
        }
        false => "The group of services; each of them logs in as a role of its own.".to_owned(),
    };
    add(lowered, group(&roles.app), &of_services);
    if !database.trails.is_empty() {
        add(lowered, group(&roles.audit_reader), "Reads the audit trail.");
    }
    for service in &database.services {
        let role = Role {
            member_of: groups_of(service, roles).cloned().collect(),
            comment: service.docs.clone(),
            ..login(&service.role)
        };
        add(lowered, role, "");
    }
}

/// Returns the groups that the role of a service is in.
fn groups_of<'r>(service: &ServiceRole, roles: &'r Roles) -> impl Iterator<Item = &'r SmolStr> {
    // Whoever is in the group of all others is held to one tenant by its guards.
    let of = if service.across { &roles.operator } else { &roles.app };
    std::iter::once(of).chain(service.reads_trails().then_some(&roles.audit_reader))
}

/// Lowers the roles of a whole database.
fn lower_own(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    let tenancy = database.tenancy.as_ref();
    let signed = is_signed(database);
    add(lowered, group(&roles.owner), "Owns everything; nobody logs in as it.");
    let migrator =
        Role { member_of: owners(database).into_iter().cloned().collect(), ..login(&roles.migrator) };
    let most_precious = match tenancy {
        Some(_) => {
            "Changes the schema, for the owners, and backs up: as a member of maintenance it sees the rows of every tenant,\nso its secret is the most precious one."
        }
        None => "Changes the schema, for the owners.",
    };
    add(lowered, migrator, most_precious);
    let of_maintenance = match tenancy {
        Some(_) => {
            "Owns the functions that keep partitions and carry retention out. A policy on each table shows it every row; it bypasses\nnothing."
        }
        None => "Owns the functions that keep partitions and carry retention out.",
    };
    let maintenance = Role {
        // It attaches and drops partitions, which only an owner may.
        member_of: [roles.owner.clone()].into(),
        ..group(&roles.maintenance)
    };
    add(lowered, maintenance, of_maintenance);
    add(
        lowered,
        login(&roles.cron),
        "Calls the functions of maintenance, on a schedule, and does nothing else.",
    );
    if tenancy.is_some() {
        let of_reader = "Owns views of figures over all tenants, and no table.";
        add(lowered, group(&roles.reader), of_reader);
    }
    lower_recording(database, lowered);
    if super::erasure::is_needed(database) {
        add(lowered, login(&roles.eraser), "Has a person erased or exported, and does nothing else.");
    }
    if database.operates() {
        let of_operator = "The group of services that read the rows of every tenant, by a policy of their own; it bypasses nothing.";
        add(lowered, group(&roles.operator), of_operator);
    }
    if signed {
        let of_context =
            "Owns the function that judges whose a transaction is, and alone reads the keys for that.";
        add(lowered, group(&roles.context), of_context);
    }
}

/// Lowers the roles that write changes down, and the one that publishes them.
fn lower_recording(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    if database.records() {
        let of_auditor = match (database.trails.is_empty(), database.outbox.is_some()) {
            (true, _) => "Owns the functions that write the outbox; services cannot.",
            (false, true) => "Owns the functions that write the audit trail and the outbox; services cannot.",
            (false, false) => "Owns the functions that write the audit trail; services cannot.",
        };
        add(lowered, group(&roles.auditor), of_auditor);
    }
    if super::outbox::is_in(database.platform, database.store) {
        add(
            lowered,
            login(&roles.relay),
            "Publishes the messages of the outbox and deletes them there, and does nothing else.",
        );
    }
}

/// Returns the roles that own tables, views or functions of a database; the migrator acts for them.
pub(in crate::postgres) fn owners<'d>(database: &'d Database) -> Vec<&'d SmolStr> {
    owners_in(database.platform, database.store, &database.roles)
}

/// Returns the roles that own anything in a database of a store.
pub(in crate::postgres) fn owners_in<'r>(
    platform: &Stored,
    store: &Store,
    roles: &'r Roles,
) -> Vec<&'r SmolStr> {
    let tenancy = Tenancy::of(platform, store);
    let recorded =
        platform.audit_logs.iter().any(|log| log.store == store.id) || super::outbox::is_in(platform, store);
    let mut owners = vec![&roles.owner, &roles.maintenance];
    owners.extend(tenancy.iter().map(|_| &roles.reader));
    owners.extend(recorded.then_some(&roles.auditor));
    owners.extend(tenancy.filter(|tenancy| tenancy.signed).map(|_| &roles.context));
    owners
}

/// Returns the groups that a person may put roles into: that of services, where the source names none of these, and that of
/// the readers of trails.
pub(in crate::postgres) fn open<'d>(database: &'d Database) -> Vec<&'d SmolStr> {
    let (platform, roles) = (database.platform, &database.roles);
    let of_none = |store: &Store| services::lower(platform, store, database.placement.tenant).is_empty();
    let unnamed = database.services.is_empty() && others(database).all(of_none);
    unnamed.then_some(&roles.app).into_iter().chain([&roles.audit_reader]).collect()
}

/// Returns the memberships that other stores of the engine have of the same roles, each with the group first: the roles
/// belong to a server, and both stores may be on one.
pub(in crate::postgres) fn memberships_elsewhere(database: &Database) -> BTreeSet<(SmolStr, SmolStr)> {
    let (platform, roles) = (database.platform, &database.roles);
    let mut found = BTreeSet::new();
    for store in others(database) {
        for service in services::lower(platform, store, database.placement.tenant) {
            found.extend(groups_of(&service, roles).map(|group| (group.clone(), service.role.clone())));
        }
        if database.placement.prefix().is_none() {
            let owners = owners_in(platform, store, roles);
            found.extend(owners.into_iter().map(|owner| (owner.clone(), roles.migrator.clone())));
        }
    }
    found
}

/// Returns the other stores of the engine.
fn others<'d>(database: &'d Database) -> impl Iterator<Item = &'d Store> {
    let own = database.store;
    database.platform.stores.iter().filter(move |store| store.engine == own.engine && store.id != own.id)
}

/// Whether a signature says whose a transaction is.
fn is_signed(database: &Database) -> bool {
    database.tenancy.as_ref().is_some_and(|tenancy| tenancy.signed)
}

fn add(lowered: &mut Lowered, role: Role, remark: &str) {
    lowered.remark(ObjectId::Role(role.name.clone()), remark);
    lowered.add(role);
}

/// A role that nobody logs in as.
fn group(name: &SmolStr) -> Role {
    Role {
        name: name.clone(),
        login: false,
        bypasses_row_security: false,
        member_of: BTreeSet::new(),
        comment: SmolStr::default(),
    }
}

fn login(name: &SmolStr) -> Role {
    Role { login: true, ..group(name) }
}

/// Every role that the platform makes for this database, by name.
pub(in crate::postgres) fn names(database: &Database) -> Vec<SmolStr> {
    let mut lowered = Lowered::default();
    lower(database, &mut lowered);
    lowered.roles().map(|role| role.name.clone()).collect()
}
