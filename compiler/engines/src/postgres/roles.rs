//! `roles.sql`: who may do what. Roles belong to the whole server, so their names begin with the platform's.

use serde::Serialize;
use smol_str::SmolStr;

use super::database::Database;
use super::names::{LIMIT, fit};
use super::sql::{Ident, Literal};
use super::types::EXTENSIONS_SCHEMA;
use polity_govern::Governed;
use polity_model::governance::Tenant;

/// The stored names of the roles.
#[derive(Debug)]
pub(super) struct Roles {
    pub(super) owner: SmolStr,
    pub(super) migrator: SmolStr,
    pub(super) app: SmolStr,
    /// Owns what shows a tenant more than its rows: figures of views, never a table.
    pub(super) reader: SmolStr,
    pub(super) maintenance: SmolStr,
    pub(super) cron: SmolStr,
    pub(super) auditor: SmolStr,
    pub(super) audit_reader: SmolStr,
    /// May have a person erased, and do nothing else.
    pub(super) eraser: SmolStr,
    /// Owns the function that judges whose a transaction is, and alone reads the keys for that.
    pub(super) context: SmolStr,
    /// The group of services that read the rows of every tenant, and write those of the one they enter.
    pub(super) operator: SmolStr,
}

impl Roles {
    /// Returns the roles of the shared database, or of a tenant's own database. A tenant's schemas in the shared
    /// database have its owner and its maintenance, but services and readers of a trail of their own.
    pub(super) fn of(platform: &Governed, tenant: Option<&Tenant>) -> Self {
        match tenant.filter(|tenant| !platform[tenant.tier].is_apart()) {
            Some(_) => {
                let Self { app, audit_reader, .. } = Self::named(platform, tenant);
                Self { app, audit_reader, ..Self::named(platform, None) }
            }
            None => Self::named(platform, tenant),
        }
    }

    fn named(platform: &Governed, tenant: Option<&Tenant>) -> Self {
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
}

#[derive(Serialize)]
struct DatabaseRoles<'a> {
    header: String,
    owner: String,
    migrator: String,
    app: String,
    reader: String,
    maintenance: String,
    cron: String,
    auditor: String,
    audit_reader: String,
    eraser: String,
    context: String,
    signed: bool,
    operator: String,
    operates: bool,
    /// The groups of services.
    groups: String,
    owner_plain: &'a str,
    migrator_plain: &'a str,
    app_plain: &'a str,
    reader_plain: &'a str,
    maintenance_plain: &'a str,
    cron_plain: &'a str,
    auditor_plain: &'a str,
    audit_reader_plain: &'a str,
    eraser_plain: &'a str,
    erases: bool,
    audited: bool,
    tenancy: bool,
    uses_public: bool,
    /// As texts, for the loop that creates them.
    role_names: String,
    /// The roles that may connect.
    connecting: String,
    /// The roles that own functions.
    function_owners: Vec<String>,
    /// The statements that let each service log in as a role, a member of its groups and with no other right.
    services: String,
    /// How much of the server they may use.
    quotas: String,
    extensions: Vec<String>,
    extensions_schema: &'static str,
}

