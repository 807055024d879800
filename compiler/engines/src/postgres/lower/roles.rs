//! The roles of a database. They belong to the whole server, so their names begin with the platform's.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::super::sql::Ident;
use super::database::Database;
use super::lowered::Lowered;
use super::names::{LIMIT, fit};
use super::placement::Placement;
use polity_catalog::relational::{ObjectId, Role};
use polity_govern::Stored;
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
    pub(super) fn of_database(platform: &Stored, tenant: Option<&Tenant>) -> Self {
        // The suffixes must stay what they are, so only the platform's name is shortened.
        let whole = tenant.map_or_else(
            || platform.name.clone(),
            |tenant| SmolStr::new(format!("{}_{}", platform.name, tenant.named.name)),
        );
        let stem = fit(&whole, LIMIT - "_audit_reader".len());
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
            eraser: role("eraser"),
            context: role("context"),
            operator: role("operator"),
        }
    }

    /// Returns all of them.
    pub(super) fn into_names(self) -> [SmolStr; 11] {
        let Self {
            owner,
            migrator,
            app,
            reader,
            maintenance,
            cron,
            auditor,
            audit_reader,
            eraser,
            context,
            operator,
        } = self;
        [owner, migrator, app, reader, maintenance, cron, auditor, audit_reader, eraser, context, operator]
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
        // Whoever is in the group of all others is held to one tenant by its guards.
        let of = if service.across { &roles.operator } else { &roles.app };
        let trails = service.reads_trails().then_some(&roles.audit_reader);
        let role = Role {
            member_of: std::iter::once(of).chain(trails).cloned().collect(),
            comment: service.docs.clone(),
            ..login(&service.role)
        };
        add(lowered, role, "");
    }
}

/// Lowers the roles of a whole database.
fn lower_own(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    let tenancy = database.tenancy.as_ref();
    let (audited, signed) = (!database.trails.is_empty(), is_signed(database));
    add(lowered, group(&roles.owner), "Owns everything; nobody logs in as it.");
    let migrator = Role {
        // Without it, row security would let it find nothing and say nothing.
        bypasses_row_security: tenancy.is_some(),
        member_of: owners(database).into_iter().cloned().collect(),
        ..login(&roles.migrator)
    };
    let most_precious = match tenancy {
        Some(_) => {
            "Changes the schema, for the owners, and backs up: it sees the rows of every tenant, so its secret is the most\nprecious one."
        }
        None => "Changes the schema, for the owners.",
    };
    add(lowered, migrator, most_precious);
    let maintenance = Role {
        bypasses_row_security: tenancy.is_some(),
        // It attaches and drops partitions, which only an owner may.
        member_of: [roles.owner.clone()].into(),
        ..group(&roles.maintenance)
    };
    add(lowered, maintenance, "Owns the functions that keep partitions and carry retention out.");
    add(
        lowered,
        login(&roles.cron),
        "Calls the functions of maintenance, on a schedule, and does nothing else.",
    );
    if tenancy.is_some() {
        let of_reader = "Owns views of figures over all tenants, and no table.";
        add(lowered, group(&roles.reader), of_reader);
    }
    if audited {
        let of_auditor = "Owns the functions that write the audit trail; services cannot.";
        add(lowered, group(&roles.auditor), of_auditor);
    }
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

/// Returns the roles that own tables, views or functions of a database; the migrator acts for them.
pub(super) fn owners<'d>(database: &'d Database) -> Vec<&'d SmolStr> {
    let roles = &database.roles;
    let mut owners = vec![&roles.owner, &roles.maintenance];
    owners.extend(database.tenancy.iter().map(|_| &roles.reader));
    owners.extend((!database.trails.is_empty()).then_some(&roles.auditor));
    owners.extend(is_signed(database).then_some(&roles.context));
    owners
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
