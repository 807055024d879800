//! PostgreSQL: entities as tables, with everything that keeps their rows right, private and no older than they
//! may be.
//!
//! A store is seen as PostgreSQL keeps it ([`database`]), lowered to a catalog of objects ([`lower`], [`lowered`]) and printed
//! from there ([`print`]). [`describe`] reads a live database into the same kind of catalog. Files:
//!
//! | file | what | by |
//! |---|---|---|
//! | `schema.sql` | the whole database, for a new one | [`schema`] |
//! | `migrations/V0001__initial.sql`, `U0001__initial.sql` | the same as a migration, and its undo | [`migrations`] |
//! | `roles.sql` | who may do what; run first, by an administrator | [`roles`] |
//! | `maintenance.sql`, `maintenance_cron.sql` | what runs on a schedule | [`maintenance`] |
//! | `tests/tenancy.sql` | attacks of one tenant on another, in pgTAP | [`tenancy_test`] |
//! | `tenants/<tenant>/…` | the same for a tenant's own database, or its own schemas ([`home`]) | [`database`] |
//! | `tenants/<tenant>/promote.sh` | moves its rows there, from shared tables or from schemas of another tier | [`promotion`] |
//! | `tenants/<tenant>/offboard.sql` | takes all that is its own away | [`offboard`] |
//! | `tenants/<tenant>/copy_global.sh` | brings what is global up to date there | [`copy_global`] |
//! | `postgresql.conf`, `postgresql-<environment>.conf` | PostgreSQL's own parameters | [`parameters`] |

mod audit;
mod calendar;
mod checks;
mod copy_global;
mod database;
pub mod describe;
mod erasure;
mod expr;
mod extensions;
mod handwritten;
mod home;
mod index;
mod lower;
mod lowered;
mod maintenance;
mod migrations;
mod names;
mod offboard;
mod parameters;
mod print;
mod promotion;
mod quotas;
mod roles;
mod rules;
mod schema;
mod services;
mod settings;
mod shape;
mod sql;
mod statistics;
mod storage;
mod table;
mod tenancy;
mod tenancy_test;
mod types;
mod usage;
mod views;

#[cfg(test)]
mod tests;

use smol_str::SmolStr;

use super::{Engine, Job, KindOfPerson, Placed};
use crate::artifact::Artifacts;
use crate::options::Options;
use database::Database;
use polity_catalog::Catalog;
use polity_govern::Governed;
use polity_govern::check::{StoreRule, Valid};
use polity_model::encrypted::EncryptedPlace;
use polity_model::engine::About;
use polity_model::governance::{Service, Tenant};
use polity_model::{Entity, FieldId, Isolation, Store};
use polity_text::quoting::markdown;

pub(super) struct Postgres;

pub(super) static ABOUT: About = About {
    name: "postgres",
    title: "PostgreSQL",
    majors: 14..=18,
    has_schemas: true,
    has_entities: true,
    settings: settings::SETTINGS,
    metrics: settings::METRICS,
    can_encrypt: true,
    enforces: Isolation::EVERY,
    carries_out: Isolation::EVERY,
    gives_rights: true,
    erases: true,
    logs_erasures: true,
    remains: &[
        (
            "rows that are gone stand in its files, and in the write-ahead log and its archive",
            "VACUUM has passed, and the archive has ended with the backups",
        ),
        (
            "its log may show values of statements that failed",
            "the log is rotated; keep it no longer than the backups",
        ),
        (
            "where pg_stat_statements is loaded, it holds texts of statements, and values that stood in them as text",
            "pg_stat_statements_reset() is called",
        ),
        (
            "a replication slot that nobody reads keeps the write-ahead log, and a replica that is behind the rows",
            "the slot is read or dropped, and every replica has caught up",
        ),
    ],
    keeps: &[
        ("statement", Isolation::EVERY),
        ("idle", Isolation::EVERY),
        ("storage", Isolation::EVERY),
        ("rows", Isolation::EVERY),
        ("connections", &[Isolation::Schema, Isolation::Database]),
    ],
    port: 5432,
};