/// The whole file.
pub(super) fn file(database: &Database) -> String {
    if database.prefix().is_some() {
        return in_schemas(database);
    }
    let roles = &database.roles;
    let audited = !database.trails.is_empty();
    let mut connecting = vec![&roles.migrator, &roles.app, &roles.cron];
    let mut owners = vec![&roles.owner, &roles.maintenance];
    let tenancy = database.tenancy.is_some();
    if tenancy {
        owners.push(&roles.reader);
    }
    let signed = database.tenancy.as_ref().is_some_and(|tenancy| tenancy.signed);
    if signed {
        owners.push(&roles.context);
    }
    if database.operates() {
        connecting.push(&roles.operator);
    }
    if audited {
        connecting.push(&roles.audit_reader);
        owners.push(&roles.auditor);
    }
    let erases = super::erasure::is_needed(database);
    if erases {
        connecting.push(&roles.eraser);
    }
    // The role of the exporter, which takes its figures from this database.
    let exporter = SmolStr::new_static("pg_monitor");
    if super::usage::is_needed(database) {
        connecting.push(&exporter);
    }
    let ident = |name: &SmolStr| Ident(name).to_string();
    let context = DatabaseRoles {
        header: super::print::header(
            database,
            "The roles of the platform, and what this database grants them.",
        ),
        owner: ident(&roles.owner),
        migrator: ident(&roles.migrator),
        app: ident(&roles.app),
        reader: ident(&roles.reader),
        maintenance: ident(&roles.maintenance),
        cron: ident(&roles.cron),
        auditor: ident(&roles.auditor),
        audit_reader: ident(&roles.audit_reader),
        eraser: ident(&roles.eraser),
        context: ident(&roles.context),
        signed,
        operator: ident(&roles.operator),
        operates: database.operates(),
        groups: super::sql::List(&database.groups()).to_string(),
        owner_plain: &roles.owner,
        migrator_plain: &roles.migrator,
        app_plain: &roles.app,
        reader_plain: &roles.reader,
        maintenance_plain: &roles.maintenance,
        cron_plain: &roles.cron,
        auditor_plain: &roles.auditor,
        audit_reader_plain: &roles.audit_reader,
        eraser_plain: &roles.eraser,
        erases,
        audited,
        tenancy,
        uses_public: database.schemas.iter().any(|(name, _)| name == "public"),
        role_names: names(database)
            .iter()
            .map(|name| Literal(name).to_string())
            .collect::<Vec<_>>()
            .join(", "),
        connecting: connecting.into_iter().map(ident).collect::<Vec<_>>().join(", "),
        function_owners: owners.into_iter().map(ident).collect(),
        services: super::services::roles(database),
        quotas: super::quotas::write(database, None),
        extensions: database.extensions.iter().map(|e| super::print::create_extension(e)).collect(),
        extensions_schema: EXTENSIONS_SCHEMA,
    };
    polity_templates::render(polity_templates::postgres::ROLES, context)
}

/// The whole file of a tenant with schemas of its own: only who works for that tenant is new.
fn in_schemas(database: &Database) -> String {
    #[derive(Serialize)]
    struct TenantRoles<'a> {
        header: String,
        app: String,
        app_plain: &'a str,
        audit_reader: String,
        audit_reader_plain: &'a str,
        audited: bool,
        role_names: String,
        connecting: String,
        services: String,
        quotas: String,
        extensions: bool,
        extensions_schema: &'static str,
    }
    let roles = &database.roles;
    let audited = !database.trails.is_empty();
    let all = names(database);
    let connecting = std::iter::once(&roles.app).chain(audited.then_some(&roles.audit_reader));
    let connecting: Vec<String> = connecting.map(|name| Ident(name).to_string()).collect();
    let context = TenantRoles {
        header: super::print::header(
            database,
            &format!(
                "The roles that work for {} in its own schemas of the shared database.",
                database.tenant.map_or("", |tenant| &tenant.named.name)
            ),
        ),
        app: Ident(&roles.app).to_string(),
        app_plain: &roles.app,
        audit_reader: Ident(&roles.audit_reader).to_string(),
        audit_reader_plain: &roles.audit_reader,
        audited,
        role_names: all.iter().map(|name| Literal(name).to_string()).collect::<Vec<_>>().join(", "),
        connecting: connecting.join(", "),
        services: super::services::roles(database),
        quotas: super::quotas::write(database, None),
        extensions: !super::database::extensions_inside(database.store).is_empty(),
        extensions_schema: EXTENSIONS_SCHEMA,
    };
    polity_templates::render(polity_templates::postgres::TENANT_ROLES, context)
}

/// Every role that the platform makes for this database.
pub(super) fn names(database: &Database) -> Vec<SmolStr> {
    let roles = &database.roles;
    if database.prefix().is_some() {
        let mut names = vec![&roles.app];
        names.extend((!database.trails.is_empty()).then_some(&roles.audit_reader));
        names.extend(database.services.iter().map(|service| &service.role));
        return names.into_iter().cloned().collect();
    }
    let mut names = vec![&roles.owner, &roles.migrator, &roles.app, &roles.maintenance, &roles.cron];
    if database.tenancy.is_some() {
        names.push(&roles.reader);
    }
    if database.tenancy.as_ref().is_some_and(|tenancy| tenancy.signed) {
        names.push(&roles.context);
    }
    if database.operates() {
        names.push(&roles.operator);
    }
    if !database.trails.is_empty() {
        names.extend([&roles.auditor, &roles.audit_reader]);
    }
    if super::erasure::is_needed(database) {
        names.push(&roles.eraser);
    }
    names.extend(database.services.iter().map(|service| &service.role));
    names.into_iter().cloned().collect()
}
