//! The files of a store: of the database that tenants share, and of each that a tenant has to itself.
//!
//! | file | holds | by |
//! |---|---|---|
//! | `schema.sql` | the whole database, for a new one | [`schema`] |
//! | `migrations/V0001__initial.sql`, `U0001__initial.sql` | the same as a migration, and its undo | [`migrations`] |
//! | `roles.sql` | who may do what; run first, by an administrator | [`super::roles`] |
//! | `maintenance.sql`, `maintenance_cron.sql` | what runs on a schedule | [`maintenance`] |
//! | `tests/tenancy.sql` | attacks of one tenant on another, in pgTAP | [`tenancy_test`] |
//! | `tenants/<tenant>/…` | the same for a tenant's own database, or its own schemas | [`files`] |
//! | `tenants/<tenant>/promote.sh` | moves its rows there, from shared tables or from schemas of another tier | [`promotion`] |
//! | `tenants/<tenant>/offboard.sql` | takes all that is its own away | [`offboard`] |
//! | `tenants/<tenant>/copy_global.sh` | brings what is global up to date there | [`copy_global`] |
//! | `postgresql.conf`, `postgresql-<environment>.conf` | PostgreSQL's own parameters | [`parameters`] |
//! | `exporter.yml` | the queries that tell Prometheus what tenants use, and whether trails are sealed | [`exporter`] |

use super::super::lower::database::Database;
use super::super::lower::lower;
use super::super::lower::lowered::Lowered;
use super::super::lower::placement::Placement;
use super::{
    copy_global, exporter, maintenance, migrations, offboard, parameters, promotion, quotas, schema,
    tenancy_test,
};
use crate::artifact::Artifacts;
use crate::options::Options;
use polity_govern::check::Valid;
use polity_model::governance::Tenant;
use polity_model::{Isolation, Store};

/// Adds every file of a store.
pub(in crate::postgres) fn files(valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts) {
    let shared = Database::lower(valid, store);
    let folder = store.named.name.as_str();
    // A rule lowered it to look for names that clash.
    let lowered = valid.take_kept(store.id).unwrap_or_else(|| lower(&shared));
    emit_database(&shared, &lowered, folder, artifacts);
    let files = parameters::files(&shared, options).into_iter().chain(quotas::files(&shared, options));
    for (name, text) in files {
        artifacts.add(format!("{folder}/{name}"), text);
    }
    for tenant in Placement::tenants(valid) {
        let own = Database::lower_in(Placement::of(valid, store, tenant));
        emit_tenant(&shared, &own, tenant, options, artifacts);
    }
}

/// Adds the files that make a tenant's own database or schemas, and move its rows there: from the shared tables, and
/// from the schemas that each tier with some would have given it.
fn emit_tenant(
    shared: &Database,
    own: &Database,
    tenant: &Tenant,
    options: &Options,
    artifacts: &mut Artifacts,
) {
    let folder = format!("{}/tenants/{}", shared.store.named.name, tenant.named.name);
    emit_database(own, &lower(own), &folder, artifacts);
    for (name, text) in quotas::files(own, options) {
        artifacts.add(format!("{folder}/{name}"), text);
    }
    if let Some(script) = offboard::file(own) {
        artifacts.add(format!("{folder}/offboard.sql"), script);
    }
    artifacts.add(format!("{folder}/promote.sh"), promotion::file(shared, own, tenant));
    if own.placement.is_apart()
        && let Some(script) = copy_global::file(own)
    {
        artifacts.add(format!("{folder}/copy_global.sh"), script);
    }
    let others = shared.platform.tiers.iter().filter(|tier| tier.id != tenant.tier);
    for tier in others.filter(|tier| tier.isolation() == Some(Isolation::Schema)) {
        let from = Database::lower_in(Placement::in_tier(shared.platform, shared.store, tenant, tier));
        let name = format!("{folder}/promote_from_{}.sh", tier.named.name);
        artifacts.add(name, promotion::file(&from, own, tenant));
    }
}

/// Everything that makes one database, or a tenant's schemas in it, in a folder.
fn emit_database(database: &Database, lowered: &Lowered, folder: &str, artifacts: &mut Artifacts) {
    // Some two kilobytes a table, so that the text is hardly ever moved while it grows.
    let body = String::with_capacity(4096 + database.tables.len() * 2048);
    let dependencies = lowered.catalog.dependencies();
    let body = super::body(lowered, &dependencies, &database.roles, body);
    artifacts.add(format!("{folder}/schema.sql"), schema::file(database, &body));
    let style = migrations::Style::of(database);
    if lowered.sealed.is_none() {
        let initial = style.file_name('V', 1, "initial");
        if let Some(configuration) = migrations::configuration(&body, true) {
            artifacts.add(format!("{folder}/migrations/{initial}.conf"), configuration);
        }
        artifacts.add(format!("{folder}/migrations/{initial}"), migrations::initial(database, &style, &body));
        artifacts.add(
            format!("{folder}/migrations/{}", style.file_name('U', 1, "initial")),
            migrations::undo(database, &style, lowered, &dependencies),
        );
    }
    for (name, text) in migrations::repeatable(database, &style) {
        artifacts.add(format!("{folder}/migrations/{name}"), text);
    }
    artifacts.add(format!("{folder}/roles.sql"), super::roles(database, lowered));
    artifacts.add(format!("{folder}/maintenance.sql"), maintenance::file(database, lowered));
    if database.lists_pg_cron() {
        artifacts.add(format!("{folder}/maintenance_cron.sql"), maintenance::cron_file(database, lowered));
    }
    // In schemas of its own a tenant is asked about with all others.
    if database.placement.prefix().is_none()
        && let Some(queries) = exporter::file(database)
    {
        artifacts.add(format!("{folder}/exporter.yml"), queries);
    }
    if let Some(suite) = tenancy_test::file(database) {
        artifacts.add(format!("{folder}/tests/tenancy.sql"), suite);
    }
}