impl Engine for Postgres {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn erase_command(&self, platform: &Governed, _store: &Store, kind: KindOfPerson<'_>) -> String {
        erasure::command(platform, kind)
    }

    fn shown_by(&self, kind: KindOfPerson<'_>) -> Option<String> {
        let function = erasure::function_name("export_subject", kind.stored);
        Some(format!("by {}", markdown::code(&format!("polity.{}", sql::Ident(&function)))))
    }

    fn offboard_command(&self, _store: &Store) -> Option<String> {
        Some(
            r#"echo "SELECT polity.erase_tenant(:'tenant');" |
  psql "$DATABASE_URL" -qAt -v ON_ERROR_STOP=1 -v tenant="$POLITY_TENANT_ID""#
                .to_owned(),
        )
    }

    fn rules(&self) -> &'static [StoreRule] {
        rules::RULES
    }

    /// With pg_cron the database runs its own; without it somebody outside must.
    fn jobs(&self, valid: &Valid, store: &Store) -> Vec<Job> {
        if !maintenance::is_scheduled(valid, store) {
            return Vec::new(); // most stores, and lowering one is not free
        }
        let database = Database::lower(valid, store);
        if database.lists_pg_cron() {
            return Vec::new();
        }
        let mut jobs = maintenance::jobs(&database);
        for tenant in valid.tenants_in_schemas() {
            let platform = home::with_prefix(valid, store, &valid[tenant.tier].prefix_of(tenant));
            jobs.extend(maintenance::jobs(&Database::lower_for(&platform, store, Some(tenant))));
        }
        jobs
    }

    fn stored_type(&self, platform: &Governed, entity: &Entity, field: FieldId) -> String {
        let field = entity.field(field);
        if field.is_sealed() { "bytea".into() } else { types::column_type(platform, &field.ty).into() }
    }

    /// Members of an inline record are columns.
    fn stored_path(
        &self,
        _platform: &Governed,
        _entity: &Entity,
        place: &EncryptedPlace<'_>,
    ) -> Vec<SmolStr> {
        let inline = place.way.iter().take_while(|field| field.inline.is_some()).count();
        let (column, members) = place.way.split_at((inline + 1).min(place.way.len()));
        let column: Vec<&str> = column.iter().map(|field| field.named.stored.as_str()).collect();
        let column = names::fit(&column.join("_"), names::LIMIT);
        std::iter::once(column).chain(members.iter().map(|field| field.named.stored.clone())).collect()
    }

    fn stored_names(
        &self,
        platform: &Governed,
        entity: &Entity,
        field: FieldId,
        changed: bool,
    ) -> Vec<SmolStr> {
        let mut names = Vec::new();
        services::columns(platform, "", entity.field(field), changed, &mut names);
        names
    }

    fn service_user(&self, platform: &Governed, tenant: Option<&Tenant>, service: &Service) -> SmolStr {
        services::role_name(platform, tenant, service)
    }

    fn measured(
        &self,
        platform: &Governed,
        store: &Store,
        tenant: Option<&Tenant>,
        part: &str,
    ) -> Option<String> {
        usage::measured(platform, store, tenant, part)
    }

    fn lower<'v>(&self, valid: &'v Valid, store: &'v Store) -> Vec<Placed<'v>> {
        let placed = |platform: &Governed, tenant: Option<&'v Tenant>| {
            let lowered = lower::lower(&Database::lower_for(platform, store, tenant));
            Placed { tenant, catalog: Catalog::Relational(lowered.catalog) }
        };
        let apart = valid.tenants_apart().map(|tenant| placed(valid, Some(tenant)));
        let in_schemas = valid.tenants_in_schemas().map(|tenant| {
            let platform = home::with_prefix(valid, store, &valid[tenant.tier].prefix_of(tenant));
            placed(&platform, Some(tenant))
        });
        std::iter::once(placed(valid, None)).chain(apart).chain(in_schemas).collect()
    }

    fn emit(&self, valid: &Valid, store: &Store, options: &Options, artifacts: &mut Artifacts) {
        let shared = Database::lower(valid, store);
        let folder = store.named.name.as_str();
        emit_database(&shared, folder, artifacts);
        let files = parameters::files(&shared, options).into_iter().chain(quotas::files(&shared, options));
        for (name, text) in files {
            artifacts.add(format!("{folder}/{name}"), text);
        }
        if usage::is_needed(&shared) {
            artifacts.add(format!("{folder}/exporter.yml"), usage::exporter(valid));
        }
        for tenant in valid.tenants_apart() {
            let own = Database::lower_for(valid, store, Some(tenant));
            emit_tenant(&shared, &own, tenant, options, artifacts);
        }
        for tenant in valid.tenants_in_schemas() {
            let platform = home::with_prefix(valid, store, &valid[tenant.tier].prefix_of(tenant));
            let own = Database::lower_for(&platform, store, Some(tenant));
            emit_tenant(&shared, &own, tenant, options, artifacts);
        }
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
    emit_database(own, &folder, artifacts);
    for (name, text) in quotas::files(own, options) {
        artifacts.add(format!("{folder}/{name}"), text);
    }
    if let Some(script) = offboard::file(own) {
        artifacts.add(format!("{folder}/offboard.sql"), script);
    }
    artifacts.add(format!("{folder}/promote.sh"), promotion::file(shared, own, tenant));
    if own.is_apart()
        && let Some(script) = copy_global::file(own)
    {
        artifacts.add(format!("{folder}/copy_global.sh"), script);
    }
    let others = shared.platform.tiers.iter().filter(|tier| tier.id != tenant.tier);
    for tier in others.filter(|tier| tier.isolation() == Some(Isolation::Schema)) {
        let earlier = Tenant { tier: tier.id, ..tenant.clone() };
        let platform = home::with_prefix(shared.platform, shared.store, &tier.prefix_of(tenant));
        let from = Database::lower_for(&platform, shared.store, Some(&earlier));
        let name = format!("{folder}/promote_from_{}.sh", tier.named.name);
        artifacts.add(name, promotion::file(&from, own, tenant));
    }
}

