//! The files of a store: of the database that tenants share, and of each that a tenant has to itself.
//!
//! | file | holds | by |
//! |---|---|---|
//! | `schema.sql` | the whole database, for a new one | [`schema`] |
//! | `migrations/V0001__initial.sql`, `U0001__initial.sql` | the same as a migration, and its undo | [`migrations`] |
//! | `migrations/db.changelog-master.yaml` | the list of them, where Liquibase runs them | [`liquibase`] |
//! | `roles.sql` | who may do what; run first, by an administrator | [`super::roles`] |
//! | `maintenance.sql`, `maintenance_cron.sql` | what runs on a schedule | [`maintenance`] |
//! | `tests/tenancy.sql` | attacks of one tenant on another, in pgTAP | [`tenancy_test`] |
//! | `tiers/<tier>/…` | the same for the database, or the schemas, of any tenant of a tier, with tokens | [`files`] |
//! | `tiers/<tier>/promote.sh` | moves its rows there, from shared tables or from schemas of another tier | [`promotion`] |
//! | `tiers/<tier>/offboard.sql` | takes all that is its own away | [`offboard`] |
//! | `tiers/<tier>/copy_global.sh` | brings what is global up to date there | [`copy_global`] |
//! | `tenants/<tenant>/quotas*.sql` | quotas and parameters that are not its tier's | [`quotas`] |
//! | `postgresql.conf`, `postgresql-<environment>.conf` | PostgreSQL's own parameters | [`parameters`] |
//! | `exporter.yml` | the queries that tell Prometheus what tenants use, and whether trails are sealed | [`exporter`] |

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::lower::placement::Placement;
use super::super::lower::whole;
use super::liquibase::Listed;
use super::{
    copy_global, exporter, liquibase, maintenance, migrations, offboard, parameters, promotion, quotas,
    schema, tenancy_test,
};
use crate::artifact::Artifacts;
use crate::options::Options;
use polity_govern::check::Valid;
use polity_model::Store;
use polity_model::governance::Tier;
use polity_text::tokens;

/// Adds every file of a store.
pub(in crate::postgres) fn files(valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts) {
    let (shared, lowered) = whole(Placement::shared(valid, store));
    let folder = store.named.name.as_str();
    emit_database(&shared, &lowered, folder, artifacts);
    let files = parameters::files(&shared, options).into_iter().chain(quotas::files(&shared, options));
    for (name, text) in files {
        artifacts.add(format!("{folder}/{name}"), text);
    }
    for tier in valid.tiers_with_places() {
        let (any, lowered) = whole(Placement::of(valid, store, &tier.any));
        emit_tier(&shared, (&any, &lowered), tier, options, artifacts);
        for tenant in valid.tenants.iter().filter(|tenant| tenant.tier == tier.id) {
            for (name, text) in quotas::own_files(&any, tenant, options) {
                let text = valid.for_tenant(&text, tenant);
                artifacts.add(format!("{folder}/tenants/{}/{name}", tenant.named.name), text);
            }
        }
    }
}

/// Adds the files that make the database, or the schemas, of any tenant of a tier, and move its rows there: from the shared
/// tables, and from the schemas that each other tier with some would have given it.
fn emit_tier(
    shared: &Database,
    (any, lowered): (&Database, &Lowered),
    tier: &Tier,
    options: &Options,
    artifacts: &mut Artifacts,
) {
    let folder = format!("{}/tiers/{}", shared.store.named.name, tier.named.name);
    let mut files = Artifacts::default();
    emit_database(any, lowered, &folder, &mut files);
    for (name, text) in quotas::files(any, options) {
        files.add(format!("{folder}/{name}"), text);
    }
    if let Some(script) = offboard::file(any) {
        files.add(format!("{folder}/offboard.sql"), script);
    }
    files.add(format!("{folder}/promote.sh"), promotion::file(shared, any, &tier.any));
    if any.placement.is_apart()
        && let Some(script) = copy_global::file(any)
    {
        files.add(format!("{folder}/copy_global.sh"), script);
    }
    for other in shared.platform.tiers_with_schemas().filter(|other| other.id != tier.id) {
        let from = Database::lower_in(Placement::in_tier(shared.platform, shared.store, &tier.any, other));
        let name = format!("{folder}/promote_from_{}.sh", other.named.name);
        files.add(name, promotion::file(&from, any, &tier.any));
    }
    for (path, content) in files.iter() {
        let text = String::from_utf8_lossy(content);
        // A migration is rendered by other tools as well, which know more tokens than ours.
        artifacts.add(path, tokens::escaped(&text, path.contains("/migrations/")));
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
    let repeatable = migrations::repeatable(database, &style);
    if lowered.sealed.is_none() {
        let (initial, undo) = (style.file_name('V', 1, "initial"), style.file_name('U', 1, "initial"));
        if let Some(configuration) = style.configuration(database, &body, true) {
            artifacts.add(format!("{folder}/migrations/{initial}.conf"), configuration);
        }
        artifacts.add(format!("{folder}/migrations/{initial}"), migrations::initial(database, &style, &body));
        let undone = migrations::undo(database, &style, lowered, &dependencies);
        artifacts.add(format!("{folder}/migrations/{undo}"), undone);
        if style.has_changelog() {
            let (tag, files) = (style.tag(1), vec![(initial, true)]);
            let first = Listed { tag, files, undo: Some(undo), ..Listed::default() };
            let scripts = repeatable.iter().map(|(name, _)| name.clone());
            liquibase::emit(database, &[first], scripts, folder, artifacts);
        }
    }
    for (name, text) in repeatable {
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