/// Everything that makes one database, or a tenant's schemas in it, in a folder.
fn emit_database(database: &Database, folder: &str, artifacts: &mut Artifacts) {
    // Some two kilobytes a table, so that the text is hardly ever moved while it grows.
    let lowered = lower::lower(database);
    let body = String::with_capacity(4096 + database.tables.len() * 2048);
    let dependencies = lowered.catalog.dependencies();
    let body = print::body(&lowered, &dependencies, &database.roles, body);
    let style = migrations::Style::of(database);
    let initial = style.file_name('V', 1, "initial");
    if let Some(configuration) = migrations::configuration(&body) {
        artifacts.add(format!("{folder}/migrations/{initial}.conf"), configuration);
    }
    artifacts.add(format!("{folder}/schema.sql"), schema::file(database, &body));
    artifacts.add(format!("{folder}/migrations/{initial}"), migrations::initial(database, &style, &body));
    artifacts.add(
        format!("{folder}/migrations/{}", style.file_name('U', 1, "initial")),
        migrations::undo(database, &style, &lowered, &dependencies),
    );
    for (name, text) in migrations::repeatable(database, &style) {
        artifacts.add(format!("{folder}/migrations/{name}"), text);
    }
    artifacts.add(format!("{folder}/roles.sql"), print::roles(database, &lowered));
    artifacts.add(format!("{folder}/maintenance.sql"), maintenance::file(database));
    if database.lists_pg_cron() {
        artifacts.add(format!("{folder}/maintenance_cron.sql"), maintenance::cron_file(database));
    }
    if let Some(suite) = tenancy_test::file(database) {
        artifacts.add(format!("{folder}/tests/tenancy.sql"), suite);
    }
}
